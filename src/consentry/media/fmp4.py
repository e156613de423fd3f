"""Fragmented MP4 for Media Source Extensions: one initialisation segment, one fragment per access unit.

Browsers drop silently up to the next key frame when decoding times jump. So decoding times are continuous by
construction: a fragment goes out at once, its duration says where the next one will be decoded, and what the camera
really did is in the (signed) composition offset. Source: ISO/IEC 14496-12, W3C MSE byte stream format.
"""

import struct
from dataclasses import dataclass, field

from consentry.media.coding import CODINGS, Coding
from consentry.media.h264 import Picture, avcc_parts
from consentry.media.timeline import Timeline
from consentry.media.units import AccessUnit

TIMESCALE_HZ = 1_000_000
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
# moof(mfhd, traf(tfhd, tfdt, trun)) with one sample, then the head of mdat
_FRAGMENT = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIiIIIi I4s")
_MOOF_BYTES, _TRAF_BYTES = _FRAGMENT.size - 8, _FRAGMENT.size - 8 - 24
_FIRST_GAP_US = 40_000
_LEAST_US = 1_000


@dataclass(slots=True)
class Fragment:
    """One access unit as `moof` + `mdat`; the bytes are built on demand and once. Times in microseconds."""

    sequence: int
    dts_us: int
    duration_us: int
    offset_us: int
    key: bool
    nals: tuple[bytes, ...]
    _built: bytes | None = field(default=None, repr=False)

    def build(self) -> bytes:
        """The bytes, shared by all who ask."""
        if self._built is None:
            self._built = b"".join(self.parts())
        return self._built

    def parts(self) -> list[bytes]:
        """What `build` joins, for who joins several fragments."""
        sample = avcc_parts(self.nals)
        return [self._head(sum(map(len, sample))), *sample]

    def _head(self, size: int) -> bytes:
        return _FRAGMENT.pack(
            _MOOF_BYTES, b"moof",
            16, b"mfhd", 0, self.sequence & 0xFFFFFFFF,
            _TRAF_BYTES, b"traf",
            16, b"tfhd", 0x020000, 1,
            20, b"tfdt", 0x01000000, self.dts_us,
            36, b"trun", 0x01000F01, 1, _MOOF_BYTES + 8, self.duration_us, size,
            _SYNC if self.key else _NOT_SYNC, self.offset_us,
            8 + size, b"mdat",
        )  # fmt: skip


class Muxer:
    """Turns the units of one camera into fragments, as long as its parameter sets stay the same."""

    def __init__(self, parameter_sets: tuple[bytes, ...], codec: str = "h264") -> None:
        """`codec` as in `AccessUnit`. Malformed when the sets are not readable."""
        self.parameter_sets = parameter_sets
        self._coding = CODINGS[codec]
        self.picture: Picture = self._coding.read_picture(parameter_sets)
        self.init = init_segment(parameter_sets, self.picture, self._coding)
        self._sequence = 0
        self._line = Timeline()
        self._start_us: int | None = None
        self._decoding = _DecodingClock()

    @property
    def reorders(self) -> bool:
        """Did a picture come that is shown before an earlier one (B-frames)?"""
        return self._decoding.reordered

    def take(self, unit: AccessUnit) -> Fragment:
        """The fragment of `unit`; units must come in decoding order, the first one a key unit."""
        placed_us = self._line.place(unit.ts_us, unit.wallclock_us)
        if self._start_us is None:
            self._start_us = placed_us
        # one second in front, so that an early B-frame is still after zero
        pts_us = max(0, placed_us - self._start_us + 1_000_000)
        dts_us, duration_us = self._decoding.take(pts_us)
        self._sequence += 1
        nals = unit.nals
        if len(nals) > 1:
            nals = self._coding.carried(nals)
        return Fragment(self._sequence, dts_us, duration_us, pts_us - dts_us, unit.key, nals)


class _DecodingClock:
    """Decoding times that rise without a gap and stay near the presentation times."""

    def __init__(self) -> None:
        self._next_us: int | None = None
        self._high_us = 0
        self._since_high = 0
        self._gap_us = _FIRST_GAP_US
        self.reordered = False

    def take(self, pts_us: int) -> tuple[int, int]:
        """(decoding time, duration) for the next unit."""
        if self._next_us is None:
            self._next_us = self._high_us = pts_us
        else:
            self._measure(pts_us)
        dts_us = self._next_us
        if self.reordered:
            ahead = self._high_us - dts_us
            duration_us = self._gap_us + (0 if 0 <= ahead <= 8 * self._gap_us else ahead // 8)
        else:
            duration_us = pts_us + self._gap_us - dts_us
        duration_us = max(_LEAST_US, duration_us)
        self._next_us = dts_us + duration_us
        return dts_us, duration_us

    def _measure(self, pts_us: int) -> None:
        self._since_high += 1
        step_us = pts_us - self._high_us
        if step_us <= 0:
            self.reordered = True
            return
        # a pause of the camera is not its frame rate: grow towards it, do not believe it at once
        self._gap_us = max(_LEAST_US, min(step_us // self._since_high, 2 * self._gap_us))
        self._high_us, self._since_high = pts_us, 0


def init_segment(parameter_sets: tuple[bytes, ...], picture: Picture, coding: Coding, *beside: bytes) -> bytes:
    """`ftyp` + `moov` for one video track. `beside`: `trak` boxes of further tracks, numbered from 2."""
    width, height = picture.width_px, picture.height_px
    sample = _box(
        coding.sample,
        bytes(6) + struct.pack(">H16xHHIII H32xHh", 1, width, height, 0x480000, 0x480000, 0, 1, 24, -1),
        _box(coding.record, coding.write_record(parameter_sets)),
    )
    tables = [_box(name, bytes(size)) for name, size in ((b"stts", 8), (b"stsc", 8), (b"stsz", 12), (b"stco", 8))]
    stbl = _box(b"stbl", _box(b"stsd", struct.pack(">II", 0, 1), sample), *tables)
    dinf = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", struct.pack(">I", 1))))
    minf = _box(b"minf", _box(b"vmhd", struct.pack(">I8x", 1)), dinf, stbl)
    mdhd = _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, TIMESCALE_HZ, 0, 0x55C4, 0))
    hdlr = _box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"vide") + b"camera\0")
    tkhd = _box(
        b"tkhd", struct.pack(">IIIIII8xhhhH", 3, 0, 0, 1, 0, 0, 0, 0, 0, 0), _MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )  # fmt: skip
    trak = _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf))
    following = 2 + len(beside)
    mvhd = _box(
        b"mvhd", struct.pack(">IIIIIIH10x", 0, 0, 0, TIMESCALE_HZ, 0, 0x10000, 0x100), _MATRIX,
        struct.pack(">24xI", following),
    )  # fmt: skip
    defaults = (_box(b"trex", struct.pack(">IIIIII", 0, number, 1, 0, 0, 0)) for number in range(1, following))
    moov = _box(b"moov", mvhd, trak, *beside, _box(b"mvex", *defaults))
    return _box(b"ftyp", b"iso6", bytes(4), b"iso6iso5mp41") + moov


def _box(name: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I", 8 + sum(map(len, parts))) + name + b"".join(parts)
