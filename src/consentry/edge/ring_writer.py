"""The ring's one writer: a thread that takes units from a bounded queue, encrypts them and keeps the disk in order.

The event loop never waits for it. When the disk is slower than the cameras, the queue is full and whole groups of
pictures are left out and counted; looks go on, as they never pass here.
"""

import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from consentry.edge.ring_files import Segment, SegmentWriter
from consentry.edge.ring_index import FILE, RingIndex, fresh_index, reconcile
from consentry.edge.ring_room import Room
from consentry.edge.ring_settings import RingSettings
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import RING_GAP_US, RING_QUEUE_BYTES
from consentry.media.units import AccessUnit

_log = logging.getLogger(__name__)
PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Units for one chunk. `opens`: they begin a segment. Times: wall clock, UTC, of the first and the last."""

    camera: CameraId
    units: tuple[AccessUnit, ...]
    opens: bool
    size_bytes: int


@dataclass(frozen=True)
class Place:
    """Where a ring is: `folder` for segments, `state` for its index, 32 bytes of key; two things tests hand in."""

    folder: Path
    state: Path
    key: bytes = field(repr=False)
    now_us: Callable[[], int] = lambda: time.time_ns() // 1_000
    free_bytes: Callable[[], int] | None = None


class RingWriter:
    """Owns the thread, the open segments and the index. `paused`: why nothing is recorded now, "" while it is.

    `total_bytes` of finished segments; `lost_units` that the disk did not take in time or at all (at least).
    """

    def __init__(self, place: Place, settings: RingSettings) -> None:
        self.place, self._settings = place, settings
        self.paused, self.total_bytes, self.lost_units = "", 0, 0
        self._queue: deque[Piece | Callable[[], None]] = deque()
        self._queued_bytes = 0
        self._more = threading.Condition()
        self._closing = False
        self._open: dict[CameraId, SegmentWriter] = {}
        self._shown: dict[CameraId, tuple[int, int, Path]] = {}
        self._retry_s = 0.0
        self._thread = threading.Thread(target=self._run, name="ring", daemon=True)
        self._thread.start()

    def put(self, piece: Piece) -> bool:
        """Take units to write; False when too many wait: then they are lost."""
        with self._more:
            if self._queued_bytes + piece.size_bytes > RING_QUEUE_BYTES:
                self.lost_units += len(piece.units)
                return False
            self._queued_bytes += piece.size_bytes
            self._queue.append(piece)
            self._more.notify()
        return True

    def finish(self, camera: CameraId) -> None:
        """No more comes from `camera` for now."""
        self._act(lambda: self._finish(camera))

    def obey(self, settings: RingSettings) -> None:
        """The owner changed how much is kept."""
        self._act(lambda: self._obey(settings))

    def age(self) -> None:
        """Let go what has become too old; also while no camera gives anything."""
        self._act(lambda: None if self._is_pausing() else self._tidy())

    def clear(self, camera: CameraId, start_us: int, end_us: int) -> threading.Event:
        """Delete what shares an instant with the span; the event is set once it is gone from the disk."""
        done = threading.Event()

        def act() -> None:
            self._finish(camera)
            self._room.clear(camera, start_us, end_us)
            done.set()

        self._act(act)
        return done

    def keep_only(self, cameras: frozenset[CameraId]) -> None:
        """Delete the recordings of all other cameras."""
        self._act(lambda: self._keep_only(cameras))

    def being_written(self, camera: CameraId) -> tuple[int, int, Path] | None:
        """[start, end) so far and the file of the segment that is open now."""
        return self._shown.get(camera)

    def close(self, *, wait_s: float = 10.0) -> None:
        """Write what waits, finish all segments, end the thread."""
        with self._more:
            self._closing = True
            self._more.notify()
        self._thread.join(wait_s)

    def _act(self, act: Callable[[], None]) -> None:
        with self._more:
            self._queue.append(act)
            self._more.notify()

    def _run(self) -> None:
        """Lives as long as the ring: after any fault it opens the index anew and goes on with the next segments."""
        while True:
            try:
                self._work()
            except Exception as error:  # noqa: BLE001  # boundary: recording must not take the edge down with it
                self.paused = "ring-fault"
                _log.exception("the ring failed")
                self._forget_broken(error)
            else:
                return
            with self._more:
                if self._more.wait_for(lambda: self._closing, PAUSE_S):
                    return

    def _work(self) -> None:
        self.place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        index = fresh_index(self.place.state)
        try:
            reconcile(index, self.place.folder, self.place.key)
            self._room = Room(self.place.folder, index, self.place.free_bytes)
            self.paused = ""
            self._tidy()
            while (task := self._next()) is not None:
                if isinstance(task, Piece):
                    self._write(task)
                else:
                    task()
                self.total_bytes = self._room.total_bytes
            for camera in tuple(self._open):
                self._finish(camera)
        finally:
            index.close()

    def _next(self) -> "Piece | Callable[[], None] | None":
        with self._more:
            while not self._queue and not self._closing:
                self._more.wait()
            if not self._queue:
                return None
            task = self._queue.popleft()
            if isinstance(task, Piece):
                self._queued_bytes -= task.size_bytes
            return task

    def _write(self, piece: Piece) -> None:
        if not self._settings.records(piece.camera) or self._is_pausing():
            return
        try:
            self._append(piece)
        except OSError as error:
            _log.warning("recording: %s", error.strerror)
            self.lost_units += len(piece.units)
            self._finish(piece.camera)
            if not self._room.make_at_once():
                self._pause()

    def _append(self, piece: Piece) -> None:
        """Where no segment is open (a failed write, a span deleted) the next piece that begins with a key opens one."""
        if piece.opens or (piece.camera not in self._open and piece.units[0].key):
            self._finish(piece.camera, before_us=piece.units[0].wallclock_us)
            if not self._make_room():
                return
            start_us = min(unit.wallclock_us for unit in piece.units)
            self._open[piece.camera] = SegmentWriter(self.place.folder, self.place.key, piece.camera, start_us)
        segment = self._open.get(piece.camera)
        if segment is None:
            return  # the rest of a group whose begin is not there: nobody could decode it
        segment.append(piece.units)
        self._shown[piece.camera] = (segment.start_us, segment.last_us + 1, segment.path)

    def _finish(self, camera: CameraId, *, before_us: int = 0) -> None:
        """`before_us`: when the next segment begins; without a gap between them this one ends there."""
        self._shown.pop(camera, None)
        writer = self._open.pop(camera, None)
        if writer is None:
            return
        follows = 0 < before_us - writer.last_us <= RING_GAP_US
        try:
            segment = writer.finish(before_us if follows else writer.last_us + 1)
        except OSError as error:
            _log.warning("recording: %s", error.strerror)  # its file stays, and is finished at the next start
            return
        if segment is not None:
            self._room.add(segment)

    def _make_room(self) -> bool:
        if self._room.make(self._settings, self.place.now_us()):
            self.paused = ""
            return True
        self._pause()
        return False

    def _pause(self) -> None:
        if not self.paused:
            _log.warning("recording pauses: the disk is full")
        self.paused, self._retry_s = "disk-full", time.monotonic() + PAUSE_S
        for camera in tuple(self._open):
            self._finish(camera)

    def _is_pausing(self) -> bool:
        return self.paused == "disk-full" and time.monotonic() < self._retry_s

    def _obey(self, settings: RingSettings) -> None:
        self._settings = settings
        for camera in [camera for camera in self._open if not settings.records(camera)]:
            self._finish(camera)
        while self._room.remove_aged(settings, self.place.now_us()):
            pass  # the owner asked for it, so at once
        self._tidy()

    def _tidy(self) -> None:
        """What the owner does not want kept goes, also when it was said while this edge did not run."""
        for camera in self._settings.off:
            self._room.clear(camera)
        if self._settings.hours == 0:
            self._room.clear_others(())
        self._make_room()

    def _keep_only(self, cameras: frozenset[CameraId]) -> None:
        for camera in [camera for camera in self._open if camera not in cameras]:
            self._finish(camera)
        self._room.clear_others(cameras)

    def _forget_broken(self, error: Exception) -> None:
        """Segments that were open are finished by `reconcile`; a damaged index is made anew."""
        for writer in self._open.values():
            writer.abandon()
        self._open.clear()
        self._shown.clear()
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            (self.place.state / FILE).unlink(missing_ok=True)


def finished_within(place: Place, camera: CameraId, start_us: int, end_us: int) -> list[Segment]:
    """Finished segments of `camera` that share an instant with [start_us, end_us); for any thread.

    Unavailable while the index is being made anew.
    """
    try:
        with contextlib.closing(RingIndex(place.state)) as index:
            return index.within(camera, start_us, end_us)
    except sqlite3.DatabaseError as error:
        raise Unavailable("the recording is being looked through", kind="recording-index") from error
