"""Records city cameras in segments cut at key frames, with a running SHA-256, off the event loop. Off unless told.

Private cameras are never recorded here. The vault (docs/design/vault.md) takes the segments; until then they are
files `<camera>/<start µs>.mp4` with the digest beside them, complete before their name appears.
"""

import hashlib
import logging
import queue
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.media.fmp4 import Muxer, sets_of
from consentry.media.units import AccessUnit

_log = logging.getLogger(__name__)
MAX_WAITING_UNITS = 2_000
SEGMENT_US = 10_000_000


@dataclass
class _Segment:
    muxer: Muxer
    start_us: int
    file: BinaryIO
    path: Path
    digest: "hashlib._Hash"

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        self.file.write(data)


class SegmentRecorder:
    """`take` is a tap of the hub; a writer that cannot keep up loses whole units and counts them in `lost_units`."""

    def __init__(self, folder: Path) -> None:
        self.lost_units = 0
        self._folder = folder
        self._waiting: queue.Queue[tuple[CameraId, AccessUnit] | None] = queue.Queue(MAX_WAITING_UNITS)
        self._segments: dict[CameraId, _Segment] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def take(self, camera: CameraId, unit: AccessUnit) -> None:
        """Called on the event loop; never waits."""
        try:
            self._waiting.put_nowait((camera, unit))
        except queue.Full:
            self.lost_units += 1

    def close(self) -> None:
        """Write what waits, finish the open segments."""
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            camera, unit = item
            try:
                self._record(camera, unit)
            except (OSError, Malformed) as error:
                _log.error("recording of %s: %s", camera, error)
                self.lost_units += 1
                self._segments.pop(camera, None)
        for camera in tuple(self._segments):
            self._finish(camera)

    def _record(self, camera: CameraId, unit: AccessUnit) -> None:
        segment = self._segments.get(camera)
        if unit.key and (segment is None or self._is_full(segment, unit)):
            if segment is not None:
                self._finish(camera)
            segment = self._segments[camera] = self._start(camera, unit)
        if segment is not None:
            segment.write(segment.muxer.take(unit).build())

    @staticmethod
    def _is_full(segment: _Segment, unit: AccessUnit) -> bool:
        changed = sets_of(unit) != segment.muxer.parameter_sets
        return changed or unit.wallclock_us - segment.start_us >= SEGMENT_US

    def _start(self, camera: CameraId, unit: AccessUnit) -> _Segment:
        folder = self._folder / camera
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{unit.wallclock_us}.part"
        segment = _Segment(Muxer(sets_of(unit)), unit.wallclock_us, path.open("wb"), path, hashlib.sha256())
        segment.write(segment.muxer.init)
        return segment

    def _finish(self, camera: CameraId) -> None:
        segment = self._segments.pop(camera)
        segment.file.close()
        segment.path.with_suffix(".sha256").write_text(segment.digest.hexdigest() + "\n")
        segment.path.rename(segment.path.with_suffix(".mp4"))
