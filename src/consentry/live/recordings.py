"""Recordings of city cameras and the segments that gateways told; the vault takes them from here by id.

A private camera is never recorded by a gateway: its recording stays at home (docs/design/media.md).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from consentry.access import services as access
from consentry.cameras import queries as cameras
from consentry.cameras.types import Klass
from consentry.core.outbox import tell
from consentry.kernel.errors import Conflict, Malformed, NotFound, Untrusted
from consentry.kernel.ids import CameraId, GatewayId, RecordingId, new_id
from consentry.live import models

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_WORD: Final = re.compile(r"[a-z-]{1,40}")
_RUN: Final = re.compile(r"[0-9]{1,20}-[0-9a-f]{8}")
_MAX: Final = 2**53


@dataclass(frozen=True)
class Segment:
    """One finished segment; `gateway`, `run` and `number` say where it lies. Times in UTC microseconds."""

    gateway: GatewayId
    run: str
    number: int
    start_us: int
    end_us: int
    size_bytes: int
    sha256: str
    previous: str
    recovered: bool


@transaction.atomic
def start_recording(camera: CameraId, *, now: datetime) -> RecordingId:
    """Have a city camera recorded by whichever gateway holds it. Who may ask for that is the caller's to decide.

    Raises: Malformed: a private camera. Conflict: it is recorded already.
    """
    if cameras.get_camera(camera).klass is not Klass.PUBLIC:
        raise Malformed("only a city camera is recorded by a gateway")
    recording = RecordingId(new_id("recording"))
    try:
        with transaction.atomic():
            models.Recording.objects.create(id=recording, camera=camera, started_at=now)
    except IntegrityError as error:
        raise Conflict("this camera is recorded already", kind="recorded-already") from error
    tell("gateway:*", "state.changed", "recordings")
    return recording


@transaction.atomic
def stop_recording(recording: RecordingId, *, now: datetime) -> None:
    """Stop it; stopping twice does no harm. NotFound when there is none."""
    if not models.Recording.objects.filter(id=recording).exists():
        raise NotFound("no such recording")
    models.Recording.objects.filter(id=recording, stopped_at=None).update(stopped_at=now)
    tell("gateway:*", "state.changed", "recordings")


def running() -> dict[CameraId, RecordingId]:
    """Which cameras are to be recorded now, under which name."""
    rows = models.Recording.objects.filter(stopped_at=None).values_list("camera", "id")
    return {CameraId(camera): RecordingId(name) for camera, name in rows}


def segments_of(recording: RecordingId) -> list[Segment]:
    """The segments told so far, by run and number; the chain of each run is the caller's to verify."""
    rows = models.Segment.objects.filter(recording=recording).order_by("run", "number")
    return [
        Segment(
            GatewayId(row.gateway), row.run, row.number, row.start_us, row.end_us, row.size_bytes, row.sha256,
            row.previous, row.recovered,
        )
        for row in rows
    ]  # fmt: skip


def take_segment(gateway: GatewayId, event: Mapping[str, Any], now: datetime) -> None:
    """A gateway finished a segment; told again it changes nothing. Untrusted when it is told otherwise than before."""
    recording = _recording(event)
    said = {
        "start_us": _number(event, "start_us"), "end_us": _number(event, "end_us"),
        "size_bytes": _number(event, "size_bytes"), "sha256": _match(event, "sha256", _HASH),
        "previous": _match(event, "previous", _HASH), "recovered": event.get("recovered") is True,
    }  # fmt: skip
    row, made = models.Segment.objects.get_or_create(
        recording=recording, gateway=gateway, run=_match(event, "run", _RUN), number=_number(event, "number"),
        defaults={**said, "told_at": now},
    )  # fmt: skip
    if not made and any(getattr(row, name) != value for name, value in said.items()):
        raise Untrusted("a segment is told otherwise than before", kind="segment-other")


def take_state(gateway: GatewayId, event: Mapping[str, Any], _now: datetime) -> None:
    """How the recorder of the camera's holder stands; another's word counts nothing."""
    recording = _recording(event)
    if recording.camera in access.leases_of(gateway):
        recording.state, recording.lost_units = _match(event, "state", _WORD), _number(event, "lost_units")
        recording.save(update_fields=["state", "lost_units"])


def _recording(event: Mapping[str, Any]) -> models.Recording:
    row = models.Recording.objects.filter(id=str(event.get("recording"))[:64]).first()
    if row is None or row.camera != event.get("camera"):
        raise NotFound("no such recording of this camera")
    return row


def _number(event: Mapping[str, Any], name: str) -> int:
    value = event.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MAX:
        raise Malformed(f"{name} is a number")
    return value


def _match(event: Mapping[str, Any], name: str, shape: "re.Pattern[str]") -> str:
    value = event.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Malformed(f"{name} is malformed")
    return value
