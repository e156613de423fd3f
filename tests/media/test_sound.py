"""Sound of a camera: real AAC over real RTSP, read by us and by ffmpeg; and what must not be believed of it."""

import asyncio
import contextlib
import io
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable

import av
import numpy as np
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.media.sound import FRAME_US, RATE_HZ, play_tone, tone

from consentry.kernel.errors import Malformed
from consentry.media.aac import read_frames, write_payload
from consentry.media.aac_shape import read_config
from consentry.media.fmp4_sound import SoundMuxer
from consentry.media.outlet import Besides
from consentry.media.pulling import keep_pulling
from consentry.media.rtp import RtpPacket
from consentry.media.rtsp_server import RtspServer
from consentry.media.sdp import find_sound, write_aac, write_g711
from consentry.media.sound_rtp import SoundReader
from consentry.media.units import AccessUnit, SoundUnit

CONFIG = tone()[0].config
SDP = write_aac(CONFIG, payload_type=97, control="trackID=1")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the sink is synchronous by design
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def talking(camera: RtspServer) -> AsyncIterator[RtspServer]:
    """The camera of the other tests, with a tone."""
    playing = asyncio.create_task(play_tone(lambda unit: camera.publish_sound("cars", unit)))
    await asyncio.sleep(0.1)
    yield camera
    playing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing


@contextlib.asynccontextmanager
async def heard(url: str, *, hear: bool) -> AsyncIterator[tuple[list[AccessUnit], list[SoundUnit]]]:
    pictures: list[AccessUnit] = []
    sounds: list[SoundUnit] = []
    besides = Besides(sound=sounds.append if hear else None)
    task = asyncio.create_task(keep_pulling(url, pictures.append, on_state=lambda _: None, besides=besides))
    try:
        yield pictures, sounds
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def loudness(mp4: bytes) -> tuple[float, float]:
    """Decode: (root mean square, loudest frequency in Hz)."""
    with av.open(io.BytesIO(mp4)) as opened:
        wave = np.concatenate([frame.to_ndarray()[0] for frame in opened.decode(audio=0)][4:])
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    return float(np.sqrt(np.mean(wave**2))), float(np.argmax(spectrum) * RATE_HZ / len(wave))


async def test_the_sound_of_a_camera_is_read_beside_its_pictures_and_decodes_to_the_tone_that_it_was(talking):
    async with heard(talking.url_of("cars"), hear=True) as (pictures, sounds):
        await until(lambda: len(pictures) > 12 and len(sounds) > 20)
    assert {unit.codec for unit in sounds} == {"aac"}
    steps = np.diff([unit.ts_us for unit in sounds])
    assert np.all(np.abs(steps - FRAME_US) <= 100)  # RTP counts samples
    assert abs(sounds[-1].ts_us - pictures[-1].ts_us) < 1_000_000, "one line for both"
    muxer = SoundMuxer(sounds[0].config)
    loud, tone_hz = loudness(muxer.init + b"".join(muxer.take(unit) for unit in sounds))
    assert loud > 0.2
    assert abs(tone_hz - 440) < 10


async def test_sound_that_nobody_may_hear_is_not_even_set_up(talking):
    async with heard(talking.url_of("cars"), hear=False) as (pictures, sounds):
        await until(lambda: len(pictures) > 12)
        assert talking.listeners("cars") == 0
    assert sounds == []


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs Debian's ffmpeg")
async def test_ffmpeg_hears_what_our_server_plays(talking, tmp_path):
    out = tmp_path / "heard.mp4"
    command = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", talking.url_of("cars"), "-t", "2", "-vn",
               "-c", "copy", str(out)]  # fmt: skip
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    assert abs(loudness(out.read_bytes())[1] - 440) < 10


@pytest.mark.parametrize("sdp", [
    "", SDP.replace("AAC-hbr", "generic"), SDP.replace("sizelength=13", "sizelength=6"),
    SDP.replace(CONFIG.hex(), "zz"), SDP.replace(CONFIG.hex(), ""), SDP.replace(CONFIG.hex(), "ff" * 100),
    SDP.replace("m=audio", "m=video"),
])  # fmt: skip
def test_what_is_not_aac_that_we_read_is_no_sound_and_no_fault(sdp):
    assert find_sound(sdp) is None
    assert find_sound(SDP) is not None


@pytest.mark.parametrize(("sdp", "codec"), [
    (write_g711("pcma", control="t"), "pcma"), (write_g711("pcmu", control="t"), "pcmu"),
    ("m=audio 0 RTP/AVP 8\r\na=control:t\r\n", "pcma"), ("m=audio 0 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n", None),
    ("m=audio 0 RTP/AVP 98\r\na=rtpmap:98 opus/48000/2\r\n", "opus"), (write_g711("pcma", control="t") + SDP, "aac"),
    ("m=audio 0 RTP/AVP 98\r\na=rtpmap:98 PCMA/16000\r\n", None), ("m=audio \r\n", None),
])  # fmt: skip
def test_aac_is_taken_before_what_else_can_be_carried(sdp, codec):
    track = find_sound(sdp)
    assert (track.codec if track else None) == codec


def reader() -> SoundReader:
    track = find_sound(SDP)
    assert track is not None
    return SoundReader(track)


def packet(payload: bytes, sequence: int = 1, time: int = 0) -> RtpPacket:
    return RtpPacket(97, True, sequence, time, payload)


def test_a_frame_in_two_packets_is_put_together_and_a_lost_part_loses_that_frame_only():
    frame = bytes(range(200))
    head = write_payload(frame)[:4]
    first, second = head + frame[:120], head + frame[120:]
    whole = reader()
    assert whole.take(packet(first, 1), 0) == []
    assert [unit.data for unit in whole.take(packet(second, 2), 0)] == [frame]
    torn = reader()
    torn.take(packet(first, 1), 0)
    assert torn.take(packet(write_payload(b"next"), 3), 0)[0].data == b"next"


@given(st.lists(st.binary(max_size=80), max_size=8))
def test_no_packet_breaks_the_reader_or_makes_it_keep_more_than_a_frame(payloads):
    it = reader()
    for number, payload in enumerate(payloads):
        units = it.take(packet(payload or b"\0", number), 0)
        assert sum(len(unit.data) for unit in units) <= 8_191
        assert sum(map(len, it._frames._parts)) <= 8_191


@pytest.mark.parametrize("payload", [
    b"", b"\0\x10", b"\0\0abc", b"\0\x11\0\x08a", b"\xff\xff" + bytes(9_000), b"\0\x10\0\0a", b"\0\x10\0\x08ab",
    b"\0\x20\0\x08\0\x10ab",
])  # fmt: skip
def test_headers_that_do_not_add_up_are_no_frames(payload):
    assert read_frames(payload) is None


@given(st.binary(max_size=70))
def test_a_config_is_read_or_refused(config):
    with contextlib.suppress(Malformed):
        assert read_config(config).channels in (1, 2)


def test_a_pause_of_the_sound_stays_a_pause_and_a_clock_that_jumps_back_does_not():
    def decoded(fragment: bytes) -> int:
        return int.from_bytes(fragment.split(b"tfdt", 1)[1][4:12], "big")

    muxer = SoundMuxer(CONFIG)
    times = [0, FRAME_US + 30_000, 2_000_000, 500_000, 500_000 + FRAME_US]
    placed = [decoded(muxer.take(SoundUnit("aac", at, b"x", 0, CONFIG))) for at in times]
    assert placed == [0, 1_024, 32_000, 33_024, 34_048]
