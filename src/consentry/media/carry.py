"""Access units to the wire of `kernel/wire.py` and back."""

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.wire import WireUnit, pack_unit
from consentry.media.h264 import IDR, PPS, SPS, from_avcc, nal_kind, to_avcc
from consentry.media.units import AccessUnit


def to_wire(camera: CameraId, unit: AccessUnit) -> bytes:
    """The binary message for a plain `unit` of `camera`."""
    has_sets = any(nal_kind(nal) == SPS for nal in unit.nals)
    return pack_unit(WireUnit(camera, unit.ts_us, unit.wallclock_us, unit.key, has_sets, False, to_avcc(unit.nals)))


def from_wire(wire: WireUnit) -> AccessUnit:
    """The access unit inside a plain `wire`.

    Malformed when it is sealed, when its lengths do not add up, or when its flags do not say what is inside: what a
    later picture is decoded from must be true, the sender is not believed.
    """
    if wire.sealed:
        raise Malformed("a sealed unit cannot be opened here")
    nals = from_avcc(wire.payload)
    kinds = {nal_kind(nal) for nal in nals}
    honest = wire.key == (IDR in kinds) and wire.parameter_sets == (SPS in kinds) and bool(kinds & {1, 2, 3, 4, IDR})
    if not honest or (wire.key and not {SPS, PPS} <= kinds):
        raise Malformed("a unit is not what its flags say")
    return AccessUnit(0, wire.ts_us, nals, wire.key, wire.wallclock_us)
