"""`consentry edge …` as typed on the box, and the process that it starts."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.edge.running_home import RunningHome
from tests.edge.world import POLICY, World

from consentry.edge.settings import EdgeSettings, read_settings
from consentry.edge.store import Store
from consentry.edge.uplink import MAX_WAITING_BYTES, Uplink
from consentry.kernel.ids import CameraId, new_id
from consentry.media.units import AccessUnit
from consentry.project.cli import main


def edge(*words: str, data: Path) -> int:
    return main(["edge", *words, "--data", str(data)])


def test_a_cameras_address_is_kept_and_never_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera = new_id("camera")
    assert edge("camera", "add", camera, "--rtsp", "rtsp://user:secret@10.0.0.2/x", data=tmp_path) == 0
    assert edge("status", data=tmp_path) == 0
    said = capsys.readouterr().out
    assert camera in said
    assert "not paired" in said
    assert "secret" not in said
    assert b"secret" not in (tmp_path / "edge.sqlite").read_bytes()


@pytest.mark.parametrize(("camera", "url"), [
    ("cam_x", "rtsp://10.0.0.2/x"), (new_id("edge"), "rtsp://10.0.0.2/x"), (new_id("camera"), "ftp://10.0.0.2/x"),
    (new_id("camera"), "http://169.254.169.254/x"), (new_id("camera"), "srt://0.0.0.0:9000?mode=listener"),
    (new_id("camera"), "rtsp://10.0.0.2/" + "x" * 1_000),
])  # fmt: skip
def test_a_wrong_camera_or_address_is_said_and_not_kept(tmp_path: Path, camera: str, url: str) -> None:
    assert edge("camera", "add", camera, "--rtsp", url, data=tmp_path) == 1
    assert Store(tmp_path).cameras() == []


def test_stop_and_resume_are_durable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path)
    store.pin(World().pins(), (POLICY,))
    assert edge("stop", data=tmp_path) == 0
    assert edge("status", data=tmp_path) == 0
    assert "stopped: nobody can look" in capsys.readouterr().out
    assert store.fact("stopped") is not None
    assert edge("resume", data=tmp_path) == 0
    assert store.fact("stopped") is None


def test_a_wrong_code_is_said_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge("pair", "ABCD", "--server", "http://127.0.0.1:1", data=tmp_path) == 1
    assert "five groups" in capsys.readouterr().err


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENTRY_EDGE_DATA", "/somewhere")
    monkeypatch.setenv("CONSENTRY_EDGE_PAGE", "0.0.0.0:99")
    assert read_settings() == EdgeSettings(Path("/somewhere"), "0.0.0.0", 99)
    monkeypatch.setenv("CONSENTRY_EDGE_PAGE", "off")
    assert read_settings("/there") == EdgeSettings(Path("/there"), "", 8490)


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for child in started:
        child.kill()
        child.wait()


async def test_the_process_survives_kill_9_and_obeys_a_stop_from_the_command_line(
    tmp_path: Path, camera_url: str, children: list[subprocess.Popen[bytes]]
) -> None:
    home = RunningHome(tmp_path)
    await home.gateway.start()
    home.prepare(camera_url)
    home.publish()
    store = Store(home.folder)

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "consentry.project.cli", "edge", "run", "--data", str(home.folder)]
        environment = {**os.environ, "CONSENTRY_EDGE_PAGE": "127.0.0.1:0"}
        child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        children.append(child)
        return child

    child = start()
    await online(home)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    home.gateway.messages.clear()
    start()
    await online(home)
    opening, ticket = look_now(home, store)
    await home.present(opening, ticket)
    await home.gateway.see(5)
    assert await asyncio.to_thread(edge, "stop", data=home.folder) == 0
    assert (await home.gateway.hear("closed"))["reason"] == "stopped"
    count = len(home.gateway.units)
    await asyncio.sleep(0.4)
    assert len(home.gateway.units) == count
    await home.gateway.stop()


async def online(home: RunningHome) -> None:
    await home.gateway.hear("health", lambda message: message["cameras"].get(home.world.camera) == "online")


def look_now(home: RunningHome, store: Store) -> tuple[object, bytes]:
    from consentry.kernel.clock import to_ms, utc_now

    home.world.now_ms = to_ms(utc_now())
    state = store.camera(home.world.camera)
    assert state is not None
    found = home.world.look(state.terms)
    home.publish()
    return found


def unit(*, key: bool, size: int = 1_000_000) -> AccessUnit:
    return AccessUnit(0, 1, (b"\x65" + bytes(size),), key, 1)


async def test_a_slow_line_loses_pictures_up_to_the_next_key_frame_and_no_control() -> None:
    camera = CameraId(new_id("camera"))
    uplink = Uplink(lambda _: True)
    uplink.put(camera, unit(key=True))
    for _ in range(MAX_WAITING_BYTES // 1_000_000 + 3):
        uplink.put(camera, unit(key=False))
    uplink.say({"type": "pong"})
    uplink.put(camera, unit(key=True, size=10))
    assert await uplink.next() == '{"type":"pong"}'
    assert len(await uplink.next()) < 100
    assert uplink.dropped == MAX_WAITING_BYTES // 1_000_000 + 4


async def test_what_waited_longer_than_its_look_never_leaves() -> None:
    camera, allowed = CameraId(new_id("camera")), [True]
    uplink = Uplink(lambda _: allowed[0])
    uplink.put(camera, unit(key=True, size=10))
    allowed[0] = False
    uplink.say({"type": "closed"})
    assert await uplink.next() == '{"type":"closed"}'
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(uplink.next(), 0.05)
