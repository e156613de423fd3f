"""The HTTP doors of looks whose words are posted: proof in, bearer out, then words with the bearer.

The proof is that of `/whep`: a challenge, then opening, ticket and the holder's signature in a form.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from consentry.gateway.admission import Admission
from consentry.gateway.challenge import NONCE_BYTES, Challenges
from consentry.gateway.posted import PostedViewer
from consentry.gateway.room import MAX_TEXT_BYTES, Room, Talk
from consentry.gateway.rtc.ground import Ground
from consentry.gateway.sessions import TOMBSTONE_S
from consentry.kernel.canonical import from_b64, parse_object
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Unavailable
from consentry.kernel.ids import CameraId, EdgeId, SessionId
from consentry.kernel.limits import MAX_ENDED_REMEMBERED, POSTED_SILENT_S

_log = logging.getLogger(__name__)
_FORMS_AT_ONCE = 200
_EXPOSED = "Location, Consentry-Wall-Us"
_Answer = Callable[[PostedViewer], Awaitable[web.StreamResponse]]


class PostedDoor:
    """`path`, its challenge, its words. A subclass makes the viewers (`make`) and starts their pictures (`start`)."""

    path = ""

    def __init__(self, room: Room, ground: Ground) -> None:
        self._room, self._ground = room, ground
        self._challenges = Challenges(room.clocks.now_ms)
        self._reading = 0
        self._viewers: dict[SessionId, PostedViewer] = {}
        self._talks: dict[SessionId, Talk] = {}

    def make(self, camera: CameraId) -> PostedViewer:
        """A viewer of `camera` that is not admitted yet."""
        raise NotImplementedError

    async def start(self, name: SessionId, viewer: PostedViewer) -> dict[str, object]:
        """It was admitted: what it is told besides its bearer. A ConsentryError ends it."""
        raise NotImplementedError

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        one = self.path + "/{session}"
        return [
            web.post(self.path + "/challenge", self.challenge), web.post(self.path, self.begin),
            web.post(one + "/words", self.words), web.delete(one, self.end),
            *(web.options(it, self.preflight) for it in (self.path, self.path + "/challenge", one, one + "/{rest:.*}")),
        ]  # fmt: skip

    def cors(self, request: web.Request) -> dict[str, str]:
        """Headers of every answer; HTTPForbidden for who does not come from the platform's page."""
        return self._ground.cors(request) | {
            "Access-Control-Expose-Headers": _EXPOSED, "Cache-Control": "no-store",
        }  # fmt: skip

    async def preflight(self, request: web.Request) -> web.Response:
        """What a page of the platform may do from its own origin."""
        return web.Response(status=204, headers=self._ground.cors(request) | {
            "Access-Control-Allow-Methods": "GET, POST, DELETE", "Access-Control-Max-Age": "600",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
        })  # fmt: skip

    async def challenge(self, request: web.Request) -> web.Response:
        """A nonce to sign."""
        told = self._room.challenge(self._challenges.make())
        return web.json_response(told, status=201, headers=self.cors(request))

    async def begin(self, request: web.Request) -> web.Response:
        """Proof in, bearer out."""
        headers = self.cors(request)
        try:
            name, viewer = self._admit(await self._read(request))
            try:
                told = await self.start(name, viewer)
                if viewer.over:
                    raise Unavailable("it ended before it began", kind=viewer.reason or "closed")
            except ConsentryError:
                # Not final: the player may go on with the same session by another way.
                self._room.sessions.left(name, viewer, lost=True)
                viewer.end("closed")
                raise
        except ConsentryError as error:
            _log.info("a viewer by %s was refused: %s (%s)", self.path, error.kind, error)
            return web.json_response({"kind": error.kind}, status=_status(error), headers=headers)
        told = {"session": name, "bearer": viewer.bearer, **told}
        return web.json_response(told, status=201, headers=headers | {"Location": f"{self.path}/{name}"})

    async def words(self, request: web.Request) -> web.StreamResponse:
        """One word of the viewer, or none; what was said to it since."""

        async def answer(viewer: PostedViewer) -> web.StreamResponse:
            text = await self._text(request)
            if text:
                self._talks[SessionId(request.match_info["session"])].hear(text)
            return web.json_response({"said": viewer.take_words()}, headers=self.cors(request))

        return await self.with_viewer(request, answer)

    async def end(self, request: web.Request) -> web.StreamResponse:
        """The viewer leaves."""

        async def answer(viewer: PostedViewer) -> web.StreamResponse:
            self._room.sessions.left(SessionId(request.match_info["session"]), viewer, lost=False)
            viewer.end("closed")
            return web.Response(status=200, headers=self.cors(request))

        return await self.with_viewer(request, answer)

    async def with_viewer(self, request: web.Request, answer: _Answer) -> web.StreamResponse:
        """`answer` for who shows the bearer of a look that goes on: 404 for others, 410 with the reason after its end.

        Looked at before and after: what was waited for does not leave once the look is over.
        """
        headers = self.cors(request)
        viewer = self._viewers.get(SessionId(request.match_info["session"]))
        if viewer is None or not viewer.is_mine(request.headers.get("Authorization", "")):
            return web.json_response({"kind": "not-found"}, status=404, headers=headers)
        viewer.asking += 1
        try:
            said = None if viewer.over else await answer(viewer)
        except ConsentryError as error:
            return web.json_response({"kind": error.kind}, status=_status(error), headers=headers)
        finally:
            viewer.asking -= 1
            viewer.asked_s = asyncio.get_running_loop().time()
        if viewer.over and request.method != "DELETE" and (said is None or not said.prepared):
            return web.json_response({"kind": "ended", "reason": viewer.reason}, status=410, headers=headers)
        return said or web.Response(status=200, headers=headers)

    def _admit(self, present: dict[str, object]) -> tuple[SessionId, PostedViewer]:
        said = present.get("nonce")
        nonce = from_b64(said if isinstance(said, str) else "", length=NONCE_BYTES)
        self._challenges.check(nonce)
        admission, edge = self._room.check(present, nonce)
        if admission.box is not None:
            raise Conflict("sealed pictures go by the WebSocket alone", kind="sealed")
        self._challenges.use(nonce)
        return self._take_in(admission, edge)

    def _take_in(self, admission: Admission, edge: EdgeId | None) -> tuple[SessionId, PostedViewer]:
        self._forget_ended()
        viewer = self.make(admission.camera)
        try:
            name = self._room.sessions.admit(admission, viewer, edge).admission.session
        except ConsentryError:
            viewer.end("closed")
            raise
        self._viewers[name], self._talks[name] = viewer, Talk(self._room, name, viewer)
        self._watch(name, viewer)
        return name, viewer

    def _watch(self, name: SessionId, viewer: PostedViewer) -> None:
        """Who asks nothing any more has gone: there is no line that would break."""
        loop = asyncio.get_running_loop()
        if viewer.over:
            return
        if not viewer.asking and loop.time() - viewer.asked_s > POSTED_SILENT_S:
            self._room.sessions.left(name, viewer, lost=False)
            viewer.end("closed")
        else:
            loop.call_later(POSTED_SILENT_S / 4, self._watch, name, viewer)

    def _forget_ended(self) -> None:
        """Ended looks are answered 410 as long as a ticket of theirs could live, then like ones that never were."""
        before_s = asyncio.get_running_loop().time() - TOMBSTONE_S
        ended = [name for name, viewer in self._viewers.items() if viewer.over]
        many = len(ended) - MAX_ENDED_REMEMBERED
        for number, name in enumerate(ended):
            if number < many or self._viewers[name].ended_s < before_s:
                del self._viewers[name], self._talks[name]

    async def _read(self, request: web.Request) -> dict[str, object]:
        """The proof of the form, with bounds on size, time and how many at once."""
        if self._reading >= _FORMS_AT_ONCE:
            raise LimitReached("too many at once", kind="gateway-full")
        self._reading += 1
        try:
            async with asyncio.timeout(self._room.settings.present_s):
                form = await request.post()
        except (TimeoutError, ValueError, AssertionError) as error:
            raise Malformed("the form cannot be read") from error
        finally:
            self._reading -= 1
        present = form.get("present")
        if not isinstance(present, str):
            raise Malformed("send a form with present")
        return parse_object(present.encode(), max_bytes=MAX_TEXT_BYTES)

    async def _text(self, request: web.Request) -> str:
        try:
            async with asyncio.timeout(self._room.settings.present_s):
                return await request.text()
        except (TimeoutError, ValueError) as error:
            raise Malformed("the words cannot be read") from error


def _status(error: ConsentryError) -> int:
    if isinstance(error, Conflict):
        return 406
    if isinstance(error, Malformed | NotFound):
        return 400 if isinstance(error, Malformed) else 404
    return 503 if isinstance(error, Unavailable | LimitReached) else 403
