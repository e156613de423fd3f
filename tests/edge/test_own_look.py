"""The owner's look at their own camera: a real edge behind a real gateway, and servers that lie at both."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.own_browser import OwnBrowser
from tests.edge.running_home import RunningHome, start_home
from tests.edge.test_with_gateway import Street
from tests.gateway.world import until

from consentry.edge.clips import Clips
from consentry.edge.key_files import load_keys
from consentry.kernel.canonical import to_b64
from consentry.kernel.clip import open_clip
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.own_channel import channel_keys, open_frame, parse_frame, seal_word
from consentry.kernel.owner_record import public_point, sign_as_device
from consentry.media.carry import from_wire
from consentry.media.rtsp_server import RtspServer

NOW_US = time.time_ns() // 1_000


class OwnStreet(Street):
    """A street whose web names the owner's key."""

    def browser(self, owner: ec.EllipticCurvePrivateKey | None = None, **fields: str | int) -> OwnBrowser:
        world = self.home.world
        named = {"camera": world.camera, "edge": world.edge, "gateway": self.identity.gateway, **fields}
        made = OwnBrowser(owner or world.owner, **named)
        self.viewers.append(made)  # type: ignore[arg-type]  # closed like the others
        return made

    async def own_look(self, **fields: str | int) -> OwnBrowser:
        browser = await self.browser(**fields).dial(self.gateway.port)
        return await browser.opened(load_keys(self.home.folder).public_key())

    def name_owner(self, key: ec.EllipticCurvePrivateKey) -> None:
        """What the web tells the gateway of this edge's owner."""
        state = self.web.state()
        state["edges"][0] |= {"owner_key": to_b64(public_point(key)), "owner_rp_id": ""}
        self.web.state_override = state
        self.web.tell_state()


@pytest_asyncio.fixture
async def street(tmp_path: Path, camera_url: str) -> AsyncIterator[OwnStreet]:
    made = OwnStreet(tmp_path)
    try:
        await made.start(camera_url)
        made.name_owner(made.home.world.owner)
        await until(lambda: made.gateway.state is not None and made.gateway.state.edges[made.home.world.edge].owner)
        yield made
    finally:
        await made.stop()


@pytest_asyncio.fixture
async def home(tmp_path: Path, camera_url: str) -> AsyncIterator[RunningHome]:
    made = await start_home(tmp_path, camera_url)
    yield made
    await made.close()


def signed(home: RunningHome, owner: ec.EllipticCurvePrivateKey | None = None, **fields: str | int) -> dict[str, Any]:
    """What a gateway says to open an own look, as the owner signed it."""
    world = home.world
    t_ms = int(fields.pop("t_ms", home.clock.now_ms()))
    named = {"camera": world.camera, "edge": world.edge, "gateway": world.gateway, **fields}
    browser = OwnBrowser(owner or world.owner, **named)
    return {"type": "own_open", "session": browser.session, "owner_signature": browser.sign(t_ms=t_ms)}


async def refused(home: RunningHome, message: dict[str, Any]) -> str:
    """The kind that the edge answers with."""
    before = len(home.gateway.messages)
    await home.gateway.say(message)
    answers = ("own_refused", "own_opened")
    await until(lambda: any(said["type"] in answers for said in home.gateway.messages[before:]))
    said = next(said for said in home.gateway.messages[before:] if said["type"] in answers)
    return str(said.get("kind", "opened"))


async def test_the_owner_sees_their_camera_and_the_gateway_holds_nothing_readable(street: OwnStreet) -> None:
    browser = await street.own_look()
    told = await browser.ask("live")
    assert (told["pictures"]["height"], told["pictures"]["codec"][:5]) == (216, "avc1.")
    units = await browser.pictures(12)
    assert units[0].key
    pictures = [from_wire(unit) for unit in units]
    held = b"".join(browser.raw)
    for nal in (nal for picture in pictures for nal in picture.nals if len(nal) >= 8):
        assert nal[:64] not in held
    assert browser.counters == sorted(set(browser.counters))
    # Neither a look nor a report of one: nothing of it is written down anywhere.
    assert len(street.gateway.sessions) == 0
    assert not [event for event in street.web.reports if event["type"] in ("started", "first_frame", "ended")]
    assert street.home.process is not None
    box = street.home.process.box
    assert box is not None
    assert box.look_lines() == (f"own look: {street.home.world.camera}",)
    await browser.close()
    await until(lambda: not box.look_lines())
    assert len(street.gateway.edges.own) == 0


async def test_own_looks_go_on_beside_a_look_of_the_police_and_through_a_pause(street: OwnStreet) -> None:
    look = await street.look()
    await look.pictures(5)
    browser = await street.own_look()
    await browser.ask("live")
    await browser.pictures(5)
    assert street.home.process is not None
    street.home.process.store.put_pause(street.home.world.camera, street.home.clock.now_ms())
    assert await look.ended() == "paused"
    count = len(browser.units)
    await browser.pictures(count + 10)


async def test_the_switch_in_the_house_ends_it_and_keeps_it_ended(street: OwnStreet) -> None:
    browser = await street.own_look()
    await browser.ask("live")
    await browser.pictures(3)
    assert street.home.process is not None
    street.home.process.stop()
    assert await browser.ended() == "stopped"
    count = len(browser.raw)
    again = await street.browser().dial(street.gateway.port)
    assert await again.ended() == "edge:stopped"
    assert len(browser.raw) == count


async def test_stop_leaves_the_channel_open_and_no_picture_follows(street: OwnStreet) -> None:
    browser = await street.own_look()
    await browser.ask("live")
    await browser.pictures(3)
    assert (await browser.ask("stop"))["stopped"] is True
    count = len(browser.units)
    line = await browser.ask("line", **{"from": 0, "to": NOW_US + 10**12})
    assert line["now"] > NOW_US - 60_000_000
    await asyncio.sleep(0.3)
    assert len(browser.units) == count


async def test_it_ends_after_fifteen_minutes_by_either_clock_of_the_edge(home: RunningHome) -> None:
    assert await refused(home, signed(home)) == "opened"
    home.shift_ms += 15 * 60_000 + 100
    assert (await home.gateway.hear("own_closed"))["reason"] == "expired"


@pytest.mark.parametrize("what", ["owner", "camera", "edge", "gateway", "session", "old", "future", "kind", "garbage"])
async def test_a_hostile_server_cannot_open_a_home(home: RunningHome, what: str) -> None:
    """All that a server without the owner's key can say."""
    now_ms, stranger = home.clock.now_ms(), ec.generate_private_key(ec.SECP256R1())
    other = {"camera": new_id("camera"), "edge": new_id("edge"), "gateway": new_id("gateway")}
    message = signed(home)
    if what == "owner":
        message = signed(home, stranger)
    elif what in other:
        message = signed(home, **{what: other[what]})
    elif what == "session":
        message["session"] = new_id("own_look")
    elif what in ("old", "future"):
        message = signed(home, t_ms=now_ms + (61_500 if what == "future" else -121_000))
    elif what == "kind":
        record = {"v": 1, "kind": "camera.resume", "t": now_ms, "camera": home.world.camera}
        message["owner_signature"] = sign_as_device(record, home.world.owner)
    else:
        message["owner_signature"] = "{" * 2_000
    kinds = {
        "owner": "holder-signature", "camera": "unknown-camera", "edge": "owner-signature",
        "gateway": "owner-signature", "session": "owner-signature", "old": "owner-record-time",
        "future": "owner-record-time", "kind": "malformed", "garbage": "malformed",
    }  # fmt: skip
    assert await refused(home, message) == kinds[what]
    assert home.gateway.units == []


async def test_a_word_of_the_owner_counts_once_also_after_a_restart(home: RunningHome) -> None:
    message = signed(home)
    assert await refused(home, message) == "opened"
    await home.gateway.say({"type": "own_close", "session": message["session"]})
    await home.gateway.hear("own_closed")
    assert await refused(home, message) == "owner-record-time"
    await home.stop_edge()
    before = len(home.gateway.messages)
    await home.start_edge()
    await until(lambda: any(said["type"] == "health" for said in home.gateway.messages[before:]))
    camera = home.world.camera
    await until(lambda: any(said.get("cameras", {}).get(camera) == "online" for said in home.gateway.messages[before:]))
    assert await refused(home, message) == "owner-record-time"
    assert await refused(home, signed(home)) == "opened"


async def test_at_most_four_at_once(home: RunningHome) -> None:
    for _ in range(4):
        await asyncio.sleep(0.002)  # each is said later than the one before
        assert await refused(home, signed(home)) == "opened"
    await asyncio.sleep(0.002)
    assert await refused(home, signed(home)) == "own-busy"


async def test_a_gateway_that_forges_replays_or_leaves_out_words_ends_the_channel(street: OwnStreet) -> None:
    for act in ("forge", "replay", "skip"):
        browser = await street.own_look()
        keys = browser.keys
        assert keys is not None
        line = street.gateway.edges.own._lines[browser.session]
        if act == "forge":
            mine = channel_keys(bytes(32), browser.session)
            street.gateway.edges.own.say(line, seal_word(mine, 1, b'{"id": 1, "do": "live"}'))
        elif act == "replay":
            word = seal_word(keys, 1, b'{"id": 1, "do": "stop"}')
            street.gateway.edges.own.say(line, word)
            street.gateway.edges.own.say(line, word)
        else:
            street.gateway.edges.own.say(line, seal_word(keys, 2, b'{"id": 1, "do": "live"}'))
        assert await browser.ended() == "own-word"
        assert browser.units == []


async def test_a_gateway_cannot_put_a_key_or_a_picture_of_its_own_before_the_owner(street: OwnStreet) -> None:
    browser = await street.own_look()
    await browser.ask("live")
    await browser.pictures(2)
    frame = browser.raw[-1]
    for at in (1, 9, 25, 40, len(frame) - 1):
        assert browser.keys is not None
        with pytest.raises(Exception, match=r"frame|kind"):
            open_frame(browser.keys, frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :])
    other = await street.browser().dial(street.gateway.port)
    with pytest.raises(InvalidSignature):
        await other.opened(load_keys(street.folder / "elsewhere").public_key())


@pytest.mark.parametrize(("fields", "kind"), [
    ({"camera": new_id("camera")}, "holder-signature"), ({"edge": new_id("edge")}, "audience-other"),
    ({"gateway": new_id("gateway")}, "audience-other"),
])  # fmt: skip
async def test_the_gateway_troubles_no_home_for_who_is_not_its_owner(
    street: OwnStreet, fields: dict[str, str], kind: str
) -> None:
    assert await (await street.browser(**fields).dial(street.gateway.port)).ended() == kind
    stranger = street.browser(ec.generate_private_key(ec.SECP256R1()))
    assert await (await stranger.dial(street.gateway.port)).ended() == "holder-signature"
    old = street.browser()
    signed_long_ago = old.sign(t_ms=time.time_ns() // 1_000_000 - 600_000)
    assert await (await old.dial(street.gateway.port, signed=signed_long_ago)).ended() == "owner-record-time"
    once = await street.own_look()
    again = await street.browser().dial(
        street.gateway.port, signed=sign_as_device(once.record, street.home.world.owner)
    )
    assert await again.ended() == "session-over"


async def test_a_web_that_names_a_stranger_as_the_owner_gets_no_further_than_the_edge(street: OwnStreet) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    street.name_owner(stranger)
    world = street.home.world
    point = public_point(stranger)
    await until(lambda: street.gateway.state and street.gateway.state.edges[world.edge].owner.public == point)
    browser = await street.browser(stranger).dial(street.gateway.port)
    assert await browser.ended() == "edge:holder-signature"
    assert browser.raw == []


async def test_it_ends_when_the_web_falls_silent_the_camera_goes_or_the_edge_does(street: OwnStreet) -> None:
    browser = await street.own_look()
    await browser.ask("live")
    await street.home.stop_edge()
    assert await browser.ended() in ("edge_gone", "closed")
    late = await street.browser().dial(street.gateway.port)
    assert await late.ended() == "edge-offline"
    await street.home.start_edge()
    world = street.home.world
    await until(lambda: world.edge in street.gateway.edges.online())
    box = street.home.process.box if street.home.process else None
    await until(lambda: box is not None and box.camera_states().get(world.camera) == "online")
    silent = await street.own_look()
    street.web.beats = False
    assert await silent.ended() == "lapsed"
    street.web.beats = True
    await until(lambda: street.gateway.control.is_alive)
    gone = await street.own_look()
    state = street.web.state()
    state["edges"][0]["cameras"] = []
    street.web.state_override = state
    street.web.tell_state()
    assert await gone.ended() == "camera_gone"


async def test_a_camera_that_dies_is_told_and_comes_back(street: OwnStreet, camera_server: RtspServer) -> None:
    browser = await street.own_look()
    await browser.ask("live")
    await browser.pictures(3)
    await camera_server.stop()
    await until(lambda: any(said.get("camera") in ("silent", "unreachable") for said in browser.said))
    assert (await browser.ask("live"))["error"] == "camera-offline"
    await camera_server.start()
    count = len(browser.units)
    await until(lambda: street.home.process.box.camera_states()[street.home.world.camera] == "online", 20)
    await browser.ask("live")
    await browser.pictures(count + 5)


async def test_the_time_line_a_span_played_and_a_clip_fetched_signed_and_dropped(street: OwnStreet) -> None:
    browser = await street.own_look()
    camera, process = street.home.world.camera, street.home.process
    assert process is not None
    box = process.box
    assert box is not None
    await until(lambda: box.ring.spans(camera, 0, 1 << 52))
    await asyncio.sleep(3.2)  # something is recorded by now
    line = await browser.ask("line", **{"from": 0, "to": 1 << 52})
    ((first, last),) = line["spans"]
    assert last - first >= 2_000_000
    span = {"from": first + 1_000_000, "to": last}
    began_s = time.monotonic()
    played = await browser.ask("play", **span)
    assert played["pictures"]["height"] == 216
    await until(lambda: any(said.get("end") == "played" for said in browser.said), 30)
    recorded_s = (browser.units[-1].wallclock_us - span["from"]) / 1e6
    assert time.monotonic() - began_s >= recorded_s - 0.2, "played as it was recorded"
    assert browser.units[0].key
    assert all(first <= unit.wallclock_us < last for unit in browser.units)

    cut = (await browser.ask("cut", **span))["cut"]
    whole = await browser.fetch(cut["clip"], cut["size_bytes"])
    assert hashlib.sha256(whole).hexdigest() == cut["sha256"]
    assert len(whole) == cut["size_bytes"]
    rest = await browser.fetch(cut["clip"], cut["size_bytes"], at=100)
    assert rest == whole[100:], "from any byte on"
    kept = (await browser.ask("keep", clip=cut["clip"]))["signed"]
    manifest = open_clip(kept.encode(), load_keys(street.home.folder).public_key())
    assert (manifest.sha256, manifest.camera) == (cut["sha256"], camera)
    assert (await browser.ask("drop", clip=cut["clip"]))["dropped"] is True
    assert "error" in await browser.ask("keep", clip=cut["clip"])


async def test_words_that_make_no_sense_are_refused_and_end_nothing(street: OwnStreet) -> None:
    browser = await street.own_look()
    nothing = {"from": 1, "to": 2}
    assert (await browser.ask("play", **nothing))["error"] == "span-not-recorded"
    assert (await browser.ask("cut", **nothing))["error"] == "span-not-recorded"
    for span in ({}, {"from": 2, "to": 1}, {"from": -1, "to": 1}, {"from": 0, "to": 1 << 60}, {"from": "0", "to": "1"}):
        assert (await browser.ask("line", **span))["error"] == "malformed"
    assert (await browser.ask("play", **{"from": 0, "to": 1 << 52}))["error"] == "clip-span"
    for clip in ("", "../../keys", new_id("clip")):
        assert (await browser.ask("keep", clip=clip))["error"] == "not-found"
    assert (await browser.ask("piece", clip=new_id("clip"), at=-1))["error"] == "malformed"
    assert (await browser.ask("live"))["pictures"]


@pytest.mark.parametrize("word", [b"[]", b"{}", b'{"id": 0, "do": "live"}', b'{"id": 1, "do": "shell"}', b"\xff"])
async def test_a_word_that_is_none_ends_the_channel(street: OwnStreet, word: bytes) -> None:
    browser = await street.own_look()
    await browser.raw_word(word)
    assert await browser.ended() == "malformed"


async def test_a_clip_of_another_camera_of_this_home_is_as_none(street: OwnStreet) -> None:
    browser = await street.own_look()
    process = street.home.process
    assert process is not None
    box = process.box
    assert box is not None
    camera = street.home.world.camera
    await until(lambda: box.ring.spans(camera, 0, 1 << 52))
    await asyncio.sleep(1.5)
    cut = (await browser.ask("cut", **{"from": NOW_US - 10**9, "to": NOW_US + 10**8 * 8}))["cut"]
    clips: Clips = box.clips
    path = street.home.folder / "clips" / f"{cut['clip']}.draft.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"camera": CameraId(new_id("camera"))}))
    assert clips.get(cut["clip"]).manifest.camera != camera
    for do in ("keep", "drop"):
        assert (await browser.ask(do, clip=cut["clip"]))["error"] == "not-found"


async def test_an_edge_speaks_only_in_its_own_channels(street: OwnStreet) -> None:
    """Another edge's frames and words about a session that is not its own are not heard."""
    browser = await street.own_look()
    await browser.ask("live")
    await browser.pictures(2)
    lines = street.gateway.edges.own
    count, frame = len(browser.raw), browser.raw[-1]
    assert parse_frame(frame).session == browser.session
    assert (await browser.ask("stop"))["stopped"]
    count = len(browser.raw)
    stranger = new_id("edge")
    lines.take(stranger, frame)
    lines.hear(stranger, {"type": "own_closed", "session": browser.session, "reason": "closed"})
    assert (await browser.ask("stop"))["stopped"]
    assert len(browser.raw) == count + 1
