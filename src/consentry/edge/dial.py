"""The one connection out of the house: to a gateway, dialled from here. Protocol: docs/design/rooms.md.

While no look runs only keep-alive, health and answers to letters leave. Every message of the gateway is untrusted.
"""

import asyncio
import functools
import logging
import random
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp

from consentry.edge.guard import Denied
from consentry.edge.letters import answer_letter
from consentry.edge.line import abort, has_room, keep_little_unsent
from consentry.edge.looks import Ended, Look
from consentry.edge.opening_desk import Presented, box_key_of
from consentry.edge.pins import GatewayAddress
from consentry.edge.pull import CameraFeed
from consentry.edge.rooms import Rooms
from consentry.edge.sealing import Sealer
from consentry.edge.turning import Word
from consentry.edge.uplink import Uplink
from consentry.kernel.canonical import from_b64, parse_object, to_b64
from consentry.kernel.errors import ConsentryError, Malformed, Refused, Untrusted
from consentry.kernel.ids import CameraId
from consentry.kernel.ticket import Mode
from consentry.media.units import Sink

_log = logging.getLogger(__name__)
SUBPROTOCOL = "consentry.edge.1"
MAX_TEXT_BYTES = 262_144
MAX_BUSY = 16
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 30.0
GREETING_S = 10.0
STUCK_S = 0.5
_CONTEXT = b"consentry-edge-v1\n"

# Messages are JSON objects; their values are whatever the gateway sent until parsed, hence `Any`.
Message = Mapping[str, Any]


class GatewayLink:
    """One gateway; `run` never ends by itself."""

    def __init__(self, gateway: GatewayAddress, rooms: Rooms) -> None:
        self.gateway, self._rooms = gateway, rooms
        self.connected = False
        self._uplink = self._new_uplink()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._writing_since: float | None = None
        self._was_connected = False
        self._flowing: dict[CameraId, tuple[CameraFeed, Sink]] = {}
        self._busy: set[asyncio.Task[None]] = set()

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Stay connected, with back-off and jitter."""
        retry_s = FIRST_RETRY_S
        while True:
            self._was_connected = False
            try:
                await self._connect(http)
            except (aiohttp.ClientError, ConsentryError, TimeoutError, OSError, TypeError) as error:
                _log.warning("gateway %s: %s", self.gateway.id, error)  # TypeError: not text where text was due
            except Exception:  # noqa: BLE001  # boundary: a home without its line could not be looked after
                _log.exception("gateway %s: the line failed", self.gateway.id)
            retry_s = FIRST_RETRY_S if self._was_connected else retry_s
            await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311 jitter, not a secret
            retry_s = min(2 * retry_s, LAST_RETRY_S)

    def tell_health(self) -> None:
        """Say how the cameras are; nothing else about them."""
        if self.connected:
            cameras = {camera: self._rooms.state_of(feed) for camera, feed in self._rooms.feeds.items()}
            self._uplink.say({"type": "health", "cameras": cameras, "warnings": self._rooms.warnings()})

    def tell_letter(self, letter: Mapping[str, Any]) -> None:
        """Send a signed letter of our own."""
        if self.connected:
            self._uplink.say({"type": "letter", "body": letter})

    def ended(self, ended: Ended) -> None:
        """A look over this link is over: stop its pictures at once when it was the last of its camera."""
        sealer = self._uplink.sealers.get(ended.camera)
        if sealer is not None:
            sealer.leave(ended.session)
        if not self._rooms.looks.may_send(ended.camera, self.gateway.id):
            self._stop_flow(ended.camera)
        self._uplink.say({"type": "closed", "session": ended.session, "reason": ended.reason})

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        async with http.ws_connect(
            self.gateway.url, protocols=(SUBPROTOCOL,), heartbeat=10, max_msg_size=MAX_TEXT_BYTES, compress=0
        ) as socket:
            keep_little_unsent(socket)
            await self._greet(socket)
            self._uplink = self._new_uplink()
            self._socket, self.connected, self._was_connected = socket, True, True
            _log.info("gateway %s: connected", self.gateway.id)
            self.tell_health()
            letter = self._rooms.greet()
            if letter is not None:
                self.tell_letter(letter)
            tasks = asyncio.create_task(self._read(socket)), asyncio.create_task(self._write(socket))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                self._socket, self.connected, self._writing_since = None, False, None
                for task in tasks:
                    task.cancel()
                self._hang_up()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        challenge = _object(await socket.receive_str(timeout=GREETING_S))
        if challenge.get("type") != "challenge" or challenge.get("gateway") != self.gateway.id:
            raise Untrusted("this is not the gateway that was paired", kind="gateway-other")
        nonce = from_b64(challenge.get("nonce", ""), length=32)
        identity = self._rooms.desk.keys.identity
        signature = to_b64(identity.sign(_CONTEXT + nonce + self.gateway.id.encode()))
        await socket.send_json({"type": "hello", "edge": self._rooms.desk.edge, "signature": signature})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise Malformed("a gateway sends text")
            value = _object(message.data)
            work = self._work_for(value)
            if work is None:
                continue
            if len(self._busy) >= MAX_BUSY:
                self._uplink.say({"type": "refused", "session": str(value.get("session", ""))[:64], "kind": "busy"})
                work.close()
                continue
            task = asyncio.create_task(self._finish(work, str(value.get("session", ""))[:64]))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

    async def _finish(self, work: Coroutine[None, None, None], session: str) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001  # boundary: what fails here is refused, and the line goes on
            _log.exception("gateway %s: a message failed", self.gateway.id)
            self._rooms.looks.close(session, "fault")
            self._uplink.say({"type": "refused", "session": session, "kind": "fault"})

    def _work_for(self, value: Message) -> Coroutine[None, None, None] | None:
        """Do what is quick at once; return what takes time."""
        session = str(value.get("session", ""))[:64]
        match value.get("type"):
            case "open":
                return self._open(Presented(session, self.gateway.id, value.get("opening"), value.get("ticket"), value))
            case "letter":
                return self._answer(value)
            case "renew":
                self._renew(session, value)
            case "close":
                self._rooms.looks.close(session, "closed")
            case "ptz":
                self._turn(session, value)
            case "low":
                self._follow_low(CameraId(str(value.get("camera"))), on=value.get("on") is True)
            case "own_open" | "own_say" | "own_close":
                self._rooms.own.take(value, self.gateway.id, self._uplink)
            case "ping":
                self._uplink.say({"type": "pong"})
        return None

    async def _open(self, presented: Presented) -> None:
        uplink, session = self._uplink, presented.session
        result = await self._rooms.openings.open(presented)
        feed = None if isinstance(result, Denied) else self._rooms.feeds.get(result.camera)
        if isinstance(result, Denied) or feed is None:
            kind = result.kind if isinstance(result, Denied) else "camera-offline"
            _log.info("look refused: %s", kind)
            uplink.say({"type": "refused", "session": session, "kind": kind})
            return
        if uplink is not self._uplink:  # the link died in the meantime: nobody is there to send to
            self._rooms.looks.close(session, "closed")
            return
        try:
            box_key = self._box_key(result, presented)
        except ConsentryError as error:
            uplink.say({"type": "refused", "session": session, "kind": error.kind})  # first: the viewer learns this
            self._rooms.looks.close(session, "refused")
            return
        low = box_key is None and self._rooms.low.offers(feed.camera)
        uplink.say({"type": "opened", "session": session, **feed.told(), "audio": result.hears, "low": low})
        if box_key is not None:
            uplink.sealers.setdefault(feed.camera, Sealer(uplink.say)).join(session, box_key)
        self._rooms.turns.greet(session, self.gateway.id, uplink.say)
        uplink.weak.tell(feed.camera)
        self._start_flow(feed)

    def _box_key(self, look: Look, presented: Presented) -> bytes | None:
        """Of a sealed look; None for a plain one. A camera leaves sealed or plain, not both ways at once."""
        is_sealed = look.allowed.ticket.mode is Mode.SEALED
        if look.camera in self._flowing and is_sealed != (look.camera in self._uplink.sealers):
            raise Refused("others see this camera in another way now", kind="mode-other")
        return box_key_of(look, presented.box) if is_sealed else None

    def _turn(self, session: str, value: Message) -> None:
        word = Word(session, self.gateway.id, value, functools.partial(_say_turning, self._uplink, session))
        self._rooms.turns.take(word)

    def _renew(self, session: str, value: Message) -> None:
        try:
            denied = self._rooms.looks.renew(session, from_b64(value.get("ticket", "")))
        except ConsentryError as error:
            denied = Denied(error.kind)
        if denied is not None:
            self._uplink.say({"type": "refused", "session": session, "kind": denied.kind})

    async def _answer(self, value: Message) -> None:
        uplink = self._uplink
        body = await answer_letter(self._rooms.desk, value.get("id"), value.get("body"))
        uplink.say({"type": "letter", "body": body})

    def _start_flow(self, feed: CameraFeed) -> None:
        """The cached pictures at once, then live. Others who look at this camera have the pictures already."""
        if feed.camera in self._flowing:
            return
        sink = functools.partial(self._uplink.put, feed.camera)
        for unit in feed.cached():
            sink(unit)
        feed.watch(sink, functools.partial(self._uplink.put_sound, feed.camera))
        self._flowing[feed.camera] = (feed, sink)

    def _follow_low(self, camera: CameraId, *, on: bool) -> None:
        on = on and camera not in self._uplink.sealers and self._rooms.looks.may_send(camera, self.gateway.id)
        self._rooms.low.follow(camera, self.gateway.id, functools.partial(self._uplink.put, camera), on=on)

    def _stop_flow(self, camera: CameraId) -> None:
        flow = self._flowing.pop(camera, None)
        self._rooms.low.stop(camera, self.gateway.id)
        if flow is not None:
            feed, sink = flow
            feed.unwatch(sink)
        self._uplink.forget(camera)
        self._uplink.sealers.pop(camera, None)

    def _hang_up(self) -> None:
        """The link is gone, and every look over it with it."""
        for task in tuple(self._busy):
            task.cancel()
        self._rooms.looks.close_all("closed", audience=self.gateway.id)
        self._rooms.own.close_all("closed", gateway=self.gateway.id)
        for camera in tuple(self._flowing):
            self._stop_flow(camera)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            item = await self._uplink.next()
            self._writing_since = asyncio.get_running_loop().time()
            if isinstance(item, str):
                await socket.send_str(item)
            else:
                await socket.send_bytes(item)
                await has_room(socket)
            self._writing_since = None

    def cut_if_stuck(self) -> None:
        """Nothing may trickle out of a blocked connection after the last look is over: then the line is cut."""
        since = self._writing_since
        looking = any(look.request.audience == self.gateway.id for look in self._rooms.looks.running())
        if self._socket is None or since is None or looking or self._rooms.own.is_running_at(self.gateway.id):
            return
        if asyncio.get_running_loop().time() - since > STUCK_S:
            _log.warning("gateway %s: cut, as the line is stuck and nobody may look", self.gateway.id)
            abort(self._socket)

    def _new_uplink(self) -> Uplink:
        looks, gateway, offers = self._rooms.looks, self.gateway.id, self._rooms.low.offers
        return Uplink(lambda one: looks.may_send(one, gateway), lambda one: looks.may_hear(one, gateway), offers)


def _say_turning(uplink: Uplink, session: str, state: str) -> None:
    uplink.say({"type": "ptz", "session": session, "state": state})


def _object(text: str) -> Message:
    return parse_object(text.encode(), max_bytes=MAX_TEXT_BYTES)
