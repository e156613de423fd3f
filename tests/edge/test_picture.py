"""The picture for its owner: decoded where nothing can leak, sealed so that only the owner's browser opens it."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.running_home import RunningHome
from tests.gateway.world import until

from consentry.edge import picture
from consentry.edge.picture import decode_key_frame, sealed_picture
from consentry.edge.pull import CameraFeed
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.owner_record import owner_record, public_point, sign_as_device
from consentry.kernel.sealed_box import open_box, picture_context
from consentry.media.file_source import Loop
from consentry.media.h264 import to_avcc
from consentry.media.rtsp_server import RtspServer

ESCAPES = """
import ctypes, os, socket, subprocess, sys
from consentry.media.sandbox import give_up_rights
held = open("/dev/null")
victim = sys.argv[1]
give_up_rights()
def refused(act):
    try:
        act()
    except (PermissionError, MemoryError):
        return True
    return False
acts = {
    "socket": lambda: socket.socket(),
    "pair": lambda: socket.socketpair(),
    "open": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "write": lambda: os.open(victim + ".new", os.O_WRONLY | os.O_CREAT),
    "program": lambda: os.execv("/bin/true", ["true"]),
    "memory": lambda: bytearray(2 << 30),
    "unlink": lambda: os.unlink(victim),
    "kill": lambda: os.kill(os.getppid(), 0),
}
print(sorted(name for name, act in acts.items() if not refused(act)))
"""


def test_the_decoders_child_can_open_no_socket_file_or_program(tmp_path: Path) -> None:
    victim = tmp_path / "a-file-of-somebody-else"
    victim.write_text("untouched")
    words = [sys.executable, "-I", "-c", ESCAPES, str(victim)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stderr
    assert [(path, path.read_text()) for path in tmp_path.iterdir()] == [(victim, "untouched")]


async def test_a_key_frame_becomes_a_small_jpeg(cars: Loop) -> None:
    jpeg = await decode_key_frame(to_avcc(cars.units[0].nals))
    assert jpeg[:2] == b"\xff\xd8"
    assert jpeg[-2:] == b"\xff\xd9"
    assert len(jpeg) <= 40_000


@pytest.mark.parametrize("unit", [b"", b"\x00" * 100, b"\x00\x00\x00\x04\x67\x42\x00\x1e", b"\xff" * 5_000])
async def test_what_is_no_picture_is_said_so(unit: bytes) -> None:
    with pytest.raises(Unavailable):
        await decode_key_frame(unit)


async def test_the_owner_gets_a_picture_that_nobody_on_the_way_can_open(running: RunningHome) -> None:
    reply, camera = ec.generate_private_key(ec.SECP256R1()), running.world.camera
    record = owner_record(
        "picture.ask", t_ms=running.world.now_ms, camera=camera, reply_key=to_b64(public_point(reply))
    )
    signed = sign_as_device(record, running.world.owner)
    answer = await running.post({"type": "picture", "camera": camera, "owner_signature": signed})
    assert answer["type"] == "picture"
    assert open_box(from_b64(answer["box"]), reply, context=picture_context(camera))[:2] == b"\xff\xd8"
    assert running.gateway.units == []


async def test_a_camera_that_is_only_just_dialled_is_waited_for(camera_url: str) -> None:
    reply, camera = ec.generate_private_key(ec.SECP256R1()), CameraId(new_id("camera"))
    feeds: list[CameraFeed] = []
    asked = asyncio.create_task(
        sealed_picture(lambda: feeds[0] if feeds else None, camera, public_point(reply)),
    )
    await asyncio.sleep(0.3)
    assert not asked.done()
    feeds.append(CameraFeed(camera, camera_url, lambda: None))
    try:
        assert open_box((await asked).box, reply, context=picture_context(camera))[:2] == b"\xff\xd8"
    finally:
        await feeds[0].stop()


async def test_a_camera_that_never_comes_is_said_to_be_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "FIRST_S", 0.3)
    with pytest.raises(Unavailable, match="no picture"):
        await sealed_picture(lambda: None, CameraId(new_id("camera")), b"")


@pytest.mark.parametrize(("wrong", "fault"), [
    (("right-secret", "wrong-secret"), "unauthorised"), (("/cars", "/horses"), "not-found"),
    (("127.0.0.1", "127.0.0.9"), "unreachable"),
])  # fmt: skip
async def test_an_owner_who_mistyped_the_address_is_told_what_is_wrong_and_never_the_password(
    camera_url: str, wrong: tuple[str, str], fault: str,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(picture, "FIRST_S", 1.0)
    camera = CameraId(new_id("camera"))
    feed = CameraFeed(camera, camera_url.replace(*wrong), lambda: None)
    try:
        with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as refused:
            await sealed_picture(lambda: feed, camera, public_point(ec.generate_private_key(ec.SECP256R1())))
    finally:
        await feed.stop()
    assert refused.value.kind == fault
    assert "secret" not in f"{refused.value}{caplog.text}"


async def test_an_old_picture_of_a_dead_camera_is_shown_to_nobody(
    running: RunningHome, camera_server: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "FIRST_S", 0.3)
    assert running.process is not None
    box, camera = running.process.box, running.world.camera
    await camera_server.stop()
    await until(lambda: box is not None and box.camera_states()[camera] in ("silent", "unreachable"))
    reply = to_b64(public_point(ec.generate_private_key(ec.SECP256R1())))
    record = owner_record("picture.ask", t_ms=running.world.now_ms, camera=camera, reply_key=reply)
    signed = sign_as_device(record, running.world.owner)
    answer = await running.post({"type": "picture", "camera": camera, "owner_signature": signed})
    assert (answer["type"], answer["kind"]) in [("letter_refused", kind) for kind in ("silent", "unreachable")]


async def test_the_owner_may_ask_for_the_last_good_picture_of_a_dead_camera_and_learns_of_when_it_is(
    running: RunningHome, camera_server: RtspServer
) -> None:
    assert running.process is not None
    box, camera, reply = running.process.box, running.world.camera, ec.generate_private_key(ec.SECP256R1())
    assert box is not None
    await until(lambda: box.feeds[camera].last_good is not None)
    await camera_server.stop()
    await until(lambda: box.camera_states()[camera] in ("silent", "unreachable"))
    fields = {"camera": camera, "reply_key": to_b64(public_point(reply))}
    said_ms = running.world.now_ms
    signed = sign_as_device(owner_record("picture.last", t_ms=said_ms, **fields), running.world.owner)
    letter = {"type": "picture", "camera": camera, "owner_signature": signed, "which": "last"}
    answer = await running.post(letter)
    assert open_box(from_b64(answer["box"]), reply, context=picture_context(camera))[:2] == b"\xff\xd8"
    assert 0 <= answer["taken_at"] - said_ms < 30_000
    # No server makes the one out of the other: the owner signs which picture is meant.
    assert (await running.post({**letter, "which": "shown"}))["type"] == "letter_refused"
    assert (await running.post({**letter, "which": "first"}))["kind"] == "malformed"
