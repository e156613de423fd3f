"""Motion at home: off until the owner switches it on, seen behind the mask, told to one sink and nobody else."""

import argparse
import asyncio

import pytest
from tests.edge.running_home import RunningHome
from tests.gateway.world import until

from consentry.edge.box import Box
from consentry.edge.commands import add_commands
from consentry.edge.events import CameraEvent, EventKind
from consentry.edge.motion import sensitivity_of
from consentry.media.motion import Sensitivity


def command(home: RunningHome, *words: str) -> int:
    """`consentry edge …` beside the running edge."""
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    arguments = parser.parse_args(["edge", *words, "--data", str(home.folder)])
    return int(arguments.run(arguments))


def box_of(home: RunningHome) -> Box:
    assert home.process is not None
    assert home.process.box is not None
    return home.process.box


async def test_motion_is_off_until_switched_on_and_told_once_with_its_source(
    lively_home: RunningHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = lively_home
    told: list[CameraEvent] = []
    box, camera = box_of(running), running.world.camera
    monkeypatch.setattr(box.motion, "_sink", told.append)
    await asyncio.sleep(1)
    assert told == []
    assert not box.motion._watched
    assert command(running, "camera", "motion", camera, "high") == 0
    await until(lambda: camera in box.motion._watched)
    assert sensitivity_of(box._store, camera) is Sensitivity.HIGH
    await until(lambda: bool(told), timeout_s=30)
    (event,) = told
    assert (event.camera, event.kind, event.source) == (camera, EventKind.MOTION, "picture")
    assert event.at_ms >= running.world.now_ms
    assert {message["type"] for message in running.gateway.messages} == {"health"}
    assert command(running, "camera", "motion", camera, "off") == 0
    await until(lambda: not box.motion._watched)
