"""The owner's clips: cut at home, seen by the owner first, then signed with the edge's key. Nothing is sent from here.

A *draft* is a cut that nobody signed; the owner plays it, and what they keep is that very file. Kept clips lie in the
edge's own folder, beside its keys, until the owner deletes them. docs/spec/clip.md.
"""

import contextlib
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.edge.clip_cut import bytes_within, cut_span
from consentry.edge.ring import Ring, RingSpan
from consentry.kernel.clip import ClipManifest, manifest_record, open_clip, parse_manifest, sign_clip
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Untrusted
from consentry.kernel.ids import CameraId, ClipId, EdgeId, bytes_of_id, new_id
from consentry.kernel.limits import MAX_CLIPS, RING_KEEP_FREE_BYTES

DRAFT_S = 3_600.0
_BLOCK_BYTES = 1 << 20
_VIDEO, _SIGNED, _DRAFT = ".mp4", ".json", ".draft.json"


@dataclass(frozen=True)
class ClockSaid:
    """What this edge knows of the time: its own clock, and the newest time of the log's witnesses (0: none), ms."""

    now_ms: int
    witnessed_ms: int


@dataclass(frozen=True)
class Clip:
    """A clip or a draft. `signed`: the bytes that travel with it, b"" for a draft."""

    manifest: ClipManifest
    signed: bytes
    path: Path


class Clips:
    """The folder of clips. Every method blocks (call it in a thread); cutting is done by one at a time."""

    def __init__(self, folder: Path, ring: Ring, edge: EdgeId, key: Ed25519PrivateKey) -> None:
        self._folder, self._ring, self._edge, self._key = folder, ring, edge, key
        self._cutting = threading.Lock()

    def draft(self, camera: CameraId, span: RingSpan, clock: ClockSaid) -> Clip:
        """Cut `span` of `camera` for the owner to look at.

        Raises:
            Malformed, NotFound, Untrusted: as `cut_span`.
            Conflict: another one is being cut.
            LimitReached: there are too many clips, or the disk has too little room.
        """
        if not self._cutting.acquire(blocking=False):
            raise Conflict("another clip is being cut", kind="clip-busy")
        try:
            self._forget_drafts()
            self._require_room(camera, span)
            return self._cut(camera, span, clock)
        finally:
            self._cutting.release()

    def keep(self, clip: ClipId, clock: ClockSaid) -> Clip:
        """Sign a draft, as it is; the same clip when it is signed already.

        NotFound: there is none (any more). Untrusted: its file is not what was cut.
        """
        found = self.get(clip)
        if found.signed:
            return found
        if _digest(found.path) != found.manifest.sha256:
            raise Untrusted("this draft was changed", kind="clip-digest")
        said = manifest_record(found.manifest) | {"made_at_ms": clock.now_ms, "witnessed_ms": clock.witnessed_ms}
        signed = sign_clip(parse_manifest(json.loads(json.dumps(said))), self._key)
        _write_whole(self._folder / f"{clip}{_SIGNED}", signed)
        (self._folder / f"{clip}{_DRAFT}").unlink(missing_ok=True)
        return self.get(clip)

    def get(self, clip: ClipId) -> Clip:
        """One clip or draft; NotFound when there is none."""
        _require_id(clip)
        video, signed = self._folder / f"{clip}{_VIDEO}", self._folder / f"{clip}{_SIGNED}"
        try:
            if signed.exists():
                raw = signed.read_bytes()
                return Clip(open_clip(raw, self._key.public_key().public_bytes_raw()), raw, video)
            return Clip(parse_manifest(json.loads((self._folder / f"{clip}{_DRAFT}").read_bytes())), b"", video)
        except (FileNotFoundError, ValueError) as error:
            raise NotFound("there is no such clip") from error

    def kept(self) -> list[Clip]:
        """All signed clips, the newest first; those whose signature does not hold any more are left out."""
        found = []
        for path in self._folder.glob(f"clp_*{_SIGNED}"):
            if not path.name.endswith(_DRAFT):
                with contextlib.suppress(NotFound, Untrusted, Malformed):
                    found.append(self.get(ClipId(path.name.removesuffix(_SIGNED))))
        return sorted(found, key=lambda clip: clip.manifest.made_at_ms, reverse=True)

    def read_clip(self, clip: ClipId, at_byte: int, most_bytes: int) -> bytes:
        """Bytes of a kept clip from `at_byte` on, at most `most_bytes`; b"" at its end. For sending it piece by piece.

        NotFound for a draft: what the owner did not keep does not leave.
        """
        found = self.get(clip)
        if not found.signed:
            raise NotFound("there is no such clip")
        return self.read_any(found, at_byte, most_bytes)

    def read_any(self, clip: Clip, at_byte: int, most_bytes: int) -> bytes:
        """The same of a draft too: for the owner's own eyes alone."""
        if at_byte < 0:
            raise NotFound("there is no such place")
        try:
            with clip.path.open("rb") as file:
                file.seek(at_byte)
                return file.read(min(most_bytes, _BLOCK_BYTES))
        except FileNotFoundError as error:
            raise NotFound("there is no such clip") from error

    def digest_of(self, clip: ClipId) -> str:
        """SHA-256 (hex) of a kept clip's file as it lies there now; NotFound as `read_clip`."""
        found = self.get(clip)
        if not found.signed:
            raise NotFound("there is no such clip")
        try:
            return _digest(found.path)
        except FileNotFoundError as error:
            raise NotFound("there is no such clip") from error

    def delete(self, clip: ClipId) -> None:
        """Delete a clip or a draft; nothing when there is none."""
        _require_id(clip)
        for suffix in (_SIGNED, _DRAFT, _VIDEO):
            (self._folder / f"{clip}{suffix}").unlink(missing_ok=True)

    def _cut(self, camera: CameraId, span: RingSpan, clock: ClockSaid) -> Clip:
        clip = ClipId(new_id("clip"))
        path = self._folder / f"{clip}{_VIDEO}"
        with contextlib.ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b") as file:
                cut = cut_span(self._ring, camera, span, file)
                file.flush()
                os.fsync(file.fileno())
            manifest = ClipManifest(
                clip=clip, edge=self._edge, camera=camera, asked=span, cut=cut.cut, gaps=cut.gaps, sha256=_digest(path),
                size_bytes=path.stat().st_size, codec=cut.codec, width_px=cut.width_px, height_px=cut.height_px,
                units=cut.units, made_at_ms=clock.now_ms, witnessed_ms=clock.witnessed_ms, segments=cut.segments,
            )  # fmt: skip
            _write_whole(self._folder / f"{clip}{_DRAFT}", json.dumps(manifest_record(manifest)).encode())
            undo.pop_all()
        return Clip(manifest, b"", path)

    def _require_room(self, camera: CameraId, span: RingSpan) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sum(1 for _ in self._folder.glob(f"clp_*{_VIDEO}")) >= MAX_CLIPS:
            raise LimitReached(f"there are {MAX_CLIPS} clips: delete some first", kind="too-many-clips")
        if shutil.disk_usage(self._folder).free < bytes_within(self._ring, camera, span) + RING_KEEP_FREE_BYTES // 4:
            raise LimitReached("the disk has too little room for this clip", kind="disk-full")

    def _forget_drafts(self) -> None:
        """Drafts are for looking, for an hour; and whatever a crash left half cut."""
        for path in self._folder.glob(f"clp_*{_VIDEO}"):
            clip = path.name.removesuffix(_VIDEO)
            drafted = not (self._folder / f"{clip}{_SIGNED}").exists()
            if drafted and time.time() - path.stat().st_mtime > DRAFT_S:
                self.delete(ClipId(clip))


def _require_id(clip: str) -> None:
    """An id becomes the name of a file."""
    try:
        bytes_of_id(clip)
    except ValueError as error:
        raise NotFound("there is no such clip") from error
    if not clip.startswith("clp_"):
        raise NotFound("there is no such clip")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, also after a power cut."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
