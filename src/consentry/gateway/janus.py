"""Looking through Janus: the HTTP side. Specification: docs/spec/janus.md.

Janus offers, so a look has two steps: proof in, offer out; answer in. All else is `posted_door`.
"""

import asyncio

from aiohttp import web

from consentry.gateway.janus_line import Words, read_secrets
from consentry.gateway.janus_stage import JanusStage, JanusViewer
from consentry.gateway.posted import PostedViewer
from consentry.gateway.posted_door import PostedDoor
from consentry.gateway.room import Room
from consentry.gateway.rtc.ground import Ground
from consentry.kernel.errors import Conflict, Malformed, Unavailable
from consentry.kernel.ids import CameraId, SessionId
from consentry.kernel.limits import MAX_OFFER_BYTES, RTC_CONNECT_S


class JanusDoor(PostedDoor):
    """The handlers of `/janus`; made only where a Janus is configured."""

    path = "/janus"

    def __init__(self, room: Room, ground: Ground) -> None:
        """Malformed when the secrets cannot be read."""
        super().__init__(room, ground)
        if room.settings.janus_secret_file is None:
            raise Malformed("Janus' secrets are missing")
        keys = read_secrets(room.settings.janus_secret_file)
        self.stage = JanusStage(room.settings.janus_url, keys, room.gateway, self._lost)

    def routes(self) -> list[web.RouteDef]:
        """See `PostedDoor`."""
        return [*super().routes(), web.post(self.path + "/{session}/answer", self.answer)]

    def make(self, camera: CameraId) -> JanusViewer:  # noqa: ARG002 - the door's form
        """See `PostedDoor`: its place at Janus comes later."""
        return JanusViewer()

    async def start(self, name: SessionId, viewer: PostedViewer) -> dict[str, object]:
        """See `PostedDoor`: with what Janus offers."""
        session = self._room.sessions.find(name)
        if session is None or not isinstance(viewer, JanusViewer):
            raise Unavailable("it ended before it began", kind="closed")
        hub = self._room.sessions.hubs.get(session.admission.camera)
        if hub is not None and hub.reorders:
            raise Conflict("pictures of this camera come out of order", kind="reordered")
        viewer.name = name
        offer = await self.stage.seat(session.admission.camera, viewer, lambda said: self._hear(viewer, said))
        asyncio.get_running_loop().call_later(RTC_CONNECT_S, self._expect_up, viewer)
        return {"offer": offer}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The viewer's SDP, its candidates in it; once."""

        async def take(viewer: PostedViewer) -> web.StreamResponse:
            text = await self._text(request)
            if not isinstance(viewer, JanusViewer) or not 0 < len(text) <= MAX_OFFER_BYTES:
                raise Malformed("an answer in SDP", kind="answer")
            await self.stage.start(viewer, text)
            return web.Response(status=204, headers=self.cors(request))

        return await self.with_viewer(request, take)

    def _hear(self, viewer: JanusViewer, said: Words) -> None:
        """An event of this viewer's session at Janus."""
        if viewer.over:
            return
        if said.get("janus") == "webrtcup":
            viewer.is_up = True
            self._room.sessions.show_again(viewer.name, viewer)
        elif said.get("janus") in ("hangup", "timeout", "detached"):
            self._lost(viewer)

    def _expect_up(self, viewer: JanusViewer) -> None:
        if not viewer.is_up and not viewer.over:
            self._lost(viewer)

    def _lost(self, viewer: JanusViewer) -> None:
        """Janus carries it no more. The look may go on by another way for a moment, as after any broken line."""
        self._room.sessions.left(viewer.name, viewer, lost=True)
        viewer.end("closed")
