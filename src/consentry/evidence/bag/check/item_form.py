"""The item inside a bag (docs/spec/item.md): its signed manifest, the journal it was made from, its segments' files."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from consentry.evidence.bag.check.fault import need, within
from consentry.evidence.bag.check.strict import (
    hex_digest,
    natural,
    raw_bytes,
    short_text,
    strict_object,
)
from consentry.kernel.limits import MAX_ITEM_SEGMENTS
from consentry.kernel.merkle import leaf_hash, root_of

MANIFEST_TYPE = "application/vnd.consentry.item+json;version=1"
PLAN_TYPE = "application/vnd.consentry.redaction+json"
ORIGINALS = "data/original/"
ITEM_KINDS = ("look", "answer", "order", "upload", "derivative")
_SHARED = ("item", "agency", "kind", "source", "original", "derivation", "salt", "began_ms")
_ABOUT = ("v", *_SHARED, "retention_class")
_MANIFEST = ("v", *_SHARED, "closed_ms", "segments", "segments_root", "journal_sha256")
_SEGMENT = ("number", "start_us", "end_us", "media_type", "size_bytes", "sha256", "origin")
_JOURNAL_LINE = (*_SEGMENT, "segment", "sealed_bytes", "sealed_sha256", "previous")
_ITEM_ID = re.compile(r"itm_[a-z2-7]{26}")
_ENDINGS = {
    "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov", "video/x-matroska": "mkv", "video/mp2t": "ts",
    "image/jpeg": "jpg", "image/png": "png", "audio/mp4": "m4a", "audio/mpeg": "mp3", "application/pdf": "pdf",
}  # fmt: skip


@dataclass(frozen=True)
class ItemForm:
    """What an item's manifest says (docs/spec/item.md); `payload` are the bytes that were signed."""

    item: str
    agency: str
    kind: str
    original: str
    salt: str
    began_ms: int
    closed_ms: int
    journal_sha256: str
    segments: list[dict[str, Any]]
    about: dict[str, Any]
    payload: bytes


def segment_name(number: int, media_type: str) -> str:
    """Where a segment's plain bytes stand in the bag."""
    return f"{ORIGINALS}{number:06d}.{_ENDINGS.get(media_type.partition(';')[0], 'bin')}"


def parse_item(payload: bytes) -> ItemForm:
    """The item that a manifest's payload describes; BagFault (manifest)."""
    with within("manifest"):
        said = strict_object(payload, _MANIFEST)
        need("manifest", said["v"] == 1, "it is of another version")
        need("manifest", isinstance(said["item"], str) and bool(_ITEM_ID.fullmatch(said["item"])), "its id is none")
        need("manifest", said["kind"] in ITEM_KINDS, "its kind is none")
        need("manifest", isinstance(said["source"], dict) and isinstance(said["derivation"], dict), "it lacks a source")
        raw_bytes(said["salt"], length=32)
        short_text(said["agency"])
        began_ms, closed_ms = natural(said["began_ms"]), natural(said["closed_ms"])
        _check_segments(said["segments"])
        leaves = (leaf_hash(bytes.fromhex(segment["sha256"])) for segment in said["segments"])
        need("manifest", root_of(leaves).hex() == said["segments_root"], "its root is not that of its segments")
        is_derived = said["kind"] == "derivative"
        need(
            "derivative", is_derived == bool(said["original"]), "it is a derivative without an original, or the reverse"
        )
        need("derivative", is_derived == bool(said["derivation"]), "it does not say how it was made, or need not")
        need("derivative", not is_derived or bool(_ITEM_ID.fullmatch(said["original"])), "its original's id is none")
        _check_plan(said["segments"], said["derivation"])
        about = {name: said[name] for name in _SHARED}
        return ItemForm(said["item"], said["agency"], said["kind"], said["original"], said["salt"], began_ms, closed_ms,
                        hex_digest(said["journal_sha256"]), said["segments"], about, payload)  # fmt: skip


def _check_plan(segments: list[dict[str, Any]], derivation: dict[str, Any]) -> None:
    """A redaction carries the very plan that it was made by: what was hidden, and who looked."""
    if derivation.get("kind") == "redaction":
        plans = [(one["sha256"], one["size_bytes"]) for one in segments if one["media_type"] == PLAN_TYPE]
        named = derivation.get("plan_sha256"), derivation.get("plan_bytes")
        need("derivative", plans == [named], "the plan in it is not the one that it says it was made by")


def check_journal(form: ItemForm, about: bytes, journal: bytes) -> None:
    """BagFault (journal) unless the manifest follows from `about` and `journal`, and the journal is one chain."""
    with within("journal"):
        said = strict_object(about, _ABOUT)
        need("journal", said["v"] == 1 and {name: said[name] for name in _SHARED} == form.about,
             "`about` and the manifest differ")  # fmt: skip
        need("journal", hashlib.sha256(journal).hexdigest() == form.journal_sha256,
             "the journal is not the one that the manifest names")  # fmt: skip
        need("journal", journal.endswith(b"\n"), "the journal is torn")
        need("journal", journal.count(b"\n") == len(form.segments) + 1, "the journal has other lines than segments")
        previous, at = hashlib.sha256(about).hexdigest(), 0
        for segment in form.segments:
            line, at = _next_line(journal, at)
            fields = strict_object(line, _JOURNAL_LINE)
            need("journal", fields["previous"] == previous, f"its chain is broken at segment {segment['number']}")
            need("journal", all(fields[name] == segment[name] for name in _SEGMENT),
                 f"the journal and the manifest differ at segment {segment['number']}")  # fmt: skip
            previous = hashlib.sha256(line + b"\n").hexdigest()
        last, _ = _next_line(journal, at)
        closing = strict_object(last, ("closed_ms", "previous"))
        need("journal", closing == {"closed_ms": form.closed_ms, "previous": previous}, "its last line does not fit")


def check_segment_files(form: ItemForm, sizes: dict[str, int], listed: dict[str, str]) -> None:
    """BagFault (segment) unless `data/original/` holds the manifest's segments, by name, size and listed digest."""
    expected = {segment_name(one["number"], one["media_type"]): one for one in form.segments}
    found = {name for name in sizes if name.startswith(ORIGINALS)}
    for name in sorted(found ^ set(expected)):
        need("segment", False, f"{name} is " + ("no segment of this item" if name in found else "missing"))
    for name, segment in expected.items():
        need("segment", sizes[name] == segment["size_bytes"], f"{name} is longer or shorter than it was sealed")
        need("segment", listed[name] == segment["sha256"], f"{name} is listed with another SHA-256 than it was sealed")


def _next_line(journal: bytes, at: int) -> tuple[bytes, int]:
    end = journal.index(b"\n", at)
    return journal[at:end], end + 1


def _check_segments(segments: Any) -> None:
    need(
        "manifest",
        isinstance(segments, list) and 0 < len(segments) <= MAX_ITEM_SEGMENTS,
        "it has no segments or too many",
    )
    for number, segment in enumerate(segments):
        need("manifest", isinstance(segment, dict) and set(segment) == set(_SEGMENT), "a segment has other fields")
        need("manifest", segment["number"] == number, "its segments are not in order")
        need("manifest", isinstance(segment["origin"], dict), "a segment lacks its origin")
        need("manifest", natural(segment["start_us"]) <= natural(segment["end_us"]), "a segment ends before it starts")
        natural(segment["size_bytes"])
        hex_digest(segment["sha256"])
        short_text(segment["media_type"])
