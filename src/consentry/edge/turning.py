"""Turning a camera for who looks: only under a running look, only where the owner's terms say so, and never by itself.

Every word of a viewer is asked about anew (`Looks.may_turn`). One viewer turns at a time. Without a further word the
camera is told to stand after 0.7 s, and stops by itself after a second when this box cannot tell it (edge-link.md).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from consentry.edge.guard import Denied
from consentry.edge.onvif.camera import OnvifCamera
from consentry.edge.onvif.kept import OnvifPlace
from consentry.edge.onvif.turn import Turner
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.ids import CameraId, GatewayId
from consentry.kernel.limits import MAX_PTZ_PER_S, PTZ_HOLD_MS, PTZ_RESEND_MS

_log = logging.getLogger(__name__)
IDLE_S = 10.0
Speeds = tuple[float, float, float]
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
        self._heads: dict[CameraId, _Head] = {}
        self.http: aiohttp.ClientSession | None = None

    def allows(self, session: str, audience: GatewayId) -> bool:
        """May this look turn its camera, as things stand?"""
        camera = self._may_turn(session, audience)
        if isinstance(camera, Denied):
            return False
        place = self._place_of(camera)
        return place is not None and place.turner != ""

    def take(self, word: Word) -> None:
        """Turn, or say why not; Malformed for speeds that are none."""
        speeds = _speeds(word.value)
        camera = self._may_turn(word.session, word.audience)
        if isinstance(camera, Denied):
            word.say(camera.kind)
            return
        head = self._heads.get(camera) or self._new_head(camera)
        if head is None:
            word.say("no-ptz")
        elif (refused := head.take(word, speeds)) is not None:
            word.say(refused)

    def ended(self, session: str) -> None:
        """A look is over: what it turns stands still at once."""
        for head in self._heads.values():
            head.leave(session)

    async def close(self) -> None:
        """Stand still and let go."""
        tasks = [head.task for head in self._heads.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _new_head(self, camera: CameraId) -> "_Head | None":
        place = self._place_of(camera)
        if place is None or not place.turner or self.http is None:
            return None
        head = _Head(OnvifCamera(self.http, place.url, place.who), place.turner)
        self._heads[camera] = head
        head.task.add_done_callback(lambda _: self._heads.pop(camera, None))
        return head


@dataclass
class _Head:
    """The motors of one camera: whose word counts, what is wanted, until when."""

    camera: OnvifCamera
    profile: str
    holder: Word | None = None
    wanted: Speeds | None = None
    until_s: float = 0.0
    second: int = 0
    words: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.task = asyncio.get_running_loop().create_task(self._run())

    def take(self, word: Word, speeds: Speeds) -> str | None:
        """Take a viewer's word; the reason when it does not count now."""
        now_s = _now_s()
        if self.holder is not None and self.holder.session != word.session and now_s < self.until_s:
            return "busy"
        self.words = self.words + 1 if int(now_s) == self.second else 1
        self.second = int(now_s)
        if self.words > MAX_PTZ_PER_S:
            return "too-many"
        if self.holder is None or self.holder.session != word.session:
            _log.info("camera turned under session %s", word.session)
        self.holder, self.until_s = word, now_s + PTZ_HOLD_MS / 1_000
        self.wanted = speeds if any(speeds) else None
        self._wake.set()
        return None

    def leave(self, session: str) -> None:
        """This viewer has no say any more."""
        if self.holder is not None and self.holder.session == session:
            self.holder, self.wanted, self.until_s = None, None, 0.0
            self._wake.set()

    async def _run(self) -> None:
        """Move while wanted, stand when not; ends after ten seconds of rest or a fault. The next word begins anew."""
        turner = Turner(self.camera, self.profile)
        try:
            await self.camera.connect()
            while await self._turn(turner):
                pass
        except ConsentryError as error:
            _log.info("a camera does not turn: %s", error.kind)
            if self.holder is not None:
                self.holder.say(error.kind)

    async def _turn(self, turner: Turner) -> bool:
        """One movement, from its first word to standing still; False when nobody wanted one for long."""
        if not await self._woken(IDLE_S) and self.wanted is None:
            return False
        sent: Speeds | None = None
        try:
            while (speeds := self.wanted) is not None and _now_s() < self.until_s:
                sent_s, sent = _now_s(), speeds
                await turner.move(*speeds)
                while self.wanted == sent and _now_s() < min(self.until_s, sent_s + PTZ_RESEND_MS / 1_000):
                    await self._woken(0.05)
        finally:
            if sent is not None:
                await turner.stop()
        if _now_s() >= self.until_s:
            self.wanted = None
        return True

    async def _woken(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True


def _speeds(value: Mapping[str, Any]) -> Speeds:
    found = [value.get(name) for name in ("pan", "tilt", "zoom")]
    if not all(isinstance(item, int | float) and not isinstance(item, bool) and -1 <= item <= 1 for item in found):
        raise Malformed("speeds are numbers from -1 to 1")
    pan, tilt, zoom = (float(item) for item in found if item is not None)
    return pan, tilt, zoom


def _now_s() -> float:
    return asyncio.get_running_loop().time()
