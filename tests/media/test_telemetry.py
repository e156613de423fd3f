"""KLV and MISB ST 0601: a real drone's packets, round trips, and whatever bytes there may be."""

import contextlib
import itertools
import math
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place
from consentry.media.klv import MAX_ITEMS, UAS_KEY, checksum, local_sets, write_local_set
from consentry.media.telemetry import SCALES, Telemetry, read_telemetry

DRONE = Path(__file__).resolve().parents[3] / "shared" / "data" / "drone" / "synthetic_drone_klv.ts"
TIME = {2: (1_700_000_000_000_000).to_bytes(8, "big")}


@pytest.fixture(scope="module")
def packets() -> list[bytes]:
    if not DRONE.exists():
        pytest.skip("needs ../shared/data/drone/synthetic_drone_klv.ts")
    with av.open(str(DRONE)) as container:
        return [bytes(packet) for packet in container.demux(data=0) if packet.size]


def test_a_real_drone_is_where_its_packets_say(packets: list[bytes]) -> None:
    said = [one for packet in packets for one in read_telemetry(packet)]
    assert len(said) == 200
    first = said[0]
    # Reckoned by hand from the bytes of the first packet: 0x3a84045d * 180 / (2^32 - 2) and so on.
    assert first.place == pytest.approx((0x3A84045D * 180 / (2**32 - 2), (0xB578B92F - 2**32) * 360 / (2**32 - 2)))
    assert first.captured_us == 0x0004CA14054FA654
    assert first.heading_deg == pytest.approx(0x8F20 * 360 / 65_535)
    assert first.altitude_m == pytest.approx(0x315A * 19_900 / 65_535 - 900)
    assert first.hfov_deg == pytest.approx(0x1A87 * 180 / 65_535)
    assert first.slant_range_m == pytest.approx(0x001B7A51 * 5_000_000 / (2**32 - 1))
    assert first.centre == pytest.approx((0x3A820040 * 180 / (2**32 - 2), (0xB57C6194 - 2**32) * 360 / (2**32 - 2)))
    assert first.corners[0].lat == pytest.approx(first.centre.lat + 0x0397 * 0.15 / 65_534)
    assert first.corners[0].lon == pytest.approx(first.centre.lon + 0x0B1C * 0.15 / 65_534)
    assert (first.mission, first.platform, first.version) == ("ESRI_Metadata_Collect", "C208B", 1)
    assert len(first.corners) == 4
    assert 0 <= first.looks_deg < 360
    assert all(later.captured_us > sooner.captured_us for sooner, later in itertools.pairwise(said))


def test_one_flipped_bit_anywhere_is_noticed(packets: list[bytes]) -> None:
    packet = packets[0]
    assert checksum(packet[:-2]) == int.from_bytes(packet[-2:], "big")
    for bit in range(16 * 8, len(packet) * 8, 5):
        bad = bytearray(packet)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Malformed):
            read_telemetry(bytes(bad))


def test_synchronous_and_several_sets_in_one_packet_are_read(packets: list[bytes]) -> None:
    cells = b"".join(b"\xfc\x01\xdf" + len(one).to_bytes(2, "big") + one for one in packets[:2])
    assert read_telemetry(cells) == read_telemetry(packets[0] + packets[1])
    assert len(read_telemetry(cells)) == 2
    other = bytes.fromhex("060e2b34020501010e01030102000000") + b"\x02xy"
    assert len(read_telemetry(other + packets[0])) == 1


numbers = st.fixed_dictionaries({}, optional={
    tag: st.floats(scale.low, scale.high, allow_nan=False) for tag, scale in SCALES.items()})  # fmt: skip


@given(numbers)
def test_numbers_come_back_within_half_a_step(said: dict[int, float]) -> None:
    packet = write_local_set(TIME | {tag: SCALES[tag].write(value) for tag, value in said.items()})
    (items,) = local_sets(packet)
    for tag, value in said.items():
        scale = SCALES[tag]
        step = (scale.high - scale.low) / ((1 << 8 * scale.size) - 2)
        back = scale.read(items[tag])
        assert back is not None
        assert abs(back - value) <= step * 0.5001
    (read,) = read_telemetry(packet)
    assert (read.place is None) == (not {13, 14} <= said.keys())
    assert len(read.corners) in (0, 4)
    assert read.looks_deg is None or 0 <= read.looks_deg <= 360


@given(st.dictionaries(st.integers(3, 2_000_000).filter(lambda tag: tag not in SCALES), st.binary(max_size=300)))
def test_any_items_come_back(items: dict[int, bytes]) -> None:
    assert list(local_sets(write_local_set(TIME | items))) == [TIME | items]


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_telemetry_or_malformed(data: bytes, with_key: bool) -> None:
    with contextlib.suppress(Malformed):
        read_telemetry(UAS_KEY + data if with_key else data)


@given(st.dictionaries(st.sampled_from([*sorted(SCALES), 3, 10, 65]), st.binary(max_size=9)))
def test_items_of_any_size_give_numbers_or_nothing(items: dict[int, bytes]) -> None:
    (read,) = read_telemetry(write_local_set(TIME | items))
    for value in (read.heading_deg, read.altitude_m, *(read.place or ()), *(read.centre or ())):
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize("bad", [
    UAS_KEY, UAS_KEY + b"\x80", UAS_KEY + b"\x85\0\0\0\0\1", UAS_KEY + b"\x84\xff\xff\xff\xff",
    UAS_KEY + b"\x04\x01\x02\x00\x00", UAS_KEY + b"\x03\x02\x7f\x00", UAS_KEY + b"\x03\xff\xff\xff", b"\x00" * 40,
    write_local_set({5: b"\0\0"}), write_local_set({2: b"\0\0"}), write_local_set(TIME)[:-3],
    write_local_set(TIME | dict.fromkeys(range(3, 4 + MAX_ITEMS), b"")), write_local_set(TIME) * 33, bytes(70_000),
])  # fmt: skip
def test_what_does_not_hold_is_malformed(bad: bytes) -> None:
    with pytest.raises(Malformed):
        read_telemetry(bad)


def test_an_error_code_is_nothing_and_a_look_at_the_horizon_has_no_footprint() -> None:
    error = b"\x80\0\0\0"
    (lost,) = read_telemetry(write_local_set(TIME | {13: error, 14: error}))
    assert lost.place is None
    here = {13: SCALES[13].write(48.0), 14: SCALES[14].write(2.0)}
    far = {23: SCALES[23].write(49.0), 24: SCALES[24].write(2.0)}
    (level,) = read_telemetry(
        write_local_set(TIME | here | far | {5: SCALES[5].write(90.0), 18: SCALES[18].write(300)})
    )
    assert (level.centre, level.corners) == (None, ())
    assert level.looks_deg == pytest.approx(30, abs=0.01)


def test_where_it_looks_is_where_its_picture_is() -> None:
    assert Telemetry(0, Place(48, 2), heading_deg=180.0, centre=Place(48.001, 2)).looks_deg == pytest.approx(0)
    assert Telemetry(0, Place(48, 2)).looks_deg is None
