"""Turning a camera for who looks: only under a running look, only where the owner's terms say so, and never by itself.

Every word of a viewer is asked about anew (`Looks.may_turn`); the motors are `media/onvif/head` (edge-link.md).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from consentry.edge.guard import Denied
from consentry.kernel.ids import CameraId, GatewayId
from consentry.media.onvif.address import OnvifPlace
from consentry.media.onvif.head import Head, ask_presets, presets_message, read_wish

Tell = Callable[[dict[str, Any]], object]
MayTurn = Callable[[str, GatewayId], "CameraId | Denied"]


@dataclass(frozen=True)
class Word:
    """A viewer of `session` at gateway `audience` says how to turn; `say` tells that viewer what came of it."""

    session: str
    audience: GatewayId
    value: Mapping[str, Any]
    say: Callable[[str], None]


class TurnDesk:
    """Owns the motors of this home's cameras. `place_of(camera)` is None for one that cannot be turned."""

    def __init__(self, may_turn: MayTurn, place_of: Callable[[CameraId], OnvifPlace | None]) -> None:
        self._may_turn, self._place_of = may_turn, place_of
        self._heads: dict[CameraId, Head] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self.http: aiohttp.ClientSession | None = None

    def greet(self, session: str, audience: GatewayId, tell: Tell) -> None:
        """A look began: tell its gateway whether it may turn, and then which places the camera remembers."""
        if self.allows(session, audience):
            tell({"type": "ptz", "session": session, "state": "allowed"})
            asking = asyncio.get_running_loop().create_task(self._tell_presets(session, audience, tell))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)

    def allows(self, session: str, audience: GatewayId) -> bool:
        """May this look turn its camera, as things stand?"""
        camera = self._may_turn(session, audience)
        if isinstance(camera, Denied):
            return False
        place = self._place_of(camera)
        return place is not None and place.turner != ""

    def take(self, word: Word) -> None:
        """Turn, or say why not; Malformed for a wish that is none."""
        wish = read_wish(word.value)
        camera = self._may_turn(word.session, word.audience)
        if isinstance(camera, Denied):
            word.say(camera.kind)
            return
        head = self._heads.get(camera) or self._new_head(camera)
        if head is None:
            word.say("no-ptz")
        elif (refused := head.take(word.session, wish, word.say)) is not None:
            word.say(refused)

    def ended(self, session: str) -> None:
        """A look is over: what it turns stands still at once."""
        for head in self._heads.values():
            head.leave(session)

    async def close(self) -> None:
        """Stand still and let go."""
        tasks = [*(head.task for head in self._heads.values()), *self._asking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell_presets(self, session: str, audience: GatewayId, tell: Tell) -> None:
        camera = self._may_turn(session, audience)
        place = None if isinstance(camera, Denied) else self._place_of(camera)
        if place is None or self.http is None:
            return
        presets = await ask_presets(place.camera(self.http), place.turner)
        if presets and self.allows(session, audience):
            tell({**presets_message(presets), "session": session})

    def _new_head(self, camera: CameraId) -> "Head | None":
        place = self._place_of(camera)
        if place is None or not place.turner or self.http is None:
            return None
        head = Head(place.camera(self.http), place.turner)
        self._heads[camera] = head
        head.task.add_done_callback(lambda _: self._heads.pop(camera, None))
        return head
