"""Access units and sound to the wire of `kernel/wire.py` and back."""

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.wire import WireUnit, pack_unit
from consentry.media.h264 import IDR, PPS, SPS, from_avcc, nal_kind, to_avcc
from consentry.media.sound_box import SoundPiece, pack_sound, read_sound
from consentry.media.units import AccessUnit, SoundUnit


def to_wire(camera: CameraId, unit: AccessUnit) -> bytes:
    """The binary message for a plain `unit` of `camera`."""
    has_sets = any(nal_kind(nal) == SPS for nal in unit.nals)
    return pack_unit(WireUnit(camera, unit.ts_us, unit.wallclock_us, unit.key, has_sets, False, to_avcc(unit.nals)))


def from_wire(wire: WireUnit) -> AccessUnit:
    """The access unit inside a plain `wire`.

    Malformed when it is sealed or sound, when its lengths do not add up, or when its flags do not say what is inside:
    what a later picture is decoded from must be true, the sender is not believed.
    """
    if wire.sealed or wire.sound:
        raise Malformed("a sealed unit cannot be opened here, sound is no picture")
    nals = from_avcc(wire.payload)
    kinds = {nal_kind(nal) for nal in nals}
    honest = wire.key == (IDR in kinds) and wire.parameter_sets == (SPS in kinds) and bool(kinds & {1, 2, 3, 4, IDR})
    if not honest or (wire.key and not {SPS, PPS} <= kinds):
        raise Malformed("a unit is not what its flags say")
    return AccessUnit(0, wire.ts_us, nals, wire.key, wire.wallclock_us)


def sound_to_wire(camera: CameraId, unit: SoundUnit) -> bytes:
    """The binary message for a piece of sound of `camera`; Malformed when it is too large or no codec of ours."""
    payload = pack_sound(SoundPiece(unit.codec, unit.data, unit.config))
    return pack_unit(WireUnit(camera, max(unit.ts_us, 0), unit.wallclock_us, False, False, False, payload, True))


def sound_from_wire(wire: WireUnit) -> SoundUnit:
    """The piece of sound inside `wire`; Malformed when it is a picture, or of no codec that a player could be given."""
    if not wire.sound:
        raise Malformed("a picture is no sound")
    piece = read_sound(wire.payload)
    return SoundUnit(piece.codec, wire.ts_us, piece.data, wire.wallclock_us, piece.config)
