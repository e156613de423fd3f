"""Events at home: what is kept, what is told to whom, and the signed webhook, in a running edge."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.running_home import RunningHome

from consentry.edge.clock import EdgeClock
from consentry.edge.event_desk import Ears, EventDesk
from consentry.edge.event_letter import MAX_GUESTS, guest_keys, take_share
from consentry.edge.event_log import EventLog
from consentry.edge.events import CameraEvent, EventKind
from consentry.edge.hook import HEADER, HookDesk, hook_signature
from consentry.edge.kept import keep_secret
from consentry.edge.key_files import load_keys
from consentry.edge.letters import MAX_LETTER_BYTES
from consentry.edge.store import Store
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, LimitReached, NotFound, Unavailable
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.limits import EVENT_QUIET_MS
from consentry.kernel.owner_record import OwnerKey, owner_record, public_point, sign_as_device
from consentry.kernel.sealed_box import SEALED_PICTURE_BYTES, event_context, open_box, open_event_picture
from consentry.project.cli import main

CAMERA = CameraId(new_id("camera"))
KEY = ec.generate_private_key(ec.SECP256R1())


class Times:
    """Clocks that a test sets."""

    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000
        self.clock = EdgeClock(lambda: self.now_ms, lambda: self.now_ms)


class Heard:
    """The owner's line: open or not, and what was said over it."""

    def __init__(self) -> None:
        self.open, self.letters, self.keys = True, list[Any](), (public_point(KEY),)

    def say(self, fields: Any) -> bool:
        if self.open:
            self.letters.append(dict(fields))
        return self.open


def motion(at_ms: int, camera: CameraId = CAMERA, kind: EventKind = EventKind.MOTION) -> CameraEvent:
    return CameraEvent(camera, kind, at_ms, "picture")


def desk_of(folder: Path) -> tuple[EventDesk, EventLog, Times, Heard]:
    log, times, heard = EventLog(folder), Times(), Heard()
    return EventDesk(log, times.clock, Ears(lambda _: heard.keys, heard.say), CAMERA.__eq__), log, times, heard


def test_the_same_is_told_once_in_ten_seconds_and_another_kind_at_once(tmp_path: Path) -> None:
    desk, log, times, heard = desk_of(tmp_path)
    desk.take(motion(1))
    desk.take(motion(2))
    desk.take(motion(3, kind=EventKind.DOORBELL))
    desk.take(motion(4, camera=CameraId(new_id("camera"))))  # not a camera of this edge
    times.now_ms += EVENT_QUIET_MS
    desk.take(motion(5))
    assert [(kept.event.kind, kept.event.at_ms) for kept in log.newest(9)] == [
        ("motion", 5), ("doorbell", 3), ("motion", 1)
    ]  # fmt: skip
    assert len(heard.letters) == 3


def test_a_letter_tells_the_servers_the_camera_and_nothing_else(tmp_path: Path) -> None:
    desk, _, times, heard = desk_of(tmp_path)
    for kind in EventKind:
        desk.take(motion(times.now_ms, kind=kind))
    boxes = [from_b64(letter["boxes"][0]) for letter in heard.letters]
    assert {frozenset(letter) for letter in heard.letters} == {frozenset({"type", "event", "camera", "boxes"})}
    assert len({len(box) for box in boxes}) == 1
    said = [json.loads(open_box(box, KEY, context=event_context(CAMERA))) for box in boxes]
    assert [(item["kind"], item["at"], item["source"]) for item in said] == [
        ("motion", times.now_ms, "picture"), ("doorbell", times.now_ms, "picture")
    ]  # fmt: skip
    assert len({letter["event"] for letter in heard.letters}) == 2


def test_nothing_leaves_without_a_key_of_the_owner_and_what_waited_is_told_once(tmp_path: Path) -> None:
    desk, log, times, heard = desk_of(tmp_path)
    heard.keys = ()
    desk.take(motion(times.now_ms - 90_000_000))  # of the day before yesterday, as told by a clock that was set
    times.now_ms += EVENT_QUIET_MS
    desk.take(motion(times.now_ms))
    heard.keys, heard.open = (public_point(KEY),), False
    desk.tell_waiting()
    assert heard.letters == []
    heard.open = True
    desk.tell_waiting()
    desk.tell_waiting()
    assert len(heard.letters) == 1
    assert len(log.newest(9)) == 2


async def test_one_picture_of_a_camera_at_a_time_and_none_when_there_is_none(tmp_path: Path) -> None:
    log, times, heard = EventLog(tmp_path), Times(), Heard()
    taken, go = list[CameraId](), asyncio.Event()

    async def still(camera: CameraId, max_bytes: int) -> bytes:
        taken.append(camera)
        await go.wait()
        if len(taken) == 2:
            raise Unavailable("no picture of this camera now", kind="camera-offline")
        return b"j" * max_bytes

    desk = EventDesk(log, times.clock, Ears(lambda _: heard.keys, heard.say, still), CAMERA.__eq__)
    desk.take(motion(times.now_ms))
    desk.take(motion(times.now_ms, kind=EventKind.DOORBELL))
    await asyncio.sleep(0)
    go.set()
    await asyncio.sleep(0.05)
    assert [letter["type"] for letter in heard.letters] == ["event", "event", "event_picture"]
    assert heard.letters[2]["event"] == heard.letters[0]["event"]
    times.now_ms += EVENT_QUIET_MS
    desk.take(motion(times.now_ms))
    await asyncio.sleep(0.05)
    heard.open = False
    times.now_ms += EVENT_QUIET_MS
    desk.take(motion(times.now_ms))  # no line: no picture is taken either
    await desk.close()
    assert ([letter["type"] for letter in heard.letters[3:]], len(taken)) == (["event"], 2)


def test_the_list_is_bounded_and_outlives_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentry.edge.event_log.MAX_EVENTS_KEPT", 20)
    log = EventLog(tmp_path)
    for at_ms in range(23):
        log.add(motion(at_ms))
    log.close()
    newest = EventLog(tmp_path).newest(10_000)
    assert (len(newest), newest[0].event.at_ms, newest[-1].event.at_ms) == (20, 22, 3)


@pytest.mark.parametrize(("change", "kind"), [
    ({}, None), ({"secret": "another"}, "hook-signature"), ({"camera": new_id("camera")}, "hook-signature"),
    ({"body": b'{"kind":"doorbell"} '}, "hook-signature"), ({"age_ms": 61_000}, "hook-time"),
    ({"age_ms": -61_000}, "hook-time"), ({"age_ms": 1}, "hook-time"), ({"nonce": "short"}, "hook-signature"),
])  # fmt: skip
def test_only_a_fresh_and_signed_hook_is_an_event(change: dict[str, Any], kind: str | None) -> None:
    times = Times()
    hooks = HookDesk(times.clock, {CAMERA: "s3cret"}.get)
    said = {
        "secret": "s3cret",
        "camera": CAMERA,
        "body": b'{"kind":"doorbell"}',
        "age_ms": 0,
        "nonce": "n" * 22,
    } | change
    body = b'{"kind":"doorbell"}'
    at_ms = times.now_ms - said["age_ms"]
    header = hook_signature(said["secret"], CAMERA, at_ms, said["nonce"], body)
    if kind is None:
        assert hooks.read(CAMERA, header, body).kind is EventKind.DOORBELL
        with pytest.raises(ConsentryError) as refused:
            hooks.read(CAMERA, header, body)
        assert refused.value.kind == "hook-replayed"
        return
    with pytest.raises(ConsentryError) as refused:
        hooks.read(said["camera"], header, said["body"])
    assert refused.value.kind == kind


def test_hooks_are_refused_when_their_nonces_cannot_be_remembered() -> None:
    times = Times()
    hooks = HookDesk(times.clock, lambda _: "s")
    body = b'{"kind":"motion"}'
    headers = [hook_signature("s", CAMERA, times.now_ms, f"{number:022}", body) for number in range(4_097)]
    for header in headers[:-1]:
        hooks.read(CAMERA, header, body)
    with pytest.raises(LimitReached):
        hooks.read(CAMERA, headers[-1], body)


def test_the_owner_shares_one_camera_with_a_guest_and_ends_it(tmp_path: Path) -> None:
    owner, guest = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    store, pinned = Store(tmp_path), OwnerKey(public_point(owner))
    other = CameraId(new_id("camera"))
    for camera in (CAMERA, other):
        store.put_terms(camera, None, version=0)
    now_ms = to_ms(utc_now())

    def say(kind: str, t_ms: int, camera: CameraId = CAMERA, key: Any = guest, signer: Any = owner) -> dict[str, Any]:
        record = owner_record(f"events.{kind}", t_ms=t_ms, camera=camera, reply_key=to_b64(public_point(key)))
        return take_share(store, {"type": kind, "owner_signature": sign_as_device(record, signer)}, pinned, now_ms)

    assert say("share", now_ms)["type"] == "share_taken"
    assert say("share", now_ms)["type"] == "share_taken"  # its answer was lost
    assert (guest_keys(store, CAMERA), guest_keys(store, other)) == ((public_point(guest),), ())
    for kind, t_ms, signer in (
        ("unshare", now_ms - 1, owner),
        ("share", now_ms - 1, owner),
        ("unshare", now_ms + 1, guest),
    ):
        with pytest.raises(ConsentryError):
            say(kind, t_ms, signer=signer)
    with pytest.raises(NotFound):
        say("share", now_ms + 2, CameraId(new_id("camera")))
    say("unshare", now_ms + 3)
    assert guest_keys(store, CAMERA) == ()
    with pytest.raises(ConsentryError):
        say("share", now_ms)  # what was once said does not come back
    for number in range(MAX_GUESTS):
        say("share", now_ms + 10 + number, key=ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(LimitReached):
        say("share", now_ms + 99)


async def test_owner_hears_of_a_hook_from_a_running_edge_and_of_nothing_before_saying_so(running: RunningHome) -> None:
    assert running.process is not None
    camera = running.world.camera
    data = ["--data", str(running.folder)]
    assert main(["edge", "events", "hook", camera, *data]) == 0
    keep_secret(Store(running.folder), load_keys(running.folder), f"hook/{camera}", "s3cret")
    address = running.process.page.address

    async def ring(secret: str = "s3cret") -> int:
        body = b'{"kind":"doorbell"}'
        header = hook_signature(secret, camera, to_ms(utc_now()), secrets.token_hex(16), body)
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{address}hook/{camera}", data=body, headers={HEADER: header}) as reply,
        ):
            return reply.status

    assert await ring("wrong") == 403
    point = to_b64(public_point(KEY))

    async def name_key(edge: str, t_ms: int) -> dict[str, Any]:
        record = owner_record("events.key", t_ms=t_ms, edge=edge, reply_key=point)
        return await running.post({"type": "events", "owner_signature": sign_as_device(record, running.world.owner)})

    now_ms = to_ms(utc_now())
    assert (await name_key(new_id("edge"), now_ms))["type"] == "letter_refused"
    assert (await name_key(running.world.edge, now_ms))["type"] == "events_taken"
    assert (await name_key(running.world.edge, now_ms))["type"] == "events_taken"
    assert (await name_key(running.world.edge, now_ms - 1))["kind"] == "owner-record-time"
    assert await ring() == 204
    heard = await running.gateway.hear("letter", lambda message: message["body"]["letter"]["type"] == "event")
    letter = heard["body"]["letter"]
    said = json.loads(open_box(from_b64(letter["boxes"][0]), KEY, context=event_context(camera)))
    assert (letter["camera"], said["kind"], said["source"]) == (camera, "doorbell", "webhook")
    followed = await running.gateway.hear(
        "letter", lambda message: message["body"]["letter"]["type"] == "event_picture"
    )
    shown = followed["body"]["letter"]
    assert (shown["camera"], shown["event"]) == (camera, letter["event"])
    sealed, key = from_b64(shown["sealed"], length=SEALED_PICTURE_BYTES), from_b64(said["picture_key"], length=32)
    jpeg = open_event_picture(key, sealed, camera=camera, event=letter["event"])
    assert (jpeg[:2], jpeg[-2:]) == (b"\xff\xd8", b"\xff\xd9")
    assert len(json.dumps(followed["body"])) < MAX_LETTER_BYTES
    assert main(["edge", "events", "list", *data]) == 0
