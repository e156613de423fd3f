"""H.264 parameter sets, AVC's layout, SDP, RTSP framing, authentication, fragmented MP4."""

import io
import itertools
import json
from base64 import b64decode
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.wire import parse_unit
from consentry.media.carry import from_wire, to_wire
from consentry.media.coding import sets_of
from consentry.media.fmp4 import Muxer
from consentry.media.h264 import avcc_record, from_annex_b, from_avcc, read_sps, to_avcc
from consentry.media.rtsp_auth import Credentials, answer_challenge, check_digest
from consentry.media.rtsp_framing import MAX_HEAD_BYTES, RtspFraming, write_message
from consentry.media.sdp import control_url, find_video, write_video
from consentry.media.units import AccessUnit, SourceFault

CONSOLE_VECTORS = Path(__file__).resolve().parents[2] / "console" / "test" / "vectors"
SPS, PPS = bytes.fromhex("6764000cacd9418096ffc0"), bytes.fromhex("68ebe3cb22c0")


def encoded_sps(width: int, height: int, profile: str, pix_fmt: str) -> bytes:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, pix_fmt, av.time_base and 1
    encoder.options = {"profile": profile}
    frame = av.VideoFrame(width, height, pix_fmt)
    nals = [nal for packet in (*encoder.encode(frame), *encoder.encode(None)) for nal in from_annex_b(bytes(packet))]
    return next(nal for nal in nals if nal[0] & 31 == 7)


@pytest.mark.parametrize(("size", "profile", "pix_fmt"), [
    ((1920, 1080), "high", "yuv420p"), ((640, 360), "baseline", "yuv420p"), ((322, 242), "main", "yuv420p"),
    ((768, 432), "high422", "yuv422p"), ((64, 48), "high444", "yuv444p"), ((320, 240), "high10", "yuv420p10le"),
])  # fmt: skip
def test_sizes_and_codec_names_are_those_of_the_encoder(size, profile, pix_fmt):
    sps = encoded_sps(*size, profile, pix_fmt)
    picture = read_sps(sps)
    assert (picture.width_px, picture.height_px) == size
    assert picture.codec == f"avc1.{sps[1:4].hex()}"
    assert picture.chroma == {"yuv420p": 1, "yuv422p": 2, "yuv444p": 3, "yuv420p10le": 1}[pix_fmt]
    assert picture.depths == ((2, 2) if pix_fmt == "yuv420p10le" else (0, 0))


@given(st.binary(max_size=60).map(lambda body: b"\x67" + body))
def test_any_sps_is_read_or_malformed(sps):
    try:
        picture = read_sps(sps)
    except Malformed:
        return
    assert picture.width_px > 0


def test_a_decoder_record_needs_both_sets():
    assert avcc_record((SPS, PPS))[:4] == b"\x01" + SPS[1:4]
    for sets in ((), (SPS,), (PPS,)):
        with pytest.raises(Malformed):
            avcc_record(sets)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6).map(tuple))
def test_length_prefixed_units_survive(nals):
    assert from_avcc(to_avcc(nals)) == nals


@given(st.binary(max_size=60))
def test_lengths_that_do_not_add_up_are_malformed(data):
    try:
        nals = from_avcc(data)
    except Malformed:
        return
    assert to_avcc(nals) == data


def test_start_codes_of_both_lengths_are_understood_and_none_is_no_unit():
    assert from_annex_b(b"\0\0\0\1\x67a\0\0\1\x68b\0\0\0\1\x65c") == (b"\x67a", b"\x68b", b"\x65c")
    assert from_annex_b(b"") == ()


@pytest.mark.parametrize(("nals", "key"), [((SPS, PPS, b"\x65x"), True), ((b"\x41x",), False)])
def test_a_unit_survives_the_way_from_edge_to_gateway(nals, key):
    unit, camera = AccessUnit(0, 5, nals, key, 7), CameraId(new_id("camera"))
    wire = parse_unit(to_wire(camera, unit))
    assert wire.camera == camera
    assert from_wire(wire) == unit


@pytest.mark.parametrize(("nals", "key"), [
    ((b"\x41x",), True), ((b"\x65x",), True), ((SPS, PPS, b"\x65x"), False), ((SPS, PPS), False), ((b"\x06x",), False),
])  # fmt: skip
def test_a_unit_that_is_not_what_its_flags_say_is_malformed(nals, key):
    with pytest.raises(Malformed):
        from_wire(parse_unit(to_wire(CameraId(new_id("camera")), AccessUnit(0, 5, nals, key, 7))))


def test_an_sdp_tells_its_track_and_others_say_why_not():
    track = find_video(write_video((SPS, PPS), "h264", payload_type=97, control="trackID=3"))
    assert (track.payload_type, track.control, track.parameter_sets) == (97, "trackID=3", (SPS, PPS))
    assert find_video(write_video((), "h264", payload_type=97, control="")).parameter_sets == ()
    with pytest.raises(SourceFault, match="AV1"):
        find_video("v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 AV1/90000\r\n")
    with pytest.raises(SourceFault, match="no video"):
        find_video("v=0\r\nm=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")


@pytest.mark.parametrize(("base", "control", "joined"), [
    ("rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"), ("rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1"),
    ("rtsp://h/a?x=1", "*", "rtsp://h/a?x=1"), ("rtsp://h/a", "rtsp://h/b/1", "rtsp://h/b/1"), ("rtsp://h/a", "", "rtsp://h/a"),
])  # fmt: skip
def test_controls_join_as_cameras_expect(base, control, joined):
    assert control_url(base, control) == joined


@given(st.lists(st.integers(1, 30), max_size=40))
def test_framing_survives_any_cut(cuts):
    answer = write_message("RTSP/1.0 200 OK", {"CSeq": "1"}, b"body$")
    stream = b"$\0\0\3abc" + answer + b"\r\n$\1\0\0" + answer + b"$\2\0\1x"
    seen: list[object] = []
    framing = RtspFraming(lambda channel, data: seen.append((channel, data)), lambda message: seen.append(message.body))
    at = 0
    for size in (*cuts, len(stream)):
        framing.feed(stream[at : at + size])
        at += size
    assert seen == [(0, b"abc"), b"body$", (1, b""), b"body$", (2, b"x")]


@pytest.mark.parametrize("data", [
    b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (MAX_HEAD_BYTES + 10), b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n",
])  # fmt: skip
def test_what_is_not_rtsp_is_malformed(data):
    with pytest.raises(Malformed):
        RtspFraming(lambda channel, packet: None, lambda message: None).feed(data)


def test_a_header_cannot_smuggle_a_line():
    with pytest.raises(Malformed):
        write_message("DESCRIBE rtsp://h/a RTSP/1.0", {"CSeq": "1\r\nEvil: 1"})


def test_digest_answers_are_those_of_rfc_2617_and_of_our_server():
    who = Credentials("Mufasa", "Circle Of Life")
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    header = answer_challenge(["Basic realm=x", challenge], who, "GET", "/dir/index.html")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in header
    assert check_digest(header, who, "GET", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    assert not check_digest(header, Credentials("Mufasa", "other"), "GET", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    assert not check_digest(header, who, "PUT", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    assert answer_challenge(["Basic realm=x"], Credentials("a", "b"), "GET", "/") == "Basic YTpi"
    assert answer_challenge(["Negotiate"], who, "GET", "/") is None
    assert "Circle" not in repr(who)


@given(st.lists(st.integers(-3_000_000, 30_000_000), min_size=1, max_size=60))
def test_decoding_times_never_stand_still_or_leave_a_gap_whatever_the_source_says(times):
    muxer = Muxer((SPS, PPS))
    fragments = [muxer.take(AccessUnit(0, max(0, 5_000_000 + time), (b"\x41x",), False, 0)) for time in times]
    for sooner, later in itertools.pairwise(fragments):
        assert later.dts_us == sooner.dts_us + sooner.duration_us
        assert sooner.duration_us >= 1_000
    assert all(-(2**31) <= fragment.offset_us < 2**31 for fragment in fragments)


def test_fragments_decode_to_every_picture_with_the_cameras_times(cars):
    muxer = Muxer(sets_of(cars.units[0]))
    data = muxer.init + b"".join(muxer.take(unit).build() for unit in cars.units)
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == len(cars.units)
    assert [round(frame.time * 1e6) - 1_000_000 for frame in frames] == [unit.ts_us for unit in cars.units]


def test_the_consoles_muxer_vectors_are_what_our_muxer_makes():
    vector = json.loads((CONSOLE_VECTORS / "muxer.json").read_text())
    units = [
        AccessUnit(0, unit["ts_us"], tuple(map(b64decode, unit["nals"])), unit["key"], unit["wallclock_us"])
        for unit in vector["units"]
    ]
    muxer = Muxer(sets_of(units[0]))
    assert (b64decode(vector["init"]), muxer.picture.width_px) == (muxer.init, vector["width"])
    assert [muxer.take(unit).build() for unit in units] == [b64decode(unit["fragment"]) for unit in vector["units"]]
