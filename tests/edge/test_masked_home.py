"""A home with a mask, from the camera to the viewer: no picture without it ever leaves, whatever happens meanwhile."""

import asyncio
import io
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.moving import planes, seen, spread
from tests.edge.running_home import Message, RunningHome
from tests.edge.test_mask import INSIDE, MASK, OUTSIDE
from tests.edge.test_with_gateway import Street
from tests.gateway.world import Viewer, until

from consentry.edge.pull import CameraFeed
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.mask import Mask, mask_record, mask_sha256
from consentry.kernel.owner_record import owner_record, public_point, sign_as_device
from consentry.kernel.sealed_box import open_box, picture_context
from consentry.kernel.terms import Terms, ViewAttested, terms_record, terms_sha256
from consentry.kernel.wire import WireUnit
from consentry.media.carry import from_wire

OTHER = Mask((((5_000, 0), (10_000, 0), (10_000, 10_000), (5_000, 10_000)),))
INSIDE_OTHER = (0.62, 0.0, 1.0, 1.0)


@pytest.fixture
def home(lively_home: RunningHome) -> RunningHome:
    return lively_home


def terms_letter(home: RunningHome, mask: Mask | None, *, version: int = 2, carried: Mask | None = None) -> Message:
    """Terms that name `mask`, signed by the owner; `carried` comes along instead of it."""
    named = "" if mask is None else mask_sha256(mask)
    terms = terms_of(home, version, named)
    record = owner_record(
        "terms.loosen", t_ms=home.world.now_ms, camera=home.world.camera, terms_sha256=terms_sha256(terms)
    )
    letter = {"type": "terms", "camera": home.world.camera, "terms": terms_record(terms),
              "owner_signature": sign_as_device(record, home.world.owner)}  # fmt: skip
    brought = carried or mask
    return letter if brought is None else {**letter, "mask": mask_record(brought)}


def terms_of(home: RunningHome, version: int, named: str) -> Terms:
    until_ms = home.world.now_ms + 10**9
    return home.world.terms(expires_at_ms=until_ms, version=version, view_attested=ViewAttested(True, True, named))


def feed_of(home: RunningHome) -> CameraFeed:
    assert home.process is not None
    assert home.process.box is not None
    return home.process.box.feeds[home.world.camera]


async def put_on(home: RunningHome, mask: Mask, *, version: int = 2) -> None:
    """The owner's terms with a mask arrive; wait until the camera shows pictures under it."""
    taken = await home.post(terms_letter(home, mask, version=version))
    assert taken["type"] == "terms_taken"
    named = mask_sha256(mask)
    await until(lambda: feed_of(home).mask_sha256 == named and feed_of(home).state == "online", timeout_s=30)


def shown(units: list[WireUnit]) -> list[tuple[object, ...]]:
    return list(seen(from_wire(unit) for unit in units))


def decoded(media: list[tuple[int, int, bytes]]) -> Iterator[av.VideoFrame]:
    """What a browser decodes of the fragmented MP4 that the viewer got."""
    with av.open(io.BytesIO(b"".join(body for _, _, body in media)), format="mp4") as container:
        yield from container.decode(video=0)


async def test_the_whole_chain_shows_one_constant_colour_inside_the_mask(tmp_path: Path, lively_url: str) -> None:
    street = Street(tmp_path)
    try:
        await street.start(lively_url)
        street.home.process.store.put_terms(  # type: ignore[union-attr] # started above
            street.home.world.camera, terms_of(street.home, 2, mask_sha256(MASK)), version=2, mask=MASK
        )
        await until(lambda: feed_of(street.home).mask == MASK and feed_of(street.home).state == "online", timeout_s=30)
        viewer: Viewer = await street.look()
        media = await viewer.pictures(15)
        pictures = [planes(frame) for frame in decoded(media)]
        assert len(pictures) >= 10
        assert spread(pictures, INSIDE) <= 2
        assert spread(pictures, OUTSIDE) > 100
    finally:
        await street.stop()


async def test_a_look_that_runs_while_the_mask_changes_sees_no_unmasked_picture(home: RunningHome) -> None:
    await put_on(home, MASK)
    await home.present(*home.look())
    await home.gateway.see(10)
    await put_on(home, OTHER, version=3)
    assert (await home.gateway.hear("closed"))["reason"] == "withdrawn"
    under_first = list(home.gateway.units)
    await home.present(*home.look())
    await home.gateway.see(len(under_first) + 10)
    assert spread(shown(under_first), INSIDE) <= 2
    assert spread(shown(home.gateway.units[len(under_first) :]), INSIDE_OTHER) <= 2


async def test_drawing_the_first_mask_under_a_running_look_ends_it_before_the_terms_count(
    lively_home: RunningHome,
) -> None:
    home = lively_home
    await home.present(*home.look())
    await home.gateway.see(5)
    await put_on(home, MASK)
    await home.gateway.hear("closed")
    count = len(home.gateway.units)
    await home.present(*home.look())
    await home.gateway.see(count + 10)
    assert home.gateway.units[count].key
    assert spread(shown(home.gateway.units[count:]), INSIDE) <= 2


async def test_terms_whose_mask_is_not_here_stay_closed_until_it_comes(home: RunningHome) -> None:
    letter = terms_letter(home, MASK)
    del letter["mask"]
    assert (await home.post(letter))["type"] == "terms_taken"
    await until(lambda: feed_of(home).state == "mask-missing")
    assert feed_of(home).cached() == ()
    await home.present(*home.look())
    assert (await home.gateway.hear("refused"))["kind"] == "camera-offline"
    another = {**letter, "mask": mask_record(OTHER)}
    assert (await home.post(another))["kind"] == "mask-other"
    assert feed_of(home).state == "mask-missing"
    assert (await home.post({**letter, "mask": mask_record(MASK)}))["type"] == "terms_taken"
    await until(lambda: feed_of(home).mask == MASK and feed_of(home).state == "online", timeout_s=30)
    assert home.gateway.units == []


async def test_a_masking_child_that_dies_under_a_look_shows_nothing_and_is_told(home: RunningHome) -> None:
    await put_on(home, MASK)
    await home.present(*home.look())
    await home.gateway.see(5)
    masker = feed_of(home)._masker
    assert masker is not None
    assert masker._child is not None
    os.kill(masker._child.pid, signal.SIGKILL)
    told = await home.gateway.hear("health", says(home, "mask-failed"))
    assert told["type"] == "health"
    await until(lambda: feed_of(home).state == "online", timeout_s=30)
    await home.gateway.see(len(home.gateway.units) + 5)
    whole = [from_wire(unit) for unit in home.gateway.units]
    again = next(at for at in range(5, len(whole)) if whole[at].key)
    assert spread(seen(whole[:again]), INSIDE) <= 2
    assert spread(seen(whole[again:]), INSIDE) <= 2


async def test_the_owner_sees_the_mask_in_the_test_picture_and_without_it_only_to_draw(
    lively_home: RunningHome,
) -> None:
    home = lively_home
    await put_on(home, MASK)
    masked, whole = await ask_picture(home, "picture.ask"), await ask_picture(home, "picture.whole", "whole")
    assert level_spread(masked) <= 6  # JPEG
    assert level_spread(whole) > 60
    refused = await home.post(picture_letter(home, "picture.ask", ec.generate_private_key(ec.SECP256R1()), "whole"))
    assert refused["type"] == "letter_refused"


async def test_a_withdrawal_keeps_the_mask_and_terms_without_one_take_it_off(home: RunningHome) -> None:
    await put_on(home, MASK)
    assert (await home.post({"type": "withdraw", "camera": home.world.camera}))["state"] == "withdrawn"
    await asyncio.sleep(0.5)
    assert feed_of(home).mask == MASK
    unsigned = terms_letter(home, None, version=4)
    del unsigned["owner_signature"]
    assert (await home.post(unsigned))["type"] == "letter_refused"
    assert feed_of(home).mask == MASK
    assert (await home.post(terms_letter(home, None, version=4)))["type"] == "terms_taken"
    await until(lambda: feed_of(home).mask is None and feed_of(home).state == "online", timeout_s=30)


def says(home: RunningHome, word: str) -> Callable[[Message], bool]:
    return lambda message: message["cameras"].get(home.world.camera) == word


def picture_letter(home: RunningHome, kind: str, reply: ec.EllipticCurvePrivateKey, which: str) -> Message:
    fields = {"camera": home.world.camera, "reply_key": to_b64(public_point(reply))}
    signed = sign_as_device(owner_record(kind, t_ms=home.world.now_ms, **fields), home.world.owner)
    return {"type": "picture", "camera": home.world.camera, "owner_signature": signed, "which": which}


async def ask_picture(home: RunningHome, kind: str, which: str = "shown") -> bytes:
    """The JPEG that the owner's browser opens."""
    reply = ec.generate_private_key(ec.SECP256R1())
    answer = await home.post(picture_letter(home, kind, reply, which))
    return open_box(from_b64(answer["box"]), reply, context=picture_context(home.world.camera))


def level_spread(jpeg: bytes) -> int:
    with av.open(io.BytesIO(jpeg), format="mjpeg") as container:
        return spread([planes(frame.reformat(format="yuv420p")) for frame in container.decode(video=0)], INSIDE)
