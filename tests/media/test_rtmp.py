"""RTMP with ffmpeg on the other side, both ways, and with those who do not mean well."""

import asyncio
import contextlib
import hashlib
import itertools
import os
import struct
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.media.sinks import QUICK, X264, Taken, needs_ffmpeg, publisher, pulling

from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.limits import PUSH_REFUSED_S
from consentry.media.amf0 import read_values, write_values
from consentry.media.flv_video import FlvVideo
from consentry.media.outlet import Outlet
from consentry.media.pulling import pull
from consentry.media.push_places import Place as Pushed
from consentry.media.push_places import PushPlaces
from consentry.media.rtmp_link import COMMAND, VIDEO, RtmpLink, command_of
from consentry.media.rtmp_server import RtmpServer
from consentry.media.units import AccessUnit, SourceFault

KEY = "push-4f1c0d9e"


class Place:
    """A server with one camera that may be pushed to."""

    def __init__(self) -> None:
        self.taken = Taken()
        self.places = PushPlaces()
        self.mine = Pushed(hashlib.sha256(KEY.encode()).digest(), self.taken.outlet())
        other = Pushed(hashlib.sha256(b"another").digest(), Outlet(lambda _: None, lambda _: None))
        self.places.set({"cam_other": other, "cam_mine": self.mine})
        self.server = RtmpServer(self.places)

    def url(self, key: str = KEY) -> str:
        return f"rtmp://127.0.0.1:{self.server.port}/live/{key}"


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    made = Place()
    await made.server.start()
    yield made
    await made.server.stop()


@needs_ffmpeg
async def test_ffmpeg_pushes_with_b_frames_and_sound_and_all_pictures_come(place):
    sound = ("-f", "lavfi", "-i", "sine", "-c:a", "aac")
    async with publisher(*sound, *X264, "-bf", "2", "-f", "flv", place.url()):
        await place.taken.until(lambda it: len(it.units) >= 60)
    taken = place.taken
    assert taken.states[:2] == ["connecting", "online"]
    assert len(taken.decoded()) >= 56
    times = sorted(unit.ts_us for unit in taken.units[:55])
    assert all(abs(later - sooner - 40_000) <= 1_100 for sooner, later in itertools.pairwise(times[:50]))
    await taken.until(lambda it: it.states[-1] == "silent")
    async with publisher(*X264, "-f", "flv", place.url()):  # the same place again, on the same rising line
        seen = len(taken.units)
        await taken.until(lambda it: len(it.units) >= seen + 30)
    keys = [unit.ts_us for unit in taken.units if unit.key]
    assert keys == sorted(keys)


@needs_ffmpeg
async def test_a_wrong_key_and_a_second_publisher_are_refused_alike(place):
    async with publisher(*X264, "-f", "flv", place.url()):
        await place.taken.until(lambda it: it.units)
        took = {}
        for name, key in (("wrong", "push-00000000"), ("second", KEY)):
            began = time.monotonic()
            async with publisher(*X264, "-f", "flv", place.url(key)) as other:
                assert await asyncio.wait_for(other.wait(), 20) != 0
            took[name] = time.monotonic() - began
        assert min(took.values()) >= PUSH_REFUSED_S
        seen = len(place.taken.units)
        await place.taken.until(lambda it: len(it.units) > seen + 10)
    assert place.taken.states.count("connecting") == 1


@needs_ffmpeg
async def test_a_key_that_is_no_longer_good_cuts_its_publisher_off(place):
    async with publisher(*X264, "-f", "flv", place.url()) as pushing:
        await place.taken.until(lambda it: it.units)
        place.places.set({"cam_mine": Pushed(bytes(32), place.taken.outlet())})
        assert await asyncio.wait_for(pushing.wait(), 20) != 0
    assert place.taken.states[-1] == "silent"


@needs_ffmpeg
async def test_a_publisher_of_sound_alone_does_not_hold_the_place(place, monkeypatch):
    monkeypatch.setattr("consentry.media.rtmp_server.RTMP_PUBLISH_S", 3.0)
    async with publisher("-f", "lavfi", "-i", "sine", "-map", "1", "-c:a", "aac", "-f", "flv", place.url()):
        await place.taken.until(lambda it: "no-key-frame" in it.states or "silent" in it.states)
    assert place.places.enter(KEY, lambda: None) is not None


@needs_ffmpeg
async def test_a_stream_of_ffmpegs_own_server_is_played(unused_tcp_port):
    url, taken = f"rtmp://127.0.0.1:{unused_tcp_port}/live/cam?token=t", Taken()
    async with publisher(*X264, "-f", "flv", "-listen", "1", url), pulling(url, taken):
        await taken.until(lambda it: len(it.units) >= 40)
        assert len(taken.decoded()) >= 38
    assert "online" in taken.states


async def fault_of(port: int) -> str:
    with pytest.raises(SourceFault) as caught:
        await pull(f"rtmp://127.0.0.1:{port}/live/cam", Taken().outlet(), QUICK)
    return caught.value.kind


async def test_what_goes_wrong_when_we_play_has_its_name(place, unused_tcp_port):
    assert await fault_of(unused_tcp_port) == "unreachable"
    assert await fault_of(place.server.port) in ("silent", "unreachable")  # ours plays nothing, to nobody

    async def reject(reader, writer):
        link = RtmpLink(reader, writer)
        await link.answer_greeting()
        await link.next()
        link.say("_error", 1.0, None, {"level": "error", "code": "NetConnection.Connect.Rejected"})
        await link.drain()
        await reader.read()
        writer.close()

    async def shout(reader, writer):
        writer.write(os.urandom(4_000).replace(b"\x03", b"\x04") + bytes(4_000))
        await reader.read()
        writer.close()

    for serve, kind in ((reject, "unauthorised"), (shout, "protocol")):
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            assert await fault_of(server.sockets[0].getsockname()[1]) == kind


async def raw(place: Place, data: bytes, *, greet: bool = True) -> bytes:
    """Say `data` after a proper handshake; what came back until the line was cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.server.port)
    if greet:
        writer.write(b"\x03" + bytes(1_536))
        await reader.readexactly(1 + 2 * 1_536)
        writer.write(bytes(1_536))
    with contextlib.suppress(ConnectionError):
        writer.write(data)
        if not greet:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), 20)
    return b""


def chunk(kind: int, size: int, body: bytes, *, channel: int = 3) -> bytes:
    head = bytes((channel,)) if channel < 64 else b"\x01" + (channel - 64).to_bytes(2, "little")
    return head + bytes(3) + size.to_bytes(3, "big") + bytes((kind,)) + struct.pack("<I", 1) + body


PLAY = write_values(["play", 1.0, None, KEY])
HOSTILE = {
    "a message of 16 MB": chunk(VIDEO, 0xFFFFFF, bytes(128)),
    "a chunk size of nothing": chunk(1, 4, bytes(4)),
    "many chunk streams": b"".join(chunk(VIDEO, 500, bytes(128), channel=64 + at) for at in range(70)),
    "much that is never whole": chunk(1, 4, b"\x00\x00\x75\x30") + b"".join(
        chunk(VIDEO, 60_000, bytes(30_000), channel=4 + at) for at in range(6)),
    "a deep object": chunk(COMMAND, 128, (b"\x03" + b"\x00\x01a\x03" * 40)[:128]),
    "a text of 4 GB": chunk(COMMAND, 9, b"\x0c\xff\xff\xff\xffabcd"),
    "a list of 4 G": chunk(COMMAND, 5, b"\x0a\xff\xff\xff\xff"),
    "a message within another": chunk(VIDEO, 500, bytes(128)) + chunk(VIDEO, 500, bytes(128)),
    "a wish to play": chunk(COMMAND, len(PLAY), PLAY),
    "random bytes": bytes(range(256)) * 40,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_publisher_is_cut_off_and_the_server_goes_on(place, name, monkeypatch):
    monkeypatch.setattr("consentry.media.rtmp_server.RTMP_PUBLISH_S", 1.0)
    await raw(place, HOSTILE[name])
    await raw(place, os.urandom(3_000), greet=False)
    assert place.taken.units == []
    assert not place.server._open


async def test_one_who_says_nothing_is_not_waited_for(place, monkeypatch):
    monkeypatch.setattr("consentry.media.rtmp_server.RTMP_PUBLISH_S", 0.3)
    assert await raw(place, b"") == b""
    assert not place.server._open


SETS = bytes.fromhex("0164001fffe1000567640016ac01000468ebe192")
OLD, NEW = b"\x17\x00\x00\x00\x00", b"\x90avc1"
IDR, SLICE = b"\x00\x00\x00\x02\x65\x88", b"\x00\x00\x00\x02\x41\x9a"


def units_of(*messages: tuple[bytes, int]) -> list[AccessUnit]:
    taken = Taken()
    video = FlvVideo(taken.outlet())
    for body, time_ms in messages:
        video.take(body, time_ms)
    return taken.units


@pytest.mark.parametrize(("sets", "key", "later"), [
    (OLD, b"\x17\x01\x00\x00\x28", b"\x27\x01\xff\xff\xd8"), (NEW, b"\x91avc1\x00\x00\x28", b"\xa1avc1\xff\xff\xd8"),
])  # fmt: skip
def test_old_and_enhanced_video_give_pictures_shown_when_they_say(sets, key, later):
    units = units_of((sets + SETS, 0), (key + IDR, 1_000), (later + SLICE, 1_200))
    assert [unit.key for unit in units] == [True, False]
    assert units[1].ts_us - units[0].ts_us == 120_000  # 1,200 - 40 ms after 1,000 + 40 ms
    assert len(units[0].nals) == 3


def test_a_publishers_clock_that_jumps_is_put_on_one_line():
    plain = [(OLD + SETS, 0)]
    plain += [(b"\x17\x01\x00\x00\x00" + IDR, at) for at in (0, 40, 4_000_000_000, 4_000_000_040, 10, 50)]
    times = [unit.ts_us for unit in units_of(*plain)]
    assert all(0 < later - sooner <= 10_000_000 for sooner, later in itertools.pairwise(times))


@pytest.mark.parametrize(("body", "kind"), [
    (b"\x17\x01\x00\x00\x00" + IDR, "no-parameter-sets"), (b"\x22\x00\x00\x00\x00", "no-video"),
    (b"\x91av01\x00\x00\x00" + IDR, "no-video"), (OLD + b"\x00\x00", "malformed"), (b"\x91avc1\x00", "malformed"),
])  # fmt: skip
def test_video_that_cannot_be_used_is_named(body, kind):
    with pytest.raises(ConsentryError) as caught:
        units_of((body, 0))
    assert caught.value.kind == kind


values = st.recursive(
    st.floats(allow_nan=False) | st.booleans() | st.text(max_size=20) | st.none(),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4) | st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(values, max_size=4))
def test_values_come_back(said):
    with contextlib.suppress(Malformed):  # too deep
        assert read_values(write_values(said)) == said


@given(st.binary(max_size=200))
def test_any_bytes_are_values_or_malformed(data):
    with contextlib.suppress(Malformed):
        read_values(data)


class Nowhere:
    """A writer whose bytes nobody reads."""

    def write(self, data: bytes) -> None:
        assert len(data) < 10_000

    async def drain(self) -> None:
        return


async def messages_in(data: bytes) -> int:
    """How many messages `data` holds before it is malformed or ends."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    link, count = RtmpLink(reader, Nowhere(), 65_536), 0
    with contextlib.suppress(Malformed, asyncio.IncompleteReadError):
        while True:
            command_of(await link.next())
            count += 1
    assert link._partial_bytes <= 2 * 65_536
    return count


@given(st.lists(st.binary(max_size=60) | st.builds(
    chunk, st.sampled_from([1, 2, 3, 4, 5, 6, 8, 9, 17, 18, 20]), st.integers(0, 300), st.binary(max_size=150),
    channel=st.integers(2, 70)), max_size=8))  # fmt: skip
def test_any_bytes_are_messages_or_malformed_and_little_is_held(parts):
    asyncio.run(messages_in(b"".join(parts)))


@given(st.lists(st.tuples(st.sampled_from([b"", OLD, b"\x17\x01\x00\x00\x00", b"\x90avc1", b"\x93avc1"]),
                          st.binary(max_size=40), st.integers(0, (1 << 32) - 1)), max_size=6))  # fmt: skip
def test_any_video_is_taken_or_refused_by_name(messages):
    with contextlib.suppress(ConsentryError):
        units_of(*((head + rest, time_ms) for head, rest, time_ms in messages))
