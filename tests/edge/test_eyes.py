"""A home that notices what is wrong with its camera's pictures; a moved view behind a mask closes the camera."""

import numpy
import pytest
from tests.edge.running_home import RunningHome
from tests.edge.test_mask import MASK
from tests.edge.test_masked_home import feed_of, terms_letter
from tests.gateway.world import until

from consentry.edge.eyes import Eyes, masked_cells
from consentry.edge.view_memory import find_reference, has_moved
from consentry.kernel.mask import mask_record
from consentry.kernel.terms import terms_record
from consentry.media.camera_eye import HIGH, WIDE, Thumbnail


def structure(seed: int) -> Thumbnail:
    """A still street of its own."""
    levels = numpy.random.default_rng(seed).integers(20, 230, (HIGH, WIDE), numpy.uint8)
    return Thumbnail(levels.tobytes(), bytes(32))


def eyes_of(home: RunningHome) -> Eyes:
    assert home.process is not None
    assert home.process.box is not None
    return home.process.box.eyes


async def see(home: RunningHome, street: Thumbnail, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds of looking in which the decoder gives `street`: a test has no minutes to wait for a camera to turn."""

    async def take(_unit: object) -> Thumbnail:
        return street

    monkeypatch.setattr(eyes_of(home).thumbnails, "take", take)
    for _ in range(times):
        await eyes_of(home).look()


async def refused(home: RunningHome) -> str:
    """The kind with which a look is refused now."""
    home.gateway.messages = [message for message in home.gateway.messages if message["type"] != "refused"]
    await home.present(*home.look())
    return str((await home.gateway.hear("refused"))["kind"])


async def masked(home: RunningHome, version: int) -> None:
    taken = await home.post(terms_letter(home, MASK, version=version))
    assert taken["type"] == "terms_taken"
    await until(lambda: feed_of(home).mask == MASK and feed_of(home).state == "online", timeout_s=30)


async def test_a_real_picture_is_looked_at_and_its_structure_remembered(running: RunningHome) -> None:
    for _ in range(5):
        await eyes_of(running).look()
    assert eyes_of(running).warnings() == {}
    assert running.process is not None
    reference = find_reference(running.process.store, running.world.camera)
    assert reference is not None
    assert max(reference.edges) > 3


async def test_a_moved_view_without_a_mask_is_told_and_nothing_closes(
    running: RunningHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    await see(running, structure(1), 5, monkeypatch)
    await see(running, structure(2), 7, monkeypatch)
    camera = running.world.camera
    told = await running.gateway.hear("health", lambda message: message.get("warnings"))
    assert told["warnings"] == {camera: ["view-moved"]}
    assert told["cameras"] == {camera: "online"}
    await running.present(*running.look())
    await running.gateway.hear("opened")


async def test_a_moved_view_behind_a_mask_closes_the_camera_until_the_owner_signs_again(
    running: RunningHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    await masked(running, version=2)
    await see(running, structure(1), 5, monkeypatch)
    await running.present(*running.look())
    await running.gateway.see(3)
    await see(running, structure(2), 7, monkeypatch)
    camera = running.world.camera
    await running.gateway.hear("health", lambda message: message["cameras"].get(camera) == "view-moved")
    assert (await running.gateway.hear("closed"))["reason"] == "view-moved"
    assert feed_of(running).cached(), "the owner's own recording goes on, under the mask"
    assert await refused(running) == "view-moved"

    # A server may bring tighter terms unsigned; they are not the owner's word that the view is right.
    assert running.process is not None
    held = running.process.store.camera(camera)
    assert held is not None
    assert held.terms is not None
    tighter = {**terms_record(held.terms), "version": 3, "max_distance_m": 300}
    unsigned = {"type": "terms", "camera": camera, "terms": tighter, "mask": mask_record(MASK)}
    assert (await running.post(unsigned))["type"] == "terms_taken"
    assert await refused(running) == "view-moved"
    assert has_moved(running.process.store, camera)

    await running.stop_edge()
    running.gateway.messages.clear()
    await running.start_edge()
    await running.gateway.hear("health", lambda message: message["cameras"].get(camera) == "view-moved")
    assert await refused(running) == "view-moved"

    await masked(running, version=4)
    assert not has_moved(running.process.store, camera)
    await running.gateway.hear("health", lambda message: message["cameras"].get(camera) == "online")
    await see(running, structure(2), 7, monkeypatch)
    assert not has_moved(running.process.store, camera), "this view is what the owner signed"
    count = len(running.gateway.units)
    await running.present(*running.look())
    await running.gateway.see(count + 3)


def test_the_cells_that_a_mask_touches_and_their_neighbours_are_left_out() -> None:
    cells = masked_cells(MASK)
    assert HIGH // 2 * WIDE + round(0.4 * WIDE) in cells
    assert HIGH // 2 * WIDE + WIDE - 2 not in cells
    assert masked_cells(None) == frozenset()
