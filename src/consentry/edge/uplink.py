"""What waits to leave on one gateway link: control first, pictures bounded, asked again before each leaves.

`may_send` and `may_hear` are asked when a unit is about to be written, not only when it was queued, so nothing waits
past the end of a look. The owner's own looks (`own`) take turns with them; their clips wait for both.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from consentry.edge.own_queue import OwnQueue
from consentry.edge.sealing import Sealer
from consentry.edge.weak_line import WeakLine
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_UNIT_BYTES, MAX_VIEWER_WAIT_S
from consentry.kernel.sealed_unit import ContentKey, seal_unit
from consentry.media.carry import sound_to_wire, to_wire, to_wire_unit
from consentry.media.units import LOW, MAIN, AccessUnit, SoundUnit

MAX_WAITING_SOUNDS = 32
MAX_WAITING_BYTES = MAX_UNIT_BYTES + 1_048_576


class Uplink:
    """One queue of text and one of units; `dropped` counts units that a slow link lost.

    Units are bounded in bytes and in time: a line that is too slow loses pictures and gains no delay. Where a camera
    `offers` a smaller stream, that one takes the place of the large one as long as the line is weak.
    """

    def __init__(
        self, may_send: Callable[[CameraId], bool], may_hear: Callable[[CameraId], bool] = lambda _: False,
        offers: Callable[[CameraId], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        self._may_send, self._may_hear = may_send, may_hear
        self._sounds: deque[tuple[CameraId, bytes]] = deque(maxlen=MAX_WAITING_SOUNDS)
        self._texts: deque[str] = deque()
        self._units: deque[tuple[CameraId, AccessUnit, int, ContentKey | None, float]] = deque()
        self.sealers: dict[CameraId, Sealer] = {}
        self._waiting_bytes = 0
        self._await_key: set[tuple[CameraId, int]] = set()
        self._wake = asyncio.Event()
        self.own = OwnQueue(self._wake.set)
        self._own_turn = False
        self.dropped = 0
        self.weak = WeakLine(self.say, offers)

    def say(self, message: Mapping[str, Any]) -> None:
        """Queue a text message."""
        self._texts.append(json.dumps(message, separators=(",", ":")))
        self._wake.set()

    def put(self, camera: CameraId, unit: AccessUnit) -> None:
        """Queue a unit; over a bound, everything of this camera goes until its next key unit."""
        slot, now_s = (camera, unit.track), time.monotonic()
        if unit.track == MAIN and self.weak.holds(camera):
            self._await_key.add(slot)  # it goes on with a key unit
            return
        if slot in self._await_key:
            if not unit.key:
                self.dropped += 1
                return
            self._await_key.discard(slot)
        if unit.track == LOW and self.weak.note_low(camera):
            self._drop(camera, (MAIN,))  # what waits of the large one would hold up the smaller one
            self._await_key.add((camera, MAIN))
        size = sum(len(nal) + 4 for nal in unit.nals)
        oldest_s = self._oldest_s(camera, now_s) if self._units else now_s
        is_full = size > MAX_UNIT_BYTES or self._waiting_bytes + size > MAX_WAITING_BYTES
        if is_full or now_s - oldest_s > MAX_VIEWER_WAIT_S:
            self.weak.note_lost(camera, self._drop(camera) + 1)
            self._await_key |= {(camera, MAIN), (camera, LOW)}
            if is_full or not unit.key:
                self.dropped += 1
                return
            self._await_key.discard(slot)
        sealer = self.sealers.get(camera)
        key = None if sealer is None else sealer.key_for(is_key=unit.key, wallclock_us=unit.wallclock_us)
        self._units.append((camera, unit, size, key, now_s))
        self._waiting_bytes += size
        self._wake.set()

    def put_sound(self, camera: CameraId, unit: SoundUnit) -> None:
        """Queue a piece of sound where a look may hear it; on a slow link the oldest are lost, never a picture."""
        if self._may_hear(camera):
            self._sounds.append((camera, sound_to_wire(camera, unit)))
            self._wake.set()

    def forget(self, camera: CameraId) -> None:
        """No look at `camera` runs here any more: drop what waits of it."""
        self._drop(camera)
        self.weak.forget(camera)
        self._await_key -= {(camera, MAIN), (camera, LOW)}
        waiting = [item for item in self._sounds if item[0] != camera]
        self._sounds.clear()
        self._sounds.extend(waiting)

    def _drop(self, camera: CameraId, tracks: tuple[int, ...] = (MAIN, LOW)) -> int:
        """Drop its units; how many there were."""
        kept = [item for item in self._units if item[0] != camera or item[1].track not in tracks]
        count = len(self._units) - len(kept)
        self.dropped += count
        self._units = deque(kept)
        self._waiting_bytes = sum(item[2] for item in kept)
        return count

    def _oldest_s(self, camera: CameraId, now_s: float) -> float:
        """Since when the oldest of its units waits; now when none does."""
        return next((since_s for name, *_, since_s in self._units if name == camera), now_s)

    async def next(self) -> str | bytes:
        """What to write next; waits until there is something that may leave."""
        while True:
            if self._texts:
                return self._texts.popleft()
            while self._sounds:
                camera, message = self._sounds.popleft()
                if self._may_hear(camera):
                    return message
            turns = (self.own.take, self._take_unit) if self._own_turn else (self._take_unit, self.own.take)
            self._own_turn = not self._own_turn
            found = turns[0]() or turns[1]() or self.own.take_piece()
            if found is not None:
                return found
            self._wake.clear()
            await self._wake.wait()

    def _take_unit(self) -> bytes | None:
        while self._units:
            camera, unit, size, key, _ = self._units.popleft()
            self._waiting_bytes -= size
            sealer = self.sealers.get(camera)
            if not self._may_send(camera) or (key is None) != (sealer is None):
                continue  # what was queued to be read by all never leaves once it must be sealed
            if key is None or sealer is None:
                return to_wire(camera, unit)
            return seal_unit(to_wire_unit(camera, unit), key, sealer.next_counter(key))
        return None
