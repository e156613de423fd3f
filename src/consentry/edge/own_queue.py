"""Frames of the owner's own looks that wait to leave on one gateway link.

Pictures and answers take turns with the units of looks; pieces of a clip leave only when nothing else waits. Pictures
of now are bounded in bytes and in time as those of looks; a recording that is played is slowed down by who reads it.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from consentry.kernel.ids import OwnLookId
from consentry.kernel.limits import MAX_UNIT_BYTES, MAX_VIEWER_WAIT_S
from consentry.kernel.own_channel import FrameKind

MAX_WAITING_BYTES = MAX_UNIT_BYTES + 1_048_576


class Waiting(NamedTuple):
    """One frame; `since_s` monotonic, None for what may wait (answers, a recording that is played)."""

    session: OwnLookId
    kind: FrameKind
    frame: bytes
    since_s: float | None


class OwnQueue:
    """`wake` is called when there is something new; `dropped` counts pictures that a slow line lost."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._frames: deque[Waiting] = deque()
        self._pieces: deque[Waiting] = deque()
        self._await_key: set[OwnLookId] = set()
        self._waiting_bytes = 0
        self.dropped = 0

    def put(self, session: OwnLookId, kind: FrameKind, frame: bytes, *, may_wait: bool = True) -> None:
        """Queue a frame. What may not wait is lost up to the next key picture when it would be late."""
        now_s = time.monotonic()
        if not may_wait and not self._has_room(session, kind, len(frame), now_s):
            self.dropped += 1
            return
        queue = self._pieces if kind == FrameKind.PIECE else self._frames
        queue.append(Waiting(session, kind, frame, None if may_wait else now_s))
        self._waiting_bytes += len(frame)
        self._wake()

    def waiting_bytes(self, session: OwnLookId) -> int:
        """How much of `session` waits here."""
        return sum(len(item.frame) for item in (*self._frames, *self._pieces) if item.session == session)

    def forget(self, session: OwnLookId) -> None:
        """Nothing that waits of `session` leaves any more."""
        self._keep(lambda item: item.session != session)
        self._await_key.discard(session)

    def take(self) -> bytes | None:
        """The next picture or answer."""
        return self._pop(self._frames)

    def take_piece(self) -> bytes | None:
        """The next piece of a clip; ask only when nothing else waits."""
        return self._pop(self._pieces)

    def _has_room(self, session: OwnLookId, kind: FrameKind, size: int, now_s: float) -> bool:
        is_key = bool(kind & FrameKind.KEY)
        oldest_s = next((it.since_s for it in self._frames if it.session == session and it.since_s is not None), now_s)
        is_full = self._waiting_bytes + size > MAX_WAITING_BYTES
        if is_full or now_s - oldest_s > MAX_VIEWER_WAIT_S:
            self._keep(lambda item: item.session != session or item.since_s is None)
            self._await_key.add(session)
            is_full = self._waiting_bytes + size > MAX_WAITING_BYTES
        if session in self._await_key and not is_key:
            return False
        if not is_full:
            self._await_key.discard(session)
        return not is_full

    def _keep(self, wanted: Callable[[Waiting], bool]) -> None:
        before = len(self._frames)
        self._frames = deque(filter(wanted, self._frames))
        self._pieces = deque(filter(wanted, self._pieces))
        self.dropped += before - len(self._frames)
        self._waiting_bytes = sum(len(item.frame) for item in (*self._frames, *self._pieces))

    def _pop(self, queue: deque[Waiting]) -> bytes | None:
        if not queue:
            return None
        frame = queue.popleft().frame
        self._waiting_bytes -= len(frame)
        return frame
