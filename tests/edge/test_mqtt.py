"""Events by MQTT from a real broker with TLS and password: Frigate's and Home Assistant's, end to end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from tests.edge.broker import PASSWORD, USER, RunningBroker, real_broker
from tests.edge.running_home import RunningHome

from consentry.edge.events import EventKind
from consentry.edge.kept import keep_secret
from consentry.edge.key_files import load_keys
from consentry.edge.mqtt import Broker, Listener, Topics, dump_broker, keep_listening
from consentry.edge.store import Store
from consentry.kernel.ids import CameraId, new_id
from consentry.project.cli import main

CAMERA = CameraId(new_id("camera"))
BELL = "homeassistant/binary_sensor/front_door_visitor/state"


@pytest_asyncio.fixture
async def broker(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[RunningBroker]:
    async with real_broker(tmp_path / "broker", unused_tcp_port) as running:
        yield running


def frigate_event(kind: str, camera: str = "front_door") -> str:
    return json.dumps({"type": kind, "before": {}, "after": {"id": "1-a", "camera": camera, "label": "person"}})


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110 - what is waited for is a plain list
            await asyncio.sleep(0.02)


async def test_a_camera_restreamed_as_by_go2rtc_with_frigates_events_end_to_end(
    running: RunningHome, broker: RunningBroker
) -> None:
    """The edge sees the camera by RTSP (as `running` does), and hears of it by the broker alone."""
    camera, process = running.world.camera, running.process
    assert process is not None
    assert process.box is not None
    box = process.box
    kept = Broker("127.0.0.1", broker.port, tls=True, user=USER, password=PASSWORD, ca=broker.ca)
    keep_secret(Store(running.folder), load_keys(running.folder), "mqtt", dump_broker(kept))
    words = ["hear", camera, "--frigate", "front_door", "--doorbell", BELL, "--data", str(running.folder)]
    assert await asyncio.to_thread(main, ["edge", "events", *words]) == 0
    assert b"broker-secret" not in (running.folder / "edge.sqlite").read_bytes()

    def kinds() -> list[str]:
        return [f"{item.event.kind} {item.event.source}" for item in box._event_log.newest(9)]

    async with asyncio.timeout(15):
        while not kinds():
            await broker.publish("frigate/events", frigate_event("new"))
            await asyncio.sleep(0.1)
    await broker.publish(BELL, "on")
    await until(lambda: len(kinds()) == 2)
    assert kinds() == ["doorbell mqtt", "motion mqtt"]
    assert process.box.camera_states()[camera] == "online"


async def test_a_broker_that_restarts_is_found_again_and_one_that_is_not_ours_is_not_believed(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr("consentry.edge.mqtt.FIRST_RETRY_S", 0.1)
    heard: list[EventKind] = []
    stranger: list[EventKind] = []
    topics = {CAMERA: Topics("", (("door/bell", EventKind.DOORBELL),))}
    await broker.publish("door/bell", "ON", retain=True)
    good = Broker("127.0.0.1", broker.port, tls=True, user=USER, password=PASSWORD, ca=broker.ca)
    without_ca = Broker("127.0.0.1", broker.port, tls=True, user=USER, password=PASSWORD)
    wrong = Broker("127.0.0.1", broker.port, tls=True, user=USER, password="wrong-secret", ca=broker.ca)
    tasks = [asyncio.create_task(keep_listening(good, topics, lambda _, kind: heard.append(kind)))]
    tasks += [asyncio.create_task(keep_listening(bad, topics, lambda _, kind: stranger.append(kind)))
              for bad in (without_ca, wrong)]  # fmt: skip

    async def ring(count: int) -> None:
        async with asyncio.timeout(15):
            while len(heard) < count:
                await broker.publish("door/bell", "OFF")
                await broker.publish("door/bell", "ON")
                await asyncio.sleep(0.1)

    await ring(1)
    await broker.publish("door/bell", "x" * 100_000)  # the broker keeps what is too large for us; the line stands
    await ring(len(heard) + 1)
    assert caplog.text.count("connected") == 1
    await broker.restart()
    await ring(len(heard) + 1)
    assert caplog.text.count("connected") == 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert set(heard) == {EventKind.DOORBELL}
    assert stranger == []
    assert "secret" not in caplog.text


def test_only_a_beginning_before_one_of_our_cameras_counts() -> None:
    heard: list[EventKind] = []
    listener = Listener(
        Broker("h", 1, tls=False), {CAMERA: Topics("front_door", ((BELL, EventKind.DOORBELL),))},
        lambda _, kind: heard.append(kind),
    )  # fmt: skip
    assert listener.topics() == ["frigate/front_door/motion", BELL, "frigate/events"]
    for kind, camera in (("update", "front_door"), ("end", "front_door"), ("new", "garden"), ("new", "front_door")):
        listener.take("frigate/events", frigate_event(kind, camera).encode(), retained=False)
    for text in (
        b"",
        b"[]",
        b"{}",
        b'{"type":"new","after":[]}',
        b'{"type":"new","after":{"camera":{}}}',
        b"\xff" * 70_000,
    ):
        listener.take("frigate/events", text, retained=False)
    listener.take("frigate/events", frigate_event("new").encode(), retained=True)
    for payload in ("ON", "ON", "OFF", "ON"):
        listener.take("frigate/front_door/motion", payload.encode(), retained=False)
    listener.take(BELL, b"on", retained=True)  # how it stood when we came
    listener.take(BELL, b"on", retained=False)
    listener.take("something/else", b"ON", retained=False)
    assert heard == [EventKind.MOTION] * 3
