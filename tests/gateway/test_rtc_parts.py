"""The parts of WebRTC that decide: offers and answers, pace, repeats, datagrams in one call."""

import asyncio
import socket

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.world import until

from consentry.gateway.rtc.dtls import cut_records
from consentry.gateway.rtc.endpoint import Endpoint, run_end
from consentry.gateway.rtc.offer import Codec, Ours, choose_codec, parse_offer, write_answer
from consentry.gateway.rtc.pace import FREE_BPS, MAX_WAIT_S, Pace
from consentry.gateway.rtc.sender import MAX_REPEATS, RING, Format, Sender
from consentry.gateway.rtc.stun import answer_check, read_check
from consentry.gateway.rtc.viewer import Calls, RtcViewer
from consentry.gateway.viewer import Shot
from consentry.kernel.errors import Malformed
from consentry.media.fmp4 import Fragment
from consentry.media.rtcp import echoed_as, nack
from consentry.media.rtp import parse_rtp
from consentry.media.units import AccessUnit

OFFER = "\r\n".join([
    "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2", "a=extmap-allow-mixed",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=rtpmap:111 opus/48000/2",
    "m=video 9 UDP/TLS/RTP/SAVPF 96 102 103 104", "c=IN IP4 0.0.0.0", "a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24,
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=setup:actpass", "a=mid:1", "a=recvonly", "a=rtcp-mux",
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "a=rtpmap:96 VP8/90000", "a=rtpmap:102 H264/90000",
    "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    "a=rtpmap:103 H264/90000", "a=fmtp:103 packetization-mode=0;profile-level-id=64001f",
    "a=rtpmap:104 H264/90000", "a=fmtp:104 packetization-mode=1;profile-level-id=64001f",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:2", "a=sctp-port:5000",
]) + "\r\n"  # fmt: skip


def test_an_answer_takes_one_video_and_the_channel_and_refuses_the_rest():
    offer = parse_offer(OFFER)
    assert offer.codecs == (Codec(102, "42e01f"), Codec(104, "64001f"))
    assert (offer.send_time_id, offer.direction, offer.fingerprint) == (2, "recvonly", b"\xab" * 32)
    answer = SessionDescription.parse(
        write_answer(offer, offer.codecs[1], Ours("n", "p" * 24, "AA:BB", ("192.0.2.1", 8481), 77))
    )
    assert [(media.kind, media.port) for media in answer.media] == [("audio", 0), ("video", 9), ("application", 9)]
    assert answer.group[0].items == ["1", "2"]
    assert [codec.payloadType for codec in answer.media[1].rtp.codecs] == [104]
    assert (answer.media[1].ice_candidates[0].ip, answer.media[1].ice_candidates[0].port) == ("192.0.2.1", 8481)
    assert answer.media[1].dtls.role == "server"


@pytest.mark.parametrize(("profile", "number"), [
    ("42c00c", 102), ("42e01e", 102), ("4d401f", 104), ("640028", 104), (None, 104),
])  # fmt: skip
def test_the_codec_is_the_one_that_fits_the_camera(profile, number):
    assert choose_codec(parse_offer(OFFER).codecs, profile).payload_type == number


@pytest.mark.parametrize("change", [
    ("a=setup:actpass", "a=setup:passive"), ("sha-256", "sha-1"), ("m=video", "m=text"), ("v=0", "x"),
    ("a=mid:1", "a=mid:2"), ("a=mid:2", "a=mid:\x01"),
])  # fmt: skip
def test_an_offer_that_we_cannot_stand_on_is_refused(change):
    with pytest.raises(Malformed):
        parse_offer(OFFER.replace(*change))


@given(st.text(max_size=400), st.integers(0, len(OFFER)))
def test_noise_in_an_offer_is_refused_or_read_but_never_breaks(noise, at):
    try:
        parse_offer(OFFER[:at] + noise + OFFER[at:])
    except Malformed:
        return


class Wire:
    """Catches what a sender sends."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def protect(self, packet: bytes) -> bytes:
        return packet

    def send_all(self, packets: list[bytes]) -> None:
        self.sent += packets

    def send_rtcp(self, packet: bytes) -> None:
        self.sent.append(packet)


def test_a_lost_packet_is_repeated_bit_by_bit_but_not_for_ever():
    wire = Wire()
    sender = Sender(wire, Format(104, 77, 2), 65_530)
    for picture in range(20):
        sender.send((b"a" * 100, b"b" * 50), 3_000 * picture, 0, picture / 30)
    first = {parse_rtp(packet).sequence: packet for packet in wire.sent}
    wire.sent.clear()
    sender.repeat([65_531, 3, 4_000])
    assert wire.sent == [first[65_531], first[3]]
    for _ in range(MAX_REPEATS + 3):
        sender.repeat([3])
    assert wire.sent.count(first[3]) == MAX_REPEATS
    sender.forget()
    wire.sent.clear()
    sender.repeat(list(first))
    assert wire.sent == []


def test_a_storm_of_requests_is_answered_in_part():
    wire = Wire()
    sender = Sender(wire, Format(104, 77, None), 0)
    for picture in range(RING):
        sender.send((b"x",), picture, 0, 0)
    wire.sent.clear()
    sender.repeat(list(range(RING)))
    assert 0 < len(wire.sent) <= RING // 2


def test_what_is_asked_for_on_a_full_line_is_repeated_once_there_is_room_and_pictures_go_on():
    """A receiver that asks once, just after a picture filled the line, had its picture stand still."""

    async def look() -> list[bytes]:
        wire, viewer = Wire(), RtcViewer()
        viewer.link = wire
        viewer.bind(Format(104, 77, None), Calls(again=lambda: None, hear=lambda text: None, gone=lambda lost: None))
        viewer.ready()
        viewer.pace.is_limited, viewer.pace.rate_bps = True, 100_000
        viewer.push(shot(0, 3_000))  # 0.24 s of the line, 0.05 s are free
        first = list(wire.sent)
        sequences = [parse_rtp(packet).sequence for packet in first]
        viewer.take_rtcp(nack(1, 77, sequences[:2]))
        viewer.take_rtcp(nack(1, 77, sequences[:2]))
        viewer.push(shot(1, 100, key=False))
        assert wire.sent == first
        await until(lambda: viewer.sender.repeated == 2)
        await until(lambda: viewer.sent_shots == 2)
        assert viewer.sender.repeated == 2
        again = wire.sent[len(first) :]
        assert [packet for packet in again if packet in first] == first[:2]
        assert again[1] not in first  # the next picture has its turn between the two
        viewer.push(shot(2, 3_000, key=False))
        viewer.take_rtcp(nack(1, 77, sequences))
        gone = len(wire.sent)
        viewer.gone(lost=True)
        await asyncio.sleep(0.15)
        return wire.sent[gone:]

    assert asyncio.run(look()) == []


def test_what_is_missing_of_before_a_key_frame_is_not_repeated_on_a_limited_line():
    async def look() -> int:
        wire, viewer = Wire(), RtcViewer()
        viewer.link = wire
        viewer.bind(Format(104, 77, None), Calls(again=lambda: None, hear=lambda text: None, gone=lambda lost: None))
        viewer.ready()
        viewer.pace.is_limited, viewer.pace.rate_bps = True, 400_000
        viewer.push(shot(0, 9_000))  # 0.18 s of the line
        viewer.take_rtcp(nack(1, 77, [parse_rtp(packet).sequence for packet in wire.sent]))
        viewer.push(shot(1, 100))
        await until(lambda: viewer.sent_shots == 2)
        await asyncio.sleep(0.2)
        viewer.gone(lost=True)
        return viewer.sender.repeated

    assert asyncio.run(look()) <= 1  # the one whose turn came before the key frame


def shot(number: int, size: int, *, key: bool = True) -> Shot:
    """A picture of `size` bytes."""
    nals = ((b"\x65" if key else b"\x41") + bytes([number]) * (size - 1),)
    unit = AccessUnit(track=0, ts_us=40_000 * number, nals=nals, key=key, wallclock_us=0)
    return Shot(Fragment(number, 40_000 * number, 40_000, 0, key, nals), unit)


def test_the_first_answers_of_a_line_that_is_full_at_once_are_known_as_late_afterwards():
    pace = Pace()
    for picture in range(90):
        pace.offer(20_000, picture / 30)
    for trip_s in (1.9, 1.9, 0.05):  # it drained
        pace.hear(0.0, 500_000, trip_s=trip_s)
    assert pace.is_limited
    assert pace.rate_bps == 500_000


def test_a_healthy_line_is_not_slowed_by_a_cautious_estimate():
    pace = Pace()
    for picture in range(90):
        pace.offer(20_000, picture / 30)
    pace.hear(0.0, 4_500_000)  # the camera makes 4.8 Mbit/s
    pace.hear(0.0, 2_000_000)  # one low word, as when a scene begins to move
    pace.hear(0.0, 6_000_000)
    assert not pace.is_limited
    assert pace.rate_bps == FREE_BPS


def test_a_weak_line_gets_less_until_it_recovers_and_delay_stays_bounded():
    pace, now_s = Pace(), 0.0
    sent = waits = 0
    for picture in range(900):
        now_s = picture / 30
        pace.offer(20_000, now_s)
        if picture % 30 == 29:
            pace.hear(0.0, 1_000_000 if picture < 600 else 20_000_000)
        if pace.wait_s(now_s) <= MAX_WAIT_S:
            pace.take(20_000, now_s)
            sent += picture < 600
        waits = max(waits, pace.wait_s(now_s)) if picture > 120 else 0
    assert 120 < sent < 250  # a fifth of 600, and what went before the first word
    assert waits <= MAX_WAIT_S + 20_000 * 8 / 1_000_000
    assert not pace.is_limited


def test_heavy_loss_slows_and_clean_reports_bring_it_back():
    pace = Pace()
    for picture in range(90):
        pace.offer(20_000, picture / 30)
    pace.hear(0.3, None)
    assert pace.is_limited
    assert pace.rate_bps < 4_800_000
    for _ in range(10):
        pace.hear(0.0, None)
    assert not pace.is_limited


def test_datagrams_of_one_picture_leave_in_one_call_and_arrive_apart():
    async def send() -> list[bytes]:
        endpoint = Endpoint()
        endpoint.open("127.0.0.1", 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind(("127.0.0.1", 0))
            line.settimeout(2)
            endpoint.send_all([b"a" * 30, *(bytes([n]) * 1_000 for n in range(5)), b"z" * 7], line.getsockname())
            got = [line.recv(2_000) for _ in range(7)]
        endpoint.close()
        return got

    got = asyncio.run(send())
    assert [len(data) for data in got] == [30, 1_000, 1_000, 1_000, 1_000, 1_000, 7]
    assert run_end([b"aa", b"aa", b"a", b"a"], 0) == 3


def test_a_long_flight_is_cut_between_records():
    records = [b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + b"x" * size for size in (100, 1_000, 900, 20)]
    datagrams = cut_records(b"".join(records))
    assert b"".join(datagrams) == b"".join(records)
    assert [len(data) for data in datagrams] == [113 + 1_013, 913 + 33]


@given(st.binary(max_size=120))
def test_noise_asks_for_nothing_and_breaks_nothing(data):
    check = read_check(b"\x00\x01" + data[:2] + b"\x21\x12\xa4\x42" + data)
    assert check is None or answer_check(check, "p" * 32, ("127.0.0.1", 1)) is None


def test_estimates_slow_a_line_only_where_what_is_sent_takes_longer_to_arrive():
    """2 % lost and some jitter make a browser's estimate small, and smaller once less is sent; the line has room."""
    pace = Pace()
    for picture in range(90):
        pace.offer(20_000, picture / 30)
    for _ in range(10):
        pace.hear(0.02, 500_000, trip_s=0.06)
    assert not pace.is_limited
    pace.hear(0.02, 500_000, trip_s=0.5)  # it stumbled
    pace.hear(0.02, 500_000, trip_s=0.06)
    assert not pace.is_limited
    for trip_s in (0.4, 0.5, 0.06):  # it queues up, and that is not forgotten at once
        pace.hear(0.02, 500_000, trip_s=trip_s)
    assert pace.is_limited
    assert pace.rate_bps == 500_000


def test_a_limited_line_that_shows_room_is_soon_free_whatever_the_estimate_says():
    pace = Pace()
    for picture in range(90):
        pace.offer(20_000, picture / 30)
    for trip_s in (0.05, 0.5, 0.5, 0.5):
        pace.hear(0.0, 300_000, trip_s=trip_s)
    assert pace.is_limited
    reports = 0
    while pace.is_limited:
        pace.hear(0.03, 300_000, trip_s=0.06)
        reports += 1
    assert 30 <= reports < 50


def test_one_lost_of_four_is_no_heavy_loss_and_many_of_many_are():
    pace = Pace()
    for picture in range(90):
        pace.offer(20_000, picture / 30)
    pace.hear(0.25, None, packets=4)
    assert not pace.is_limited
    for _ in range(24):
        pace.hear(0.0, None, packets=4)
    assert not pace.is_limited
    for _ in range(25):
        pace.hear(0.25, None, packets=4)
    assert pace.is_limited


def test_how_long_a_report_and_its_answer_took_is_known_and_what_is_not_ours_says_nothing():
    sender = Sender(Wire(), Format(96, 7, None), 1)
    sender.send([b"picture"], 0, 1_764_000_000_250_000, 10.0)
    sender.report(10.0)
    name = echoed_as(1_764_000_000_250_000)
    assert sender.trip_s((name, 0.5), 10.62) == pytest.approx(0.12)
    assert sender.trip_s((name, 5.0), 10.62) == 0.0  # a receiver that says what cannot be
    assert sender.trip_s((name + 1, 0.5), 10.62) is None
    assert sender.trip_s(None, 10.62) is None
    sender.report(11.0)  # no picture came: both have one name
    assert sender.trip_s((name, 0.1), 11.2) is None


def test_few_reports_are_remembered():
    sender = Sender(Wire(), Format(96, 7, None), 1)
    for second in range(1_000):
        sender.send([b"picture"], 0, 1_764_000_000_000_000 + 1_000_000 * second, float(second))
        sender.report(float(second))
    assert len(sender._reported) < 20
