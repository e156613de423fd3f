"""The owner's looks at their own cameras, from anywhere: begun by the owner's signature alone, checked here.

No grant, no ticket, no word of a server begins one. Whatever a server says, only the key that this edge pinned at
pairing opens a channel, and only the browser that the owner named reads it. docs/spec/own-look.md. All on the loop.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from consentry.edge.clock import EdgeClock
from consentry.edge.own_talk import OwnTalk, Reel, Views
from consentry.edge.pull import CameraFeed
from consentry.edge.store import Store
from consentry.edge.uplink import Uplink
from consentry.edge.whom import Trusted
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import ConsentryError, LimitReached, NotFound, Refused, Unavailable, Untrusted
from consentry.kernel.holder import POINT_BYTES, load_point
from consentry.kernel.ids import CameraId, EdgeId, GatewayId, OwnLookId
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS, MAX_OWN_LOOKS_PER_EDGE, OWN_LOOK_FRESH_MS, OWN_LOOK_MIN
from consentry.kernel.own_channel import SECRET_BYTES, channel_keys, opened_message, own_context, parse_own_id
from consentry.kernel.owner_record import open_owner_record
from consentry.kernel.sealed_box import seal

_log = logging.getLogger(__name__)
_LIFE_MS = OWN_LOOK_MIN * 60_000


@dataclass(frozen=True)
class OwnHome:
    """What an own look works with. `sign`: by the edge's own key; `reel`: the owner's recording."""

    edge: EdgeId
    store: Store
    trusted: Trusted
    clock: EdgeClock
    sign: Callable[[bytes], bytes]
    feeds: Mapping[CameraId, CameraFeed]
    state_of: Callable[[CameraFeed], str]
    reel: Reel


@dataclass(frozen=True)
class OwnAsk:
    """What the owner signed, checked. `record` is all of it; `reply_key` a point of 65 bytes."""

    camera: CameraId
    session: OwnLookId
    reply_key: bytes
    record: Mapping[str, str | int]


@dataclass(frozen=True)
class _Running:
    talk: OwnTalk
    camera: CameraId
    gateway: GatewayId
    uplink: Uplink
    until_ms: int
    steady_until_ms: int


class OwnLooks:
    """All own looks of this edge."""

    def __init__(self, home: OwnHome) -> None:
        self._home = home
        self._running: dict[OwnLookId, _Running] = {}

    def take(self, value: Mapping[str, Any], gateway: GatewayId, uplink: Uplink) -> None:
        """One message of a gateway: `own_open`, `own_say` or `own_close`. Nothing in it is believed."""
        session = OwnLookId(str(value.get("session", ""))[:64])
        if value.get("type") == "own_open":
            self._open(value, gateway, uplink)
            return
        running = self._running.get(session)
        if running is None or running.gateway != gateway:
            return
        if value.get("type") == "own_close":
            self._end(session, "closed")
            return
        try:
            running.talk.hear(value.get("box"))
        except ConsentryError as error:
            self._end(session, error.kind)

    def tick(self) -> None:
        """End what is over, follow cameras that changed. Call at least four times a second."""
        now_ms, steady_ms = self._home.clock.now_ms(), self._home.clock.steady_ms()
        stopped = self._home.store.fact("stopped") is not None if self._running else False
        for session, running in tuple(self._running.items()):
            if stopped:
                self._end(session, "stopped")
            elif now_ms >= running.until_ms or steady_ms >= running.steady_until_ms:
                self._end(session, "expired")
            elif running.camera not in self._home.feeds:
                self._end(session, "camera-gone")
            else:
                running.talk.tick()

    def close_all(self, reason: str, *, gateway: GatewayId | None = None) -> None:
        """End all, or those over one gateway."""
        for session, running in tuple(self._running.items()):
            if gateway is None or running.gateway == gateway:
                self._end(session, reason)

    def is_running_at(self, gateway: GatewayId) -> bool:
        """May something of an own look be on its way there?"""
        return any(running.gateway == gateway for running in self._running.values())

    def lines(self) -> tuple[str, ...]:
        """One line per own look, for the page in the house: who lives there may know, and stop it."""
        return tuple(f"own look: {running.camera}" for running in self._running.values())

    def _open(self, value: Mapping[str, Any], gateway: GatewayId, uplink: Uplink) -> None:
        home = self._home
        try:
            ask = self._check(value, gateway)
        except ConsentryError as error:
            _log.info("an own look was refused: %s", error.kind)
            said = {"type": "own_refused", "session": str(value.get("session", ""))[:64], "kind": error.kind}
            uplink.say(said)
            return
        secret = os.urandom(SECRET_BYTES)
        box = seal(ask.reply_key, secret, context=own_context(ask.session))
        signature = to_b64(home.sign(opened_message(ask.record, box)))
        uplink.say({"type": "own_opened", "session": ask.session, "box": to_b64(box), "signature": signature})
        talk = OwnTalk(
            ask.camera, channel_keys(secret, ask.session), Views(home.feeds, home.state_of, home.reel), uplink
        )
        until_ms, steady_ms = home.clock.now_ms() + _LIFE_MS, home.clock.steady_ms() + _LIFE_MS
        self._running[ask.session] = _Running(talk, ask.camera, gateway, uplink, until_ms, steady_ms)

    def _check(self, value: Mapping[str, Any], gateway: GatewayId) -> OwnAsk:
        """The owner's word, used up when this returns; raises a ConsentryError for any doubt."""
        home, session = self._home, parse_own_id(value.get("session"))
        if home.store.fact("stopped") is not None:
            raise Refused("stopped in the house", kind="stopped")
        record = open_owner_record(value.get("owner_signature", ""), home.trusted().owner, kind="own.look")
        camera, said_ms = CameraId(str(record["camera"])), int(record["t"])
        if (record["edge"], record["gateway"], record["session"]) != (home.edge, gateway, session):
            raise Untrusted("the owner spoke of another edge, gateway or session", kind="owner-signature")
        if home.store.camera(camera) is None or camera not in home.feeds:
            raise NotFound("not a camera of this edge", kind="unknown-camera")
        if len(self._running) >= MAX_OWN_LOOKS_PER_EDGE:
            raise LimitReached("too many own looks at once", kind="own-busy")
        reply_key = from_b64(str(record["reply_key"]), length=POINT_BYTES)
        load_point(reply_key)
        self._use(camera, said_ms)
        return OwnAsk(camera, session, reply_key, record)

    def _use(self, camera: CameraId, said_ms: int) -> None:
        """Each word counts once, and is remembered over a restart: the next must be later."""
        store, now_ms, fact = self._home.store, self._home.clock.now_ms(), f"own/{camera}"
        last_ms = int(store.fact(fact) or 0)
        if not max(last_ms, now_ms - OWN_LOOK_FRESH_MS) < said_ms <= now_ms + MAX_CLOCK_SKEW_MS:
            raise Untrusted("this record of the owner is too old, used, or from the future", kind="owner-record-time")
        try:
            store.put_fact(fact, str(said_ms))
        except sqlite3.Error as error:
            raise Unavailable("it could not be noted that this was used", kind="disk-fault") from error

    def _end(self, session: OwnLookId, reason: str) -> None:
        running = self._running.pop(session)
        running.talk.close()
        running.uplink.say({"type": "own_closed", "session": session, "reason": reason})
        _log.info("own look ended: %s", reason)
