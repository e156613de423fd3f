"""Payloads and reports of WebRTC: against aiortc's own parsers where they exist, and against noise."""

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    pack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from consentry.media.packetise import is_reference, packetise
from consentry.media.rtcp import (
    NTP_EPOCH_S,
    echoed_as,
    key_request,
    nack,
    rate_limit,
    read_rtcp,
    receiver_report,
    sender_report,
)
from consentry.media.rtp import RtpPacket
from consentry.media.rtp_h264 import H264Depacketiser

SPS, PPS = bytes.fromhex("6742c01fd9005005bb011000000300100000030320f18319e0"), bytes.fromhex("68cb8cb2")
SSRC = 0x01020304


def depacketise(payloads: tuple[bytes, ...]) -> tuple[bytes, ...]:
    reader = H264Depacketiser()
    units = []
    for number, payload in enumerate(payloads):
        units += reader.take(RtpPacket(96, number == len(payloads) - 1, number, 1, payload), 0)
    return units[0].nals


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=6), st.integers(100, 1_200))
def test_what_is_packed_comes_out_again_and_fits(sizes, most):
    slices = tuple(bytes([0x65]) + bytes([number % 200 + 1]) * size for number, size in enumerate(sizes))
    payloads = packetise((SPS, PPS, *slices), most=most)
    assert all(len(payload) <= most for payload in payloads)
    assert depacketise(payloads) == (SPS, PPS, *slices)


def test_parts_of_one_picture_are_of_one_size_so_that_the_kernel_can_cut_them():
    payloads = packetise((b"\x65" + bytes(10_000),), most=1_160)
    assert {len(payload) for payload in payloads[:-1]} == {1_160}


def test_a_picture_that_nobody_refers_to_is_known():
    assert is_reference((b"\x65",))
    assert is_reference((b"\x06abc", b"\x41x"))
    assert not is_reference((b"\x06abc", b"\x01x"))


def test_reports_are_read_as_another_implementation_writes_them():
    (packet,) = RtcpPacket.parse(receiver_report(9, SSRC, (64, 5, 70_000)))
    assert isinstance(packet, RtcpRrPacket)
    assert (packet.reports[0].fraction_lost, packet.reports[0].highest_sequence) == (64, 70_000)
    compound = bytes(packet) + bytes(RtcpRtpfbPacket(fmt=1, ssrc=9, media_ssrc=SSRC, lost=[5, 6, 30, 65_535]))
    compound += bytes(RtcpPsfbPacket(fmt=1, ssrc=9, media_ssrc=SSRC))
    compound += bytes(RtcpPsfbPacket(fmt=15, ssrc=9, media_ssrc=0, fci=pack_remb_fci(750_000, [SSRC])))
    heard = read_rtcp(compound, SSRC)
    assert heard.fraction_lost == 0.25
    assert set(heard.lost) == {5, 6, 30, 65_535}
    assert heard.wants_key
    assert heard.rate_bps == pytest.approx(750_000, rel=0.01)
    assert heard.echo is None
    assert read_rtcp(compound, SSRC + 1).lost == ()


def test_a_report_says_which_of_ours_it_had_last_and_for_how_long():
    wall_us = 1_764_000_000_250_000
    seconds = wall_us // 1_000_000 + NTP_EPOCH_S
    assert echoed_as(wall_us) == (seconds & 0xFFFF) << 16 | 0x4000
    (packet, _) = RtcpPacket.parse(sender_report(SSRC, (wall_us, 0), (1, 1)))
    assert echoed_as(wall_us) == packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
    info = RtcpReceiverInfo(SSRC, 0, 0, 1, 0, lsr=echoed_as(wall_us), dlsr=32_768)
    assert read_rtcp(bytes(RtcpRrPacket(ssrc=9, reports=[info])), SSRC).echo == (echoed_as(wall_us), 0.5)


def test_what_we_say_is_read_by_another_implementation():
    report, name = RtcpPacket.parse(sender_report(SSRC, (1_700_000_000_500_000, 77), (3, 4_000)))
    assert isinstance(report, RtcpSrPacket)
    assert report.sender_info.ntp_timestamp >> 32 == 1_700_000_000 + NTP_EPOCH_S
    assert (report.sender_info.rtp_timestamp, report.sender_info.octet_count) == (77, 4_000)
    assert name.chunks[0].ssrc == SSRC
    (lost,) = RtcpPacket.parse(nack(9, SSRC, [65_534, 65_535, 3, 40]))
    assert [number % 65_536 for number in lost.lost] == [65_534, 65_535, 3, 40]  # aiortc does not wrap
    (wish,) = RtcpPacket.parse(key_request(9, SSRC))
    assert (wish.fmt, wish.media_ssrc) == (1, SSRC)
    (limit,) = RtcpPacket.parse(rate_limit(9, SSRC, 4_000_000))
    assert read_rtcp(bytes(limit), SSRC).rate_bps == pytest.approx(4_000_000, rel=0.01)


@given(st.binary(max_size=300))
def test_noise_is_passed_over(data):
    read_rtcp(data, SSRC)
