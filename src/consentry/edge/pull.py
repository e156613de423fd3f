"""Reads a camera at home and keeps its newest group of pictures, so that a grant shows a picture at once.

One `CameraFeed` per camera, all on one event loop. Nothing here leaves the house: `watch` hands units to whoever the
guard let in, and to nobody else. Where the owner drew a mask, cache and watchers stand behind it; the units as the
camera sends them exist only between `_take` and the masking child.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from consentry.edge.masker import Masker
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_GOP_BYTES
from consentry.kernel.mask import Mask, mask_sha256
from consentry.media.coding import CODINGS, sets_of
from consentry.media.h264 import Picture
from consentry.media.outlet import Besides
from consentry.media.pulling import keep_pulling
from consentry.media.units import AccessUnit, Sink, SoundSink, SoundUnit

_log = logging.getLogger(__name__)


class PictureCache:
    """The units since the newest key unit, at most `max_bytes`; of a larger group it keeps the key unit alone."""

    def __init__(self, max_bytes: int = MAX_GOP_BYTES) -> None:
        self._max_bytes = max_bytes
        self._units: list[AccessUnit] = []
        self._bytes = 0
        self._broken = False

    def put(self, unit: AccessUnit) -> None:
        """Take the next unit in decoding order."""
        size = sum(len(nal) for nal in unit.nals)
        if unit.key:
            self._units, self._bytes, self._broken = [unit], size, False
        elif self._units and not self._broken:
            if self._bytes + size > self._max_bytes:
                self._broken = True  # a gap would show garbage: nothing more until the next key unit
                del self._units[1:]
                return
            self._units.append(unit)
            self._bytes += size

    def units(self) -> tuple[AccessUnit, ...]:
        """From a key unit on; empty before the first one."""
        return tuple(self._units)


@dataclass(frozen=True)
class Due:
    """What a camera is due by its owner's terms, for the life of a feed.

    `closed`: a kind of fault for which nothing is shown, whatever the camera sends (the terms name a mask that is not
    here). `hears`: is its sound read at all? A masked camera's never is: what the mask hides might be heard.
    """

    mask: Mask | None = None
    closed: str = ""
    hears: bool = False


class CameraFeed:
    """One camera being read. `state` is what `media` says of it: `online`, or a kind of fault.

    A feed has one mask for all its life: another mask is another feed, with nothing of the old one in it.
    """

    def __init__(self, camera: CameraId, url: str, on_state: Callable[[], None], due: Due | None = None) -> None:
        due = due or Due()
        mask, closed = due.mask, due.closed
        self.camera = camera
        self.url = url
        self.mask, self.closed = mask, closed
        self.hears = due.hears and mask is None and not closed
        self.state = "connecting"
        # The newest key unit, masked like the rest, kept over a fault: for the owner's eyes, beside its time.
        self.last_good: AccessUnit | None = None
        self._link_state = "connecting"
        self._mask_state = closed or ("connecting" if mask is not None else "online")
        self._cache = PictureCache()
        self._watchers: dict[Sink, SoundSink | None] = {}
        self._asked: set[asyncio.Future[AccessUnit]] = set()
        self._on_state = on_state
        self._masker = None if mask is None or closed else Masker(mask, self._give_masked, self._note_mask)
        self._task = asyncio.get_running_loop().create_task(self._read())

    @property
    def mask_sha256(self) -> str:
        """The hash of the mask that is in these pictures; "" for none."""
        return "" if self.mask is None else mask_sha256(self.mask)

    def is_for(self, url: str, due: Due) -> bool:
        """Is this the feed that such a camera is due?"""
        hears = due.hears and due.mask is None and not due.closed
        return (self.url, self.mask, self.closed, self.hears) == (url, due.mask, due.closed, hears)

    async def stop(self) -> None:
        """Hang up; no picture of it is left."""
        self._watchers.clear()
        self._cache = PictureCache()
        self._task.cancel()
        if self._masker is not None:
            await self._masker.stop()
        await asyncio.gather(self._task, return_exceptions=True)
        self._watchers.clear()
        self._cache, self.last_good = PictureCache(), None

    def cached(self) -> tuple[AccessUnit, ...]:
        """The newest group of pictures, from its key unit on."""
        return self._cache.units()

    def picture(self) -> Picture:
        """Codec and size of what is cached; Malformed while nothing is."""
        if not self.cached():
            raise Malformed("this camera shows nothing now")
        first = self.cached()[0]
        return CODINGS[first.codec].read_picture(sets_of(first))

    def told(self) -> dict[str, object]:
        """The same as the gateway is told it."""
        picture = self.picture()
        return {"codec": picture.codec, "width": picture.width_px, "height": picture.height_px}

    def watch(self, sink: Sink, hear: SoundSink | None = None) -> None:
        """Hand every following unit to `sink`, synchronously, and the sound to `hear` where it is read."""
        self._watchers[sink] = hear

    def unwatch(self, sink: Sink) -> None:
        """No further unit to `sink`, nor sound to who came with it."""
        self._watchers.pop(sink, None)

    async def whole_key_unit(self) -> AccessUnit:
        """The camera's next key unit without the mask: for the owner's own eyes, who draws it, and for nobody else."""
        asked: asyncio.Future[AccessUnit] = asyncio.get_running_loop().create_future()
        self._asked.add(asked)
        try:
            return await asked
        finally:
            self._asked.discard(asked)

    async def _read(self) -> None:
        besides = Besides(sound=self._take_sound if self.hears else None)
        await keep_pulling(self.url, self._take, on_state=self._note_link, besides=besides)

    def _take_sound(self, unit: SoundUnit) -> None:
        for hear in tuple(self._watchers.values()):
            if hear is not None:
                hear(unit)

    def _take(self, unit: AccessUnit) -> None:
        if unit.key:
            for asked in self._asked:
                if not asked.done():
                    asked.set_result(unit)
        if self._masker is not None:
            self._masker.put(unit)
        elif self.mask is None and not self.closed:
            self._give(unit)

    def _give_masked(self, unit: AccessUnit) -> None:
        """One that comes out of the child after the camera failed would pass for one of now."""
        if self._link_state == "online":
            self._give(unit)

    def _give(self, unit: AccessUnit) -> None:
        self._cache.put(unit)
        if unit.key:
            self.last_good = unit
        for sink in tuple(self._watchers):
            sink(unit)

    def _note_link(self, state: str) -> None:
        self._link_state = state
        self._note()

    def _note_mask(self, state: str) -> None:
        self._mask_state = state
        self._note()

    def _note(self) -> None:
        state = self._mask_state if self._link_state == "online" else self._link_state
        if state != self.state:
            _log.info("camera %s: %s", self.camera, state)
            self.state = state
            if state != "online":
                self._cache = PictureCache()  # a picture of before the fault would pass for one of now
            self._on_state()
