"""A plain MP4 file of one track, as any player and any court opens it: samples in one `mdat`, their tables behind.

The initialisation segment of `fmp4` says what the track is; here its tables are filled in and its durations set, so
this works for whatever such a segment describes. Source: ISO/IEC 14496-12.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from consentry.kernel.errors import Malformed
from consentry.media.fmp4 import Muxer
from consentry.media.h264 import to_avcc
from consentry.media.units import AccessUnit

_INSIDE = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_DROPPED = frozenset({b"mvex", b"stts", b"stsc", b"stsz", b"stco"})
# Where the 32-bit duration stands in version 0 of these boxes, behind size and name.
_DURATION_AT = {b"mvhd": 16, b"tkhd": 20, b"mdhd": 16}
_HEAD = struct.Struct(">I4s")


@dataclass(frozen=True, slots=True)
class _Sample:
    size_bytes: int
    duration_us: int
    offset_us: int
    key: bool


class Mp4Writer:
    """Writes to `file` from where it stands (it must be able to seek); `finish` makes it a file."""

    def __init__(self, file: BinaryIO, parameter_sets: tuple[bytes, ...], codec: str = "h264") -> None:
        """Malformed when the sets are not readable."""
        self._file, self._muxer = file, Muxer(parameter_sets, codec)
        self.picture = self._muxer.picture
        self._samples: list[_Sample] = []
        self._begin = file.tell()
        ftyp, self._moov = _split_init(self._muxer.init)
        file.write(ftyp)
        self._mdat = file.tell()
        file.write(struct.pack(">I4sQ", 1, b"mdat", 0))

    @property
    def units(self) -> int:
        """How many were written."""
        return len(self._samples)

    def put(self, unit: AccessUnit) -> None:
        """Write the next unit in decoding order; the first must be a key unit."""
        fragment = self._muxer.take(unit)
        data = to_avcc(fragment.nals)
        self._file.write(data)
        self._samples.append(_Sample(len(data), fragment.duration_us, fragment.offset_us, fragment.key))

    def finish(self) -> None:
        """Set the size of the samples and write the tables."""
        end = self._file.tell()
        self._file.seek(self._mdat)
        self._file.write(struct.pack(">I4sQ", 1, b"mdat", end - self._mdat))
        self._file.seek(end)
        duration_us = sum(sample.duration_us for sample in self._samples)
        tables = _tables(self._samples, self._mdat + 16 - self._begin)
        self._file.write(_filled(self._moov, tables, duration_us))


def _tables(samples: Sequence[_Sample], first_at: int) -> bytes:
    keys = [number for number, sample in enumerate(samples, 1) if sample.key]
    durations = _runs(sample.duration_us for sample in samples)
    offsets = _runs(sample.offset_us for sample in samples)
    return b"".join((
        _box(b"stts", struct.pack(">II", 0, len(durations)), *(struct.pack(">II", *run) for run in durations)),
        _box(b"ctts", struct.pack(">II", 1 << 24, len(offsets)), *(struct.pack(">Ii", *run) for run in offsets)),
        _box(b"stss", struct.pack(f">II{len(keys)}I", 0, len(keys), *keys)),
        _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, len(samples), 1)),
        _box(b"stsz", struct.pack(f">III{len(samples)}I", 0, 0, len(samples), *(one.size_bytes for one in samples))),
        _box(b"co64", struct.pack(">IIQ", 0, 1, first_at)),
    ))  # fmt: skip


def _runs(values: Iterable[int]) -> list[tuple[int, int]]:
    return [(len(list(same)), value) for value, same in groupby(values)]


def _split_init(init: bytes) -> tuple[bytes, bytes]:
    boxes = {name: init[at:end] for name, at, end in _boxes(init)}
    if set(boxes) != {b"ftyp", b"moov"}:
        raise Malformed("not an initialisation segment")
    return boxes[b"ftyp"], boxes[b"moov"]


def _filled(box: bytes, tables: bytes, duration_us: int) -> bytes:
    """The same box with durations set, empty tables replaced, and nothing that says it is fragmented."""
    name, body = box[4:8], box[8:]
    if name in _DURATION_AT:
        at = _DURATION_AT[name]
        return box[: 8 + at] + struct.pack(">I", duration_us) + box[8 + at + 4 :]
    if name not in _INSIDE:
        return box
    kept = [_filled(body[at:end], tables, duration_us) for inner, at, end in _boxes(body) if inner not in _DROPPED]
    return _box(name, *kept, tables if name == b"stbl" else b"")


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 0
    while at < len(data):
        size, name = _HEAD.unpack_from(data, at)
        yield name, at, at + size
        at += size


def _box(name: bytes, *parts: bytes) -> bytes:
    return _HEAD.pack(8 + sum(map(len, parts)), name) + b"".join(parts)
