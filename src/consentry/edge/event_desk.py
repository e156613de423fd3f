"""One desk for what all sources notice: once per camera and kind in ten seconds, kept here, told to the owner alone.

The letter leaves at once; a picture of what the camera sees follows it, under a key that stood in the letter.

What leaves is a letter that names the camera and carries boxes of one size, sealed to the owner's keys: the servers
learn that something happened, not what. Without a key of the owner nothing leaves. docs/spec/events.md.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consentry.edge.clock import EdgeClock
from consentry.edge.event_log import EventLog, KeptEvent
from consentry.edge.events import CameraEvent, EventKind
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import EVENT_QUIET_MS
from consentry.kernel.sealed_box import EVENT_PICTURE_BYTES, EVENT_PLAIN_BYTES, event_context, seal, seal_event_picture

_log = logging.getLogger(__name__)
UNTOLD_AGE_MS = 86_400_000
MOST_AT_ONCE = 50
MAX_STILL_BYTES = EVENT_PICTURE_BYTES - 4


# Takes a JPEG of at most so many bytes of a camera as it is shown now; Unavailable when there is none.
TakeStill = Callable[[CameraId, int], Awaitable[bytes]]


@dataclass(frozen=True)
class Ears:
    """Who hears of events: `keys(camera)` are 65-byte points; `say(letter fields)` is False when no line is open."""

    keys: Callable[[CameraId], tuple[bytes, ...]]
    say: Callable[[Mapping[str, Any]], bool]
    still: TakeStill | None = None


@dataclass(frozen=True)
class Told:
    """A letter that tells of an event, and the key of the picture that may follow (32 bytes, used once)."""

    letter: dict[str, Any]
    picture_key: bytes = field(repr=False)


class EventDesk:
    """Takes events from any source on the loop (`take` is an `EventSink`). `follow`: is this a camera of this edge?"""

    def __init__(self, log: EventLog, clock: EdgeClock, ears: Ears, follow: Callable[[CameraId], bool]) -> None:
        self._log, self._clock, self._ears, self._follow = log, clock, ears, follow
        self._quiet_until_ms: dict[tuple[CameraId, EventKind], int] = {}
        self._stills: dict[CameraId, asyncio.Task[None]] = {}

    def take(self, event: CameraEvent) -> None:
        """Keep it and tell the owner, unless the same was noticed in the last ten seconds or it is not our camera."""
        if not self._follow(event.camera):
            return
        now, key = self._clock.steady_ms(), (event.camera, event.kind)
        if now < self._quiet_until_ms.get(key, now):
            return
        self._quiet_until_ms[key] = now + EVENT_QUIET_MS
        _log.info("camera %s: %s (%s)", event.camera, event.kind, event.source)
        told = self._tell(self._log.add(event))
        if told is not None and self._ears.still is not None:
            self._show(event.camera, told, self._ears.still)

    def tell_waiting(self) -> None:
        """A line is open again: what happened since yesterday and was not told, the newest fifty; without pictures."""
        since_ms = self._clock.now_ms() - UNTOLD_AGE_MS
        for kept in self._log.untold(since_ms=since_ms, limit=MOST_AT_ONCE):
            if self._tell(kept) is None:
                return

    async def close(self) -> None:
        """Take no more pictures."""
        for task in self._stills.values():
            task.cancel()
        await asyncio.gather(*self._stills.values(), return_exceptions=True)

    def _tell(self, kept: KeptEvent) -> Told | None:
        keys = self._ears.keys(kept.event.camera)
        if not keys:
            return None
        told = event_letter(kept.event, keys)
        if not self._ears.say(told.letter):
            return None
        self._log.mark_told(kept.number)
        return told

    def _show(self, camera: CameraId, told: Told, still: TakeStill) -> None:
        """One picture of a camera at a time: the second event within seconds is of the same people."""
        if camera not in self._stills:
            task = asyncio.get_running_loop().create_task(self._send_still(camera, told, still))
            self._stills[camera] = task
            task.add_done_callback(lambda _: self._stills.pop(camera, None))

    async def _send_still(self, camera: CameraId, told: Told, still: TakeStill) -> None:
        name = str(told.letter["event"])
        try:
            jpeg = await still(camera, MAX_STILL_BYTES)
            sealed = seal_event_picture(told.picture_key, jpeg, camera=camera, event=name)
        except ConsentryError as error:
            _log.info("camera %s: no picture of what it noticed (%s)", camera, error.kind)
            return
        self._ears.say({"type": "event_picture", "event": name, "camera": camera, "sealed": to_b64(sealed)})


def event_letter(event: CameraEvent, keys: tuple[bytes, ...]) -> Told:
    """The letter: an id, the camera, and a box for each key; all boxes of all events have one size."""
    name, picture_key = to_b64(secrets.token_bytes(16)), secrets.token_bytes(32)
    plain = json.dumps({
        "event": name, "kind": str(event.kind), "at": event.at_ms, "source": event.source,
        "picture_key": to_b64(picture_key),
    }).encode()  # fmt: skip
    context = event_context(event.camera)
    boxes = [to_b64(seal(key, plain.ljust(EVENT_PLAIN_BYTES), context=context)) for key in keys]
    return Told({"type": "event", "event": name, "camera": event.camera, "boxes": boxes}, picture_key)
