"""The owner's letter `events`: to which of the owner's keys events are sealed. docs/spec/letters.md."""

import json
from collections.abc import Mapping
from typing import Any

from consentry.edge.store import Store
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import LimitReached, NotFound, Untrusted
from consentry.kernel.holder import POINT_BYTES, load_point
from consentry.kernel.ids import CameraId, EdgeId
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS
from consentry.kernel.owner_record import OwnerKey, open_owner_record

MAX_KEYS = 4
MAX_GUESTS = 4
_FACT = "event_keys"


def take_event_key(store: Store, edge: EdgeId, body: Mapping[str, Any], owner: OwnerKey, now_ms: int) -> dict[str, Any]:
    """Seal events to this browser too; of more than four the one that was named longest ago is forgotten.

    Raises Untrusted unless the owner signed it for this edge, after every such record before it.
    """
    record = open_owner_record(body.get("owner_signature", ""), owner, kind="events.key")
    said_ms, point = int(record["t"]), from_b64(str(record["reply_key"]), length=POINT_BYTES)
    if record["edge"] != edge:
        raise Untrusted("the owner spoke of another edge", kind="owner-signature")
    load_point(point)
    kept = _kept(store)
    answer = {"type": "events_taken"}
    if kept and kept[-1] == (to_b64(point), said_ms):
        return answer  # the same letter once more: its answer was lost
    if not max((t for _, t in kept), default=0) < said_ms <= now_ms + MAX_CLOCK_SKEW_MS:
        raise Untrusted("this record of the owner is too old, used, or from the future", kind="owner-record-time")
    others = [item for item in kept if item[0] != to_b64(point)]
    store.put_fact(_FACT, json.dumps([*others, (to_b64(point), said_ms)][-MAX_KEYS:]))
    return answer


def take_share(store: Store, body: Mapping[str, Any], owner: OwnerKey, now_ms: int) -> dict[str, Any]:
    """Seal what one camera notices to somebody of the household too (`share`), or no more (`unshare`).

    Raises Untrusted unless the owner signed it, after every such record of this camera before it; LimitReached beyond
    four of a camera; NotFound for a camera of another edge.
    """
    kind = f"events.{body.get('type')}"
    record = open_owner_record(body.get("owner_signature", ""), owner, kind=kind)
    camera, said_ms = CameraId(str(record["camera"])), int(record["t"])
    point = to_b64(load_raw_point(str(record["reply_key"])))
    if store.camera(camera) is None:
        raise NotFound("no such camera at this edge")
    last_ms, points = _guests(store, camera)
    answer = {"type": "share_taken"}
    if said_ms == last_ms and (point in points) == (kind == "events.share"):
        return answer  # the same letter once more: its answer was lost
    if not last_ms < said_ms <= now_ms + MAX_CLOCK_SKEW_MS:
        raise Untrusted("this record of the owner is too old, used, or from the future", kind="owner-record-time")
    others = [item for item in points if item != point]
    if kind == "events.share" and len(others) >= MAX_GUESTS:
        raise LimitReached("a camera is shared with four at most", kind="guests")
    kept = [*others, point] if kind == "events.share" else others
    store.put_fact(f"guests:{camera}", json.dumps({"t": said_ms, "points": kept}))
    return answer


def guest_keys(store: Store, camera: CameraId) -> tuple[bytes, ...]:
    """The 65-byte points of the household's others that what `camera` notices is sealed to."""
    return tuple(from_b64(point, length=POINT_BYTES) for point in _guests(store, camera)[1])


def load_raw_point(text: str) -> bytes:
    """The 65 bytes of a point on the curve; Malformed otherwise."""
    raw = from_b64(text, length=POINT_BYTES)
    load_point(raw)
    return raw


def _guests(store: Store, camera: CameraId) -> tuple[int, list[str]]:
    kept = json.loads(store.fact(f"guests:{camera}") or '{"t": 0, "points": []}')
    return int(kept["t"]), [str(point) for point in kept["points"]]


def event_keys(store: Store) -> tuple[bytes, ...]:
    """The 65-byte points that events are sealed to."""
    return tuple(from_b64(point, length=POINT_BYTES) for point, _ in _kept(store))


def _kept(store: Store) -> list[tuple[str, int]]:
    return [(str(point), int(said_ms)) for point, said_ms in json.loads(store.fact(_FACT) or "[]")]
