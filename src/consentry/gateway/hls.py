"""Looking by low-latency HLS: the HTTP side. Specification: docs/spec/hls.md.

A session like every other; playlist and parts are fetched with its bearer, and reloads wait for what is new.
"""

import asyncio
import re
from collections.abc import Callable
from weakref import WeakSet

from aiohttp import web

from consentry.gateway.cut import cut_unsent, keep_little_unsent
from consentry.gateway.hls_stream import HlsStream, Part
from consentry.gateway.posted import PostedViewer
from consentry.gateway.posted_door import PostedDoor
from consentry.gateway.room import Room
from consentry.gateway.rtc.ground import Ground
from consentry.gateway.viewer import Beginning, Shot
from consentry.kernel.errors import LimitReached, Malformed, NotFound, Unavailable
from consentry.kernel.ids import CameraId, SessionId
from consentry.kernel.limits import HLS_TARGET_US, MAX_HLS_WAITS

_NAME = re.compile(r"(\d{1,9})(?:\.(\d{1,4}))?\.m4s")
_INIT = re.compile(r"init-(\d{1,9})\.mp4")
_WAIT_S = 3 * HLS_TARGET_US / 1_000_000


class HlsViewer(PostedViewer):
    """`since`: the first segment that it may fetch; `lines`: the connections on which something was sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.stream: HlsStream | None = None
        self.since: int | None = None
        self.lines: WeakSet[asyncio.Transport] = WeakSet()

    def begin(self, beginning: Beginning, shots: tuple[Shot, ...] = ()) -> None:
        """See `Viewer`."""
        self.say(beginning.told)
        if self.stream is not None:
            first = self.stream.join(self, beginning, shots)
            self.since = first if self.since is None else self.since
            self.bell.set()

    def push(self, shot: Shot) -> None:
        """See `Viewer`."""
        if self.stream is not None and not self.over:
            self.stream.take(shot)

    def count(self, part: Part) -> None:
        """It fetched a part."""
        self.sent_shots += part.pictures
        self.sent_bytes += len(part.data)


class HlsDoor(PostedDoor):
    """The handlers of `/hls`."""

    path = "/hls"

    def __init__(self, room: Room, ground: Ground) -> None:
        super().__init__(room, ground)
        self._streams: dict[CameraId, HlsStream] = {}

    def routes(self) -> list[web.RouteDef]:
        """See `PostedDoor`."""
        one = self.path + "/{session}/"
        return [
            *super().routes(), web.get(one + "live.m3u8", self.playlist), web.get(one + "{name}", self.media),
        ]  # fmt: skip

    def make(self, camera: CameraId) -> HlsViewer:
        """See `PostedDoor`."""
        viewer = HlsViewer()
        viewer.stream = stream = self._streams.setdefault(camera, HlsStream())
        viewer.left = lambda: self._leave(camera, stream, viewer)
        return viewer

    async def start(self, name: SessionId, viewer: PostedViewer) -> dict[str, object]:  # noqa: ARG002 - the door's form
        """See `PostedDoor`."""
        return {"playlist": f"{self.path}/{name}/live.m3u8"}

    async def playlist(self, request: web.Request) -> web.StreamResponse:
        """The playlist, once it holds the part that is asked for."""

        async def answer(viewer: PostedViewer) -> web.StreamResponse:
            viewer, stream = _parts_of(viewer)
            wanted = _wanted(request) or (viewer.since or 0, 0)
            if wanted[0] > stream.last[0] + 1:
                raise Malformed("that is not the next one", kind="too-far")
            await _until(viewer, lambda: viewer.since is not None and stream.has(*wanted))
            text = stream.playlist(viewer.since or 0)
            return self._send(request, viewer, web.Response(text=text, content_type="application/vnd.apple.mpegurl"))

        return await self.with_viewer(request, answer)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """An initialisation segment, a part or a segment; the part that comes next is waited for."""

        async def answer(viewer: PostedViewer) -> web.StreamResponse:
            viewer, stream = _parts_of(viewer)
            name = request.match_info["name"]
            init = _INIT.fullmatch(name)
            if init is not None:
                data = stream.inits.get(int(init[1])) if viewer.since is not None else None
                if data is None:
                    raise NotFound("no such initialisation segment")
                return self._send(request, viewer, web.Response(body=data, content_type="video/mp4"))
            parts = await _find(viewer, stream, name)
            for part in parts:
                viewer.count(part)
            answer = web.Response(body=b"".join(part.data for part in parts), content_type="video/iso.segment")
            answer.headers["Consentry-Wall-Us"] = str(parts[0].wall_us)
            return self._send(request, viewer, answer)

        return await self.with_viewer(request, answer)

    def _send(self, request: web.Request, viewer: HlsViewer, answer: web.Response) -> web.Response:
        if viewer.before_pump is not None:
            viewer.before_pump()  # who slept ends what ran out meanwhile
        if request.transport is not None:
            keep_little_unsent(request.transport)
            viewer.lines.add(request.transport)
        answer.headers.update(self.cors(request))
        return answer

    def _leave(self, camera: CameraId, stream: HlsStream, viewer: HlsViewer) -> None:
        """It is over: what was not sent yet is not, and what nobody else looks at is forgotten."""
        for line in tuple(viewer.lines):
            cut_unsent(line)
        viewer.stream = None
        stream.viewers.discard(viewer)
        if not stream.viewers and self._streams.get(camera) is stream:
            del self._streams[camera]


def _parts_of(viewer: PostedViewer) -> tuple[HlsViewer, HlsStream]:
    if not isinstance(viewer, HlsViewer) or viewer.stream is None:
        raise NotFound("nothing to show")
    return viewer, viewer.stream


def _wanted(request: web.Request) -> tuple[int, int | None] | None:
    """What a reload waits for: a segment's part, or a whole segment."""
    number, part = request.query.get("_HLS_msn"), request.query.get("_HLS_part")
    if number is None and part is None:
        return None
    if number is None or not re.fullmatch(r"\d{1,9}", number) or not re.fullmatch(r"\d{1,4}", part or "0"):
        raise Malformed("_HLS_msn and _HLS_part are numbers")
    return int(number), int(part) if part is not None else None


async def _until(viewer: PostedViewer, holds: Callable[[], bool]) -> None:
    """Wait for `holds`, asked with each ring of the bell, or the viewer's end. Unavailable after three targets."""
    if viewer.asking > MAX_HLS_WAITS:
        raise LimitReached("too many requests wait")
    try:
        async with asyncio.timeout(_WAIT_S):
            while not viewer.over and not holds():
                viewer.bell.clear()
                await viewer.bell.wait()
    except TimeoutError as error:
        raise Unavailable("nothing new", kind="silent") from error


async def _find(viewer: HlsViewer, stream: HlsStream, name: str) -> list[Part]:
    said = _NAME.fullmatch(name)
    if said is None or viewer.since is None or int(said[1]) < viewer.since:
        raise NotFound("no such part")
    number, part = int(said[1]), int(said[2]) if said[2] is not None else None
    if part is not None and stream.last == (number, part):
        await _until(viewer, lambda: stream.last != (number, part))
    segment = stream.find_segment(number)
    if segment is None or (part is None and not segment.is_whole) or (part is not None and part >= len(segment.parts)):
        raise NotFound("no such part")
    return segment.parts if part is None else [segment.parts[part]]
