"""Where pictures may be pushed to: a key opens one place, one publisher at a time. RTMP and WHIP share it.

Of a key only the SHA-256 is known here. Every one there is is compared, in constant time, so that the time of an answer
says nothing of how near a guess was.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consentry.media.outlet import Outlet

SHA256_BYTES = 32


@dataclass(frozen=True, slots=True)
class Place:
    """What one key opens: the SHA-256 of the key, and where the pictures go."""

    key_sha256: bytes
    outlet: Outlet


class PushPlaces:
    """Owned by the event loop."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._cuts: dict[str, Callable[[], None]] = {}

    def set(self, places: Mapping[str, Place]) -> None:
        """Exactly these, by name; who publishes at one that is gone or has another key is cut off."""
        before, self._places = self._places, dict(places)
        for name, cut in tuple(self._cuts.items()):
            if self._places.get(name) != before.get(name):
                cut()

    def enter(self, key: str, cut: Callable[[], None]) -> tuple[str, Outlet] | None:
        """The name and outlet that `key` opens, now taken; None for an unknown key as for a place that is taken.

        `cut` is called when the place is taken away from whoever entered; `leave` must follow in any case.
        """
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        found = [name for name, place in self._places.items() if hmac.compare_digest(place.key_sha256, digest)]
        if len(found) != 1 or found[0] in self._cuts:
            return None
        self._cuts[found[0]] = cut
        return found[0], self._places[found[0]].outlet

    def leave(self, name: str) -> None:
        """The place `name` is free again."""
        self._cuts.pop(name, None)
