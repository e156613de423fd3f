"""Content keys of one camera on one gateway link: who may open its units, and when a new key is due.

A new key comes with a key unit: each minute, and after a viewer went, who must read nothing that follows. Viewers of
one camera share a key, so that a unit is sealed and sent once however many look.
"""

from collections.abc import Callable, Mapping
from typing import Any

from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import LimitReached
from consentry.kernel.sealed_unit import ContentKey, wrap_key

NEW_KEY_US = 60_000_000
Say = Callable[[Mapping[str, Any]], None]


class Sealer:
    """`say` sends a text to the gateway; texts leave before units, so a key is there before what it opens."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._viewers: dict[str, bytes] = {}
        self._key = ContentKey(1)
        self._since_us: int | None = None
        self._somebody_left = False
        self._counters: dict[int, int] = {}

    def join(self, session: str, box_key: bytes) -> None:
        """A viewer may open units from the running key on; `box_key` (65 bytes) was checked by the caller."""
        self._viewers[session] = box_key
        self._tell(session, box_key)

    def leave(self, session: str) -> None:
        """It opens nothing that is sealed from the next key unit on."""
        if self._viewers.pop(session, None) is not None:
            self._somebody_left = True

    def key_for(self, *, is_key: bool, wallclock_us: int) -> ContentKey:
        """The key for the next unit in order."""
        if self._since_us is None:
            self._since_us = wallclock_us
        if is_key and (self._somebody_left or abs(wallclock_us - self._since_us) >= NEW_KEY_US):
            if self._key.number >= 2**32 - 1:
                raise LimitReached("no number is left for a key")
            self._key, self._since_us, self._somebody_left = ContentKey(self._key.number + 1), wallclock_us, False
            for session, box_key in self._viewers.items():
                self._tell(session, box_key)
        return self._key

    def next_counter(self, key: ContentKey) -> int:
        """A counter that was not used under `key`. Units of the key before may still wait to leave."""
        found = self._counters[key.number] = self._counters.get(key.number, 0) + 1
        for number in [number for number in self._counters if number < key.number - 1]:
            del self._counters[number]
        return found

    def _tell(self, session: str, box_key: bytes) -> None:
        box = to_b64(wrap_key(self._key, box_key, session))
        self._say({"type": "key", "session": session, "box": box})
