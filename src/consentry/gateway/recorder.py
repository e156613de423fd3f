"""Records looks that the web marked, in segments cut at key frames, off the event loop.

Which look may be recorded is decided in `keeping.py`, unit by unit. Segments are handed on to `carrier.py`, which
brings them to the vault (docs/design/vault.md). A disk that is full stops the recording with a word of its own, never
the pictures; it begins again by itself. How a segment is written and found again: `segments.py`.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar
from uuid import uuid4

from consentry.gateway.segments import Finished, Run, left_of, recover
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.ids import CameraId, RecordingId
from consentry.media.coding import sets_of
from consentry.media.fmp4 import Muxer
from consentry.media.units import AccessUnit

_log = logging.getLogger(__name__)
MAX_WAITING_UNITS = 2_000
SEGMENT_US = 10_000_000
AGAIN_S = 5.0
# Pictures gather for so long before they are written: one wake-up, one write and one turn of the digest for several of
# them. A process that is killed loses so much more of the segment that it was writing.
GATHER_S = 0.2

Event = Mapping[str, object]
Tell = Callable[[Event], None]
Given = TypeVar("Given")


@dataclass
class _Writing:
    """One recording; owned by the thread. `run`: None while resting after a fault, until `again_s`.

    `gathered`: the parts of so many whole `fragments` that are not written yet, up to the picture of `end_us`.
    """

    camera: CameraId
    run: Run | None = None
    muxer: Muxer | None = None
    start_us: int = 0
    gathered: list[bytes] = field(default_factory=list)
    fragments: int = 0
    end_us: int = 0
    again_s: float = 0.0
    faulty: Path | None = None
    state: str = ""


class _Word(NamedTuple):
    """What the loop tells the thread of a recording: its next unit, else that it rests or (`is_over`) has ended."""

    recording: RecordingId
    camera: CameraId
    unit: AccessUnit | None = None
    is_over: bool = False


class SegmentRecorder:
    """`take`, `rest` and `stop` are called on the event loop and never wait; `tell` is called from the thread.

    Told are `segment` (a durable one, with its folder) and `recorder` (how a recording stands). A writer that cannot
    keep up loses whole units and counts them in `lost_units`.
    """

    def __init__(self, folder: Path, tell: Tell) -> None:
        self.lost_units = 0
        self._folder, self._tell = folder, tell
        self._waiting: queue.SimpleQueue[_Word | None] = queue.SimpleQueue()
        self._writing: dict[RecordingId, _Writing] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def take(self, recording: RecordingId, camera: CameraId, unit: AccessUnit) -> None:
        """The next unit of a recording; it begins with a key unit."""
        if self._waiting.qsize() < MAX_WAITING_UNITS:
            self._waiting.put(_Word(recording, camera, unit))
        else:
            self.lost_units += 1

    def rest(self, recording: RecordingId, camera: CameraId) -> None:
        """Nothing is shown for now: the segment ends here, and the next one begins with the next key unit."""
        self._waiting.put(_Word(recording, camera))

    def stop(self, recording: RecordingId, camera: CameraId) -> None:
        """It is over: finish the open segment, say `stopped`, also when nothing was ever written."""
        self._waiting.put(_Word(recording, camera, is_over=True))

    def is_open(self, folder: Path) -> bool:
        """Is a run being written in `folder`?"""
        return any(found.run is not None and found.run.folder == folder for found in tuple(self._writing.values()))

    def close(self) -> None:
        """Write what waits, finish the open segments."""
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # said of each recording that cannot be written
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in sorted(self._folder.glob("rec_*/*/")):
            self._recover(folder)
        is_over = False
        while not is_over:
            words, is_over = self._next_words()
            for word in words:
                self._guard(word.recording, self._record, word)
            for recording, found in tuple(self._writing.items()):
                self._guard(recording, self._write, found)
        for recording, found in tuple(self._writing.items()):
            self._finish(recording, found, "resting")

    def _next_words(self) -> tuple[list[_Word], bool]:
        """All that has gathered, and whether that is all there will be."""
        words: list[_Word] = []
        while not (words and self._waiting.empty()):
            word = self._waiting.get()
            if word is None:
                return words, True
            if not words:
                time.sleep(GATHER_S)
            words.append(word)
        return words, False

    def _guard(self, recording: RecordingId, act: Callable[[Given], None], given: Given) -> None:
        try:
            act(given)
        except (OSError, ConsentryError) as error:
            self._fail(recording, error)

    def _record(self, word: _Word) -> None:
        found = self._writing.get(word.recording)
        if word.unit is None:
            if found is not None or word.is_over:
                state = "stopped" if word.is_over else "resting"
                self._finish(word.recording, found or _Writing(word.camera), state)
            return
        if found is None:
            found = self._writing[word.recording] = _Writing(word.camera)
        if word.unit.key and self._is_due(found, word.unit):
            self._cut(word.recording, found, word.unit)
        if found.run is not None and found.muxer is not None:
            found.gathered += found.muxer.take(word.unit).parts()
            found.fragments += 1
            found.end_us = max(found.end_us, word.unit.wallclock_us)
        else:
            self.lost_units += found.again_s > 0

    @staticmethod
    def _write(found: _Writing) -> None:
        """Write what gathered, in one piece."""
        if found.run is not None and found.gathered:
            found.run.add(b"".join(found.gathered), found.end_us)
            found.gathered, found.fragments = [], 0

    @staticmethod
    def _is_due(found: _Writing, unit: AccessUnit) -> bool:
        if found.run is None or found.muxer is None:
            return time.monotonic() >= found.again_s
        changed = sets_of(unit) != found.muxer.parameter_sets
        return changed or unit.wallclock_us - found.start_us >= SEGMENT_US

    def _cut(self, recording: RecordingId, found: _Writing, unit: AccessUnit) -> None:
        """Finish the open segment, begin the next one with this key unit."""
        if found.run is not None and found.muxer is not None:
            self._write(found)
            self._told(found.run.finish(), found.run.folder)
        if found.faulty is not None:
            self._recover(found.faulty)
            found.faulty = None
        if found.run is None:
            # Runs of one recording sort by time; the name is never used twice.
            found.run = Run(self._folder / recording / f"{time.time_ns()}-{uuid4().hex[:8]}", recording, found.camera)
        found.muxer = Muxer(sets_of(unit), unit.codec)
        found.start_us = found.end_us = unit.wallclock_us
        found.run.begin(unit.wallclock_us, found.muxer.init)
        self._say(recording, found, "recording")

    def _finish(self, recording: RecordingId, found: _Writing, state: str) -> None:
        run = found.run
        try:
            if run is not None and found.muxer is not None:
                self._write(found)
                self._told(run.finish(), run.folder)
        except (OSError, Malformed) as error:
            _log.error("recording %s: its last segment is left to be recovered: %s", recording, error)
            found.faulty = run.folder if run is not None else None
        if run is not None:
            run.close()
        if found.faulty is not None:
            self._recover(found.faulty)
        self._writing.pop(recording, None)
        self._say(recording, found, state)

    def _fail(self, recording: RecordingId, error: Exception) -> None:
        """Give the run up for now: what is whole of it is found again before the next one begins."""
        _log.error("recording %s: %s", recording, error)
        found = self._writing.get(recording)
        self.lost_units += max(1, found.fragments if found is not None else 0)
        if found is None:
            return
        found.gathered, found.fragments = [], 0
        if found.run is not None:
            found.run.close()
            found.faulty = found.run.folder
        found.run, found.muxer, found.again_s = None, None, time.monotonic() + AGAIN_S
        self._say(recording, found, "disk-full" if isinstance(error, OSError) else "fault")

    def _recover(self, folder: Path) -> None:
        try:
            for done in left_of(folder, recover(folder)):
                self._told(done, folder)
        except (OSError, ConsentryError) as error:
            # Damage, or a disk that is still full: left as it is, for a person.
            _log.error("a recording's run cannot be brought in order: %s", error)

    def _told(self, done: Finished, folder: Path) -> None:
        self._tell({"type": "segment", "segment": done, "folder": folder})

    def _say(self, recording: RecordingId, found: _Writing, state: str) -> None:
        if state != found.state:
            found.state = state
            self._tell({"type": "recorder", "recording": recording, "camera": found.camera, "state": state,
                        "lost_units": self.lost_units})  # fmt: skip
