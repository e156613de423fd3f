"""Looking by WebRTC: the HTTP side. Specification: docs/spec/whep.md.

The same proof as on the WebSocket: a challenge, then opening, ticket and the holder's signature beside the offer.
"""

import logging
import secrets

from aiohttp import web

from consentry.gateway.bearer import shows_bearer
from consentry.gateway.proof_form import ProofForms, status_of
from consentry.gateway.room import Room, Talk
from consentry.gateway.rtc.ground import Ground
from consentry.gateway.rtc.link import Link
from consentry.gateway.rtc.offer import Codec, Offer, Ours, choose_codec, parse_offer, write_answer
from consentry.gateway.rtc.sender import Format
from consentry.gateway.rtc.sound import SoundForm
from consentry.gateway.rtc.viewer import Calls, RtcViewer
from consentry.gateway.sessions import Session
from consentry.kernel.errors import Conflict, ConsentryError, Malformed
from consentry.kernel.ids import SessionId

_log = logging.getLogger(__name__)
PATH = "/whep"


class WhepDoor:
    """The handlers of `/whep`."""

    def __init__(self, room: Room, ground: Ground) -> None:
        self._room, self._ground = room, ground
        self._forms = ProofForms(room)

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        one = PATH + "/{session}"
        return [
            web.post(PATH + "/challenge", self.challenge), web.post(PATH, self.begin), web.delete(one, self.end),
            web.patch(one, self.trickle), web.options(PATH, self.preflight), web.options(one, self.preflight),
            web.options(PATH + "/challenge", self.preflight),
        ]  # fmt: skip

    async def preflight(self, request: web.Request) -> web.Response:
        """What a page of the platform may do from its own origin."""
        return web.Response(status=204, headers=self._ground.cors(request) | {
            "Access-Control-Allow-Methods": "POST, DELETE", "Access-Control-Allow-Headers": "Authorization",
            "Access-Control-Max-Age": "600",
        })  # fmt: skip

    async def challenge(self, request: web.Request) -> web.Response:
        """A nonce to sign."""
        headers = self._ground.cors(request)
        headers |= {"Cache-Control": "no-store"}
        return web.json_response(self._forms.challenge(), status=201, headers=headers)

    async def begin(self, request: web.Request) -> web.Response:
        """Proof and offer in, answer out."""
        headers = self._ground.cors(request)
        try:
            if request.content_type != "multipart/form-data":
                raise Malformed("send a form with present and offer")
            present, (text,) = await self._forms.read(request, "offer")
            offer = parse_offer(text)
            answer, session = self._admit(request, present, offer)
        except ConsentryError as error:
            _log.info("a viewer by WebRTC was refused: %s (%s)", error.kind, error)
            return web.json_response({"kind": error.kind}, status=status_of(error), headers=headers)
        headers |= {"Location": f"{PATH}/{session}", "Cache-Control": "no-store"}
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)

    async def end(self, request: web.Request) -> web.Response:
        """The viewer leaves. Whoever holds the answer may say so: its `ice-pwd` is the bearer."""
        headers = self._ground.cors(request)
        session = self._room.sessions.find(SessionId(request.match_info["session"]))
        viewer = session.viewer if session is not None else None
        said = request.headers.get("Authorization", "")
        if not isinstance(viewer, RtcViewer) or not shows_bearer(said, viewer.link.password):
            return web.json_response({"kind": "not-found"}, status=404, headers=headers)
        self._room.sessions.left(SessionId(request.match_info["session"]), viewer, lost=False)
        viewer.end("closed")
        return web.Response(status=200, headers=headers)

    async def trickle(self, request: web.Request) -> web.Response:
        """We take no candidates: a browser's first check says where it is."""
        return web.Response(status=405, headers=self._ground.cors(request) | {"Allow": "DELETE"})

    def _admit(self, request: web.Request, present: dict[str, object], offer: Offer) -> tuple[str, SessionId]:
        if offer.data is None:
            raise Malformed("the offer has no data channel", kind="offer")
        if not offer.codecs:
            raise Conflict("the browser takes no H.264", kind="no-h264")
        admission, edge = self._forms.check(present)
        viewer = RtcViewer()
        viewer.link = Link(self._ground.endpoint, self._ground.context, offer.fingerprint, viewer)
        try:
            session = self._room.sessions.admit(admission, viewer, edge)
            codec = self._codec(session, offer)
        except ConsentryError:
            viewer.link.close()
            raise
        name = session.admission.session
        # Whether this look may hear is not known yet: the line is agreed, and stays empty unless it may.
        sound = SoundForm(secrets.randbits(32), dict(offer.sounds)) if offer.audio is not None else None
        viewer.bind(
            Format(codec.payload_type, secrets.randbits(32), offer.send_time_id), self._calls(name, viewer), sound
        )
        address = self._ground.address(request)
        ours = Ours(viewer.link.name, viewer.link.password, self._ground.fingerprint, address, viewer.form.ssrc,
                    sound.ssrc if sound is not None else None)  # fmt: skip
        return write_answer(offer, codec, ours), name

    def _codec(self, session: Session, offer: Offer) -> Codec:
        """How this camera goes to this browser. When it cannot, the session waits a moment for the other transport."""
        if session.viewer.over:
            raise Conflict("this browser plays none of the camera's streams by WebRTC", kind="codec")
        hub = self._room.sessions.hubs.get(session.admission.camera)
        codec = choose_codec(offer.codecs, hub.profile if hub is not None else None)
        if codec is None or (hub is not None and hub.reorders):
            self._room.sessions.left(session.admission.session, session.viewer, lost=True)
            raise Conflict("pictures of this camera come out of order", kind="reordered")
        return codec

    def _calls(self, name: SessionId, viewer: RtcViewer) -> Calls:
        talk, sessions = Talk(self._room, name, viewer), self._room.sessions
        return Calls(
            again=lambda: sessions.show_again(name, viewer),
            hear=lambda text: _ignore(talk.hear(text)),
            gone=lambda lost: sessions.left(name, viewer, lost=lost),
        )


def _ignore(_said: bool) -> None:
    """The session's end, when a message caused it, has reached the viewer already."""
