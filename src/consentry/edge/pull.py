"""Reads a camera at home and keeps its newest group of pictures, so that a grant shows a picture at once.

One `CameraFeed` per camera, all on one event loop. Nothing here leaves the house: `watch` hands units to whoever the
guard let in, and to nobody else.
"""

import asyncio
import logging
from collections.abc import Callable

from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_GOP_BYTES
from consentry.media.h264 import SPS, Picture, nal_kind, read_sps
from consentry.media.pulling import keep_pulling
from consentry.media.units import AccessUnit, Sink

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


class CameraFeed:
    """One camera being read. `state` is what `media` says of it: `online`, or a kind of fault."""

    def __init__(self, camera: CameraId, url: str, on_state: Callable[[], None]) -> None:
        self.camera = camera
        self.url = url
        self.state = "connecting"
        self._cache = PictureCache()
        self._watchers: set[Sink] = set()
        self._on_state = on_state
        self._task = asyncio.get_running_loop().create_task(self._read())

    async def stop(self) -> None:
        """Hang up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._watchers.clear()

    def cached(self) -> tuple[AccessUnit, ...]:
        """The newest group of pictures, from its key unit on."""
        return self._cache.units()

    def picture(self) -> Picture:
        """Codec and size of what is cached; Malformed while nothing is."""
        nals = self.cached()[0].nals if self.cached() else ()
        return read_sps(next((nal for nal in nals if nal_kind(nal) == SPS), b""))

    def watch(self, sink: Sink) -> None:
        """Hand every following unit to `sink`, synchronously."""
        self._watchers.add(sink)

    def unwatch(self, sink: Sink) -> None:
        """No further unit to `sink`."""
        self._watchers.discard(sink)

    async def _read(self) -> None:
        await keep_pulling(self.url, self._take, on_state=self._note)

    def _take(self, unit: AccessUnit) -> None:
        self._cache.put(unit)
        for sink in tuple(self._watchers):
            sink(unit)

    def _note(self, state: str) -> None:
        if state != self.state:
            _log.info("camera %s: %s", self.camera, state)
            self.state = state
            if state != "online":
                self._cache = PictureCache()  # a picture of before the fault would pass for one of now
            self._on_state()
