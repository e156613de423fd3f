"""One desk for what all sources notice: once per camera and kind in ten seconds, kept here, told to the owner alone.

What leaves is a letter that names the camera and carries boxes of one size, sealed to the owner's keys: the servers
learn that something happened, not what. Without a key of the owner nothing leaves. docs/spec/events.md.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from consentry.edge.clock import EdgeClock
from consentry.edge.event_log import EventLog, KeptEvent
from consentry.edge.events import CameraEvent, EventKind
from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import EVENT_QUIET_MS
from consentry.kernel.sealed_box import EVENT_PLAIN_BYTES, event_context, seal

_log = logging.getLogger(__name__)
UNTOLD_AGE_MS = 86_400_000
MOST_AT_ONCE = 50


@dataclass(frozen=True)
class Ears:
    """Who hears of events: `owner_keys()` are 65-byte points; `say(letter fields)` is False when no line is open."""

    owner_keys: Callable[[], tuple[bytes, ...]]
    say: Callable[[Mapping[str, Any]], bool]


class EventDesk:
    """Takes events from any source on the loop (`take` is an `EventSink`). `follow`: is this a camera of this edge?"""

    def __init__(self, log: EventLog, clock: EdgeClock, ears: Ears, follow: Callable[[CameraId], bool]) -> None:
        self._log, self._clock, self._ears, self._follow = log, clock, ears, follow
        self._quiet_until_ms: dict[tuple[CameraId, EventKind], int] = {}

    def take(self, event: CameraEvent) -> None:
        """Keep it and tell the owner, unless the same was noticed in the last ten seconds or it is not our camera."""
        if not self._follow(event.camera):
            return
        now, key = self._clock.steady_ms(), (event.camera, event.kind)
        if now < self._quiet_until_ms.get(key, now):
            return
        self._quiet_until_ms[key] = now + EVENT_QUIET_MS
        _log.info("camera %s: %s (%s)", event.camera, event.kind, event.source)
        self._tell(self._log.add(event))

    def tell_waiting(self) -> None:
        """A line is open again: what happened since yesterday and was not told, the newest fifty."""
        since_ms = self._clock.now_ms() - UNTOLD_AGE_MS
        for kept in self._log.untold(since_ms=since_ms, limit=MOST_AT_ONCE):
            if not self._tell(kept):
                return

    def _tell(self, kept: KeptEvent) -> bool:
        keys = self._ears.owner_keys()
        if not keys or not self._ears.say(event_letter(kept.event, keys)):
            return False
        self._log.mark_told(kept.number)
        return True


def event_letter(event: CameraEvent, keys: tuple[bytes, ...]) -> dict[str, Any]:
    """The fields of the letter: an id, the camera, and a box for each key; all boxes of all events have one size."""
    name = to_b64(secrets.token_bytes(16))
    plain = json.dumps({"event": name, "kind": str(event.kind), "at": event.at_ms, "source": event.source}).encode()
    context = event_context(event.camera)
    boxes = [to_b64(seal(key, plain.ljust(EVENT_PLAIN_BYTES), context=context)) for key in keys]
    return {"type": "event", "event": name, "camera": event.camera, "boxes": boxes}
