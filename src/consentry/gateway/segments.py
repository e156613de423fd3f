"""Segments of a recording on disk: one folder per run, whole fragments only, a journal whose lines are a hash chain.

A run is what one process wrote without a break: `<recording>/<run>/000000.mp4 …` and `journal`. The order of every
finish is: the segment's bytes fsynced, its journal line fsynced, its name changed from `.part` to `.mp4`, the folder
fsynced, only then reported. So after a crash at any instant what the journal names is on disk and hashes right, and a
segment that it does not name is at most the one being written (`recover`).
"""

import contextlib
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from consentry.kernel.canonical import canonical_json, parse_object
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import CameraId, RecordingId

JOURNAL, ABOUT = "journal", "run"
ACKNOWLEDGED = ".ack"
MAX_LINE_BYTES = 2_048
_CHUNK_BYTES = 1_048_576
_CONTEXT = b"consentry-run-v1\n"
# Boxes that a segment is made of, in this order: ftyp, moov, then moof and mdat again and again.
_HEAD_BOXES = (b"ftyp", b"moov")
# From the start of a `moof` of media/fmp4.py to the time in its `tfdt`.
_DECODE_TIME_AT = 60


@dataclass(frozen=True)
class Finished:
    """One finished segment, as its journal line says. `start_us`, `end_us`: UTC of its first and last picture.

    `previous`: SHA-256 (hex) of the journal line before it, of recording, camera and run for the first. `recovered`: it
    was being written when the process died, and ends at its last whole fragment.
    """

    recording: RecordingId
    camera: CameraId
    run: str
    number: int
    start_us: int
    end_us: int
    size_bytes: int
    sha256: str
    previous: str
    recovered: bool = False

    def line(self) -> bytes:
        """The journal line: canonical JSON (RFC 8785) and a newline."""
        return canonical_json(vars(self)) + b"\n"


def first_link(recording: RecordingId, camera: CameraId, run: str) -> str:
    """What the first segment of a run names as `previous`."""
    return hashlib.sha256(_CONTEXT + f"{recording}\n{camera}\n{run}".encode()).hexdigest()


class Run:
    """Writes the segments of one run. Every method may raise OSError; the run is then given up and recovered later."""

    def __init__(self, folder: Path, recording: RecordingId, camera: CameraId) -> None:
        """`folder`: a new folder whose name is the run."""
        folder.mkdir(mode=0o700, parents=True)
        _sync_folder(folder.parent)
        self.folder, self._recording, self._camera = folder, recording, camera
        self._number, self._previous = 0, first_link(recording, camera, folder.name)
        about = {"recording": recording, "camera": camera}
        _write_durably(folder / ABOUT, canonical_json(about))
        self._journal = os.open(folder / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file: int | None = None

    def begin(self, start_us: int, init: bytes) -> None:
        """Begin a segment with its initialisation segment."""
        self._part = self.folder / f"{self._number:06}-{start_us}.part"
        self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._start_us = self._end_us = start_us
        self._digest, self._bytes = hashlib.sha256(), 0
        self._write(init)

    def add(self, fragment: bytes, wallclock_us: int) -> None:
        """Write one whole fragment, or several; the last of them is of `wallclock_us`."""
        self._write(fragment)
        self._end_us = max(self._end_us, wallclock_us)

    def finish(self) -> Finished:
        """Make the segment durable and name it; only now may it be spoken of."""
        if self._file is None:
            raise Malformed("no segment is being written")
        os.fsync(self._file)
        os.close(self._file)
        self._file = None
        done = Finished(
            self._recording, self._camera, self.folder.name, self._number, self._start_us, self._end_us, self._bytes,
            self._digest.hexdigest(), self._previous,
        )  # fmt: skip
        line = done.line()
        _write_all(self._journal, line)
        os.fsync(self._journal)
        _name(self._part)
        self._previous, self._number = hashlib.sha256(line).hexdigest(), self._number + 1
        return done

    def close(self) -> None:
        """Let go of the files; a segment that is not finished stays a `.part` for `recover`."""
        for file in (self._file, self._journal):
            if file is not None:
                with contextlib.suppress(OSError):
                    os.close(file)
        self._file = None

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise Malformed("no segment is being written")
        _write_all(self._file, data)
        self._digest.update(data)
        self._bytes += len(data)


def recover(folder: Path) -> list[Finished]:
    """Bring a run that nobody writes any more in order; every segment that is there and named, first to last.

    A journal line cut off in the middle is cut away. The segment that was being written ends at its last whole
    fragment and is named as `recovered`; without one whole fragment it is kept as `.broken` and never named.
    Doing it twice does nothing more. Untrusted: a whole line does not fit the chain, or a named segment is not what its
    line says: that is damage, not a crash, and nothing is touched.
    """
    if not (folder / ABOUT).exists():
        return []  # it died before its first segment
    said = parse_object((folder / ABOUT).read_bytes(), max_bytes=MAX_LINE_BYTES)
    recording, camera = RecordingId(str(said["recording"])), CameraId(str(said["camera"]))
    journal = folder / JOURNAL
    lines = list(_whole_lines(journal))
    found = verify_chain(lines, first_link(recording, camera, folder.name))
    for part in folder.glob(f"{len(found) - 1:06}-*.part"):
        _name(part)  # its line was written, its name not changed yet
    for done in found:
        _check(folder, done)
    for part in folder.glob(f"{len(found):06}-*.part"):
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else first_link(recording, camera, folder.name)
        begun = Finished(recording, camera, folder.name, len(found), 0, 0, 0, "", previous, recovered=True)
        saved = _save(part, begun)
        found += [saved] if saved is not None else []
    return found


def left_of(folder: Path, found: list[Finished]) -> list[Finished]:
    """Those of a run's segments that the vault has not acknowledged yet."""
    return [done for done in found if (folder / f"{done.number:06}.mp4").exists()]


def let_go(folder: Path, number: int, acknowledgement: bytes) -> None:
    """The vault has the segment and signed that: its acknowledgement stays in its place. OSError leaves both.

    The acknowledgement is durable before the segment is gone; doing it twice does nothing more.
    """
    segment = folder / f"{number:06}.mp4"
    _write_durably(segment.with_suffix(ACKNOWLEDGED), acknowledgement)
    segment.unlink(missing_ok=True)
    _sync_folder(folder)


def clear_run(folder: Path) -> bool:
    """Remove a run that nobody writes any more and of which the vault has all; False when something is left."""
    if any(path.suffix in (".mp4", ".part", ".broken") for path in folder.iterdir()):
        return False
    for path in sorted(folder.iterdir()):
        path.unlink()
    folder.rmdir()
    with contextlib.suppress(OSError):  # another run of the recording lies there
        folder.parent.rmdir()
    return True


def verify_chain(lines: list[bytes], link: str) -> list[Finished]:
    """The segments that journal `lines` name, from first link `link` on; Untrusted where the chain breaks."""
    found: list[Finished] = []
    for number, line in enumerate(lines):
        try:
            done = Finished(**parse_object(line, max_bytes=MAX_LINE_BYTES))
        except (TypeError, Malformed) as error:
            raise Untrusted("a line of a recording's journal is damaged", kind="journal") from error
        if done.previous != link or done.number != number or done.line() != line:
            raise Untrusted("the chain of a recording's journal is broken", kind="journal")
        link = hashlib.sha256(line).hexdigest()
        found.append(done)
    return found


def _whole_lines(journal: Path) -> Iterator[bytes]:
    """The journal's lines; a last one without its newline was being written, and is cut away."""
    if not journal.exists():
        return
    data = journal.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        with journal.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())
    yield from data[:whole].splitlines(keepends=True)


def _check(folder: Path, done: Finished) -> None:
    path = folder / f"{done.number:06}.mp4"
    if not path.exists() and path.with_suffix(ACKNOWLEDGED).exists():
        return  # the vault has it
    if not path.exists() or path.stat().st_size != done.size_bytes or _hash_of(path) != done.sha256:
        raise Untrusted(f"segment {done.number} of a recording is not what its journal says", kind="segment")


def _save(part: Path, begun: Finished) -> Finished | None:
    """Cut `part` after its last whole fragment and name it; None when there is none."""
    whole_bytes, lasts_us = _whole_fragments(part)
    if lasts_us is None:
        part.rename(part.with_suffix(".broken"))
        _sync_folder(part.parent)
        return None
    with part.open("r+b") as file:
        file.truncate(whole_bytes)
        os.fsync(file.fileno())
    start_us = int(part.stem.partition("-")[2])
    done = replace(begun, start_us=start_us, end_us=start_us + lasts_us, size_bytes=whole_bytes, sha256=_hash_of(part))
    file_number = os.open(part.parent / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _write_all(file_number, done.line())
        os.fsync(file_number)
    finally:
        os.close(file_number)
    _name(part)
    return done


def _whole_fragments(part: Path) -> tuple[int, int | None]:
    """Bytes up to the end of the last whole `moof`+`mdat`, and µs from the first picture to the last; None without any.

    Decoding times are read where our own muxer writes them.
    """
    size, at, whole, times_us = part.stat().st_size, 0, 0, []
    begun_us = 0
    wanted = [*_HEAD_BOXES]
    with part.open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            length, name = struct.unpack(">I4s", file.read(8))
            expected = wanted.pop(0) if wanted else (b"moof" if at == whole else b"mdat")
            if name != expected or length < 8 or at + length > size:
                break
            at += length
            if name == b"moof":
                file.seek(at - length + _DECODE_TIME_AT)
                begun_us = int.from_bytes(file.read(8), "big")
            else:
                whole = at
                times_us += [begun_us] if name == b"mdat" else []
    return whole, times_us[-1] - times_us[0] if times_us else None


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _name(part: Path) -> None:
    part.rename(part.with_name(f"{part.name[:6]}.mp4"))
    _sync_folder(part.parent)


def _write_all(file: int, data: bytes) -> None:
    """All of it: a disk that is nearly full takes a part."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _write_durably(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".new")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_all(file, data)
        os.fsync(file)
    finally:
        os.close(file)
    fresh.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
