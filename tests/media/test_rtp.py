"""Packets to pictures: round trips, loss, jumping clocks, and noise."""

import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.rtp import NTP_EPOCH_S, RtpPacket, parse_rtp, write_rtp
from consentry.media.rtp_h264 import H264Depacketiser, split_nals
from consentry.media.rtsp_framing import RtspFraming
from consentry.media.timeline import MAX_BACK_US, MAX_STEP_US, Timeline
from consentry.media.units import SourceFault

SPS, PPS = bytes.fromhex("6764000cacd9418096ffc0"), bytes.fromhex("68ebe3cb22c0")
IDR, SLICE = b"\x65" + bytes(range(200)), b"\x41" + bytes(range(100))
START_US = 1_700_000_000_000_000


def packets(pictures, *, most=60, first=65_530):
    """RTP packets for `pictures`: [(rtp time, nals)]."""
    sequence = first
    for time, nals in pictures:
        payloads = list(split_nals(nals, most=most))
        for index, payload in enumerate(payloads):
            yield RtpPacket(96, index == len(payloads) - 1, sequence % 65_536, time % 2**32, payload)
            sequence += 1


def run(stream, depacketiser=None):
    taker = depacketiser or H264Depacketiser()
    return [unit for index, packet in enumerate(stream) for unit in taker.take(packet, START_US + index * 100)]


def gop(start, count=3, step=3_000):
    return [(start, (SPS, PPS, IDR)), *((start + step * number, (SLICE,)) for number in range(1, count))]


nal_units = st.builds(
    lambda kind, body: bytes((0x60 | kind,)) + body, st.sampled_from([1, 5, 6]), st.binary(min_size=1, max_size=400)
)


@given(st.lists(nal_units, min_size=1, max_size=4).map(tuple), st.integers(3, 120))
def test_any_picture_survives_packets_of_any_size(nals, most):
    units = run(packets([(0, (SPS, PPS, IDR)), (3_000, nals)], most=most))
    carries_picture = any(nal[0] & 31 in (1, 5) for nal in nals)
    assert len(units) == 1 + carries_picture
    if carries_picture:
        key = any(nal[0] & 31 == 5 for nal in nals)
        assert units[1].nals == ((SPS, PPS, *nals) if key else nals)


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_noise_never_raises_anything_but_a_source_fault(chunks):
    taker = H264Depacketiser((SPS, PPS))
    for index, chunk in enumerate(chunks):
        packet = parse_rtp(chunk)
        taker.take_sender_report(chunk)
        if packet is not None:
            taker.take(packet, START_US + index)


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.booleans(), st.integers(0, 3)), max_size=40))
def test_fragments_in_any_disorder_give_only_whole_units(parts):
    taker = H264Depacketiser((SPS, PPS))
    for index, (payload, marker, time) in enumerate(parts):
        body = bytes((0x7C,)) + payload
        for unit in taker.take(RtpPacket(96, marker, index, time, body), START_US + index):
            assert all(unit.nals)
            # what came in band may have replaced the sets of the SDP
            assert [nal[0] & 31 for nal in unit.nals[:2]] == [7, 8] or not unit.key


@given(st.data())
@settings(max_examples=60)
def test_a_lost_packet_drops_to_the_next_key_frame_and_no_broken_picture_comes(data):
    stream = list(packets([*gop(0), *gop(20_000), *gop(40_000)]))
    lost = data.draw(st.integers(1, len(stream) - 1))
    units = run(stream[:lost] + stream[lost + 1 :])
    whole = {(SPS, PPS, IDR), (SLICE,)}
    assert all(unit.nals in whole for unit in units)
    expects_key = False
    for sooner, later in itertools.pairwise(units):
        expects_key = later.ts_us - sooner.ts_us > 250_000  # more than any step of the whole stream
        assert later.key or not expects_key


def test_a_stap_a_gives_its_units():
    body = b"\x78" + b"".join(struct.pack(">H", len(nal)) + nal for nal in (SPS, PPS, IDR))
    (unit,) = run([RtpPacket(96, True, 1, 0, body)])
    assert unit.nals == (SPS, PPS, IDR)


def test_parameter_sets_of_the_sdp_stand_in_and_none_at_all_is_a_fault():
    (unit,) = run(packets([(0, (IDR,))]), H264Depacketiser((SPS, PPS)))
    assert unit.nals == (SPS, PPS, IDR)
    with pytest.raises(SourceFault) as caught:
        run(packets([(0, (IDR,))]))
    assert caught.value.kind == "no-parameter-sets"


def test_a_missing_marker_is_made_up_for_by_the_next_time():
    stream = [RtpPacket(p.payload_type, False, p.sequence, p.time, p.payload) for p in packets(gop(0))]
    assert [unit.key for unit in run(stream)] == [True, False]


def test_times_wrap_and_jump_without_the_line_jumping():
    wrap = [(2**32 - 3_000, (SPS, PPS, IDR)), (0, (SLICE,)), (3_000, (SLICE,)), (2_000_000_000, (SLICE,)),
            (2_000_003_000, (SLICE,)), (5, (SLICE,))]  # fmt: skip
    times = [unit.ts_us for unit in run(packets(wrap))]
    steps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert len(times) == 6
    assert all(0 < step < 100_000 for step in steps), steps


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 5_000_000)), min_size=2, max_size=40))
def test_no_clock_makes_the_line_jump(readings):
    line, arrival, highest = Timeline(), START_US, None
    for rtp, passed in readings:
        arrival += passed
        placed = line.place_rtp(rtp, arrival)
        if highest is not None:
            assert -1_000_000 <= placed - highest <= MAX_STEP_US
        highest = placed if highest is None else max(highest, placed)


def test_many_small_steps_back_are_a_jump_too():
    line = Timeline()
    first = line.place_rtp(90_001, START_US)
    line.place_rtp(1, START_US)  # one second back: B-frames do not, but it is let pass
    assert first - line.place_rtp(0, START_US) <= MAX_BACK_US


def test_a_new_connection_goes_on_later_on_the_line():
    line = Timeline()
    first = line.place_rtp(5_000, START_US)
    line.restart()
    assert line.place_rtp(1, START_US - 3_600_000_000) > first  # even when our own clock was set back


def test_a_sender_report_gives_the_cameras_clock_unless_it_is_absurd():
    report = struct.pack(">BBHIIIIII", 0x80, 200, 6, 1, START_US // 1_000_000 + NTP_EPOCH_S, 1 << 31, 90_000, 0, 0)
    taker = H264Depacketiser((SPS, PPS))
    taker.take_sender_report(report)
    (unit,) = taker.take(RtpPacket(96, True, 1, 99_000, IDR), START_US + 900_000)
    assert unit.wallclock_us == START_US + 600_000
    (late,) = taker.take(RtpPacket(96, True, 2, 102_000, SLICE), START_US + 90_000_000)
    assert late.wallclock_us == START_US + 90_000_000


def test_a_picture_without_end_is_dropped_and_memory_stays_bounded():
    taker = H264Depacketiser((SPS, PPS))
    body = b"\x7c\x05" + bytes(60_000)
    start = RtpPacket(96, False, 0, 0, b"\x7c\x85" + bytes(60_000))
    taker.take(start, START_US)
    for number in range(1, MAX_UNIT_BYTES // 60_000 * 2):
        taker.take(RtpPacket(96, False, number % 65_536, 0, body), START_US)
        assert sum(map(len, taker._fragment)) <= MAX_UNIT_BYTES
    assert taker.dropped_units == 0
    taker.take(RtpPacket(96, True, number + 1, 0, body), START_US)
    assert taker.dropped_units == 1


@given(
    st.integers(0, 127),
    st.booleans(),
    st.integers(0, 65_535),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=1, max_size=50),
)
def test_a_packet_survives_its_bytes(payload_type, marker, sequence, time, payload):
    packet = RtpPacket(payload_type, marker, sequence, time, payload)
    assert parse_rtp(write_rtp(packet, 7)) == packet


def interleaved(stream, channel=0):
    """Packets as they stand on an RTSP connection."""
    return [
        struct.pack(">BBH", 0x24, channel, len(data)) + data for data in (write_rtp(packet, 7) for packet in stream)
    ]


def over_a_connection(chunks, *, skim):
    """What a connection with these bytes makes of them, with and without the short way for fragments."""
    taker, units = H264Depacketiser(), []

    def take_run(buffer, at):
        end, unit = taker.take_run(buffer, at, 96, START_US)
        units.extend([unit] if unit else [])
        return end

    def take(channel, data):
        packet = parse_rtp(data)
        if packet is not None and channel == 0:
            units.extend(taker.take(packet, START_US))

    framing = RtspFraming(take, lambda _: None, take_run if skim else lambda _, at: at)
    for chunk in chunks:
        framing.feed(chunk)
    return units, taker.dropped_units


@given(st.data())
def test_the_short_way_for_fragments_gives_the_same_pictures(data):
    nals = data.draw(st.lists(nal_units, min_size=1, max_size=6))
    stream = list(packets([(0, (SPS, PPS, IDR)), *((3_000 * n, (nal,)) for n, nal in enumerate(nals, 1))], most=20))
    wire = interleaved(stream)
    for _ in range(data.draw(st.integers(0, 3))):  # lost, doubled and damaged packets
        at = data.draw(st.integers(0, len(wire) - 1))
        damaged = bytearray(wire[at])
        damaged[data.draw(st.integers(4, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
        kept = data.draw(st.sampled_from([[], [wire[at]] * 2, [bytes(damaged)]]))
        wire[at : at + 1] = kept if len(wire) > 1 else wire
    whole = b"".join(wire)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[a:b] for a, b in itertools.pairwise([0, *cuts, len(whole)])]
    try:
        slow = over_a_connection(chunks, skim=False)
    except SourceFault:
        with pytest.raises(SourceFault):
            over_a_connection(chunks, skim=True)
        return
    assert over_a_connection(chunks, skim=True) == slow


def test_the_short_way_takes_no_middle_before_it_knows_how_they_look():
    taker = H264Depacketiser((SPS, PPS))
    taker.take(RtpPacket(96, False, 7, 0, b"\x7c\x85first"), START_US)  # came alone, by the ordinary way
    odd = b"".join(interleaved([RtpPacket(96, False, 8, 0, bytes(2) + b"odd")]))
    middle = b"".join(interleaved([RtpPacket(96, False, 8, 0, b"\x7c\x05middle")]))
    assert taker.take_run(odd, 0, 96, START_US) == (0, None)
    assert taker.take_run(middle, 0, 96, START_US) == (0, None)


def test_the_short_way_goes_past_no_number_payload_type_or_length_that_is_not_the_next():
    def begun():
        taker = H264Depacketiser((SPS, PPS))
        taker.take(RtpPacket(96, True, 6, 0, b"\x65key"), START_US)
        first = b"".join(interleaved([RtpPacket(96, False, 7, 3_000, b"\x7c\x81" + bytes(20))]))
        assert taker.take_run(first, 0, 96, START_US) == (len(first), None)
        return taker

    good = RtpPacket(96, False, 8, 3_000, b"\x7c\x01" + bytes(20))
    whole = b"".join(interleaved([good]))
    assert begun().take_run(whole, 0, 96, START_US) == (len(whole), None)
    for other in (
        good._replace(sequence=9), good._replace(payload_type=97), good._replace(time=6_000),
        good._replace(payload=b"\x7c\x85" + bytes(20)), good._replace(payload=b"\x61" + bytes(21)),
    ):  # fmt: skip
        assert begun().take_run(b"".join(interleaved([other])), 0, 96, START_US) == (0, None)
    assert begun().take_run(b"".join(interleaved([good], channel=2)), 0, 96, START_US) == (0, None)
    assert begun().take_run(whole[:-1], 0, 96, START_US) == (0, None)


def test_the_short_way_ends_at_the_last_number_and_takes_no_other_payload_type_behind_it():
    taker = H264Depacketiser((SPS, PPS))
    taker.take(RtpPacket(96, True, 65_533, 0, b"\x65key"), START_US)
    run = [
        RtpPacket(96, False, 65_534, 3_000, b"\x7c\x81" + bytes(20)),
        RtpPacket(96, False, 65_535, 3_000, b"\x7c\x01" + bytes(20)),
    ]
    mine, other = b"".join(interleaved(run)), b"".join(interleaved([run[1]._replace(payload_type=97, sequence=0)]))
    assert taker.take_run(mine + other, 0, 96, START_US) == (len(mine), None)
    end = run[1]._replace(sequence=0, marker=True, payload=b"\x7c\x41" + bytes(20))
    assert taker.take(end, START_US)
