"""Sound leaves a home only under terms that allow it: a real camera with a tone, a real edge, a real gateway."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest_asyncio
from tests.edge.test_with_gateway import Street
from tests.gateway.world import Viewer, until
from tests.media.sound import RATE_HZ, play_tone

from consentry.gateway.frames import SOUND, SOUND_INIT
from consentry.kernel.mask import Mask, mask_sha256
from consentry.kernel.terms import ViewAttested
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import AccessUnit


@pytest_asyncio.fixture
async def talking(camera_server: RtspServer) -> AsyncIterator[RtspServer]:
    playing = asyncio.create_task(play_tone(lambda unit: camera_server.publish_sound("cars", unit)))
    await asyncio.sleep(0.1)
    yield camera_server
    playing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing


@pytest_asyncio.fixture
async def street(tmp_path: Path, talking: RtspServer) -> AsyncIterator[Street]:
    """The owner's terms do not allow sound, as by default."""
    made = Street(tmp_path)
    try:
        await made.start(talking.url_of("cars"))
        yield made
    finally:
        await made.stop()


async def allow_sound(street: Street, server: RtspServer, *, version: int = 2, allowed: bool = True) -> None:
    """The owner signs new terms; the edge reads the camera anew."""
    home = street.home
    assert home.process is not None
    terms = home.world.terms(expires_at_ms=home.world.now_ms + 10**9, version=version, audio=allowed)
    home.process.store.put_terms(home.world.camera, terms, version=version)
    await until(lambda: bool(server.listeners("cars")) is allowed)
    box = home.process.box
    assert box is not None
    await until(lambda: bool(box.feeds[home.world.camera].cached()))


def sounds(viewer: Viewer) -> list[bytes]:
    return [body for kind, _, body in viewer.media if kind in (SOUND_INIT, SOUND)]


def tap(street: Street) -> list[bytes]:
    """Every binary message that the gateway takes from edges, from now on."""
    taken: list[bytes] = []
    links = street.gateway.edges
    before = links._take_unit

    def take(link: object, data: bytes) -> None:
        taken.append(data)
        before(link, data)  # type: ignore[arg-type]

    links._take_unit = take  # type: ignore[method-assign, assignment]
    return taken


async def test_without_the_owners_word_no_byte_of_sound_is_read_leaves_or_arrives(
    street: Street, talking: RtspServer
) -> None:
    taken = tap(street)
    viewer = await street.look()
    await viewer.pictures(20)
    assert talking.listeners("cars") == 0
    assert not [data for data in taken if data[1] & 8]
    assert len(taken) > 15
    assert sounds(viewer) == []
    assert "sound" not in {text["type"] for text in viewer.texts}


async def test_terms_that_allow_sound_are_heard_recorded_nowhere_and_a_withdrawal_silences_at_once(
    street: Street, talking: RtspServer
) -> None:
    await allow_sound(street, talking)
    viewer = await street.look()
    await until(lambda: len(sounds(viewer)) > 25)
    assert next(text for text in viewer.texts if text["type"] == "sound")["codec"] == "mp4a.40.2"
    with av.open(io.BytesIO(b"".join(sounds(viewer)))) as opened:
        wave = np.concatenate([frame.to_ndarray()[0] for frame in opened.decode(audio=0)][4:])
    loudest = np.argmax(np.abs(np.fft.rfft(wave * np.hanning(len(wave))))) * RATE_HZ / len(wave)
    assert abs(float(loudest) - 440) < 10
    pictures = [body for kind, _, body in viewer.media if kind == 1]
    assert not any(b"mp4a" in body for body in pictures), "sound is never a track of the pictures"
    hub = street.gateway.sessions.hubs[street.home.world.camera]
    assert all(isinstance(shot.unit, AccessUnit) for shot in hub.main.group)

    taken = tap(street)
    await allow_sound(street, talking, version=3, allowed=False)
    assert await viewer.ended() == "withdrawn"
    count = len(viewer.media)
    again = await street.look()
    await again.pictures(10)
    assert sounds(again) == []
    assert len(viewer.media) == count
    taken.clear()
    await again.pictures(30)
    assert taken
    assert not [data for data in taken if data[1] & 8]


async def test_the_owners_stop_silences_a_look_that_hears(street: Street, talking: RtspServer) -> None:
    await allow_sound(street, talking)
    viewer = await street.look()
    await until(lambda: len(sounds(viewer)) > 5)
    taken = tap(street)
    assert street.home.process is not None
    street.home.process.stop()
    assert await viewer.ended() == "stopped"
    taken.clear()
    await asyncio.sleep(0.3)
    assert taken == []


async def test_a_masked_camera_is_never_heard_whatever_its_terms_say(street: Street, talking: RtspServer) -> None:
    home = street.home
    assert home.process is not None
    assert home.process.box is not None
    mask = Mask((((2_000, 2_000), (6_000, 2_000), (6_000, 8_000), (2_000, 8_000)),))
    attested = ViewAttested(True, True, mask_sha256(mask))
    terms = home.world.terms(
        expires_at_ms=home.world.now_ms + 10**9, version=2, audio=True, view_attested=attested,
    )  # fmt: skip
    home.process.store.put_terms(home.world.camera, terms, version=2, mask=mask)
    feeds = home.process.box.feeds
    await until(lambda: feeds[home.world.camera].mask == mask and bool(feeds[home.world.camera].cached()), 25)
    viewer = await street.look()
    await viewer.pictures(10)
    assert talking.listeners("cars") == 0
    assert sounds(viewer) == []
