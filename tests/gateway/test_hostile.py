"""Edges and control messages that lie, and viewers that shout."""

import asyncio
import contextlib
import os

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gateway.world import Edge, until

from consentry.gateway.control import SseReader
from consentry.gateway.keys import load_identity
from consentry.gateway.state import Pins, parse_state
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import ConsentryError, Malformed, Untrusted
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.wire import WireUnit, pack_unit
from consentry.media.carry import to_wire


async def test_an_edge_with_another_key_or_unknown_id_is_not_let_in(city):
    for edge_id, key in ((city.edge_id, Ed25519PrivateKey.generate()), (new_id("edge"), city.edge_key)):
        edge = Edge(edge_id, key, city.identity.gateway, city.gateway.port)
        city.open.append(edge)
        await edge.dial()
        await asyncio.wait_for(edge.reading, 5)
    assert city.gateway.edges.online() == ()


async def test_a_browser_may_not_dial_as_an_edge(city):
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await http.ws_connect(
                f"ws://127.0.0.1:{city.gateway.port}/edge", protocols=("consentry.edge.1",), headers={"Origin": "x"}
            )


def told_of(city, kind):
    return [event for event in city.web.reports if event["type"] == kind]


async def test_two_living_links_of_one_edge_are_noticed_and_the_newer_one_serves(city):
    first = await city.edge()
    second = await city.edge()
    await asyncio.wait_for(first.reading, 5)
    assert not second.reading.done()
    await until(lambda: [event["edge"] for event in told_of(city, "edge_doubled")] == [city.edge_id])
    await first.dial()
    await asyncio.wait_for(second.reading, 5)
    await until(lambda: len(told_of(city, "edge_doubled")) == 2)


async def test_an_edge_that_dials_again_over_a_dead_line_is_no_double(city):
    first = await city.edge()
    city.gateway.edges.tick()
    await until(lambda: first.pongs == 1)
    first.answers = False
    city.gateway.edges.tick()  # one question was already on its way when the line died
    await city.edge()
    await asyncio.wait_for(first.reading, 5)
    third = await city.edge()
    await third.socket.close()
    await until(lambda: city.gateway.edges.online() == ())
    await city.edge()
    await until(lambda: len(told_of(city, "edge_online")) == 4)
    # The second one lived when the third came, the first one did not when the second came.
    assert len(told_of(city, "edge_doubled")) == 1


async def test_a_replaced_link_says_and_shows_nothing_more(city):
    first = await city.sending()
    viewer = await city.looking(city.private)
    await viewer.pictures(3)
    await city.edge()
    assert await viewer.ended() in ("edge_gone", None)
    shown = len(viewer.media)
    with contextlib.suppress(ConnectionError):
        await first.socket.send_json({"type": "letter", "body": {"letter": {"type": "resumed"}, "signature": "s"}})
        await first.socket.send_json({"type": "health", "cameras": {city.private: "fault"}})
    await asyncio.wait_for(first.reading, 5)
    assert len(viewer.media) == shown
    assert told_of(city, "letter") == []
    assert [event["cameras"] for event in told_of(city, "edge_health") if "fault" in event["cameras"].values()] == []


async def test_who_has_an_edges_key_shows_false_pictures_of_that_home_alone_and_is_noticed(city):
    """What is shown proves its origin, not the truth: the thief's pictures pass for those of the home, while it lives
    in its place and somebody was let in to look. Nothing else of the city changes."""
    honest = await city.edge()
    public = await city.looking(city.public)
    await city.sending()  # the thief, with the edge's key
    viewer = await city.looking(city.private)
    assert honest.kinds() == []
    before = len(public.media)
    await public.pictures(before + 5)
    assert viewer.closed is None
    await until(lambda: len(told_of(city, "edge_doubled")) == 1)


async def test_health_said_before_the_web_named_the_camera_is_told_once_it_does(city):
    edge, camera = await city.edge(), CameraId(new_id("camera"))
    await edge.socket.send_json({"type": "health", "cameras": {city.private: "online", camera: "online"}})
    await until(lambda: _health_told(city) == [{city.private: "online"}])
    city.web.edges[city.edge_id] = (city.edge_key, [city.private, camera])
    city.web.tell_state()
    await until(lambda: _health_told(city)[1:] == [{city.private: "online", camera: "online"}])


async def test_health_is_told_again_from_time_to_time(city, monkeypatch):
    edge = await city.edge()
    await edge.socket.send_json({"type": "health", "cameras": {city.private: "online"}})
    await until(lambda: len(_health_told(city)) == 1)
    city.gateway.edges.tick()
    monkeypatch.setattr("consentry.gateway.edges.HEALTH_S", 0.0)
    city.gateway.edges.tick()
    await until(lambda: _health_told(city) == [{city.private: "online"}] * 2)


def _health_told(city):
    return [event["cameras"] for event in city.web.reports if event["type"] == "edge_health"]


async def test_units_of_cameras_that_are_not_the_edges_go_nowhere(city):
    edge = await city.edge()
    viewer = await city.looking(city.public)
    hub = city.gateway.sessions.hubs[city.public]
    taken: list[object] = []
    hub._taps = (lambda camera, unit: taken.append(unit.wallclock_us),)
    lie = city.cars.units[0]
    for camera in (city.public, city.private, CameraId(new_id("camera"))):
        await edge.socket.send_bytes(to_wire(camera, lie))
    await until(lambda: city.gateway.edges._links[city.edge_id].stray_units == 3)
    assert 0 not in taken  # the file's own units have wall clock 0; those of the camera do not
    assert viewer.closed is None


@pytest.mark.parametrize("text", [
    "", "[]", '{"type":"opne"}', '{"type":"letter","body":3}', '{"type":"health","cameras":1}',
    '{"type":"closed","session":"x","reason":"<b>"}', '{"type":"refused","session":1,"kind":["x"]}',
])  # fmt: skip
async def test_a_malformed_message_drops_the_edge(city, text):
    edge = await city.edge()
    await edge.socket.send_str(text)
    await asyncio.wait_for(edge.reading, 5)
    await until(lambda: city.gateway.edges.online() == ())


@pytest.mark.parametrize("data", [b"", b"\x01", os.urandom(200), b"\x01\x01" + bytes(32) + b"\0\0\0\1\x65"])
async def test_malformed_units_drop_the_edge_and_its_looks(city, data):
    edge = await city.sending()
    viewer = await city.looking(city.private)
    for task in city.tasks[-1:]:
        task.cancel()
    if data[:1] == b"\x01" and len(data) > 34:  # a well-formed header with a lying flag, for the camera that is open
        data = pack_unit(WireUnit(city.private, 1, 1, True, True, False, b"\0\0\0\1\x41"))
    await edge.socket.send_bytes(data)
    assert await viewer.ended() in ("edge_gone", None)


async def test_an_edge_cannot_open_or_close_sessions_of_others(city):
    edge = await city.edge()
    viewer = await city.looking(city.public)
    await edge.socket.send_json({"type": "opened", "session": viewer.session})
    await edge.socket.send_json({"type": "closed", "session": viewer.session, "reason": "stopped"})
    await edge.socket.send_json({"type": "refused", "session": viewer.session, "kind": "x"})
    count = len(viewer.media)
    await viewer.pictures(count + 3)


async def test_letters_travel_both_ways_untouched(city):
    edge = await city.edge()
    city.web.tell("letter", {"edge": city.edge_id, "id": "let_1", "body": {"type": "pause", "camera": "x"}})
    await until(lambda: {"type": "letter", "id": "let_1", "body": {"type": "pause", "camera": "x"}} in edge.heard)
    await edge.socket.send_json({"type": "letter", "body": {"letter": {"type": "stopped"}, "signature": "s"}})
    await until(lambda: any(event["type"] == "letter" for event in city.web.reports))
    report = next(event for event in city.web.reports if event["type"] == "letter")
    assert report["edge"] == city.edge_id
    assert report["body"] == {"letter": {"type": "stopped"}, "signature": "s"}


@pytest.mark.parametrize(("kind", "data"), [
    ("state", "{"), ("state", {}), ("lease", {"at_ms": "x", "sessions": []}), ("lease", {"at_ms": 1, "sessions": [1]}),
    ("end", {"session": 3, "reason": "x"}),
])  # fmt: skip
async def test_a_control_stream_that_lies_is_dropped_and_dialled_again(city, kind, data):
    before = len(city.web._streams)
    assert before == 1
    stream = next(iter(city.web._streams))
    city.web.tell(kind, data)
    await until(lambda: city.web._streams and stream not in city.web._streams)
    await until(lambda: city.gateway.control.is_alive and city.gateway.state is not None)


async def test_a_web_with_another_log_than_the_pinned_one_is_not_believed(city):
    state = city.web.state()
    pins = Pins(log_vkeys=(city.authority.log.verifier.vkey,))
    parse_state(state, city.identity.gateway, pins)
    with pytest.raises(Untrusted):
        parse_state(state, city.identity.gateway, Pins(log_vkeys=("other.test+00000000+AAAA",)))
    with pytest.raises(Untrusted):
        parse_state(state, city.identity.gateway, Pins(ticket_keys=(to_b64(bytes(32)),)))


async def test_a_state_with_one_camera_from_two_sources_is_malformed(city):
    state = city.web.state()
    state["public_cameras"].append({"id": city.private, "url": "rtsp://127.0.0.1/x"})
    with pytest.raises(Malformed):
        parse_state(state, city.identity.gateway)


def test_sse_survives_any_cut_and_refuses_what_is_too_large():
    stream = b': hello\n\nevent: lease\r\ndata: {"a":\ndata: 1}\n\nevent: end\ndata: {}\n\n'
    for step in (1, 2, 3, 7, len(stream)):
        reader = SseReader()
        events = [event for at in range(0, len(stream), step) for event in reader.feed(stream[at : at + step])]
        assert [(event.kind, event.data) for event in events] == [("lease", {"a": 1}), ("end", {})]
    with pytest.raises(ConsentryError):
        SseReader().feed(b"data: " + b"x" * 34_000_000)


async def test_a_shouting_viewer_is_ended_and_health_stays_open(city):
    viewer = await city.looking()
    for number in range(200):
        await viewer.socket.send_json({"type": "ping", "t": number})
    assert await viewer.ended() in ("malformed", None)
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{city.gateway.port}/healthz") as answer:
        told = await answer.json()
    assert told["control"] is True
    assert told["city_cameras_online"] == 1
    assert "rtsp" not in str(told)


def test_the_identity_is_made_once_and_kept_private(tmp_path):
    first = load_identity(tmp_path / "gateway")
    again = load_identity(tmp_path / "gateway")
    assert first.gateway == again.gateway
    assert first.key.private_bytes_raw() == again.key.private_bytes_raw()
    assert (tmp_path / "gateway" / "key").stat().st_mode & 0o077 == 0
    (tmp_path / "gateway" / "key").write_text(to_b64(Ed25519PrivateKey.generate().private_bytes_raw()))
    with pytest.raises(Malformed):
        load_identity(tmp_path / "gateway")
