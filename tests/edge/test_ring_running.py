"""A whole edge that records: real RTSP, real gateway; nothing of the recording ever leaves by a look."""

import ast
import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from tests.architecture.source import imports, modules
from tests.edge.running_home import RunningHome, start_home

from consentry.edge.box import Box
from consentry.edge.key_files import load_keys
from consentry.edge.ring_files import read_segment, ring_key
from consentry.edge.ring_settings import RingSettings
from consentry.media.rtsp_server import RtspServer
from consentry.project.cli import main

# What a look, a letter or a gateway can reach. `box` and `main` join the two sides and hand neither to the other.
WAY_OUT = (
    "dial",
    "guard",
    "hand_over",
    "letters",
    "looks",
    "opening_desk",
    "own_looks",
    "own_queue",
    "own_talk",
    "picture",
    "pull",
    "uplink",
    "watch",
)
RECORDING = ("ring", "ring_files", "ring_index", "ring_room", "ring_tape", "ring_writer", "clips", "clip_cut")


def box_of(home: RunningHome) -> Box:
    assert home.process is not None
    assert home.process.box is not None
    return home.process.box


async def eventually(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110 - files have no event
            await asyncio.sleep(0.05)


def segments(home: RunningHome, suffix: str = "") -> list[Path]:
    return sorted(home.settings.where_ring().glob(f"*/*{suffix}"))


def test_no_module_on_the_way_out_reaches_the_recording() -> None:
    """The police never read the ring: followed through all imports, also those inside functions."""
    edge = {path.stem: tree for path, tree in modules().items() if path.parts[0] == "edge"}
    assert {*WAY_OUT} <= {*edge}
    for name in WAY_OUT:
        reached, front = {name}, [name]
        while front:
            front = [
                near
                for near in _near(edge[front.pop()])
                if near in edge and near not in reached and not reached.add(near)
            ]
        assert reached.isdisjoint(RECORDING), name


def _near(tree: ast.Module) -> list[str]:
    return [name.split(".")[2] for name in imports(tree) if name.startswith("consentry.edge.")]


async def test_an_edge_records_its_cameras_and_a_look_gets_nothing_of_it(running: RunningHome) -> None:
    ring = box_of(running).ring
    await eventually(lambda: segments(running, ".part"))
    await asyncio.sleep(2.5)
    opened_us = running.world.now_ms * 1_000
    oldest = box_of(running).feeds[running.world.camera].cached()[0].wallclock_us
    await running.present(*running.look())
    await running.gateway.see(20)
    assert min(unit.wallclock_us for unit in running.gateway.units) >= oldest
    ((start_us, end_us),) = ring.spans(running.world.camera, 0, 1 << 60)
    assert start_us < oldest, "the ring held older pictures than those that left"
    assert end_us > opened_us
    await running.stop_edge()
    (segment,) = segments(running)
    assert segment.suffix == ".seg"
    key = ring_key(load_keys(running.folder).at_rest)
    assert read_segment(segment, key, running.world.camera).chunks[0].key


async def test_recording_goes_on_while_the_owner_has_stopped_all_looks_and_the_network_is_gone(
    running: RunningHome,
) -> None:
    assert running.process is not None
    running.process.stop()
    await running.gateway.stop()
    stopped_us = time.time_ns() // 1_000
    ring, camera = box_of(running).ring, running.world.camera
    await eventually(lambda: any(end > stopped_us + 2_000_000 for _, end in ring.spans(camera, 0, 1 << 60)))


async def test_a_ring_that_cannot_be_written_is_said_and_looks_go_on(tmp_path: Path, camera_url: str) -> None:
    (tmp_path / "edge").mkdir(mode=0o700)
    (tmp_path / "edge" / "ring").write_text("a file where the folder should be")
    home = await start_home(tmp_path, camera_url)
    try:
        await eventually(lambda: "The recording does not work" in " ".join(box_of(home).notes()))
        await home.present(*home.look())
        await home.gateway.see(20)
    finally:
        await home.close()


async def test_looks_go_on_while_the_disk_of_the_recording_is_full(
    small_disk: Path, tmp_path: Path, camera_server: RtspServer
) -> None:
    home = RunningHome(tmp_path)
    ring = RingSettings(keep_free_bytes=0)
    home.settings = dataclasses.replace(home.settings, ring_folder=small_disk / "ring", ring=ring)
    fill = small_disk / "filling"
    with contextlib.suppress(OSError), fill.open("wb", buffering=0) as file:
        while file.write(bytes(4_096)):
            pass
    await home.gateway.start()
    home.prepare(camera_server.url_of("cars"))
    home.publish()
    await home.start_edge()
    try:
        await eventually(lambda: "The recording pauses: the disk is full." in box_of(home).notes())
        await home.present(*home.look())
        await home.gateway.see(20)
        fill.unlink()
        box_of(home).ring.writer._retry_s = 0.0  # half a minute later
        await eventually(lambda: box_of(home).ring.spans(home.world.camera, 0, 1 << 60))
        await eventually(lambda: not any("recording" in note for note in box_of(home).notes()))
    finally:
        await home.close()


async def test_commands_beside_the_running_edge_change_what_is_kept(running: RunningHome) -> None:
    await eventually(lambda: segments(running))
    camera, data = running.world.camera, str(running.folder)

    async def type_in(*words: str) -> int:
        return await asyncio.to_thread(main, ["edge", *words, "--data", data])

    assert await type_in("ring", "--off", camera, "--hours", "12", "--gigabytes", "0.5") == 0
    await eventually(lambda: segments(running) == [])
    assert await type_in("ring", "--on", camera) == 0
    await eventually(lambda: segments(running))
    assert await type_in("ring", "--hours", "-1") == 1
    assert await type_in("camera", "remove", camera) == 0
    await eventually(lambda: segments(running) == [] and not box_of(running).feeds)
    assert await type_in("camera", "remove", camera) == 1
