"""The binary unit from edge to gateway: a small open header and a payload that may be opaque.

offset  bytes  field
     0      1  version = 1
     1      1  flags: 1 key frame, 2 parameter sets inside, 4 sealed, 8 sound (then alone),
                16 H.265 (else H.264), 32 of the smaller sub-stream; others 0
     2     16  camera
    18      8  ts_us, presentation time on the source's line, big-endian
    26      8  wallclock_us, UTC of capture, big-endian
    34      …  payload: each NAL unit behind its length in 4 bytes, big-endian; opaque when sealed;
                 of sound: codec (1 AAC, 2 PCMA, 3 PCMU, 4 Opus), length of its
                 configuration, the configuration (AAC only), one coded frame or packet

Source: docs/spec/edge-link.md.
"""

import struct
from functools import lru_cache
from typing import NamedTuple

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, bytes_of_id, id_of_bytes
from consentry.kernel.limits import MAX_SOUND_BYTES, MAX_UNIT_BYTES

_HEAD = struct.Struct(">BB16sQQ")
HEAD_BYTES = _HEAD.size
_KEY, _SETS, _SEALED, _SOUND, _H265, _LOW = 1, 2, 4, 8, 16, 32
_KNOWN = _KEY | _SETS | _SEALED | _SOUND | _H265 | _LOW
_MAX_TIME_US = 1 << 53
_KEPT_IDS = 4_096


class WireUnit(NamedTuple):
    """One unit as it travels; times in microseconds, `payload` as in the layout above."""

    camera: CameraId
    ts_us: int
    wallclock_us: int
    key: bool
    parameter_sets: bool
    sealed: bool
    payload: bytes
    sound: bool = False
    h265: bool = False
    low: bool = False


# One camera sends 30 units a second.
@lru_cache(maxsize=_KEPT_IDS)
def _bytes_of(camera: CameraId) -> bytes:
    return bytes_of_id(camera)


@lru_cache(maxsize=_KEPT_IDS)
def _camera_of(raw: bytes) -> CameraId:
    return CameraId(id_of_bytes("camera", raw))


def pack_unit(unit: WireUnit) -> bytes:
    """The bytes of `unit`; Malformed when a time or the size is out of bounds."""
    return pack_head(unit, len(unit.payload), sealed=unit.sealed) + unit.payload


def pack_head(unit: WireUnit, payload_bytes: int, *, sealed: bool) -> bytes:
    """The 34 bytes in front of a payload of that size, which need not be the one of `unit`; Malformed as above."""
    _check(unit.ts_us, unit.wallclock_us, payload_bytes)
    flags = (_KEY if unit.key else 0) | (_SETS if unit.parameter_sets else 0) | (_SEALED if sealed else 0)
    flags |= (_H265 if unit.h265 else 0) | (_LOW if unit.low else 0)
    if unit.sound:
        flags |= _SOUND
        _check_sound(flags, payload_bytes)
    return _HEAD.pack(1, flags, _bytes_of(unit.camera), unit.ts_us, unit.wallclock_us)


def parse_unit(data: bytes) -> WireUnit:
    """The unit in `data`; Malformed for another version, unknown flags, or anything out of bounds."""
    if len(data) <= HEAD_BYTES:
        raise Malformed("a unit is cut short")
    version, flags, camera, ts_us, wallclock_us = _HEAD.unpack_from(data)
    if version != 1 or flags & ~_KNOWN:
        raise Malformed("unknown version or flags of a unit")
    _check(ts_us, wallclock_us, len(data) - HEAD_BYTES)
    if flags & _SOUND:
        _check_sound(flags, len(data) - HEAD_BYTES)
    return WireUnit(
        _camera_of(camera), ts_us, wallclock_us,
        bool(flags & _KEY), bool(flags & _SETS), bool(flags & _SEALED), data[HEAD_BYTES:], bool(flags & _SOUND),
        bool(flags & _H265), bool(flags & _LOW),
    )  # fmt: skip


def _check_sound(flags: int, payload_bytes: int) -> None:
    if flags != _SOUND or payload_bytes > MAX_SOUND_BYTES:
        raise Malformed("sound is no picture, is not sealed and is short")


def _check(ts_us: int, wallclock_us: int, payload_bytes: int) -> None:
    if not 0 <= ts_us < _MAX_TIME_US or not 0 <= wallclock_us < _MAX_TIME_US:
        raise Malformed("a unit's time is out of bounds")
    if not 0 < payload_bytes <= MAX_UNIT_BYTES:
        raise Malformed("a unit is empty or too large")
