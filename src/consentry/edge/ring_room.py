"""Makes room in the ring, oldest first: what is older than the owner wants, more than they allow or the disk has."""

import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from consentry.edge.ring_files import Segment
from consentry.edge.ring_index import RingIndex
from consentry.edge.ring_settings import RingSettings
from consentry.kernel.ids import CameraId

_log = logging.getLogger(__name__)
# A clock that is set wrongly for a moment must not cost the whole ring: by age goes a little at each turn.
AGED_PER_TURN = 20
_HOUR_US = 3_600_000_000


class Room:
    """Owned by the writer's thread. `free_bytes` of the ring's disk is handed in, so that tests fill it."""

    def __init__(self, folder: Path, index: RingIndex, free_bytes: Callable[[], int] | None = None) -> None:
        self._folder, self._index = folder, index
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(folder).free)
        self._total_bytes = index.total_bytes()

    @property
    def total_bytes(self) -> int:
        """Of all finished segments."""
        return self._total_bytes

    def add(self, segment: Segment) -> None:
        """A segment was finished."""
        self._index.add((segment,))
        self._total_bytes += segment.size_bytes

    def make(self, settings: RingSettings, now_us: int) -> bool:
        """Delete what has to go; False when the disk has too little room although the ring is empty."""
        self.remove_aged(settings, now_us)
        while settings.max_bytes is not None and self._total_bytes > settings.max_bytes and self._remove_oldest(1):
            pass
        while self._free_bytes() < settings.keep_free_bytes:
            if not self._remove_oldest(1):
                return False
        return True

    def remove_aged(self, settings: RingSettings, now_us: int) -> int:
        """Delete a few of those older than the owner keeps them; how many."""
        before_us = now_us - settings.hours * _HOUR_US
        found = [segment for segment in self._index.oldest(AGED_PER_TURN) if segment.end_us < before_us]
        self._remove(found)
        return len(found)

    def make_at_once(self) -> bool:
        """The disk took no more: delete the oldest sixteenth; False when there was nothing."""
        before = self._total_bytes
        while 16 * (before - self._total_bytes) < before and self._remove_oldest(1):
            pass
        return self._total_bytes < before

    def clear(self, camera: CameraId, start_us: int = 0, end_us: int = 1 << 62) -> int:
        """Delete every segment of `camera` that shares an instant with the span; how many."""
        found = self._index.within(camera, start_us, end_us)
        self._remove(found)
        folder = self._folder / camera
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        return len(found)

    def clear_others(self, kept: Iterable[CameraId]) -> None:
        """Delete all of cameras that are not among `kept`."""
        for camera in set(self._index.cameras()) - set(kept):
            _log.info("camera %s: its recording is deleted", camera)
            self.clear(camera)

    def _remove_oldest(self, count: int) -> bool:
        found = self._index.oldest(count)
        self._remove(found)
        return bool(found)

    def _remove(self, segments: list[Segment]) -> None:
        """First the files: a row without a file is mended at the next start, a file without a row stays till then."""
        for segment in segments:
            segment.path_in(self._folder).unlink(missing_ok=True)
            self._total_bytes -= segment.size_bytes
        if segments:
            self._index.drop(segments)
