"""The motors of one camera: whose word counts, what is wanted, and standing still when nothing more is said.

Who may turn is decided elsewhere, for every word. One viewer turns at a time. Without a further word the camera is told
to stand after 0.7 s, and stops by itself after a second when this process cannot tell it any more.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from consentry.kernel.errors import ConsentryError, Malformed, NotFound
from consentry.kernel.limits import MAX_PTZ_PER_S, PTZ_HOLD_MS, PTZ_RESEND_MS
from consentry.media.onvif.camera import OnvifCamera
from consentry.media.onvif.turn import MAX_PRESET_CHARS, Preset, Turner

_log = logging.getLogger(__name__)
IDLE_S = 10.0
Speeds = tuple[float, float, float]
# Speeds to turn at, or the token of a place that the camera remembers.
Wish = Speeds | str
Say = Callable[[str], None]


@dataclass
class Head:
    """Lives from the first word until ten seconds of rest or a fault, as `task`. `profile`: whose motors turn, "" when
    the camera is to be asked. `say` of a word is told what came of it where it did not count.
    """

    camera: OnvifCamera
    profile: str = ""
    holder: str = ""
    wanted: Wish | None = None
    until_s: float = 0.0
    second: int = 0
    words: int = 0
    _say: Say | None = None
    _travels: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.task = asyncio.get_running_loop().create_task(self._run())

    def take(self, session: str, wish: Wish, say: Say) -> str | None:
        """Take the word of the viewer of `session`; the reason when it does not count now."""
        now_s = _now_s()
        if self.holder not in ("", session) and now_s < self.until_s:
            return "busy"
        self.words = self.words + 1 if int(now_s) == self.second else 1
        self.second = int(now_s)
        if self.words > MAX_PTZ_PER_S:
            return "too-many"
        if self.holder != session:
            _log.info("camera turned under session %s", session)
        self.holder, self._say, self.until_s = session, say, now_s + PTZ_HOLD_MS / 1_000
        self.wanted = wish if any(wish) else None
        self._wake.set()
        return None

    def leave(self, session: str) -> None:
        """This viewer has no say any more."""
        if self.holder == session:
            self.holder, self._say, self.wanted, self.until_s = "", None, None, 0.0
            self._wake.set()

    async def _run(self) -> None:
        """Move while wanted, stand when not; ends after ten seconds of rest or a fault. The next word begins anew."""
        try:
            await self.camera.connect()
            turner = Turner(self.camera, self.profile or await turning_profile(self.camera))
            while await self._turn(turner):
                pass
        except ConsentryError as error:
            _log.info("a camera does not turn: %s", error.kind)
            if self._say is not None:
                self._say(error.kind)

    async def _turn(self, turner: Turner) -> bool:
        """One movement, from its first word to standing still; False when nobody wanted one for long."""
        if not await self._woken(IDLE_S) and self.wanted is None:
            return False
        if isinstance(self.wanted, str):
            preset, self.wanted, self._travels = self.wanted, None, True
            await turner.go_to(preset)
            return True
        if self._travels and (self.wanted is not None or not self.holder):
            self._travels = False
            await turner.stop()  # it goes nowhere any more for somebody who left
        await self._move(turner)
        return True

    async def _move(self, turner: Turner) -> None:
        sent: Speeds | None = None
        try:
            while isinstance(speeds := self.wanted, tuple) and _now_s() < self.until_s:
                sent_s, sent = _now_s(), speeds
                await turner.move(*speeds)
                while self.wanted == sent and _now_s() < min(self.until_s, sent_s + PTZ_RESEND_MS / 1_000):
                    await self._woken(0.05)
        finally:
            if sent is not None:
                await turner.stop()
        if _now_s() >= self.until_s and not isinstance(self.wanted, str):
            self.wanted = None

    async def _woken(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True


async def ask_presets(camera: OnvifCamera, profile: str = "") -> tuple[Preset, ...]:
    """The places that `camera` remembers, at most 32; none when it does not say."""
    try:
        await camera.connect()
        return await Turner(camera, profile or await turning_profile(camera)).presets()
    except ConsentryError as error:
        _log.info("a camera names no presets: %s", error.kind)
        return ()


async def turning_profile(camera: OnvifCamera) -> str:
    """The profile whose motors turn; NotFound `no-ptz` without one."""
    found = next((item.token for item in await camera.profiles() if item.can_turn), None)
    if found is None:
        raise NotFound("this camera cannot be turned", kind="no-ptz")
    return found


def presets_message(presets: tuple[Preset, ...]) -> dict[str, object]:
    """What a viewer is told of them."""
    return {"type": "presets", "presets": [{"token": item.token, "name": item.name} for item in presets]}


def read_wish(value: Mapping[str, object]) -> Wish:
    """A viewer's word: a `preset`, or `pan`, `tilt` and `zoom`; Malformed for what is neither."""
    preset = value.get("preset")
    if preset is None:
        return _speeds(value)
    if not isinstance(preset, str) or not 0 < len(preset) <= MAX_PRESET_CHARS:
        raise Malformed("a preset is a short text")
    return preset


def _speeds(value: Mapping[str, object]) -> Speeds:
    found = [_speed(value.get(name)) for name in ("pan", "tilt", "zoom")]
    return found[0], found[1], found[2]


def _speed(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise Malformed("speeds are numbers from -1 to 1")
    return float(value)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
