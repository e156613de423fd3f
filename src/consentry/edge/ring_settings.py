"""How much the owner keeps: hours, a size, and which cameras are not recorded. Theirs alone; no letter sets it."""

import json
from dataclasses import dataclass, replace
from typing import Any

from consentry.edge.store import Store
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import RING_DEFAULT_H, RING_KEEP_FREE_BYTES, RING_MAX_H

_FACT = "ring"


@dataclass(frozen=True)
class RingSettings:
    """`hours` 0: nothing is recorded. `max_bytes` None: as much as the hours need and the disk leaves.

    `keep_free_bytes` stay free on the disk: the owner's terms and used openings must always find room there.
    """

    hours: int = RING_DEFAULT_H
    max_bytes: int | None = None
    off: frozenset[CameraId] = frozenset()
    keep_free_bytes: int = RING_KEEP_FREE_BYTES

    def records(self, camera: CameraId) -> bool:
        """Is `camera` recorded?"""
        return self.hours > 0 and camera not in self.off


def read_ring_settings(store: Store, default: RingSettings) -> RingSettings:
    """What the owner said, else `default`."""
    text = store.fact(_FACT)
    if text is None:
        return default
    said = json.loads(text)
    return replace(
        default,
        hours=said.get("hours", default.hours),
        max_bytes=said.get("max_bytes", default.max_bytes),
        off=frozenset(said.get("off", ())),
    )


def put_ring_amount(store: Store, *, hours: int | None = None, max_bytes: int | None = None) -> None:
    """Set hours, size (0: no bound of its own), or both; Malformed when out of bounds."""
    if hours is not None and not 0 <= hours <= RING_MAX_H:
        raise Malformed(f"hours are 0 to {RING_MAX_H}")
    if max_bytes is not None and max_bytes < 0:
        raise Malformed("a size is not negative")
    said = _said(store)
    said.update({"hours": hours} if hours is not None else {})
    said.update({"max_bytes": max_bytes or None} if max_bytes is not None else {})
    store.put_fact(_FACT, json.dumps(said, sort_keys=True))


def put_recorded(store: Store, camera: CameraId, *, recorded: bool) -> None:
    """Record `camera`, or do not; what was recorded of it then goes too."""
    said = _said(store)
    off = [name for name in said.get("off", ()) if name != camera]
    said["off"] = off if recorded else sorted([*off, camera])
    store.put_fact(_FACT, json.dumps(said, sort_keys=True))


def _said(store: Store) -> dict[str, Any]:  # JSON that this module alone writes
    text = store.fact(_FACT)
    said: dict[str, Any] = {} if text is None else json.loads(text)
    return said
