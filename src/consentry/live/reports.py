"""What gateways report: first frames, ends, edges that come and go, health, letters from edges."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from consentry.access import queries as access_queries
from consentry.access import services as access
from consentry.cameras import queries as cameras
from consentry.cameras import services as camera_services
from consentry.core.outbox import tell
from consentry.kernel.errors import ConsentryError, Malformed, NotFound
from consentry.kernel.ids import CameraId, EdgeId, GatewayId, SessionId
from consentry.live.keeping import take_recorder

logger = logging.getLogger(__name__)
MAX_EVENTS: Final = 500
# Any: one JSON object as it came; each handler checks the fields that it reads.
Report = Mapping[str, Any]


def take_reports(gateway: GatewayId, events: Sequence[Report], *, now: datetime) -> int:
    """Take each event in a transaction of its own; one that is wrong is logged and does not stop the others.

    Returns how many were taken. Malformed for more than 500.
    """
    if len(events) > MAX_EVENTS:
        raise Malformed(f"at most {MAX_EVENTS} events")
    return sum(_take(gateway, event, now) for event in events)


def _take(gateway: GatewayId, event: Report, now: datetime) -> int:
    handler = _HANDLERS.get(str(event.get("type")) if isinstance(event, Mapping) else "")
    if handler is None:
        return 0
    try:
        with transaction.atomic():
            handler(gateway, event, now)
    except ConsentryError as error:
        logger.warning("gateway %s reported a %s that does not hold: %s", gateway, event.get("type"), error.kind)
        return 0
    return 1


def _started(_gateway: GatewayId, event: Report, _now: datetime) -> None:
    _text(event, "session")


def _first_frame(gateway: GatewayId, event: Report, now: datetime) -> None:
    access.note_first_frame(gateway, SessionId(_text(event, "session")), now=now)


def _ended(gateway: GatewayId, event: Report, now: datetime) -> None:
    sent = event.get("bytes")
    access.note_gateway_end(
        gateway, SessionId(_text(event, "session")), reason=_text(event, "reason"), now=now,
        sent_bytes=sent if isinstance(sent, int) and not isinstance(sent, bool) else 0,
    )  # fmt: skip


def _edge_online(gateway: GatewayId, event: Report, now: datetime) -> None:
    edge = EdgeId(_text(event, "edge"))
    cameras.get_edge(edge)
    access.see_edge(gateway, edge, online=True, now=now)
    # Letters that waited for it are sent by the control stream.
    tell(f"gateway:{gateway}", "edge.online", edge)


def _edge_offline(gateway: GatewayId, event: Report, now: datetime) -> None:
    edge = EdgeId(_text(event, "edge"))
    if access.see_edge(gateway, edge, online=False, now=now):
        camera_services.record_edge_offline(edge, now=now)


def _edge_doubled(gateway: GatewayId, event: Report, now: datetime) -> None:
    edge = EdgeId(_text(event, "edge"))
    if edge not in access_queries.edges_at(gateway):
        raise NotFound("this edge is not connected to this gateway")
    camera_services.record_edge_doubled(edge, now=now)


def _edge_health(gateway: GatewayId, event: Report, now: datetime) -> None:
    edge, states = EdgeId(_text(event, "edge")), event.get("cameras")
    if not isinstance(states, Mapping) or not all(isinstance(state, str) for state in states.values()):
        raise Malformed("health names a state for each camera")
    access.see_edge(gateway, edge, online=True, now=now)
    said = {str(camera): str(state) for camera, state in states.items()}
    camera_services.record_health(edge, said, now=now, warnings=_warnings(event))


def _letter(_gateway: GatewayId, event: Report, now: datetime) -> None:
    body = event.get("body")
    if not isinstance(body, Mapping):
        raise Malformed("a letter is an object")
    camera_services.take_letters(_text(event, "edge"), body, now=now)


def _camera_health(gateway: GatewayId, event: Report, now: datetime) -> None:
    """The word of who holds the camera under that epoch counts; whoever held it before may still be talking."""
    states, epochs = event.get("cameras"), event.get("epochs")
    if not isinstance(states, Mapping) or not all(isinstance(state, str) for state in states.values()):
        raise Malformed("health names a state for each camera")
    if not isinstance(epochs, Mapping):
        raise Malformed("health of the city's cameras names the epoch of each")
    held = access.leases_of(gateway)
    ours = {str(camera) for camera, epoch in epochs.items() if held.get(camera, 0) == epoch}
    camera_services.record_public_health({name: state for name, state in states.items() if name in ours}, now=now)
    camera_services.record_public_warnings({name: words for name, words in _warnings(event).items() if name in ours})


def _push_health(gateway: GatewayId, event: Report, now: datetime) -> None:
    """A camera that pushes is held by whoever it pushes to: its lease follows it there."""
    states = event.get("cameras")
    if not isinstance(states, Mapping) or not all(isinstance(state, str) for state in states.values()):
        raise Malformed("health names a state for each camera")
    pushing = {camera.id for camera in cameras.public_cameras_for_gateway() if camera.push_sha256 is not None}
    held = access.leases_of(gateway)
    arrived = [CameraId(camera) for camera in states if camera in pushing - held.keys() and states[camera] == "online"]
    access.take_leases(gateway, arrived)
    said = {camera: state for camera, state in states.items() if camera in {*held, *arrived}}
    camera_services.record_public_health(said, now=now)


def _telemetry(gateway: GatewayId, event: Report, now: datetime) -> None:
    """The word of who holds the camera; another gateway may not move it."""
    if event.get("camera") in access.leases_of(gateway):
        camera_services.record_place(event, now=now)


def _warnings(event: Report) -> dict[str, tuple[str, ...]]:
    """What is wrong with pictures that come, by camera; absent where nothing was said."""
    said = event.get("warnings", {})
    if not isinstance(said, Mapping) or not all(isinstance(words, list) for words in said.values()):
        raise Malformed("warnings are a few words for each camera")
    return {str(camera): tuple(str(word) for word in words) for camera, words in said.items()}


def _text(event: Report, name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or len(value) > 200:
        raise Malformed(f"{name} is a short text")
    return value


_HANDLERS: Final[Mapping[str, Callable[[GatewayId, Report, datetime], None]]] = {
    "camera_health": _camera_health, "edge_doubled": _edge_doubled, "edge_health": _edge_health,
    "edge_offline": _edge_offline, "edge_online": _edge_online, "ended": _ended, "first_frame": _first_frame,
    "letter": _letter, "push_health": _push_health, "recorder": take_recorder, "started": _started,
    "telemetry": _telemetry,
}  # fmt: skip
