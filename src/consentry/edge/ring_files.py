"""One segment of the owner's recording as a file: encrypted chunks of access units. Format: docs/spec/ring.md.

Units are kept as they came, with the camera's own times; a player's container is made when the owner plays or cuts.
While it is written a segment is called `<start>.part`, afterwards `<start>-<end>.seg` (UTC microseconds), so that the
folder alone says what was recorded, and the index can be made from it again.
"""

import hashlib
import os
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consentry.kernel.errors import Malformed, NotFound, Untrusted
from consentry.kernel.ids import CameraId, bytes_of_id
from consentry.kernel.limits import MAX_UNIT_BYTES, RING_CHUNK_BYTES
from consentry.kernel.wire import parse_unit
from consentry.media.carry import from_wire, to_wire
from consentry.media.units import AccessUnit

_MAGIC = b"CRING01\n"
_HEADER = struct.Struct(">8s16s16sQ")
_CHUNK = struct.Struct(">IBQQ")
_SIZE = struct.Struct(">I")
_KEY = 1
_TAG_BYTES = 16
_MAX_SEALED_BYTES = RING_CHUNK_BYTES + MAX_UNIT_BYTES + 65_536
_FINISHED = re.compile(r"([0-9]{1,16})-([0-9]{1,16})\.seg")
PART = ".part"


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished segment of `camera`: [start_us, end_us) UTC, the size of its file."""

    camera: CameraId
    start_us: int
    end_us: int
    size_bytes: int

    def path_in(self, folder: Path) -> Path:
        """Its file below the ring's folder."""
        return folder / self.camera / f"{self.start_us}-{self.end_us}.seg"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Units in decoding order, about a second of them. `key`: it begins with a key unit; times are wall clock, UTC."""

    key: bool
    first_us: int
    last_us: int
    units: tuple[AccessUnit, ...]


class SegmentWriter:
    """Writes one segment. After any OSError only `finish` or `discard` may follow: no chunk's number is used twice."""

    def __init__(self, folder: Path, ring_key: bytes, camera: CameraId, start_us: int) -> None:
        self.camera, self.start_us, self.last_us = camera, start_us, start_us
        self.size_bytes = _HEADER.size
        self._number = 0
        self.path = folder / camera / f"{start_us}{PART}"
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        header = _HEADER.pack(_MAGIC, os.urandom(16), bytes_of_id(camera), start_us)
        self._cipher = AESGCM(_segment_key(ring_key, header))
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _write_all(self._file, header)
        except OSError:
            self.discard()
            raise

    def append(self, units: Sequence[AccessUnit]) -> None:
        """Encrypt and write a chunk; OSError leaves the file as it was before (its cut may fail too: readers stop)."""
        times = [unit.wallclock_us for unit in units]
        plain = b"".join([part for unit in units for part in _sized(to_wire(self.camera, unit))])
        flags = _KEY if units[0].key else 0
        head = _CHUNK.pack(len(plain) + _TAG_BYTES, flags, min(times), max(times))
        sealed = self._cipher.encrypt(self._number.to_bytes(12, "big"), plain, head)
        try:
            _write_all(self._file, head + sealed)
        except OSError:
            os.ftruncate(self._file, self.size_bytes)
            raise
        self._number += 1
        self.size_bytes += len(head) + len(sealed)
        self.last_us = max(self.last_us, *times)

    def finish(self, end_us: int) -> Segment | None:
        """Make it durable under its final name; None when nothing is in it. `end_us` is after its last unit."""
        if self._number == 0:
            self.discard()
            return None
        segment = Segment(self.camera, self.start_us, max(end_us, self.start_us + 1), self.size_bytes)
        try:
            os.fdatasync(self._file)
        finally:
            os.close(self._file)
        # The folder is not synced: after a power cut the old name may be back, and `recover` finishes it again.
        self.path.rename(segment.path_in(self.path.parents[1]))
        return segment

    def abandon(self) -> None:
        """Leave it as it is; the next start finishes it."""
        os.close(self._file)

    def discard(self) -> None:
        """Remove it."""
        os.close(self._file)
        self.path.unlink(missing_ok=True)


def ring_key(at_rest: bytes) -> bytes:
    """The key of all segments, 32 bytes, from the edge's key at rest."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"consentry-ring-v1\n").derive(at_rest)


def segment_of(camera: CameraId, path: Path) -> Segment | None:
    """What the name of a finished segment says; None for any other file."""
    said = _FINISHED.fullmatch(path.name)
    if said is None or int(said[2]) <= int(said[1]):
        return None
    return Segment(camera, int(said[1]), int(said[2]), path.stat().st_size)


def recover(folder: Path, key: bytes, part: Path) -> Segment | None:
    """Finish what a crash left: cut behind the last chunk that opens. None (and no file) when there is none."""
    camera, good_bytes, last_us, gap_us = CameraId(part.parent.name), 0, 0, 0
    try:
        with part.open("rb") as file:
            reader = _Reader(file, key, camera)
            for chunk in reader.chunks():
                gap_us = (chunk.last_us - chunk.first_us) // max(1, len(chunk.units) - 1)
                good_bytes, last_us = file.tell(), max(last_us, chunk.last_us)
    except (Malformed, Untrusted):
        pass  # what opened before it is whole
    if not good_bytes:
        part.unlink(missing_ok=True)
        return None
    with part.open("r+b") as file:
        file.truncate(good_bytes)
        os.fdatasync(file.fileno())
    segment = Segment(camera, reader.start_us, max(last_us + gap_us, reader.start_us + 1), good_bytes)
    part.rename(segment.path_in(folder))
    return segment


@dataclass(frozen=True, slots=True)
class Opened:
    """A segment that was read to its end: its chunks, and the SHA-256 (hex) of their plain bytes in order."""

    start_us: int
    sha256: str
    chunks: tuple[Chunk, ...]


def read_segment(path: Path, key: bytes, camera: CameraId) -> Opened:
    """All whole chunks of a segment, at most 80 MB; of an unfinished one what is there.

    Raises:
        NotFound: it is gone (the ring goes on turning).
        Untrusted: it was not written by this edge, or was changed since.
    """
    try:
        with path.open("rb") as file:
            reader = _Reader(file, key, camera)
            chunks = tuple(reader.chunks())
    except FileNotFoundError as error:
        raise NotFound("this part of the recording is gone", kind="recording-gone") from error
    except Malformed as error:
        raise Untrusted("a segment of the recording is damaged", kind="recording-damaged") from error
    return Opened(reader.start_us, reader.digest.hexdigest(), chunks)


class _Reader:
    def __init__(self, file: BinaryIO, key: bytes, camera: CameraId) -> None:
        header = file.read(_HEADER.size)
        if len(header) != _HEADER.size:
            raise Malformed("a segment is cut short")
        magic, _, raw, self.start_us = _HEADER.unpack(header)
        if magic != _MAGIC or raw != bytes_of_id(camera):
            raise Malformed("not a segment of this camera")
        self._file, self._cipher = file, AESGCM(_segment_key(key, header))
        self.digest = hashlib.sha256()

    def chunks(self) -> Iterator[Chunk]:
        """Until the file ends, also inside a chunk that is still being written; Untrusted for a changed one."""
        number = 0
        while len(head := self._file.read(_CHUNK.size)) == _CHUNK.size:
            size, flags, first_us, last_us = _CHUNK.unpack(head)
            if not _TAG_BYTES < size <= _MAX_SEALED_BYTES:
                raise Malformed("a chunk says an impossible size")
            sealed = self._file.read(size)
            if len(sealed) != size:
                return
            try:
                plain = self._cipher.decrypt(number.to_bytes(12, "big"), sealed, head)
            except InvalidTag as error:
                raise Untrusted("a segment of the recording was changed", kind="recording-damaged") from error
            self.digest.update(plain)
            yield Chunk(bool(flags & _KEY), first_us, last_us, _units_in(plain))
            number += 1


def _units_in(plain: bytes) -> tuple[AccessUnit, ...]:
    units, at = [], 0
    while at < len(plain):
        end = at + _SIZE.size + int.from_bytes(plain[at : at + _SIZE.size], "big")
        if end > len(plain):
            raise Malformed("sizes of units do not add up")
        units.append(from_wire(parse_unit(plain[at + _SIZE.size : end])))
        at = end
    return tuple(units)


def _sized(data: bytes) -> tuple[bytes, bytes]:
    return _SIZE.pack(len(data)), data


def _segment_key(key: bytes, header: bytes) -> bytes:
    info = b"consentry-ring-segment-v1\n" + header
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
