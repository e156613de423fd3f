"""The owner's own recording at home: a ring of the newest hours of each camera. Nobody else reads it.

No path leads from a look to it: what `dial`, `looks` and the rest of the way out may import is tested. What leaves
the house of it is a clip that the owner made, saw and sends. Design: docs/design/media.md; files: docs/spec/ring.md.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from consentry.edge.pull import CameraFeed
from consentry.edge.ring_settings import RingSettings
from consentry.edge.ring_tape import Tape
from consentry.edge.ring_writer import Place, RingWriter, finished_within
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import RING_GAP_US

IDLE_S = 2.0
AGE_S = 15.0
TELL_LOSS_S = 600.0
RingSpan = tuple[int, int]
_NOTES = {
    "disk-full": "The recording pauses: the disk is full.",
    "loss": "Some pictures were not recorded: the disk is too slow.",
    "ring-fault": "The recording does not work: its folder cannot be written.",
}


@dataclass
class _Recorded:
    feed: CameraFeed
    tape: Tape
    seen: int = 0
    seen_s: float = field(default_factory=time.monotonic)


class Ring:
    """Follows the cameras that are read; its writer is a thread. All methods are of the event loop's thread but
    `spans` and `segments`, which any thread may call."""

    def __init__(self, place: Place, settings: RingSettings) -> None:
        self.place, self._settings = place, settings
        self._writer = RingWriter(place, settings)
        self._recorded: dict[CameraId, _Recorded] = {}
        self._known: frozenset[CameraId] | None = None
        self._aged_s = time.monotonic()
        self._lost, self._lost_s = 0, -TELL_LOSS_S

    def follow(self, feeds: Mapping[CameraId, CameraFeed], known: frozenset[CameraId], settings: RingSettings) -> None:
        """Record exactly these feeds, as `settings` say; delete what was recorded of cameras that are not `known`."""
        if settings != self._settings:
            self._settings = settings
            self._writer.obey(settings)
        wanted = {camera: feed for camera, feed in feeds.items() if settings.records(camera)}
        for camera, recorded in tuple(self._recorded.items()):
            if wanted.get(camera) is not recorded.feed:
                self._leave(camera)
        for camera, feed in wanted.items():
            if camera not in self._recorded:
                recorded = _Recorded(feed, Tape(camera, self._writer.put))
                self._recorded[camera] = recorded
                feed.watch(recorded.tape.take)
        if known != self._known:
            self._known = known
            self._writer.keep_only(known)

    def tick(self) -> None:
        """Finish the segment of a camera that gives nothing any more; let old ones go."""
        now_s = time.monotonic()
        if now_s - self._aged_s > AGE_S:
            self._aged_s = now_s
            self._writer.age()
        if self._writer.lost_units != self._lost:
            self._lost, self._lost_s = self._writer.lost_units, now_s
        for camera, recorded in self._recorded.items():
            if recorded.seen != recorded.tape.taken:
                recorded.seen, recorded.seen_s = recorded.tape.taken, now_s
            elif now_s - recorded.seen_s > IDLE_S and recorded.seen:
                recorded.tape.flush()
                self._writer.finish(camera)
                recorded.seen_s = now_s

    def clear(self, camera: CameraId, start_us: int = 0, end_us: int = 1 << 62) -> bool:
        """Delete what shares an instant with [start, end): whole segments of about 10 s. Call it in a thread.

        True once the files are gone from the disk; False when that took longer than 30 s.
        """
        return self._writer.clear(camera, start_us, end_us).wait(30.0)

    def spans(self, camera: CameraId, start_us: int, end_us: int) -> list[RingSpan]:
        """What is recorded of `camera` within [start, end), by time; a hole of more than 2 s is a hole."""
        found = [(item.start_us, item.end_us) for item in finished_within(self.place, camera, start_us, end_us)]
        now = self._writer.being_written(camera)
        if now is not None and now[0] < end_us and now[1] > start_us:
            found.append(now[:2])
        return _joined(found, start_us, end_us)

    def note(self) -> str:
        """What the owner should know, "" when all is well."""
        lost = time.monotonic() - self._lost_s < TELL_LOSS_S
        return _NOTES.get(self._writer.paused or ("loss" if lost else ""), "")

    @property
    def writer(self) -> RingWriter:
        """For counting and reading."""
        return self._writer

    def close(self) -> None:
        """Write what is here and end the thread; blocks for it at most 10 s."""
        for camera in tuple(self._recorded):
            self._leave(camera)
        self._writer.close()

    def _leave(self, camera: CameraId) -> None:
        recorded = self._recorded.pop(camera)
        recorded.feed.unwatch(recorded.tape.take)
        recorded.tape.flush()
        self._writer.finish(camera)


def _joined(spans: list[RingSpan], start_us: int, end_us: int) -> list[RingSpan]:
    joined: list[RingSpan] = []
    for first_us, last_us in sorted(spans):
        begin, end = max(first_us, start_us), min(last_us, end_us)
        if joined and begin - joined[-1][1] <= RING_GAP_US:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
