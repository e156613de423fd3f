"""Motion before the cameras whose owner switched it on (off by default): told to the owner's `EventSink`, no further.

It sees the pictures that the owner's mask is burnt into, so what moves behind a mask is no event.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Mapping

from consentry.edge.events import CameraEvent, EventKind, EventSink
from consentry.edge.pull import CameraFeed
from consentry.edge.store import Store
from consentry.kernel.ids import CameraId
from consentry.media.motion import MotionSense, Sensitivity
from consentry.media.thumbnails import Thumbnails
from consentry.media.units import AccessUnit, Sink

_log = logging.getLogger(__name__)


def sensitivity_of(store: Store, camera: CameraId) -> Sensitivity | None:
    """How sensitive the owner wants it; None: off."""
    said = store.fact(f"motion:{camera}")
    return None if said is None else Sensitivity(said)


def put_sensitivity(store: Store, camera: CameraId, sensitivity: Sensitivity | None) -> None:
    """Switch motion on, at a sensitivity, or off."""
    store.put_fact(f"motion:{camera}", None if sensitivity is None else str(sensitivity))


class Motion:
    """Watches feeds for motion. `now_ms`: UTC, for the events."""

    def __init__(self, store: Store, thumbnails: Thumbnails, sink: EventSink, now_ms: Callable[[], int]) -> None:
        self._store, self._thumbnails, self._sink, self._now_ms = store, thumbnails, sink, now_ms
        self._watched: dict[CameraId, tuple[CameraFeed, Sensitivity, Sink]] = {}
        self._looking: dict[CameraId, asyncio.Task[None]] = {}

    def follow(self, feeds: Mapping[CameraId, CameraFeed]) -> None:
        """Watch exactly those of `feeds` that the owner switched on, each at its sensitivity."""
        for camera, (feed, sensitivity, sink) in tuple(self._watched.items()):
            if feeds.get(camera) is not feed or sensitivity_of(self._store, camera) is not sensitivity:
                feed.unwatch(sink)
                del self._watched[camera]
        for camera, feed in feeds.items():
            wanted = sensitivity_of(self._store, camera)
            if wanted is not None and camera not in self._watched:
                sink = functools.partial(self._take, camera, MotionSense(wanted))
                feed.watch(sink)
                self._watched[camera] = (feed, wanted, sink)

    def stop(self) -> None:
        """Look at nothing any more."""
        self.follow({})
        for task in self._looking.values():
            task.cancel()

    def _take(self, camera: CameraId, sense: MotionSense, unit: AccessUnit) -> None:
        """One look at a time per camera: a decoder that is slow skips looks and piles up nothing."""
        if sense.note_unit(unit, time.monotonic()) and camera not in self._looking:
            task = asyncio.get_running_loop().create_task(self._look(camera, sense, unit))
            self._looking[camera] = task
            task.add_done_callback(lambda _: self._looking.pop(camera, None))

    async def _look(self, camera: CameraId, sense: MotionSense, unit: AccessUnit) -> None:
        thumbnail = await self._thumbnails.take(unit)
        if thumbnail is None or camera not in self._watched:
            return
        if sense.note_thumbnail(thumbnail.grey, time.monotonic()):
            _log.info("camera %s: motion", camera)
            self._sink(CameraEvent(camera, EventKind.MOTION, self._now_ms(), "picture"))
