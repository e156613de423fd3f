"""An item's record: what was known at its beginning, and the manifest that is signed when it is closed.

Format and rules: docs/spec/item.md; vector: docs/spec/vectors/item.json. A manifest is made from `about` and `journal`
alone, so that sealing again gives the same bytes. The journal: `item_journal.py`;
envelope and acknowledgement: `item_signed.py`.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import ItemId, bytes_of_id
from consentry.kernel.limits import (
    MAX_ITEM_ABOUT_BYTES,
    MAX_ITEM_MANIFEST_BYTES,
    MAX_ITEM_SEGMENTS,
)
from consentry.kernel.merkle import leaf_hash, root_of

VERSION: Final = 1
KINDS: Final = frozenset({"look", "answer", "order", "upload", "derivative"})
SALT_BYTES: Final = 32
_RETENTION_CLASS = re.compile(r"(?!hold)[a-z0-9][a-z0-9-]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_MAX_NUMBER = 1 << 53

Origin = Mapping[str, Any]


@dataclass(frozen=True)
class About:
    """What is known of an item before its first segment.

    `source`: texts and integers, see the specification for each `kind`; `original`: the item that a derivative was made
    from, else ""; `derivation`: its parameters; `salt`: 32 random bytes, so that the ledger's commitment tells nothing;
    `began_ms`: UTC.
    """

    item: ItemId
    agency: str
    kind: str
    source: Mapping[str, str | int]
    salt: bytes = field(repr=False)
    retention_class: str
    began_ms: int
    original: str = ""
    derivation: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The file `about`: canonical JSON."""
        return canonical_json({"v": VERSION, "retention_class": self.retention_class, **_common(self)})


class SegmentSpan(NamedTuple):
    """What a manifest says of one segment: all but how it was encrypted. Times are UTC, half-open."""

    number: int
    start_us: int
    end_us: int
    media_type: str
    size_bytes: int
    sha256: str
    origin: Origin


@dataclass(frozen=True)
class Manifest:
    """What is true of a closed item. `segments_root` is the RFC 6962 root over the segments' SHA-256 as leaf data."""

    item: ItemId
    agency: str
    kind: str
    source: Mapping[str, str | int]
    original: str
    derivation: Mapping[str, Any]
    salt: bytes = field(repr=False)
    began_ms: int
    closed_ms: int
    segments: tuple[SegmentSpan, ...]
    segments_root: str
    journal_sha256: str

    def to_bytes(self) -> bytes:
        """The payload that is signed: canonical JSON."""
        spans = [span._asdict() for span in self.segments]
        closed = {"closed_ms": self.closed_ms, "journal_sha256": self.journal_sha256, "segments": spans,
                  "segments_root": self.segments_root}  # fmt: skip
        return canonical_json({"v": VERSION, **_common(self), **closed})


def parse_about(data: bytes) -> About:
    """The beginning of an item; Malformed unless `data` is exactly what `About.to_bytes` makes."""
    value = parse_object(data, max_bytes=MAX_ITEM_ABOUT_BYTES)
    if value.pop("v", None) != VERSION:
        raise Malformed("not an item's beginning of this version")
    try:
        about = About(**{**value, "salt": from_b64(value["salt"], length=SALT_BYTES)})
    except (KeyError, TypeError) as error:
        raise Malformed("an item's beginning has other fields") from error
    check_about(about)
    if about.to_bytes() != data:
        raise Malformed("an item's beginning is not canonical")
    return about


def check_about(about: About) -> None:
    """Malformed unless its fields are what the specification says."""
    _check_common(about)
    if not isinstance(about.retention_class, str) or not _RETENTION_CLASS.fullmatch(about.retention_class):
        raise Malformed("a retention class is a short word that does not begin with 'hold'")
    if len(about.to_bytes()) > MAX_ITEM_ABOUT_BYTES:
        raise Malformed("too much is said about this item")


def check_span(span: SegmentSpan) -> None:
    """Malformed unless a segment's number, times, type, size, digest and origin can be."""
    for number in (span.number, span.start_us, span.end_us, span.size_bytes):
        need_natural(number)
    if span.number >= MAX_ITEM_SEGMENTS or span.start_us > span.end_us:
        raise Malformed("a segment's number or times are out of bounds")
    if not _SHA256.fullmatch(str(span.sha256)) or not _MEDIA_TYPE.fullmatch(str(span.media_type)):
        raise Malformed("a segment's digest or media type is none")
    if not isinstance(span.origin, Mapping):
        raise Malformed("a segment's origin is an object")


def make_manifest(about: About, spans: Sequence[SegmentSpan], closed_ms: int, journal_sha256: str) -> Manifest:
    """The one manifest of these; `journal_sha256` (hex) is of the whole journal, its last line included."""
    return Manifest(
        item=about.item, agency=about.agency, kind=about.kind, source=about.source, original=about.original,
        derivation=about.derivation, salt=about.salt, began_ms=about.began_ms, closed_ms=closed_ms,
        segments=tuple(spans), segments_root=segments_root(span.sha256 for span in spans),
        journal_sha256=journal_sha256,
    )  # fmt: skip


def segments_root(digests: Iterable[str]) -> str:
    """The RFC 6962 root (hex) over the segments' SHA-256 (hex), 32 bytes each as leaf data."""
    return root_of(leaf_hash(bytes.fromhex(digest)) for digest in digests).hex()


def parse_manifest(payload: bytes) -> Manifest:
    """The manifest in a payload whose signature held; Malformed unless it is complete, canonical and fits itself."""
    value = parse_object(payload, max_bytes=MAX_ITEM_MANIFEST_BYTES)
    if value.pop("v", None) != VERSION:
        raise Malformed("not an item's manifest of this version")
    try:
        spans = tuple(SegmentSpan(**span) for span in value.pop("segments"))
        salt = from_b64(value.pop("salt"), length=SALT_BYTES)
        manifest = Manifest(salt=salt, segments=spans, **value)
    except (KeyError, TypeError) as error:
        raise Malformed("an item's manifest has other fields") from error
    _check_common(manifest)
    need_natural(manifest.closed_ms)
    if not _SHA256.fullmatch(str(manifest.journal_sha256)):
        raise Malformed("a manifest names its journal's digest")
    for number, span in enumerate(spans):
        check_span(span)
        if span.number != number:
            raise Malformed("the segments of a manifest are not in order")
    if manifest.segments_root != segments_root(span.sha256 for span in spans) or manifest.to_bytes() != payload:
        raise Malformed("an item's manifest does not fit itself")
    return manifest


def commit_of(salt: bytes, payload_sha256: bytes) -> bytes:
    """What the ledger's `item.seal` says of an item: SHA-256(0x04 ‖ salt ‖ SHA-256 of the payload), 32 bytes."""
    return hashlib.sha256(b"\x04" + salt + payload_sha256).digest()


def _common(record: About | Manifest) -> dict[str, Any]:
    return {
        "item": record.item, "agency": record.agency, "kind": record.kind, "source": dict(record.source),
        "original": record.original, "derivation": dict(record.derivation), "salt": to_b64(record.salt),
        "began_ms": record.began_ms,
    }  # fmt: skip


def _check_common(record: About | Manifest) -> None:
    check_item_id(record.item)
    if not isinstance(record.agency, str) or not 0 < len(record.agency) <= 100 or str(record.kind) not in KINDS:
        raise Malformed("an item's agency or kind is none")
    if not isinstance(record.source, Mapping) or not all(map(_is_plain, record.source.values())):
        raise Malformed("an item's source is texts and integers")
    if not isinstance(record.derivation, Mapping) or len(record.salt) != SALT_BYTES:
        raise Malformed("an item's derivation is an object, its salt 32 bytes")
    if (record.kind == "derivative") != bool(record.original) or (record.derivation and not record.original):
        raise Malformed("a derivative, and nothing else, names its original")
    if record.original:
        check_item_id(record.original)
    need_natural(record.began_ms)


def check_item_id(item: object) -> bytes:
    """The 16 bytes of an item's id; Malformed when it is none, so that no other text becomes a path."""
    try:
        raw = bytes_of_id(str(item))
    except ValueError as error:
        raise Malformed("not an item's id") from error
    if not str(item).startswith("itm_"):
        raise Malformed("not an item's id")
    return raw


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def need_natural(value: object) -> None:
    """Malformed unless `value` is an integer in [0, 2^53)."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MAX_NUMBER:
        raise Malformed("a number of an item is out of bounds")
