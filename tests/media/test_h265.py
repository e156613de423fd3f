"""H.265 from the camera's packets to what a player decodes, with pictures of a real encoder."""

import asyncio
import contextlib
import io
import subprocess

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.hevc import hevc_loop, x265
from tests.media.sinks import QUICK, Taken, ffmpeg_bytes, needs_ffmpeg, pulling

from consentry.edge.picture import decode_key_frame
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.wire import parse_unit
from consentry.media import rtp_h265
from consentry.media.carry import from_wire, to_wire
from consentry.media.coding import CODINGS, H265, SetBook, coding_of_key, sets_of
from consentry.media.file_source import play
from consentry.media.flv_video import FlvVideo
from consentry.media.fmp4 import Muxer
from consentry.media.h264 import to_avcc
from consentry.media.h265 import hvcc_record, parameter_set_id, read_picture, read_record
from consentry.media.mp4 import Mp4Writer
from consentry.media.rtp import RtpPacket, parse_rtp, write_rtp
from consentry.media.rtp_h265 import H265Depacketiser
from consentry.media.rtsp_server import RtspServer
from consentry.media.sdp import find_video, write_video
from consentry.media.thumbnails import Thumbnails
from consentry.media.units import AccessUnit, SourceFault

pytestmark = needs_ffmpeg
CAMERA = CameraId(new_id("camera"))


def frames_of(data: bytes) -> list[av.VideoFrame]:
    """Decoded by a library that is not ours; what is broken shows as grey or raises."""
    with av.open(io.BytesIO(data)) as opened:
        assert opened.streams.video[0].codec_context.name == "hevc"
        assert opened.streams.video[0].codec_context.codec_tag == "hvc1"
        return list(opened.decode(video=0))


def packets_of(units: tuple[AccessUnit, ...], *, most: int = 1_400) -> list[RtpPacket]:
    made: list[RtpPacket] = []
    for unit in units:
        payloads = list(rtp_h265.split_nals(unit.nals, most=most))
        for at, payload in enumerate(payloads):
            packet = RtpPacket(96, at == len(payloads) - 1, len(made), unit.ts_us * 9 // 100, payload)
            made.append(packet)
    return made


def read_all(packets: list[RtpPacket], sets: tuple[bytes, ...] = ()) -> list[AccessUnit]:
    reader = H265Depacketiser(sets)
    return [unit for packet in packets for unit in reader.take(packet, 1_000_000)]


@pytest.mark.parametrize("most", [1_400, 60])
def test_packets_become_the_units_that_they_were_made_of(most):
    units = hevc_loop().units
    read = read_all(packets_of(units, most=most))
    assert [unit.nals for unit in read] == [unit.nals for unit in units]
    assert [unit.key for unit in read] == [unit.key for unit in units]
    assert {unit.codec for unit in read} == {"h265"}


def test_an_aggregation_packet_holds_several_nal_units():
    first = hevc_loop().units[0]
    *small, picture = first.nals
    sized = b"".join(len(nal).to_bytes(2, "big") + nal for nal in small)
    aggregate = RtpPacket(96, False, 0, 0, bytes((48 << 1, 1)) + sized)
    rest = [RtpPacket(96, last, 1 + at, 0, payload) for at, (payload, last) in enumerate(_marked(picture))]
    (unit,) = read_all([aggregate, *rest])
    assert unit.nals == first.nals


def _marked(nal: bytes) -> list[tuple[bytes, bool]]:
    payloads = list(rtp_h265.split_nals((nal,)))
    return [(payload, at == len(payloads) - 1) for at, payload in enumerate(payloads)]


def test_a_lost_packet_costs_the_pictures_up_to_the_next_key_frame():
    units = hevc_loop().units
    packets = packets_of(units, most=200)
    lost = next(at for at, packet in enumerate(packets) if packet.time == units[2].ts_us * 9 // 100)
    read = read_all(packets[:lost] + packets[lost + 1 :])
    assert [unit.nals for unit in read] == [unit.nals for unit in (*units[:2], *units[10:])]


def test_the_quick_road_for_fragments_takes_what_the_slow_one_takes():
    units = hevc_loop().units
    stream = b"".join(
        b"$\0" + len(data).to_bytes(2, "big") + data
        for packet in packets_of(units, most=150) for data in [write_rtp(packet, 7)]
    )  # fmt: skip
    reader, at, read, quick = H265Depacketiser(), 0, [], 0
    while at < len(stream):
        end, unit = reader.take_run(stream, at, 96, 1)
        read += [unit] if unit else []
        quick, at = quick + (unit is not None), end
        size = 4 + int.from_bytes(stream[at + 2 : at + 4], "big")
        packet = parse_rtp(stream[at + 4 : at + size])
        if packet is not None:
            read += reader.take(packet, 1)
        at += size
    assert quick > 5
    assert [unit.nals for unit in read] == [unit.nals for unit in units]


def test_pictures_decoded_from_before_their_key_frame_are_not_carried():
    """An open group: what leads its key frame needs the group before, which who begins here does not have."""
    coded = ffmpeg_bytes(*x265(key_every=10, more="bframes=3:open-gop=1"), "-f", "mpegts",
                         source="testsrc2=size=320x180:rate=25:duration=2")  # fmt: skip
    with av.open(io.BytesIO(coded)) as opened:
        packets = [bytes(packet) for packet in opened.demux(video=0) if packet.size]
    kinds = {H265.kind(nal) for data in packets for nal in _nals(data)}
    assert kinds & {8, 9}, "x265 made no leading pictures"
    taken = Taken()
    outlet = taken.outlet()
    outlet.expect(H265)
    for number, data in enumerate(packets):
        outlet.give(_nals(data), number * 40_000)
    assert not {H265.kind(nal) for unit in taken.units for nal in unit.nals} & {8, 9}
    later = [unit for unit in taken.units if unit.key][1]
    decoder = av.CodecContext.create("hevc", "r")
    begun = taken.units[taken.units.index(later) :]
    shown = [frame for unit in begun for frame in decoder.decode(_packet(unit))] + decoder.decode(None)
    assert len(shown) == len(begun)


def _nals(data: bytes) -> tuple[bytes, ...]:
    from consentry.media.h264 import from_annex_b

    return from_annex_b(data)


def _packet(unit: AccessUnit) -> av.Packet:
    return av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals))


def test_fragments_are_what_a_player_takes():
    units = hevc_loop(322, 182).units
    muxer = Muxer(sets_of(units[0]), "h265")
    assert (muxer.picture.width_px, muxer.picture.height_px) == (322, 182)
    data = muxer.init + b"".join(muxer.take(unit).build() for unit in units)
    frames = frames_of(data)
    assert [(frame.width, frame.height) for frame in frames] == [(322, 182)] * len(units)
    assert muxer.picture.codec.startswith("hvc1.1.6.L")
    assert muxer.picture.codec.endswith(".90")


def test_a_clip_of_h265_is_a_file_that_players_open():
    units, file = hevc_loop().units, io.BytesIO()
    writer = Mp4Writer(file, sets_of(units[0]), "h265")
    for unit in units:
        writer.put(unit)
    writer.finish()
    assert len(frames_of(file.getvalue())) == len(units)


def test_a_camera_is_read_over_rtsp_and_another_reader_understands_our_packets():
    units = hevc_loop().units

    async def read() -> Taken:
        server, taken = RtspServer(), Taken()
        await server.start()
        playing = asyncio.create_task(play(hevc_loop(), lambda unit: server.publish("street", unit)))
        try:
            await asyncio.sleep(0.1)
            async with pulling(server.url_of("street"), taken, QUICK):
                await taken.until(lambda it: len(it.units) > 30)
            url = server.url_of("street")
            asked = await asyncio.create_subprocess_exec(
                "ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-frames:v", "20", "-f", "framemd5", "-",
                stdout=subprocess.PIPE)  # fmt: skip
            told, _ = await asyncio.wait_for(asked.communicate(), 20)
            assert told.count(b"\n0,") == 20
        finally:
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing
            await server.stop()
        return taken

    taken = asyncio.run(read())
    first = taken.units[0]
    assert first.key
    assert first.codec == "h265"
    assert first.nals in [unit.nals for unit in units]


@pytest.mark.parametrize("container", ["mpegts", "mp4"])
def test_the_helper_takes_h265_out_of_its_containers(container):
    from consentry.media.demux_child import demux
    from consentry.media.demux_frames import HEAD, Said

    if container == "mpegts":
        coded = ffmpeg_bytes(*x265(), "-f", "mpegts", source="testsrc2=size=320x180:rate=25:duration=1")
        assert b"\x24\xe1\x00" in coded[:600], "the table names stream type 0x24 on PID 0x100"
    else:
        more = ("-movflags", "frag_keyframe+empty_moov") if container == "mp4" else ()
        coded = ffmpeg_bytes(*x265(), *more, "-f", container, source="testsrc2=size=320x180:rate=25:duration=1")
    said = [HEAD.unpack_from(frame)[0] for frame in demux(io.BytesIO(coded), container)]
    assert said[0] == Said.CODING
    assert said.count(Said.PICTURE) == 25


def test_enhanced_rtmp_carries_h265():
    units, taken = hevc_loop().units, Taken()
    video = FlvVideo(taken.outlet())
    video.take(b"\x90hvc1" + hvcc_record(sets_of(units[0])), 0)
    for number, unit in enumerate(units):
        nals = H265.carried(unit.nals)
        video.take((b"\x93" if unit.key else b"\xa3") + b"hvc1" + to_avcc(nals), 40 * number)
    assert [unit.nals for unit in taken.units] == [unit.nals for unit in units]


def test_a_record_and_an_sdp_give_back_their_sets():
    sets = sets_of(hevc_loop().units[0])
    assert read_record(hvcc_record(sets)) == (4, sets)
    track = find_video(write_video(sets, "h265", payload_type=97, control="trackID=3"))
    assert (track.codec, track.parameter_sets) == ("h265", sets)
    both = write_video(sets, "h265", payload_type=97, control="a") + write_video(
        (), "h264", payload_type=98, control="b"
    )
    assert find_video(both).codec == "h264"


def test_the_wire_says_how_a_unit_is_coded_and_is_not_believed():
    unit = hevc_loop().units[0]
    small = unit._replace(track=1)
    assert [from_wire(parse_unit(to_wire(CAMERA, one))) for one in (unit, small)] == [unit, small]
    with pytest.raises(Malformed):
        from_wire(parse_unit(to_wire(CAMERA, unit))._replace(h265=False))
    with pytest.raises(Malformed):
        from_wire(parse_unit(to_wire(CAMERA, unit))._replace(payload=to_avcc(H265.carried(unit.nals))))


async def test_thumbnails_and_the_owners_picture_are_made_of_h265_too():
    unit = hevc_loop().units[0]
    thumbnails = Thumbnails()
    try:
        thumbnail = await thumbnails.take(unit)
    finally:
        await thumbnails.stop()
    assert thumbnail is not None
    assert len(set(thumbnail.grey)) > 20
    assert (await decode_key_frame(to_avcc(unit.nals)))[:2] == b"\xff\xd8"


@given(st.binary(max_size=200), st.integers(0, 63))
def test_any_bytes_as_a_parameter_set_are_read_or_malformed(body, kind):
    nal = bytes((kind << 1, 1)) + body
    for read in (parameter_set_id, lambda it: read_picture((it,)), lambda it: hvcc_record((it,)), read_record):
        with contextlib.suppress(Malformed):
            read(nal)
    SetBook(H265).learn([nal])


@given(st.data())
def test_a_bent_sps_is_read_or_malformed(data):
    sps = bytearray(sets_of(hevc_loop().units[0])[1])
    for _ in range(data.draw(st.integers(1, 4))):
        sps[data.draw(st.integers(2, len(sps) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        picture = read_picture((bytes(sps),))
        assert 0 < picture.width_px <= 16_384
        assert picture.codec.startswith("hvc1.")


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=60), st.booleans(), st.integers(0, 2)), max_size=30))
def test_any_packets_become_units_or_a_fault(given_packets):
    sets = sets_of(hevc_loop().units[0])
    reader, number = H265Depacketiser(sets), 0
    for payload, marker, step in given_packets:
        number += step
        with contextlib.suppress(SourceFault):
            for unit in reader.take(RtpPacket(96, marker, number, 3_000 * (number // 3), payload), 1):
                assert from_wire(parse_unit(to_wire(CAMERA, unit))).nals == unit.nals


def test_a_parameter_set_without_an_end_costs_no_time():
    huge = bytes((33 << 1, 1)) + bytes(8_000_000)
    book = SetBook(H265)
    book.learn([huge])
    with pytest.raises(SourceFault):
        book.in_front_of(hevc_loop().units[0].nals[3:])
    with pytest.raises(Malformed):
        read_picture((huge,))


def test_a_key_unit_tells_its_coding():
    assert coding_of_key(hevc_loop().units[0].nals) is H265
    for first in (0x67, 0x27, 0x41, 0x65, 0x61):
        assert coding_of_key((bytes((first, 0)),)) is CODINGS["h264"]
