"""*Keep this* as the viewer sees it, and what gateways tell and bring of it (docs/spec/keep.md)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from consentry.access import queries as access
from consentry.core.principal import Principal
from consentry.evidence import queries as evidence
from consentry.evidence import services
from consentry.evidence.types import SegmentSaid
from consentry.evidence.vault_door import vault_vkeys
from consentry.kernel.errors import Malformed, Refused
from consentry.kernel.ids import CameraId, GatewayId, ItemId, RecordingId, SessionId

STATES: Final = (
    "delivered", "disk-full", "ended", "fault", "no-recorder", "recording", "resting", "sealed", "stopped", "waiting",
)  # fmt: skip
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_RUN: Final = re.compile(r"[0-9]{1,20}-[0-9a-f]{8}")
_NUMBER: Final = re.compile(r"[0-9]{1,16}")
_PIECE_BYTES: Final = 1_048_576


@dataclass(frozen=True)
class KeepState:
    """`state`: "" when the look is not kept, else the recorder's word, or `ended`; `item`: what it becomes."""

    state: str
    item: ItemId | None


def keep(principal: Principal, session: SessionId, *, now: datetime) -> KeepState:
    """Keep the principal's own running look.

    Raises: NotFound. Conflict `look-over`. Refused `look-sealed`: it is encrypted to its viewer, so no gateway can
    record it; `retention-none`.
    """
    found = access.access_session(principal, session)
    if settings.SEALED and found.klass == "private":
        raise Refused("this look is encrypted up to its viewer and cannot be kept", kind="look-sealed")
    services.keep_look(found, now=now)
    return keep_state(principal, session)


def stop(principal: Principal, session: SessionId, *, now: datetime) -> KeepState:
    """End it; what was recorded is sealed. NotFound when the look is not the principal's or is not being kept."""
    services.stop_keeping(access.access_session(principal, session).id, now=now)
    return keep_state(principal, session)


def keep_state(principal: Principal, session: SessionId) -> KeepState:
    """How keeping the principal's own look stands."""
    return KeepState(*evidence.keep_state(access.access_session(principal, session).id))


def keeps_of(gateway: GatewayId) -> dict[str, object]:
    """The whole word for one gateway: what it is to record, what is over, and whose acknowledgement counts."""
    running, over = evidence.marks_at(gateway)
    return {
        "recordings": [vars(mark) for mark in running],
        "over": [{"recording": recording, "camera": camera} for recording, camera in over],
        "vault_keys": vault_vkeys(),
    }


def take_recorder(gateway: GatewayId, event: Mapping[str, Any], _now: datetime) -> None:
    """How the recorder stands with one recording."""
    lost = event.get("lost_units")
    if not isinstance(lost, int) or isinstance(lost, bool) or not 0 <= lost < 2**53:
        raise Malformed("lost_units is a number")
    state = event.get("state")
    if state not in STATES:
        raise Malformed("a recorder has no such state")
    services.take_recorder_state(gateway, str(event.get("recording"))[:64], str(state), lost_units=lost)


def segment_said(request: HttpRequest, recording: str, run: str, number: str) -> SegmentSaid:
    """What the path and its query say of a segment; both are signed by the gateway."""
    asked = request.GET
    return SegmentSaid(
        recording=RecordingId(recording[:64]), camera=CameraId(asked.get("camera", "")[:64]), run=_match(run, _RUN),
        number=_whole(number), start_us=_whole(asked.get("start_us")), end_us=_whole(asked.get("end_us")),
        size_bytes=_whole(asked.get("size_bytes")), sha256=_match(asked.get("sha256"), _HASH),
        previous=_match(asked.get("previous"), _HASH), recovered=asked.get("recovered") == "1",
    )  # fmt: skip


def pieces_of(request: HttpRequest) -> Iterator[bytes]:
    """The body in pieces of at most 1 MiB; it is never whole in memory."""
    while piece := request.read(_PIECE_BYTES):
        yield piece


def _whole(value: object) -> int:
    return int(_match(value, _NUMBER))


def _match(value: object, shape: "re.Pattern[str]") -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Malformed("what is said of a recording is malformed")
    return value
