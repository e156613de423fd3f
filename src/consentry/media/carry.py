"""Access units and sound to the wire of `kernel/wire.py` and back."""

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.wire import WireUnit, pack_unit
from consentry.media.aac_shape import read_config
from consentry.media.coding import H264, H265, sets_of
from consentry.media.h264 import from_avcc, to_avcc
from consentry.media.units import LOW, MAIN, AccessUnit, SoundUnit

_CODECS = ("aac", "pcma", "pcmu", "opus")  # 1 to 4 on the wire


def to_wire(camera: CameraId, unit: AccessUnit) -> bytes:
    """The binary message for a plain `unit` of `camera`."""
    return pack_unit(to_wire_unit(camera, unit))


def to_wire_unit(camera: CameraId, unit: AccessUnit) -> WireUnit:
    """The same before it is packed or sealed; what is before the source's line begins is put at its begin."""
    return WireUnit(
        camera, max(unit.ts_us, 0), unit.wallclock_us, unit.key, bool(sets_of(unit)), False, to_avcc(unit.nals),
        h265=unit.codec == H265.name, low=unit.track == LOW,
    )  # fmt: skip


def from_wire(wire: WireUnit) -> AccessUnit:
    """The access unit inside a plain `wire`.

    Malformed when it is sealed or sound, when its lengths do not add up, or when its flags do not say what is inside:
    what a later picture is decoded from must be true, the sender is not believed.
    """
    if wire.sealed or wire.sound:
        raise Malformed("a sealed unit cannot be opened here, sound is no picture")
    coding, nals = H265 if wire.h265 else H264, from_avcc(wire.payload)
    kinds = {coding.kind(nal) for nal in nals}
    has_sets = bool(kinds & set(coding.sets))
    honest = wire.key == bool(kinds & coding.keys) and wire.parameter_sets == has_sets and bool(kinds & coding.slices)
    if not honest or (wire.key and not set(coding.sets) <= kinds):
        raise Malformed("a unit is not what its flags say")
    track = LOW if wire.low else MAIN
    return AccessUnit(track, wire.ts_us, nals, wire.key, wire.wallclock_us, codec=coding.name)


def sound_to_wire(camera: CameraId, unit: SoundUnit) -> bytes:
    """The binary message for a piece of sound of `camera`; Malformed when it is too large or no codec of ours."""
    _check_sound(unit)
    payload = bytes((_CODECS.index(unit.codec) + 1, len(unit.config))) + unit.config + unit.data
    return pack_unit(WireUnit(camera, max(unit.ts_us, 0), unit.wallclock_us, False, False, False, payload, True))


def sound_from_wire(wire: WireUnit) -> SoundUnit:
    """The piece of sound inside `wire`; Malformed when it is a picture, or of no codec that a player could be given."""
    payload = wire.payload
    if not wire.sound or len(payload) < 3 or not 1 <= payload[0] <= len(_CODECS):
        raise Malformed("not sound of a known codec")
    config, data = payload[2 : 2 + payload[1]], payload[2 + payload[1] :]
    unit = SoundUnit(_CODECS[payload[0] - 1], wire.ts_us, data, wire.wallclock_us, config)
    _check_sound(unit)
    return unit


def _check_sound(unit: SoundUnit) -> None:
    if unit.codec not in _CODECS or not unit.data:
        raise Malformed("a piece of sound is empty, or of no known codec")
    if unit.codec == "aac":
        read_config(unit.config)
    elif unit.config:
        raise Malformed("only AAC has a configuration")
