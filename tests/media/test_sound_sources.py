"""Sound that comes with MPEG-TS, FLV and RTMP, made by ffmpeg: beside the pictures where it may be, else unread."""

import asyncio
import contextlib
import hashlib
import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.sinks import X264, Taken, ffmpeg_bytes, needs_ffmpeg
from tests.media.sound import tone

from consentry.kernel.errors import Malformed
from consentry.media.demux import DemuxWork, Write, through_child
from consentry.media.demux_sound import read_adts
from consentry.media.flv_sound import FlvSound
from consentry.media.fmp4_sound import SoundMuxer
from consentry.media.outlet import Besides, Outlet
from consentry.media.push_places import Place, PushPlaces
from consentry.media.rtmp_server import RtmpServer
from consentry.media.sound_box import SoundPiece, pack_sound, read_sound
from consentry.media.sound_pace import SoundPace
from consentry.media.units import SoundUnit, SourceFault

HUM = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "3", *X264)


class Heard(Taken):
    def __init__(self) -> None:
        super().__init__()
        self.sounds: list[SoundUnit] = []

    def listening(self) -> Outlet:
        return Outlet(self.units.append, self.states.append, Besides(sound=self.sounds.append))


async def demuxed(container: str, data: bytes, outlet: Outlet) -> None:
    async def feed(write: Write) -> None:
        await write(data)
        await asyncio.sleep(3)  # what came in one heap is let out in its own time

    with pytest.raises(SourceFault):
        await through_child(DemuxWork(container, 6, 6), feed, outlet)


def loudest_hz(sounds: list[SoundUnit], codec: str) -> float:
    """Decoded by FFmpeg, not by us; AAC as the fMP4 that a browser is given."""
    if codec == "aac":
        muxer = SoundMuxer(sounds[0].config)
        with av.open(io.BytesIO(muxer.init + b"".join(muxer.take(unit) for unit in sounds))) as opened:
            frames = list(opened.decode(audio=0))
    else:
        decoder = av.CodecContext.create({"opus": "libopus", "pcma": "pcm_alaw"}[codec], "r")
        decoder.sample_rate, decoder.layout = (48_000 if codec == "opus" else 8_000), "mono"
        frames = [frame for unit in sounds for frame in decoder.decode(av.Packet(unit.data))]
    wave = np.concatenate([frame.to_ndarray().astype(np.float64)[0] for frame in frames[4:]])
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    channels = 1 if frames[0].format.is_planar else len(frames[0].layout.channels)
    return float(np.argmax(spectrum) * frames[0].sample_rate * channels / len(wave))


@needs_ffmpeg
@pytest.mark.parametrize(("container", "words", "codec"), [
    ("mpegts", ("-c:a", "aac", "-b:a", "48k", "-f", "mpegts"), "aac"),
    ("mpegts", ("-c:a", "libopus", "-f", "mpegts"), "opus"),
    ("flv", ("-c:a", "aac", "-f", "flv"), "aac"),
    ("flv", ("-c:a", "pcm_alaw", "-ar", "8000", "-f", "flv"), "pcma"),
    ("mp4", ("-c:a", "aac", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov"), "aac"),
])  # fmt: skip
async def test_the_tone_of_a_stream_is_heard_beside_its_pictures(container, words, codec):
    data = await asyncio.to_thread(ffmpeg_bytes, *HUM, *words)
    taken = Heard()
    await demuxed(container, data, taken.listening())
    assert len(taken.decoded()) >= 70
    assert {unit.codec for unit in taken.sounds} == {codec}
    assert abs(loudest_hz(taken.sounds[: len(taken.sounds) * 3 // 4], codec) - 440) < 8
    steps = np.diff([unit.ts_us for unit in taken.sounds])
    assert steps.min() > 0
    assert steps.max() < 200_000
    gaps = np.diff([unit.wallclock_us for unit in taken.sounds])
    assert np.median(gaps) > 5_000, "one by one, not in heaps"


@needs_ffmpeg
async def test_sound_that_nobody_may_hear_does_not_come_out_of_the_helper(monkeypatch):
    data = await asyncio.to_thread(ffmpeg_bytes, *HUM, "-c:a", "aac", "-f", "mpegts")
    said: list[bytes] = []
    monkeypatch.setattr("consentry.media.demux.read_sound", lambda box: said.append(box) or read_sound(box))
    taken = Heard()
    await demuxed("mpegts", data, taken.outlet())
    assert len(taken.units) >= 70
    assert said == taken.sounds == []


@needs_ffmpeg
@pytest.mark.parametrize("allowed", [True, False])
async def test_sound_that_is_pushed_by_rtmp_is_heard_where_it_may_be(allowed):
    taken = Heard()
    places = PushPlaces()
    outlet = taken.listening() if allowed else taken.outlet()
    places.set({"cam": Place(hashlib.sha256(b"a-key-of-a-camera").digest(), outlet)})
    server = RtmpServer(places)
    await server.start()
    words = ("-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", *HUM[:4], *X264, "-c:a", "aac",
             "-f", "flv", f"rtmp://127.0.0.1:{server.port}/live/a-key-of-a-camera")  # fmt: skip
    process = await asyncio.create_subprocess_exec("ffmpeg", *words, stdin=asyncio.subprocess.DEVNULL)
    try:
        await taken.until(lambda it: len(it.units) >= 50)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await server.stop()
    if allowed:
        assert abs(loudest_hz(taken.sounds, "aac") - 440) < 10
    assert bool(taken.sounds) is allowed


async def test_a_heap_is_let_out_piece_by_piece_and_a_jump_of_the_clock_stops_nothing():
    taken = Heard()
    pace = SoundPace(taken.listening())
    piece = SoundPiece("pcma", b"x")
    for number in range(10):
        pace.take(piece, number * 20_000)
    assert len(taken.sounds) == 1
    await taken.until(lambda it: len(it.sounds) == 10)
    pace.take(piece, 900_000_000)
    pace.take(piece, 5)
    await taken.until(lambda it: len(it.sounds) == 12)
    for number in range(5_000):
        pace.take(piece, number * 20_000)
    assert len(pace._held) <= 400
    pace.close()


@given(st.binary(max_size=40))
def test_no_sound_ends_a_push_and_no_box_is_believed(body):
    got: list[SoundUnit] = []
    sound = FlvSound(Outlet(lambda _: None, lambda _: None, Besides(sound=got.append)))
    sound.take(b"\xaf\x00" + tone()[0].config, 0)
    sound.take(body, 20)
    with contextlib.suppress(Malformed):
        read_adts(body)
    with contextlib.suppress(Malformed):
        piece = read_sound(body)
        assert pack_sound(piece) == body
    assert all(unit.data for unit in got)
