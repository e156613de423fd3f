"""AAC as fragmented MP4 of its own, for a player beside the picture's. Times in samples, so nothing is rounded.

A live look's sound has its own initialisation segment and its own fragments, never a second track among the pictures:
who may not hear gets bytes in which there is none, and sound that is late holds up no picture. A file that is made
whole (`evidence/named`) may hold it as its second track: nothing in it is late.
"""

import struct

from consentry.media.aac_shape import FRAME_SAMPLES, read_config
from consentry.media.units import SoundUnit

CODEC = "mp4a.40.2"
# Up to so much a frame may be off its place: clocks of cameras jitter. Beyond, a gap is written as a gap.
_MAX_OFF_US = 120_000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
# moof(mfhd, traf(tfhd, tfdt, trun)) with one frame, then the head of mdat
_FRAGMENT = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIiII I4s")
_MOOF_BYTES, _TRAF_BYTES = _FRAGMENT.size - 8, _FRAGMENT.size - 8 - 24


class SoundMuxer:
    """Turns the frames of one camera into fragments, as long as `config` stays the same."""

    def __init__(self, config: bytes) -> None:
        """Malformed when the config is not AAC-LC."""
        self.config = config
        self._shape = read_config(config)
        self.init = sound_init(config)
        self._sequence = 0
        self._start_us: int | None = None
        self._next = 0

    def take(self, unit: SoundUnit) -> bytes:
        """The fragment of `unit`. Decoding times go on without a gap; a jump forward is kept, one back is not."""
        if self._start_us is None:
            self._start_us = unit.ts_us
        wanted = (unit.ts_us - self._start_us) * self._shape.rate_hz // 1_000_000
        off_us = (wanted - self._next) * 1_000_000 // self._shape.rate_hz
        if off_us > _MAX_OFF_US:
            self._next = wanted
        elif off_us < -_MAX_OFF_US:
            self._start_us = unit.ts_us - self._next * 1_000_000 // self._shape.rate_hz
        at, self._next = self._next, self._next + FRAME_SAMPLES
        self._sequence += 1
        return sound_fragment(self._sequence, at, unit.data)


def sound_fragment(sequence: int, at: int, data: bytes, *, track: int = 1) -> bytes:
    """One coded frame as `moof` + `mdat`; `at` is its decoding time in samples."""
    head = _FRAGMENT.pack(
        _MOOF_BYTES, b"moof",
        16, b"mfhd", 0, sequence & 0xFFFFFFFF,
        _TRAF_BYTES, b"traf",
        16, b"tfhd", 0x020000, track,
        20, b"tfdt", 0x01000000, at,
        28, b"trun", 0x00000301, 1, _MOOF_BYTES + 8, FRAME_SAMPLES, len(data),
        8 + len(data), b"mdat",
    )  # fmt: skip
    return head + data


def sound_init(config: bytes) -> bytes:
    """`ftyp` + `moov` for one track of AAC."""
    shape = read_config(config)
    mvhd = _box(
        b"mvhd", struct.pack(">IIIIIIH10x", 0, 0, 0, shape.rate_hz, 0, 0x10000, 0x100), _MATRIX,
        struct.pack(">24xI", 2),
    )  # fmt: skip
    mvex = _box(b"mvex", _box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 0, 0, 0)))
    return _box(b"ftyp", b"iso6", bytes(4), b"iso6iso5mp41") + _box(b"moov", mvhd, sound_track(config), mvex)


def sound_track(config: bytes, *, track: int = 1) -> bytes:
    """`trak` of AAC; Malformed when `config` is not AAC-LC."""
    shape = read_config(config)
    decoder = struct.pack(">BBBHII", 0x40, 0x15, 0, 0, 0, 0) + _descriptor(5, config)
    esds = _box(b"esds", bytes(4), _descriptor(3, bytes(3) + _descriptor(4, decoder) + _descriptor(6, b"\x02")))
    mp4a = _box(b"mp4a", struct.pack(">6xH8xHH4xI", 1, shape.channels, 16, shape.rate_hz << 16 & 0xFFFFFFFF), esds)
    tables = [_box(name, bytes(size)) for name, size in ((b"stts", 8), (b"stsc", 8), (b"stsz", 12), (b"stco", 8))]
    stbl = _box(b"stbl", _box(b"stsd", struct.pack(">II", 0, 1), mp4a), *tables)
    dinf = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", struct.pack(">I", 1))))
    minf = _box(b"minf", _box(b"smhd", bytes(8)), dinf, stbl)
    mdhd = _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, shape.rate_hz, 0, 0x55C4, 0))
    hdlr = _box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"soun") + b"camera\0")
    tkhd = _box(b"tkhd", struct.pack(">IIIIII8xhhhH", 3, 0, 0, track, 0, 0, 0, 0, 0x100, 0), _MATRIX, bytes(8))
    return _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf))


def _box(name: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I", 8 + sum(map(len, parts))) + name + b"".join(parts)


def _descriptor(tag: int, body: bytes) -> bytes:
    """Of ISO/IEC 14496-1; all of ours are shorter than 128 bytes."""
    return bytes((tag, len(body))) + body
