"""The edge's WebSocket: edges dial in, prove their key, take openings, send units. Source: docs/spec/edge-link.md.

An edge is believed about its own cameras and nothing else, and only while a session that it opened is running.
"""

import asyncio
import functools
import json
import logging
import secrets
from collections.abc import Callable, Mapping

from aiohttp import WSMsgType, web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.gateway.admission import Admission
from consentry.gateway.city_turning import read_presets
from consentry.gateway.edge_link import EdgeLink, read_word, read_words
from consentry.gateway.own_lines import OWN_WORDS, OwnLines
from consentry.gateway.sealed_hub import MAX_BOX_CHARS, SealedHub, init_of
from consentry.gateway.sessions import Report, Sessions
from consentry.gateway.state import ControlState
from consentry.kernel.canonical import from_b64, parse_object, to_b64
from consentry.kernel.errors import ConsentryError, Malformed, Unavailable, Untrusted
from consentry.kernel.ids import CameraId, EdgeId, GatewayId, SessionId
from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.kernel.own_channel import FRAME_VERSION, MAX_FRAME_BYTES
from consentry.kernel.wire import HEAD_BYTES, parse_unit
from consentry.media.carry import from_wire, sound_from_wire
from consentry.media.coding import H265

_log = logging.getLogger(__name__)
SUBPROTOCOL = "consentry.edge.1"
MAX_TEXT_BYTES = 131_072
MAX_LETTER_BYTES = 65_536
HELLO_S, PING_S, SILENT_S = 5.0, 5.0, 20.0
# Health is told when it changes, and again so often: a report that was lost or overtaken is mended by itself.
HEALTH_S = 60.0
_CONTEXT = b"consentry-edge-v1\n"
_STATES = 1_000
Get = Callable[[], ControlState | None]


class EdgeLinks:
    """All connected edges; `sessions.Edges` for the sessions."""

    def __init__(self, gateway: GatewayId, sessions: Sessions, report: Report, state: Get) -> None:
        self._gateway, self._sessions, self._report, self._state = gateway, sessions, report, state
        self._links: dict[EdgeId, EdgeLink] = {}
        self.own = OwnLines(self.tell)

    def open(self, edge: EdgeId, admission: Admission) -> None:
        """See `sessions.Edges`."""
        link = self._links.get(edge)
        if link is None:
            raise Unavailable("the edge of this camera is not connected", kind="edge-offline")
        ticket = to_b64(admission.ticket_bytes)
        said = {"type": "open", "session": admission.session, "opening": admission.opening, "ticket": ticket}
        link.send(said | vars(admission.box) if admission.box else said)

    def renew(self, edge: EdgeId, session: SessionId, ticket: bytes) -> None:
        """See `sessions.Edges`."""
        self.tell(edge, {"type": "renew", "session": session, "ticket": to_b64(ticket)})

    def close(self, edge: EdgeId, session: SessionId, reason: str) -> None:
        """See `sessions.Edges`."""
        self.tell(edge, {"type": "close", "session": session, "reason": reason})

    def turn(self, edge: EdgeId, session: SessionId, wish: Mapping[str, object]) -> None:
        """See `sessions.Edges`."""
        self.tell(edge, {"type": "ptz", "session": session, **wish})

    def send_letter(self, edge: EdgeId, letter: str, body: object) -> None:
        """Relay a letter of the web, opaque; nothing happens when the edge is away (the web keeps it)."""
        self.tell(edge, {"type": "letter", "id": letter, "body": body})

    def online(self) -> tuple[EdgeId, ...]:
        """Who is connected."""
        return tuple(self._links)

    def take_state(self, state: ControlState) -> None:
        """Drop edges that were removed, or have another key now; narrow or widen the cameras of the others."""
        for edge, link in tuple(self._links.items()):
            entry = state.edges.get(edge)
            if entry is None or entry.public_key != link.entry.public_key:
                link.drop()
            elif entry != link.entry:
                link.entry = entry
                self._tell_health(link)

    def tick(self) -> None:
        """Ask who is still there; drop who is not. Call every `PING_S`."""
        now_s = asyncio.get_running_loop().time()
        for link in tuple(self._links.values()):
            if now_s - link.heard_s > SILENT_S:
                link.drop()
                continue
            link.ping()
            if now_s - link.health_told_s > HEALTH_S:
                self._tell_health(link)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The handler of `/edge`."""
        if "Origin" in request.headers or SUBPROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", ""):
            raise web.HTTPForbidden(text="edges only\n")
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,), compress=False, max_msg_size=max(MAX_UNIT_BYTES + HEAD_BYTES, MAX_FRAME_BYTES)
        )
        await socket.prepare(request)
        if request.transport is None:
            return socket
        transport = request.transport
        try:
            async with asyncio.timeout(HELLO_S):
                link = await self._greet(socket, transport)
        except (ConsentryError, TimeoutError) as error:
            _log.warning("an edge was refused: %s", error)
            await socket.close(code=4003)
            return socket
        await self._run(link, socket)
        return socket

    async def _greet(self, socket: web.WebSocketResponse, transport: asyncio.Transport) -> EdgeLink:
        nonce = secrets.token_bytes(32)
        await socket.send_json({"type": "challenge", "nonce": to_b64(nonce), "gateway": self._gateway})
        message = await socket.receive()
        hello = _object(message.data if message.type is WSMsgType.TEXT else "")
        edge, state = EdgeId(str(hello.get("edge"))), self._state()
        entry = state.edges.get(edge) if state else None
        signature = from_b64(hello.get("signature", ""), length=64)
        if hello.get("type") != "hello" or entry is None:
            raise Untrusted("not an edge of ours", kind="edge-unknown")
        try:
            key = Ed25519PublicKey.from_public_bytes(entry.public_key)
            key.verify(signature, _CONTEXT + nonce + self._gateway.encode())
        except InvalidSignature as error:
            raise Untrusted("not the key of this edge", kind="edge-signature") from error
        return EdgeLink(edge, entry, transport)

    async def _run(self, link: EdgeLink, socket: web.WebSocketResponse) -> None:
        before = self._links.get(link.edge)
        if before is not None:
            self._leave(before)
            before.replace()
        self._links[link.edge] = link
        self._report({"type": "edge_online", "edge": link.edge})
        try:
            await self._read(link, socket)
        except Malformed as error:
            _log.warning("edge %s: %s", link.edge, error)
            await socket.close(code=4001)
        finally:
            self._leave(link)

    def _leave(self, link: EdgeLink) -> None:
        if self._links.get(link.edge) is link:
            del self._links[link.edge]
            self._sessions.end_where(lambda session: session.edge == link.edge, "edge_gone")
            self.own.edge_gone(link.edge)
            self._report({"type": "edge_offline", "edge": link.edge})

    async def _read(self, link: EdgeLink, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if self._links.get(link.edge) is not link:
                if message.type is WSMsgType.TEXT and _is_last_answer(link, _object(message.data)):
                    self._report({"type": "edge_doubled", "edge": link.edge})
                    link.drop()
                continue
            link.heard_s = asyncio.get_running_loop().time()
            if message.type is WSMsgType.BINARY:
                self._take_unit(link, message.data)
            elif message.type is WSMsgType.TEXT:
                self._hear(link, _object(message.data))

    def _take_unit(self, link: EdgeLink, data: bytes) -> None:
        self._sessions.wake()
        if data[:1] == bytes((FRAME_VERSION,)):
            self.own.take(link.edge, data)
            return
        wire = parse_unit(data)
        hub = self._sessions.hubs.get(wire.camera)
        if wire.camera not in link.entry.cameras or hub is None:
            link.stray_units += 1  # the last units of a session that just ended, or an edge that lies: not kept
            return
        if wire.sound:
            hub.take_sound(sound_from_wire(wire))
        elif isinstance(hub, SealedHub):
            hub.take_sealed(wire, data)
        else:
            hub.take(from_wire(wire))

    def _hear(self, link: EdgeLink, value: Mapping[str, object]) -> None:
        if value.get("type") in OWN_WORDS:
            self.own.hear(link.edge, value)
        else:
            self._take_text(link, value)

    def _take_text(self, link: EdgeLink, value: Mapping[str, object]) -> None:
        kind, session = value.get("type"), SessionId(str(value.get("session", ""))[:64])
        if kind == "opened":
            self._take_opened(link, session, value)
        elif kind == "key":
            self._take_key(link, session, value.get("box"))
        elif kind == "refused":
            self._sessions.refused(session, link.edge, read_word(value.get("kind")))
        elif kind == "closed":
            self._sessions.closed_by_edge(session, link.edge, read_word(value.get("reason")))
        elif kind == "ptz":
            self._sessions.turning(session, link.edge, read_word(value.get("state")))
        elif kind == "presets":
            self._take_presets(link, session, value.get("presets"))
        elif kind == "letter":
            self._take_letter(link, value.get("body"))
        elif kind in ("health", "uplink"):
            take = self._take_health if kind == "health" else self._take_uplink
            take(link, value)
        elif kind == "pong":
            link.has_answered()
        else:
            raise Malformed("an edge sends no such message")

    def _take_uplink(self, link: EdgeLink, value: Mapping[str, object]) -> None:
        """The home's own line carries no more than this camera's smaller stream, or all of it again."""
        camera = CameraId(str(value.get("camera")))
        if camera in link.entry.cameras and camera in self._sessions.hubs:
            self._sessions.hubs[camera].switching.weaken(is_weak=value.get("weak") is True)

    def _take_presets(self, link: EdgeLink, name: SessionId, presets: object) -> None:
        session = self._sessions.find(name)
        if session is not None and session.edge == link.edge and session.turning:
            session.viewer.say({"type": "presets", "presets": read_presets(presets)})

    def _take_opened(self, link: EdgeLink, name: SessionId, value: Mapping[str, object]) -> None:
        session = self._sessions.find(name)
        if session is not None and session.edge == link.edge and session.admission.box is not None:
            told = init_of(value)
            session.viewer.say(told)
            if str(told["codec"]).startswith("hvc1.") and H265.name not in session.viewer.plays:
                session.viewer.refuse("codec")
                return
        camera = session.admission.camera if session is not None else None
        ask_low = functools.partial(_ask_low, link, camera) if camera and value.get("low") is True else None
        self._sessions.opened(name, link.edge, hears=value.get("audio") is True, ask_low=ask_low)
        if camera in link.entry.cameras and camera in self._sessions.hubs:
            self._sessions.hubs[camera].warn(link.warnings.get(camera, ()))

    def _take_key(self, link: EdgeLink, name: SessionId, box: object) -> None:
        """A content key, sealed to the viewer of a session of this edge; we cannot open it."""
        if not isinstance(box, str) or len(box) > MAX_BOX_CHARS:
            raise Malformed("a sealed key is short")
        session = self._sessions.find(name)
        if session is not None and session.edge == link.edge and session.admission.box is not None:
            session.viewer.say({"type": "key", "box": box})

    def _take_letter(self, link: EdgeLink, body: object) -> None:
        if not isinstance(body, dict) or len(json.dumps(body)) > MAX_LETTER_BYTES:
            raise Malformed("a letter is an object of at most 64 KiB")
        self._report({"type": "letter", "edge": link.edge, "body": body})

    def _take_health(self, link: EdgeLink, value: Mapping[str, object]) -> None:
        states, warnings = value.get("cameras"), value.get("warnings", {})
        if not isinstance(states, dict) or not isinstance(warnings, dict) or max(len(states), len(warnings)) > _STATES:
            raise Malformed("health names a state for each camera, and warnings")
        link.health = {CameraId(camera): read_word(state) for camera, state in states.items()}
        link.warnings = {CameraId(camera): read_words(words) for camera, words in warnings.items()}
        self._tell_health(link)

    def _tell_health(self, link: EdgeLink) -> None:
        """Tell viewers and web what the edge says of its own cameras."""
        link.health_told_s = asyncio.get_running_loop().time()
        known = {camera: state for camera, state in link.health.items() if camera in link.entry.cameras}
        for camera, state in known.items():
            hub = self._sessions.hubs.get(camera)
            if hub is not None:
                hub.tell_state(state)
                hub.warn(link.warnings.get(camera, ()))
        warnings = {camera: words for camera, words in link.warnings.items() if camera in known}
        self._report({"type": "edge_health", "edge": link.edge, "cameras": known, "warnings": warnings})

    def tell(self, edge: EdgeId, message: Mapping[str, object]) -> bool:
        """Send it a message; False when it is not connected."""
        link = self._links.get(edge)
        if link is not None:
            link.send(message)
        return link is not None


def _ask_low(link: EdgeLink, camera: CameraId, on: bool) -> None:
    """A viewer of `camera` needs its sub-stream, or nobody any more; the edge decides."""
    link.send({"type": "low", "camera": camera, "on": on})


def _is_last_answer(link: EdgeLink, value: Mapping[str, object]) -> bool:
    return value.get("type") == "pong" and link.has_answered()


def _object(text: str) -> Mapping[str, str]:
    """A message; its values are texts unless said otherwise, and checked where they are used."""
    return parse_object(text.encode(), max_bytes=MAX_TEXT_BYTES)
