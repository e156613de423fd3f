"""Looks at what each camera of this home sees, every few seconds: is a picture frozen, moved, covered, a clock off?

Its pictures are those that the owner's mask is burnt into. What it remembers of a view is how strong the edges are in
576 cells; that stays here, and says what the view was when the owner signed the terms.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consentry.edge.pull import CameraFeed
from consentry.edge.store import Store
from consentry.edge.view_memory import agreed, find_reference, has_moved, note_moved, put_reference
from consentry.kernel.ids import CameraId
from consentry.kernel.mask import Mask
from consentry.media.camera_eye import HIGH, WIDE, Eye
from consentry.media.mask_area import hidden_spans
from consentry.media.thumbnails import Thumbnails
from consentry.media.units import Sink

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 10.0
_KEEP_EVERY = 30


@dataclass(frozen=True)
class _Watched:
    feed: CameraFeed
    agreement: str
    eye: Eye
    sink: Sink


class Eyes:
    """One eye per feed. `on_change` is called when a camera's warnings become other ones."""

    def __init__(self, store: Store, feeds: Mapping[CameraId, CameraFeed], on_change: Callable[[], None]) -> None:
        self._store, self._feeds, self._on_change = store, feeds, on_change
        self._eyes: dict[CameraId, _Watched] = {}
        self._said: dict[CameraId, tuple[str, ...]] = {}
        self.thumbnails = Thumbnails()
        self._turn = 0

    def warnings(self) -> dict[CameraId, tuple[str, ...]]:
        """What is wrong with pictures that come; cameras without anything wrong are absent."""
        return {camera: words for camera, words in self._said.items() if words and camera in self._feeds}

    async def run(self) -> None:
        """Look at each camera, again and again."""
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self.look()
        finally:
            await self.thumbnails.stop()

    async def look(self) -> None:
        """One round."""
        self._turn += 1
        for feed in tuple(self._feeds.values()):
            await self._look_at(feed)

    async def _look_at(self, feed: CameraFeed) -> None:
        eye = self._eye_of(feed)
        if feed.state != "online" or not feed.cached():
            self._say(feed.camera, ())
            return
        thumbnail = await self.thumbnails.take(feed.cached()[0])
        if thumbnail is None or self._feeds.get(feed.camera) is not feed:
            return
        had = eye.reference
        eye.note_thumbnail(thumbnail, time.monotonic())
        if eye.reference is not None and (had is None or (eye.reference is not had and self._turn % _KEEP_EVERY == 0)):
            put_reference(self._store, feed.camera, eye.reference)
        words = eye.warnings(time.monotonic())
        self._say(feed.camera, words)
        if "view-moved" in words and feed.mask is not None and not has_moved(self._store, feed.camera):
            # What the mask hides is elsewhere now: nobody looks until the owner has drawn and signed it anew.
            _log.warning("camera %s: its view moved, and its owner drew a mask: closed", feed.camera)
            note_moved(self._store, feed.camera)
            self._on_change()

    def _eye_of(self, feed: CameraFeed) -> Eye:
        """What the owner signs anew is seen with new eyes."""
        agreement, found = agreed(self._store, feed.camera), self._eyes.get(feed.camera)
        if found is not None and found.feed is feed and found.agreement == agreement:
            return found.eye
        if found is not None:
            found.feed.unwatch(found.sink)
        reference = find_reference(self._store, feed.camera)
        made = Eye(ignored=masked_cells(feed.mask), reference=reference, now_s=time.monotonic())
        sink: Sink = lambda unit: made.note_unit(unit, time.monotonic())  # noqa: E731 - kept, to be taken off again
        feed.watch(sink)
        self._eyes[feed.camera] = _Watched(feed, agreement, made, sink)
        return made

    def _say(self, camera: CameraId, words: tuple[str, ...]) -> None:
        if self._said.get(camera, ()) != words:
            self._said[camera] = words
            self._on_change()


def masked_cells(mask: Mask | None) -> frozenset[int]:
    """Cells that the mask touches, and those beside them: the mask's own outline never moves."""
    if mask is None:
        return frozenset()
    spans = hidden_spans(mask, WIDE, HIGH).luma
    return frozenset(
        row * WIDE + column
        for span in spans
        for row in range(max(0, span.row - 1), min(HIGH, span.row + 2))
        for column in range(max(0, span.start - 1), min(WIDE, span.end + 1))
    )
