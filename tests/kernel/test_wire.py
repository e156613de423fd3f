"""The binary unit between edge and gateway."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, id_of_bytes
from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.kernel.wire import HEAD_BYTES, WireUnit, pack_unit, parse_unit

CAMERA = CameraId(id_of_bytes("camera", bytes(range(16))))
TIMES = st.integers(0, 2**53 - 1)


@given(st.builds(
    WireUnit, st.binary(min_size=16, max_size=16).map(lambda raw: CameraId(id_of_bytes("camera", raw))), TIMES, TIMES,
    st.booleans(), st.booleans(), st.booleans(), st.binary(min_size=1, max_size=50),
    sound=st.just(False), h265=st.booleans(), low=st.booleans(),
))  # fmt: skip
def test_a_unit_survives_the_wire(unit):
    assert parse_unit(pack_unit(unit)) == unit


def test_the_layout_is_the_one_of_the_specification():
    packed = pack_unit(WireUnit(CAMERA, 1, 2, True, True, False, b"payload"))
    assert packed == b"\x01\x03" + bytes(range(16)) + b"\0" * 7 + b"\x01" + b"\0" * 7 + b"\x02" + b"payload"


@given(st.binary(max_size=80))
def test_anything_else_is_malformed_or_packs_to_the_same_bytes(data):
    try:
        unit = parse_unit(data)
    except Malformed:
        return
    assert pack_unit(unit) == data


@pytest.mark.parametrize("change", [
    {"ts_us": -1}, {"ts_us": 2**53}, {"wallclock_us": 2**60}, {"payload": b""}, {"payload": bytes(MAX_UNIT_BYTES + 1)},
])  # fmt: skip
def test_what_is_out_of_bounds_is_not_packed(change):
    fields = {"camera": CAMERA, "ts_us": 1, "wallclock_us": 1, "key": False, "parameter_sets": False,
              "sealed": False, "payload": b"x"}  # fmt: skip
    with pytest.raises(Malformed):
        pack_unit(WireUnit(**(fields | change)))


@pytest.mark.parametrize("data", [b"", b"\x01" * HEAD_BYTES, b"\x02\x00" + bytes(40),
                                  b"\x01\x40" + bytes(40), b"\x01\x18" + bytes(40), b"\x01\x28" + bytes(40),
                                  b"\x01\x09" + bytes(40), b"\x01\x0c" + bytes(40)])  # fmt: skip
def test_cut_short_or_unknown_is_malformed(data):
    with pytest.raises(Malformed):
        parse_unit(data)
