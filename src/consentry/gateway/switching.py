"""Which of a camera's two streams each of its viewers gets, and when it changes over: always at a key frame.

The sub-stream is asked for while somebody needs it and not a moment longer than `LINGER_S`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from consentry.gateway.lane import Lane
from consentry.gateway.viewer import Viewer
from consentry.media.line import Level, Line

JUDGE_EVERY_S = 1.0
LINGER_S = 10.0
# A sub-stream that is asked for and does not come within so long, or stands still, is none.
LOW_WAIT_S = 8.0
LOW_SILENT_S = 3.0
# What the viewer is told.
WORDS = {Level.FULL: "full", Level.SMALL: "small", Level.FEW: "few"}

AskLow = Callable[[bool], None]


@dataclass(slots=True)
class _Seat:
    """One viewer: its line; `wanted`: where it goes at the next key frame, since when; what it was told last."""

    line: Line = field(default_factory=Line)
    wanted: Lane | None = None
    since_s: float = 0.0
    told: tuple[str, str] = ("full", "line")
    has_left_few: bool = False


class Switching:
    """Owned by the hub. `low`: the sub-stream's lane."""

    def __init__(self, main: Lane) -> None:
        self.main, self.low = main, Lane()
        self._ask: AskLow | None = None
        self._seats: dict[Viewer, _Seat] = {}
        # The home's own line is weak: its edge sends the smaller stream alone as soon as it can.
        self.is_asked = self.is_weak = False
        self._needed_s = self._judged_s = self._asked_s = float("-inf")

    def offer(self, ask: AskLow | None) -> None:
        """The camera has a sub-stream, which `ask` starts and stops; None: it has none (any more)."""
        if ask is None and self.is_asked:
            self._stop_low()
        self._ask = ask
        if ask is None:
            for viewer in tuple(self.low.viewers):
                self._go(viewer, self.main) if self._can_play_main(viewer) else self._refuse(viewer)

    def weaken(self, *, is_weak: bool) -> None:
        """What the camera's home says of its own line; without a sub-stream it changes nothing."""
        self.is_weak = is_weak and self._ask is not None
        if self.is_weak:
            for viewer in tuple(self.main.viewers):
                self._go(viewer, self.low)

    @property
    def stands_in(self) -> bool:
        """Does the smaller stream come instead of the large one?"""
        return self.is_weak and bool(self.low.group) and time.monotonic() - self.low.last_s < LOW_SILENT_S

    def place(self, viewer: Viewer) -> Lane | None:
        """Where `viewer` gets its pictures now: where it was, else the best that it can play. None: it has to wait
        for the sub-stream, or was refused."""
        seat = self._seats.setdefault(viewer, _Seat())
        if viewer not in self.low.viewers and self.stands_in and self.low.codec in viewer.plays:
            seat.wanted = None
            self.main.leave(viewer)
            self.low.viewers.add(viewer)
        if viewer in self.low.viewers:
            return self.low
        if self._can_play_main(viewer):
            self.main.viewers.add(viewer)
            return self.main
        if seat.wanted is not self.low:
            self._cannot_play(viewer, seat)
        return None

    def leave(self, viewer: Viewer) -> None:
        """It looks no more."""
        self._seats.pop(viewer, None)
        self.main.leave(viewer)
        self.low.leave(viewer)

    def sort(self) -> None:
        """The main stream is coded another way now: who cannot play that goes to the sub-stream, or is refused."""
        for viewer in [one for one in self.main.viewers if not self._can_play_main(one)]:
            self.main.leave(viewer)
            self._cannot_play(viewer, self._seats[viewer])

    def arrive(self, lane: Lane) -> None:
        """A key unit of `lane` is here: who waited for it begins with it."""
        for viewer, seat in tuple(self._seats.items()):
            if seat.has_left_few and viewer in lane.viewers:
                seat.has_left_few = False
                lane.few.discard(viewer)
            if seat.wanted is lane:
                self._move(viewer, seat, lane)
            self._tell(viewer, seat)

    def judge(self, now_s: float) -> None:
        """With each picture; once a second it looks at the lines."""
        if now_s - self._judged_s < JUDGE_EVERY_S:
            return
        self._judged_s = now_s
        has_low = self._ask is not None and not self._is_low_dead(now_s)
        for viewer, seat in tuple(self._seats.items()):
            self._judge_one(viewer, seat, now_s, has_low=has_low)
        if self.low.viewers or any(seat.wanted is self.low for seat in self._seats.values()):
            self._needed_s = now_s
        elif self.is_asked and now_s - self._needed_s > LINGER_S:
            self._stop_low()

    def forget(self) -> None:
        """The camera is gone, or its pictures may not be kept."""
        if self.is_asked:
            self._stop_low()
        self.low.forget()

    def _judge_one(self, viewer: Viewer, seat: _Seat, now_s: float, *, has_low: bool) -> None:
        if not self._can_play_main(viewer):
            if not has_low or (seat.wanted is self.low and now_s - seat.since_s > LOW_WAIT_S):
                self._refuse(viewer)
            return
        if not viewer.follows and not self.is_weak and viewer in self.main.viewers:
            return
        level = seat.line.judge(viewer.late_shots, now_s, has_small=has_low) if viewer.follows else Level.FULL
        self._go(viewer, self.low if has_low and (level is not Level.FULL or self.is_weak) else self.main)
        lane = self.low if viewer in self.low.viewers else self.main
        if level is Level.FEW and not viewer.thins and (lane is self.low or not has_low):
            lane.few.add(viewer)
        seat.has_left_few = level is not Level.FEW and viewer in lane.few
        self._tell(viewer, seat)

    def _go(self, viewer: Viewer, lane: Lane) -> None:
        seat = self._seats[viewer]
        if viewer in lane.viewers:
            seat.wanted = None
        elif seat.wanted is not lane:
            seat.wanted, seat.since_s = lane, time.monotonic()
            if lane is self.low:
                self._start_low()

    def _can_play_main(self, viewer: Viewer) -> bool:
        return not self.main.codec or self.main.codec in viewer.plays

    def _move(self, viewer: Viewer, seat: _Seat, lane: Lane, *, cached: bool = False) -> None:
        seat.wanted = None
        for other in (self.main, self.low):
            other.leave(viewer)
        lane.viewers.add(viewer)
        lane.begin(viewer, cached=cached)

    def _tell(self, viewer: Viewer, seat: _Seat) -> None:
        """Say what it gets, when that is another thing than before."""
        is_low = viewer in self.low.viewers
        few = viewer in self.low.few or viewer in self.main.few
        level = Level.FEW if few else Level.SMALL if is_low else Level.FULL
        why = "codec" if not self._can_play_main(viewer) else "home" if is_low and self._is_homes(seat) else "line"
        if (is_low or viewer in self.main.viewers) and seat.told != (WORDS[level], why) and viewer.sent_shots:
            seat.told = WORDS[level], why
            viewer.say({"type": "quality", "level": WORDS[level], "why": why})

    def _is_homes(self, seat: _Seat) -> bool:
        """Is it the home's line that keeps this viewer at the smaller stream? So until the large one is back."""
        return self.is_weak or (seat.told[1] == "home" and seat.line.level is Level.FULL)

    def _cannot_play(self, viewer: Viewer, seat: _Seat) -> None:
        if self._ask is None:
            self._refuse(viewer)
            return
        seat.wanted, seat.since_s = self.low, time.monotonic()
        self._start_low()
        if self.low.codec in viewer.plays and self.low.group:
            self._move(viewer, seat, self.low, cached=True)  # it runs for others: no need to wait for its key frame

    def _refuse(self, viewer: Viewer) -> None:
        """The session ends with the connection."""
        self.leave(viewer)
        viewer.refuse("codec")

    def _start_low(self) -> None:
        now_s = time.monotonic()
        self._needed_s = now_s
        if self._ask is not None and not self.is_asked:
            self.is_asked, self._asked_s = True, now_s
            self._ask(True)

    def _stop_low(self) -> None:
        self.is_asked = False
        self.low.forget()
        if self._ask is not None:
            self._ask(False)

    def _is_low_dead(self, now_s: float) -> bool:
        return self.is_asked and now_s - max(self.low.last_s + LOW_SILENT_S, self._asked_s + LOW_WAIT_S) > 0
