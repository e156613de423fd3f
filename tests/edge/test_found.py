"""The owner's page finds a camera at home and hangs it on the box: letters, a probe, a strict ONVIF camera, RTSP."""

import asyncio
import dataclasses
import functools
import hashlib
import json
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.running_home import Message, RunningHome

from consentry.demo.onvif_beacon import OnvifBeacon
from consentry.demo.onvif_camera import OnvifCameraServer, Quirks
from consentry.edge.key_files import load_keys
from consentry.edge.onvif.discovery import find_cameras
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.owner_record import owner_record, public_point, sign_as_device
from consentry.kernel.sealed_box import address_context, found_context, open_box, seal
from consentry.media.rtsp_auth import Credentials
from consentry.media.rtsp_server import RtspServer

KEY = ec.generate_private_key(ec.SECP256R1())


@pytest_asyncio.fixture
async def onvif(camera_server: RtspServer) -> AsyncIterator[OnvifCameraServer]:
    """As careless as a Reolink: prefixes that it never declares, a host that it is not at."""
    who = Credentials("owner", "right-secret")
    quirks = Quirks(undeclared=True, named_host="192.0.2.7")
    server = OnvifCameraServer(who, camera_server.url_of("cars"), quirks=quirks)
    await server.start()
    yield server
    await server.stop()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110 - what is waited for lives in the edge
            await asyncio.sleep(0.02)


def signed(home: RunningHome, kind: str, **fields: str) -> str:
    return sign_as_device(owner_record(kind, t_ms=to_ms(utc_now()), **fields), home.world.owner)


async def find(home: RunningHome, edge: str) -> Message:
    said = signed(home, "cameras.find", edge=edge, reply_key=to_b64(public_point(KEY)))
    return await home.post({"type": "find", "owner_signature": said})


async def hang(home: RunningHome, address: str) -> Message:
    camera = home.world.camera
    box = seal(load_keys(home.folder).box_point(), address.encode(), context=address_context(camera))
    said = signed(home, "camera.address", camera=camera, box_sha256=hashlib.sha256(box).hexdigest())
    body = {"type": "camera", "camera": camera, "sealed_address": to_b64(box), "owner_signature": said}
    answer, again = await home.post(body), await home.post(body)
    assert again["type"] == answer["type"]  # delivered twice, it says the same and changes nothing
    return answer


async def test_owner_asks_picks_and_gives_the_password_and_the_box_sees_and_hears_the_camera(
    running: RunningHome, onvif: OnvifCameraServer, monkeypatch: pytest.MonkeyPatch, unused_udp_port: int
) -> None:
    process, camera = running.process, running.world.camera
    assert process is not None
    assert process.box is not None
    here = functools.partial(find_cameras, wait_s=0.5, port=unused_udp_port)
    here_only = dataclasses.replace(process.box._settings, find_on=("lo",))
    monkeypatch.setattr(process.box, "_settings", here_only)
    monkeypatch.setattr("consentry.edge.box.find_cameras", here)
    beacon = OnvifBeacon(onvif.address, port=unused_udp_port)
    await beacon.start()
    answer = await find(running, running.world.edge)
    beacon.stop()
    (found,) = json.loads(open_box(from_b64(answer["box"]), KEY, context=found_context(running.world.edge)))
    assert (found["url"], found["name"]) == (onvif.address, "Front door")
    assert (await find(running, "edg_another"))["kind"] == "owner-signature"

    device = found["url"].removeprefix("http://")
    assert (await hang(running, f"onvif+http://owner:wrong@{device}"))["kind"] == "unauthorised"
    said = signed(running, "picture.ask", camera=camera, reply_key=to_b64(public_point(KEY)))
    refused = await running.post({"type": "picture", "camera": camera, "owner_signature": said})
    assert refused["kind"] == "unauthorised"  # the owner's page shows why there is no picture
    assert (await hang(running, f"onvif+http://owner:right-secret@{device}"))["state"] == "addressed"
    await until(lambda: onvif.points.subscriptions)
    onvif.points.notice("tns1:RuleEngine/MyRuleDetector/Visitor", "State", on=True)
    box = process.box
    await until(lambda: box._event_log.newest(1))
    (kept,) = box._event_log.newest(9)
    assert (kept.event.camera, kept.event.kind, kept.event.source) == (camera, "doorbell", "onvif")
    assert box.camera_states()[camera] == "online"
    assert "right-secret" not in json.dumps(running.gateway.messages)
    await running.stop_edge()
    assert onvif.points.subscriptions == {}  # given back: a camera has few
