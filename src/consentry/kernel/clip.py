"""A clip's manifest: what an edge cut, signed by its key, so that the chain of custody starts in the house.

Format and rules: docs/spec/clip.md. The vault, a court or anybody with the edge's public key verifies it offline.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.limits import MAX_CLIP_MANIFEST_BYTES

VERSION = 1
_CONTEXT = b"consentry-clip-v1\n"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_NUMBER = 1 << 53


@dataclass(frozen=True)
class ClipSegment:
    """A segment of the ring that the clip was cut out of: its start, the SHA-256 (hex) of its plain chunks.

    `finished` False: it was still being written, and the digest covers what was there.
    """

    start_us: int
    sha256: str
    finished: bool


@dataclass(frozen=True)
class ClipManifest:
    """What is true of a clip. Spans are half-open, in microseconds of UTC by the camera's or the edge's clock.

    `asked` is the owner's choice; `cut` what is inside (it begins at a key frame, so often earlier); `gaps` the holes
    in it, longer than 2 s. `sha256` (hex) and `size_bytes` are of the file. `made_at_ms`: the edge's clock when it was
    signed; `witnessed_ms`: the newest time that the log's witnesses had told this edge by then, 0 for none.
    """

    clip: str
    edge: str
    camera: str
    asked: tuple[int, int]
    cut: tuple[int, int]
    gaps: tuple[tuple[int, int], ...]
    sha256: str
    size_bytes: int
    codec: str
    width_px: int
    height_px: int
    units: int
    made_at_ms: int
    witnessed_ms: int
    segments: tuple[ClipSegment, ...]


def manifest_record(manifest: ClipManifest) -> dict[str, Any]:
    """The JSON object that is signed."""
    return {"v": VERSION, **asdict(manifest)}


def sign_clip(manifest: ClipManifest, key: Ed25519PrivateKey) -> bytes:
    """`{"manifest": {…}, "signature"}` as canonical JSON."""
    record = manifest_record(manifest)
    signature = key.sign(_CONTEXT + canonical_json(record))
    return canonical_json({"manifest": record, "signature": to_b64(signature)})


def open_clip(signed: bytes, edge_key: bytes) -> ClipManifest:
    """The manifest, if the edge with this Ed25519 key (32 bytes) signed it.

    Raises:
        Malformed: not such a manifest.
        Untrusted: signed by another key, or changed since. Which edge and camera it must be is the caller's to compare.
    """
    value = parse_object(signed, max_bytes=MAX_CLIP_MANIFEST_BYTES)
    record, signature = value.get("manifest"), from_b64(value.get("signature", ""), length=64)
    if set(value) != {"manifest", "signature"} or not isinstance(record, dict):
        raise Malformed("a clip has a manifest and a signature")
    try:
        Ed25519PublicKey.from_public_bytes(edge_key).verify(signature, _CONTEXT + canonical_json(record))
    except InvalidSignature as error:
        raise Untrusted("this edge did not sign this clip", kind="clip-signature") from error
    return parse_manifest(record)


def parse_manifest(record: Any) -> ClipManifest:
    """The manifest in parsed JSON (hence `Any`), nothing verified; Malformed unless it is complete and makes sense."""
    if not isinstance(record, dict) or record.get("v") != VERSION:
        raise Malformed("not a clip's manifest of this version")
    fields = {name: value for name, value in record.items() if name != "v"}
    try:
        segments = tuple(_segment(item) for item in fields.pop("segments"))
        asked, cut = _span(fields.pop("asked")), _span(fields.pop("cut"))
        gaps = tuple(_span(item) for item in fields.pop("gaps"))
        manifest = ClipManifest(asked=asked, cut=cut, gaps=gaps, segments=segments, **fields)
    except (TypeError, KeyError, ValueError) as error:
        raise Malformed("a clip's manifest has other fields") from error
    _check(manifest)
    return manifest


def check_clip_bytes(manifest: ClipManifest, pieces: Iterable[bytes]) -> None:
    """Untrusted unless `pieces`, one after the other, are the file that the manifest speaks of."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        if size > manifest.size_bytes:
            break
    if size != manifest.size_bytes or digest.hexdigest() != manifest.sha256:
        raise Untrusted("this file is not the one that was signed", kind="clip-digest")


def _check(manifest: ClipManifest) -> None:
    texts = (manifest.clip, manifest.edge, manifest.camera, manifest.codec)
    numbers = (manifest.size_bytes, manifest.width_px, manifest.height_px, manifest.units, manifest.made_at_ms,
               manifest.witnessed_ms)  # fmt: skip
    if not all(isinstance(text, str) and 0 < len(text) <= 100 for text in texts):
        raise Malformed("a name in a clip's manifest is not a short text")
    if not all(_is_natural(number) for number in numbers) or not _SHA256.fullmatch(str(manifest.sha256)):
        raise Malformed("a number in a clip's manifest is out of bounds")
    if any(gap[0] < manifest.cut[0] or gap[1] > manifest.cut[1] for gap in manifest.gaps):
        raise Malformed("a hole lies outside of its clip")


def _span(value: Any) -> tuple[int, int]:
    start, end = value
    if not _is_natural(start) or not _is_natural(end) or start >= end:
        raise Malformed("a span in a clip's manifest is none")
    return start, end


def _segment(value: Any) -> ClipSegment:
    segment = ClipSegment(**value)
    if not _is_natural(segment.start_us) or not isinstance(segment.finished, bool):
        raise Malformed("a segment in a clip's manifest is none")
    if not _SHA256.fullmatch(str(segment.sha256)):
        raise Malformed("a segment's digest is none")
    return segment


def _is_natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_NUMBER
