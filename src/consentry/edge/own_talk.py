"""What is said in one own look: pictures of now, the recording's time line, a span played, a clip cut and fetched.

Words come sealed and in order; one is worked on at a time. The recording is handed in (`Reel`), so that no module on
the way out can reach it by itself. docs/spec/own-look.md.
"""

import asyncio
import contextlib
import itertools
import json
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from consentry.edge.own_pace import Pace
from consentry.edge.pull import CameraFeed
from consentry.edge.uplink import Uplink
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import ConsentryError, LimitReached, Malformed, NotFound, Unavailable
from consentry.kernel.ids import CameraId, ClipId
from consentry.kernel.limits import (
    MAX_OWN_LINE_EVENTS,
    MAX_OWN_LINE_SPANS,
    MAX_OWN_WORD_BYTES,
    MAX_OWN_WORDS_WAITING,
    OWN_PIECE_BYTES,
    OWN_PLAY_AHEAD_BYTES,
)
from consentry.kernel.own_channel import ChannelKeys, FrameKind, open_word, seal_frame
from consentry.media.carry import to_wire
from consentry.media.coding import CODINGS, H264, sets_of
from consentry.media.units import AccessUnit

_log = logging.getLogger(__name__)
_GROUP = 30  # units read from the disk at once: about a second
_SLOW_LINE_S = 0.05
Span = tuple[int, int]
Said = Mapping[str, Any]


class Reel(Protocol):
    """The owner's recording. Times are UTC microseconds, spans half-open. Called on the loop."""

    def now_us(self) -> int:
        """This edge's clock."""

    def events(self, camera: CameraId, span: Span, limit: int) -> list[Said]:
        """What was noticed, `{at, kind}`, the newest `limit`."""

    async def spans(self, camera: CameraId, span: Span) -> list[Span]:
        """What is recorded."""

    def units(self, camera: CameraId, span: Span) -> Iterator[AccessUnit]:
        """The recording from the key frame before `span` to its end; reading blocks."""

    async def cut(self, camera: CameraId, span: Span) -> Said:
        """A draft for the owner to see, as it is told."""

    async def read(self, camera: CameraId, clip: ClipId, at: int, most: int) -> bytes:
        """Bytes of a clip or draft of this camera; b"" at its end."""

    async def keep(self, camera: CameraId, clip: ClipId) -> str:
        """Sign a draft; the signed manifest."""

    async def drop(self, camera: CameraId, clip: ClipId) -> None:
        """Delete a clip or draft."""

    async def send(self, camera: CameraId, clip: ClipId, signed: object) -> Said:
        """Send a kept clip as an answer, if `signed` is the owner's word for just that."""


@dataclass(frozen=True)
class Views:
    """What can be seen here."""

    feeds: Mapping[CameraId, CameraFeed]
    state_of: Callable[[CameraFeed], str]
    reel: Reel


class OwnTalk:
    """One channel. `hear` and `tick` are called on the loop; after `close` nothing leaves."""

    def __init__(self, camera: CameraId, keys: ChannelKeys, views: Views, uplink: Uplink) -> None:
        self._camera, self._keys, self._views, self._uplink = camera, keys, views, uplink
        self._up = self._down = 0
        self._words: asyncio.Queue[Said] = asyncio.Queue(MAX_OWN_WORDS_WAITING)
        self._feed: CameraFeed | None = None
        self._told_state = ""
        self._playing: asyncio.Task[None] | None = None
        self._closed = False
        self._worker = asyncio.create_task(self._work())

    def hear(self, box: object) -> None:
        """The browser's next word; a ConsentryError ends the channel."""
        self._up += 1
        word = parse_object(open_word(self._keys, box, self._up), max_bytes=MAX_OWN_WORD_BYTES)
        number = word.get("id")
        if word.get("do") not in self._DO or not isinstance(number, int) or not 0 < number < 1 << 31:
            raise Malformed("not a word of an own look")
        try:
            self._words.put_nowait(word)
        except asyncio.QueueFull as error:
            raise LimitReached("too much at once", kind="too-many") from error

    def tick(self) -> None:
        """Pictures go on when the camera is read anew; how it is, is told when it changes."""
        if self._feed is None:
            return
        feed = self._views.feeds.get(self._camera)
        if feed is not None and feed is not self._feed:
            self._feed.unwatch(self._take)
            feed.watch(self._take)
            self._feed = feed
        state = "offline" if feed is None else self._views.state_of(feed)
        if state != self._told_state:
            self._told_state = state
            self._say({"id": 0, "camera": state})

    def close(self) -> None:
        """Nothing more; what waits is thrown away."""
        self._stop_flow()
        self._closed = True
        self._worker.cancel()
        self._uplink.own.forget(self._keys.session)

    async def _work(self) -> None:
        while True:
            word = await self._words.get()
            try:
                said = await self._DO[str(word["do"])](self, word)
            except ConsentryError as error:
                said = {"error": error.kind}
            except OSError:
                said = {"error": "disk-fault"}
            except Exception:  # noqa: BLE001  # boundary: a word that fails is refused, and the channel goes on
                _log.exception("a word of an own look failed")
                said = {"error": "fault"}
            if said is not None:
                self._say({"id": word["id"], **said})

    async def _live(self, word: Said) -> Said | None:
        self._stop_flow()
        feed = self._views.feeds.get(self._camera)
        if feed is None or not feed.cached():
            raise Unavailable("the camera shows nothing now", kind="camera-offline")
        units = feed.cached()
        self._say({"id": word["id"], "pictures": _told(units[0])})
        for unit in units:
            self._take(unit)
        feed.watch(self._take)
        self._feed, self._told_state = feed, self._views.state_of(feed)
        return None

    async def _stop(self, _: Said) -> Said | None:
        self._stop_flow()
        return {"stopped": True}

    async def _line(self, word: Said) -> Said | None:
        span, reel = _span(word), self._views.reel
        spans = await reel.spans(self._camera, span)
        events = reel.events(self._camera, span, MAX_OWN_LINE_EVENTS)
        return {"spans": spans[-MAX_OWN_LINE_SPANS:], "events": events, "now": reel.now_us()}

    async def _play(self, word: Said) -> Said | None:
        self._stop_flow()
        span = _span(word)
        units = self._views.reel.units(self._camera, span)
        first = await asyncio.to_thread(_some, units)
        if not first:
            raise NotFound("nothing of this was recorded", kind="span-not-recorded")
        self._say({"id": word["id"], "pictures": _told(first[0])})
        self._playing = asyncio.create_task(self._send_played(units, first, span[0]))
        return None

    async def _send_played(self, units: Iterator[AccessUnit], group: list[AccessUnit], from_us: int) -> None:
        """As fast as it was recorded, or slower where the line is: nothing of a recording is left out."""
        pace = Pace(from_us, asyncio.get_running_loop().time)
        end = "played"
        try:
            while group:
                for unit in group:
                    await asyncio.sleep(pace.wait_s(unit.wallclock_us))
                    while self._uplink.own.waiting_bytes(self._keys.session) > OWN_PLAY_AHEAD_BYTES:
                        await asyncio.sleep(_SLOW_LINE_S)
                        pace.rest()
                    self._put_picture(unit, may_wait=True)
                group = await asyncio.to_thread(_some, units)
        except (ConsentryError, OSError) as error:
            end = getattr(error, "kind", "disk-fault")
        self._say({"id": 0, "end": end})

    async def _cut(self, word: Said) -> Said | None:
        return {"cut": await self._views.reel.cut(self._camera, _span(word))}

    async def _piece(self, word: Said) -> Said | None:
        at = word.get("at")
        if not isinstance(at, int) or not 0 <= at < 1 << 53:
            raise Malformed("a place in a file is a whole number")
        while self._uplink.own.waiting_bytes(self._keys.session) > OWN_PLAY_AHEAD_BYTES:  # noqa: ASYNC110 - a line
            await asyncio.sleep(_SLOW_LINE_S)
        reel = self._views.reel
        data = await reel.read(self._camera, _clip(word), at, OWN_PIECE_BYTES)
        self._put(FrameKind.PIECE, int(word["id"]).to_bytes(8, "big") + at.to_bytes(8, "big") + data)
        return None

    async def _keep(self, word: Said) -> Said | None:
        """`sends`: this box knows the word `send`; a page asks no older one, which would end the channel."""
        return {"signed": await self._views.reel.keep(self._camera, _clip(word)), "sends": True}

    async def _send(self, word: Said) -> Said | None:
        return {"sending": await self._views.reel.send(self._camera, _clip(word), word.get("owner_signature"))}

    async def _drop(self, word: Said) -> Said | None:
        await self._views.reel.drop(self._camera, _clip(word))
        return {"dropped": True}

    def _stop_flow(self) -> None:
        if self._feed is not None:
            self._feed.unwatch(self._take)
            self._feed = None
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None

    def _take(self, unit: AccessUnit) -> None:
        self._put_picture(unit, may_wait=False)

    def _put_picture(self, unit: AccessUnit, *, may_wait: bool) -> None:
        kind = FrameKind.PICTURE | FrameKind.KEY if unit.key else FrameKind.PICTURE
        self._put(kind, to_wire(self._camera, unit), may_wait=may_wait)

    def _say(self, value: Said) -> None:
        self._put(FrameKind.ANSWER, json.dumps(value, separators=(",", ":")).encode())

    def _put(self, kind: FrameKind, plain: bytes, *, may_wait: bool = True) -> None:
        if self._closed:
            return
        self._down += 1
        frame = seal_frame(self._keys, kind, self._down, plain)
        self._uplink.own.put(self._keys.session, kind, frame, may_wait=may_wait)

    _DO: ClassVar[Mapping[str, Callable[["OwnTalk", Said], Coroutine[Any, Any, Said | None]]]] = {
        "cut": _cut, "drop": _drop, "keep": _keep, "line": _line, "live": _live, "piece": _piece, "play": _play,
        "send": _send, "stop": _stop,
    }  # fmt: skip


def _told(first: AccessUnit) -> dict[str, object]:
    """Codec and size of what follows; Unavailable when the owner's page cannot show it."""
    if first.codec != H264.name:
        raise Unavailable("this page shows H.264 alone", kind="codec")
    picture = CODINGS[first.codec].read_picture(sets_of(first))
    return {"codec": picture.codec, "width": picture.width_px, "height": picture.height_px}


def _some(units: Iterator[AccessUnit]) -> list[AccessUnit]:
    with contextlib.suppress(ValueError):  # the generator still runs in the thread of what was stopped
        return list(itertools.islice(units, _GROUP))
    return []


def _span(word: Said) -> Span:
    first, last = word.get("from"), word.get("to")
    if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first < last < 1 << 53:
        raise Malformed("a span has a start and a later end")
    return first, last


def _clip(word: Said) -> ClipId:
    return ClipId(str(word.get("clip", ""))[:64])
