"""Access units and sound to the wire of `kernel/wire.py` and back."""

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.wire import WireUnit, pack_head, pack_unit
from consentry.media.coding import H264, H265, sets_of
from consentry.media.h264 import avcc_parts, from_avcc, to_avcc
from consentry.media.sound_box import SoundPiece, pack_sound, read_sound
from consentry.media.units import LOW, MAIN, AccessUnit, SoundUnit


def to_wire(camera: CameraId, unit: AccessUnit) -> bytes:
    """The binary message for a plain `unit` of `camera`."""
    parts = avcc_parts(unit.nals)
    return b"".join((pack_head(_head_of(camera, unit), sum(map(len, parts)), sealed=False), *parts))


def to_wire_unit(camera: CameraId, unit: AccessUnit) -> WireUnit:
    """The same before it is packed or sealed."""
    return _head_of(camera, unit)._replace(payload=to_avcc(unit.nals))


def _head_of(camera: CameraId, unit: AccessUnit) -> WireUnit:
    """Without its payload; what is before the source's line begins is put at its begin."""
    has_sets = len(unit.nals) > 1 and bool(sets_of(unit))
    return WireUnit(
        camera, max(unit.ts_us, 0), unit.wallclock_us, unit.key, has_sets, False, b"",
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
    payload = pack_sound(SoundPiece(unit.codec, unit.data, unit.config))
    return pack_unit(WireUnit(camera, max(unit.ts_us, 0), unit.wallclock_us, False, False, False, payload, True))


def sound_from_wire(wire: WireUnit) -> SoundUnit:
    """The piece of sound inside `wire`; Malformed when it is a picture, or of no codec that a player could be given."""
    if not wire.sound:
        raise Malformed("a picture is no sound")
    piece = read_sound(wire.payload)
    return SoundUnit(piece.codec, wire.ts_us, piece.data, wire.wallclock_us, piece.config)
