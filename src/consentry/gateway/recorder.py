"""Records city cameras that the web names, in segments cut at key frames, off the event loop.

Private cameras are never recorded here. Segments are handed on by id: the web is told of each one that is durable, and
the vault (docs/design/vault.md) takes it. A disk that is full stops the recording with a word of its own, never the
pictures; it begins again by itself. How a segment is written and found again: `segments.py`.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from consentry.gateway.segments import Finished, Run, recover
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.ids import CameraId, RecordingId
from consentry.media.coding import sets_of
from consentry.media.fmp4 import Muxer
from consentry.media.units import AccessUnit

_log = logging.getLogger(__name__)
MAX_WAITING_UNITS = 2_000
SEGMENT_US = 10_000_000
AGAIN_S = 5.0
# Told once more after a start, as the last reports may not have come through; the web knows them by their numbers.
TOLD_AGAIN = 100

Event = Mapping[str, object]
Tell = Callable[[Event], None]


@dataclass
class _Writing:
    """One camera's recording; owned by the thread. `run`: None while resting after a fault, until `again_s`."""

    recording: RecordingId
    run: Run | None = None
    muxer: Muxer | None = None
    start_us: int = 0
    again_s: float = 0.0
    faulty: Path | None = None
    state: str = ""


class SegmentRecorder:
    """`follow` and `take` are called on the event loop and never wait; `tell` is called from the recorder's thread.

    A writer that cannot keep up loses whole units and counts them in `lost_units`.
    """

    def __init__(self, folder: Path, tell: Tell) -> None:
        self.lost_units = 0
        self._folder, self._tell = folder, tell
        self._wanted: Mapping[CameraId, RecordingId] = {}
        self._waiting: queue.Queue[tuple[CameraId, AccessUnit | None] | None] = queue.Queue(MAX_WAITING_UNITS)
        self._writing: dict[CameraId, _Writing] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def follow(self, wanted: Mapping[CameraId, RecordingId]) -> None:
        """Record exactly these cameras from now on, each under its recording."""
        before, self._wanted = self._wanted, dict(wanted)
        for camera, recording in before.items():
            if self._wanted.get(camera) != recording:
                self._put(camera, None)

    def take(self, camera: CameraId, unit: AccessUnit) -> None:
        """The next unit of a camera."""
        if camera in self._wanted:
            self._put(camera, unit)

    def close(self) -> None:
        """Write what waits, finish the open segments."""
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _put(self, camera: CameraId, unit: AccessUnit | None) -> None:
        try:
            self._waiting.put_nowait((camera, unit))
        except queue.Full:
            self.lost_units += 1

    def _run(self) -> None:
        for folder in sorted(self._folder.glob("rec_*/*/")):
            self._recover(folder)
        while (item := self._waiting.get()) is not None:
            camera, unit = item
            try:
                self._record(camera, unit)
            except (OSError, ConsentryError) as error:
                self._rest(camera, error)
        for camera in tuple(self._writing):
            self._stop(camera)

    def _record(self, camera: CameraId, unit: AccessUnit | None) -> None:
        wanted = self._wanted.get(camera)
        found = self._writing.get(camera)
        if found is not None and (unit is None or found.recording != wanted):
            self._stop(camera)
            found = None
        if unit is None or wanted is None:
            return
        if found is None:
            found = self._writing[camera] = _Writing(wanted)
        if unit.key and self._is_due(found, unit):
            self._cut(camera, found, unit)
        if found.run is not None and found.muxer is not None:
            found.run.add(found.muxer.take(unit).build(), unit.wallclock_us)
        else:
            self.lost_units += found.again_s > 0

    @staticmethod
    def _is_due(found: _Writing, unit: AccessUnit) -> bool:
        if found.run is None or found.muxer is None:
            return time.monotonic() >= found.again_s
        changed = sets_of(unit) != found.muxer.parameter_sets
        return changed or unit.wallclock_us - found.start_us >= SEGMENT_US

    def _cut(self, camera: CameraId, found: _Writing, unit: AccessUnit) -> None:
        """Finish the open segment, begin the next one with this key unit."""
        if found.run is not None and found.muxer is not None:
            self._told(found.run.finish())
        if found.faulty is not None:
            self._recover(found.faulty)
            found.faulty = None
        if found.run is None:
            # Runs of one recording sort by time; the name is never used twice.
            found.run = Run(self._folder / found.recording / f"{time.time_ns()}-{uuid4().hex[:8]}",
                            found.recording, camera)  # fmt: skip
        found.muxer, found.start_us = Muxer(sets_of(unit), unit.codec), unit.wallclock_us
        found.run.begin(unit.wallclock_us, found.muxer.init)
        self._say(camera, found, "recording")

    def _stop(self, camera: CameraId) -> None:
        found = self._writing.pop(camera)
        try:
            if found.run is not None and found.muxer is not None:
                self._told(found.run.finish())
                self._say(camera, found, "stopped")
        except (OSError, Malformed) as error:
            _log.error("recording of %s: its last segment is left to be recovered: %s", camera, error)
        finally:
            if found.run is not None:
                found.run.close()

    def _rest(self, camera: CameraId, error: Exception) -> None:
        """Give the run up for now: what is whole of it is found again before the next one begins."""
        _log.error("recording of %s: %s", camera, error)
        self.lost_units += 1
        found = self._writing.get(camera)
        if found is None:
            return
        if found.run is not None:
            found.run.close()
            found.faulty = found.run.folder
        found.run, found.muxer, found.again_s = None, None, time.monotonic() + AGAIN_S
        self._say(camera, found, "disk-full" if isinstance(error, OSError) else "fault")

    def _recover(self, folder: Path) -> None:
        try:
            for done in recover(folder)[-TOLD_AGAIN:]:
                self._told(done)
        except (OSError, ConsentryError) as error:
            # Damage, or a disk that is still full: left as it is, for a person.
            _log.error("a recording's run cannot be brought in order: %s", error)

    def _told(self, done: Finished) -> None:
        self._tell({"type": "segment", **vars(done)})

    def _say(self, camera: CameraId, found: _Writing, state: str) -> None:
        if state != found.state:
            found.state = state
            self._tell({"type": "recorder", "recording": found.recording, "camera": camera, "state": state,
                        "lost_units": self.lost_units})  # fmt: skip
