"""Sending by WebRTC, from a phone's browser or any WHIP sender: the HTTP side. Specification: docs/spec/whip.md.

The key of one city camera opens it, in the `Authorization` header and nowhere else; of the key only the hash is known.
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from consentry.gateway.pushes import PushedCameras
from consentry.gateway.rtc.ground import Ground
from consentry.gateway.rtc.link import Link
from consentry.gateway.rtc.offer import Offer, Ours, choose_codec, parse_offer, write_answer
from consentry.gateway.rtc.pusher import Aims, Lines, Pusher
from consentry.gateway.sessions import Report, Sessions
from consentry.kernel.errors import Conflict, ConsentryError, Malformed, NotSignedIn
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_OFFER_BYTES
from consentry.media.push_places import PushPlaces

_log = logging.getLogger(__name__)
PATH = "/whip"
# Decoded everywhere, and what phones encode in hardware.
_PROFILE = "42e01f"
_STATUS = {Conflict: 406, Malformed: 400, NotSignedIn: 401}


class WhipDoor:
    """The handlers of `/whip`."""

    def __init__(self, ground: Ground, pushes: PushedCameras, sessions: Sessions, report: Report) -> None:
        self._ground, self._pushes, self._sessions, self._report = ground, pushes, sessions, report
        self._pushing: dict[bytes, Pusher] = {}  # by the hash of the key

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        one = PATH + "/{name}"
        return [
            web.post(PATH, self.begin), web.delete(one, self.end), web.patch(one, self.trickle),
            web.options(PATH, self.preflight), web.options(one, self.preflight),
        ]  # fmt: skip

    async def preflight(self, request: web.Request) -> web.Response:
        """What the platform's page may do from its own origin."""
        return web.Response(status=204, headers=self._cors(request) | {
            "Access-Control-Allow-Methods": "POST, DELETE", "Access-Control-Max-Age": "600",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
        })  # fmt: skip

    async def begin(self, request: web.Request) -> web.Response:
        """Key and offer in, answer out."""
        headers = self._cors(request)
        try:
            key = _key(request)
            if request.content_type != "application/sdp" or (request.content_length or 0) > MAX_OFFER_BYTES:
                raise Malformed("send an offer", kind="offer")
            text = (await request.content.read(MAX_OFFER_BYTES + 1)).decode("utf-8", "replace")
            offer = parse_offer(text, sends=True)
            pusher, answer = self._admit(request, key, offer)
        except ConsentryError as error:
            _log.info("a push by WHIP was refused: %s", error.kind)
            status = _STATUS.get(type(error), 403)
            return web.json_response({"kind": error.kind}, status=status, headers=headers)
        headers |= {"Location": f"{PATH}/{pusher.link.name}", "Cache-Control": "no-store"}
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)

    async def end(self, request: web.Request) -> web.Response:
        """The sender stops; its key says that it may."""
        headers = self._cors(request)
        try:
            pusher = self._pushing.get(_digest(_key(request)))
        except NotSignedIn:
            pusher = None
        if pusher is None or not hmac.compare_digest(pusher.link.name, request.match_info["name"]):
            return web.json_response({"kind": "not-found"}, status=404, headers=headers)
        pusher.close()
        return web.Response(status=200, headers=headers)

    async def trickle(self, request: web.Request) -> web.Response:
        """We take no candidates: the sender's first check says where it is."""
        return web.Response(status=405, headers=self._cors(request) | {"Allow": "DELETE"})

    def _cors(self, request: web.Request) -> dict[str, str]:
        """The headers for the platform's page; programs send no origin; other pages are refused."""
        said = request.headers.get("Origin")
        return {} if said is None else self._ground.cors(request)

    def _admit(self, request: web.Request, key: str, offer: Offer) -> tuple[Pusher, str]:
        codec = choose_codec(offer.codecs, _PROFILE)
        if codec is None or offer.direction not in ("sendonly", "sendrecv"):
            raise Conflict("the sender offers no H.264", kind="no-h264")
        digest = _digest(key)
        before = self._pushing.get(digest)
        if before is not None:
            before.close()  # the same phone again, after its network changed
        places = self._pushes.places
        entered = places.enter(key, lambda: self._cut(digest))
        if entered is None:
            raise NotSignedIn("this key opens nothing here, or somebody sends already", kind="push-key")
        name, outlet = entered
        camera = CameraId(name)
        # Sound that nobody may hear is not agreed on: it does not even leave the phone.
        opus = dict(offer.sounds).get("opus") if outlet.hears else None
        offer = replace(offer, sounds=(("opus", opus),) if opus is not None else ())
        pusher = Pusher(Lines(codec.payload_type, opus), Aims(
            outlet, lambda: self._watching(camera), lambda said: self._place(camera, said),
            lambda: self._done(places, name, digest),
        ))  # fmt: skip
        pusher.link = Link(
            self._ground.endpoint, self._ground.context, offer.fingerprint, pusher, talks=offer.data is not None
        )
        self._pushing[digest] = pusher
        ours = Ours(
            pusher.link.name, pusher.link.password, self._ground.fingerprint, self._ground.address(request), None,
            hears=opus is not None,
        )  # fmt: skip
        return pusher, write_answer(offer, codec, ours)

    def _cut(self, digest: bytes) -> None:
        pusher = self._pushing.get(digest)
        if pusher is not None:
            pusher.close()

    def _done(self, places: PushPlaces, name: str, digest: bytes) -> None:
        self._pushing.pop(digest, None)
        places.leave(name)

    def _watching(self, camera: CameraId) -> int:
        hub = self._sessions.hubs.get(camera)
        return len(hub.viewers) if hub is not None else 0

    def _place(self, camera: CameraId, said: Mapping[str, object]) -> None:
        self._report({
            "type": "telemetry", "camera": camera, "captured_us": time.time_ns() // 1_000, "altitude_m": None,
            "looks_deg": said["heading_deg"], "centre": None, "corners": [], "platform": "phone", **said,
        })  # fmt: skip


def _key(request: web.Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 16 <= len(key) <= 128:
        raise NotSignedIn("send the camera's key", kind="push-key")
    return key


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
