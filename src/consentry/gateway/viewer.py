"""What the hub sends to: pictures as `Shot`, viewers of any kind, and the viewer behind a WebSocket.

A socket's queue is bounded, drops to the next key frame and counts what it dropped.

No task per viewer: frames are written to the transport when the hub has them, or from a timer while it is behind.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from consentry.gateway.cut import WEAK_UNSENT_BYTES, cut, keep_little_unsent
from consentry.gateway.frames import FRAGMENT, close_frame, media_frame, text_frame
from consentry.kernel.limits import (
    MAX_VIEWER_QUEUE_BYTES,
    MAX_VIEWER_UNSENT_BYTES,
    MAX_VIEWER_WAIT_S,
    RTP_PAYLOAD_BYTES,
)
from consentry.media.fmp4 import Fragment
from consentry.media.packetise import is_reference, packetise
from consentry.media.units import AccessUnit

CLOSE_ENDED, CLOSE_MALFORMED, CLOSE_REFUSED = 4000, 4001, 4003
_PUMP_S = 0.01
# What every browser plays; the rest is said by who presents.
PLAYED_BY_ALL = frozenset({"h264"})


@dataclass(slots=True)
class Shot:
    """One access unit as it goes to viewers; frame and payloads are built once, when the first viewer needs them."""

    fragment: Fragment
    unit: AccessUnit
    _frame: bytes | None = field(default=None, repr=False)
    _payloads: tuple[bytes, ...] | None = field(default=None, repr=False)

    @property
    def wallclock_us(self) -> int:
        """UTC microseconds of capture."""
        return self.unit.wallclock_us

    @property
    def ts_us(self) -> int:
        """Presentation time on the source's line."""
        return self.unit.ts_us

    @property
    def is_reference(self) -> bool:
        """Are other pictures decoded from it?"""
        return is_reference(self.unit.nals)

    @property
    def key(self) -> bool:
        """Can a viewer start here?"""
        return self.fragment.key

    @property
    def size_bytes(self) -> int:
        """About how much it is on the wire."""
        nals = self.fragment.nals
        return 160 + (len(nals[0]) if len(nals) == 1 else sum(map(len, nals)))

    def frame(self) -> bytes:
        """The WebSocket frame, shared by all viewers."""
        if self._frame is None:
            self._frame = media_frame(FRAGMENT, self.wallclock_us, self.fragment.build())
        return self._frame

    def payloads(self) -> tuple[bytes, ...]:
        """The RTP payloads, shared by all viewers by WebRTC."""
        if self._payloads is None:
            self._payloads = packetise(self.unit.nals, most=RTP_PAYLOAD_BYTES)
        return self._payloads


@dataclass(frozen=True, slots=True)
class Beginning:
    """What comes before pictures: `told` (codec and size, a text message), `frames`: the same and the initialisation
    segment as WebSocket frames; `init`: the segment alone."""

    told: Mapping[str, object]
    frames: bytes
    init: bytes = b""


class Viewer(Protocol):
    """Whoever looks, by whatever transport. Nothing here waits; after `end` or `refuse` no picture leaves.

    `plays`: how pictures may be coded for it, as in `AccessUnit.codec`. `follows`: may it be given another stream when
    its line is weak? `thins`: does it leave out pictures by itself where its line carries less?
    """

    plays: frozenset[str]
    follows: bool
    thins: bool

    @property
    def late_shots(self) -> int:
        """How many pictures its line was too slow for."""

    over: bool
    sent_shots: int
    sent_bytes: int
    dropped_shots: int
    before_pump: Callable[[], None] | None

    def say(self, message: Mapping[str, object]) -> None:
        """Send a text message."""

    def begin(self, beginning: Beginning, shots: tuple[Shot, ...] = ()) -> None:
        """What is to come, and the cached pictures."""

    def push(self, shot: Shot) -> None:
        """The next picture."""

    def end(self, reason: str) -> None:
        """It is over, and why."""

    def refuse(self, kind: str) -> None:
        """It may not be, and why."""


class SocketViewer:
    """Writes to one transport. After `end` or `refuse` nothing but the farewell leaves.

    What waits is bounded in bytes and in time, so a line that is too slow loses pictures and gains no delay.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self.plays, self.follows, self.thins = PLAYED_BY_ALL, True, False
        self.sent_shots = 0
        self.sent_bytes = 0
        self.dropped_shots = 0
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[Shot, float]] = deque()
        self._queue_bytes = 0
        self._allowance_bytes = MAX_VIEWER_QUEUE_BYTES
        self._unsent_bytes = MAX_VIEWER_UNSENT_BYTES
        self._beginning: bytes | None = None
        self._needs_key = True
        self._timer: asyncio.TimerHandle | None = None
        # Asked before what waited is sent: who slept ends what ran out meanwhile, and so perhaps this viewer.
        self.before_pump: Callable[[], None] | None = None
        self.over = False

    @property
    def late_shots(self) -> int:
        """See `Viewer`."""
        return self.dropped_shots

    def say(self, message: Mapping[str, object]) -> None:
        """Send a text message, unless it is over or the viewer is so far behind that it would not read it."""
        if not self.over and self._transport.get_write_buffer_size() <= 2 * MAX_VIEWER_QUEUE_BYTES:
            self._transport.write(text_frame(message))

    def begin(self, beginning: Beginning, shots: tuple[Shot, ...] = ()) -> None:
        """A new initialisation segment and the cached pictures that follow it."""
        self._drop_queue()
        self._beginning, self._needs_key = beginning.frames, True
        self._allowance_bytes = MAX_VIEWER_QUEUE_BYTES + sum(shot.size_bytes for shot in shots)
        for shot in shots:
            self.push(shot)

    def push(self, shot: Shot) -> None:
        """The next picture."""
        if self.over or (self._beginning is None and not self.sent_shots):
            return  # not begun
        now_s = self._loop.time()
        if self._queue and (
            self._queue_bytes + shot.size_bytes > self._allowance_bytes or now_s - self._queue[0][1] > MAX_VIEWER_WAIT_S
        ):
            self._drop_queue()
            self._needs_key = True
            self._note_weak()
        if self._needs_key and not shot.key:
            self.dropped_shots += 1
            return
        self._needs_key = False
        self._queue.append((shot, now_s))
        self._queue_bytes += shot.size_bytes
        if self._timer is None:
            self._pump()

    def hear(self, frames: bytes) -> bool:
        """Write a piece of sound, if the line is free: sound waits for nothing and nothing waits for it."""
        waiting = self._transport.get_write_buffer_size()
        if self.over or not self.sent_shots or self._queue or waiting > MAX_VIEWER_QUEUE_BYTES // 2:
            return False
        if self._transport.is_closing():
            return False
        self._transport.write(frames)
        self.sent_bytes += len(frames)
        return True

    def end(self, reason: str) -> None:
        """It is over: throw away what waits, say why if the line is free, close."""
        self._finish(text_frame({"type": "end", "reason": reason}) + close_frame(CLOSE_ENDED))

    def refuse(self, kind: str, code: int = CLOSE_REFUSED) -> None:
        """Say no and close."""
        self._finish(text_frame({"type": "error", "kind": kind}) + close_frame(code))

    def _finish(self, farewell: bytes) -> None:
        if self.over:
            return
        self.over = True
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
        cut(self._transport, farewell)

    def _note_weak(self) -> None:
        """Its line does not carry what it is sent: from now on next to nothing is handed out that has to wait there."""
        if self._unsent_bytes != WEAK_UNSENT_BYTES:
            self._unsent_bytes = WEAK_UNSENT_BYTES
            keep_little_unsent(self._transport, WEAK_UNSENT_BYTES)

    def _drop_queue(self) -> None:
        self.dropped_shots += len(self._queue)
        self._queue.clear()
        self._queue_bytes = 0

    def _pump(self) -> None:
        self._timer = None
        if self.before_pump is not None:
            self.before_pump()
        while self._queue and not self.over:
            waiting = self._transport.get_write_buffer_size()
            if waiting and waiting + self._queue[0][0].size_bytes > self._unsent_bytes:
                self._timer = self._loop.call_later(_PUMP_S, self._pump)
                return
            self._send(self._queue.popleft()[0])
        self._allowance_bytes = MAX_VIEWER_QUEUE_BYTES

    def _send(self, shot: Shot) -> None:
        self._queue_bytes -= shot.size_bytes
        if self._transport.is_closing():
            return
        if self._beginning is not None:
            self._transport.write(self._beginning)
            self._beginning = None
        frame = shot.frame()
        self._transport.write(frame)
        self.sent_shots += 1
        self.sent_bytes += len(frame)
