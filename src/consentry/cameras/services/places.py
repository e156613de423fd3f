"""Where public cameras that move are, as a gateway heard it from them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from django.db import transaction
from ninja import Schema
from pydantic import Field, ValidationError

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import MobilePlace
from consentry.cameras.types import MOBILE_KINDS, Klass
from consentry.core.outbox import tell
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Malformed, NotFound

Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
# A drone's clock that is further ahead than this, or older than GPS, is none.
MAX_AHEAD = timedelta(days=1)
FIRST = datetime(1980, 1, 6, tzinfo=UTC)


class TelemetryIn(Schema):
    """What a gateway reports of a drone; what else it says is passed over."""

    at_ms: Annotated[int, Field(ge=0, lt=1 << 53)]
    camera: Annotated[str, Field(max_length=40)]
    captured_us: Annotated[int, Field(ge=0, lt=1 << 63)]
    place: tuple[Lat, Lon]
    altitude_m: Annotated[float, Field(ge=-1_000, le=50_000, allow_inf_nan=False)] | None = None
    looks_deg: Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)] | None = None
    corners: Annotated[tuple[tuple[Lat, Lon], ...], Field(max_length=4)] = ()


@transaction.atomic
def record_place(report: Mapping[str, object], *, now: datetime) -> None:
    """Keep the place in a gateway's `telemetry` report instead of the last one, and tell the agency's people.

    It was heard when the gateway says (`at_ms`), not later than `now`: reports wait while the web is away.

    Raises:
        Malformed: the report is not what it must be.
        NotFound: no such public camera, or one that does not move: a private camera has no place that anybody hears.
    """
    try:
        said = TelemetryIn.model_validate(dict(report))
    except ValidationError as error:
        raise Malformed("not a report of a place") from error
    camera = CameraRow.objects.filter(
        id=said.camera, klass=Klass.PUBLIC, kind__in=MOBILE_KINDS, removed_at=None
    ).first()
    if camera is None:
        raise NotFound("no such camera that moves")
    heard_at = min(now, from_ms(said.at_ms))
    corners = said.corners if len(said.corners) == 4 else ()
    MobilePlace.objects.update_or_create(camera=camera, defaults={
        "lat": said.place[0], "lon": said.place[1], "altitude_m": said.altitude_m, "looks_deg": said.looks_deg,
        "footprint": [number for corner in corners for number in corner], "heard_at": heard_at,
        "captured_at": _moment(said.captured_us, now),
    })  # fmt: skip
    tell(f"agency:{camera.agency_id}", "place.moved", camera.id)


def _moment(captured_us: int, now: datetime) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(captured_us / 1_000_000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment if FIRST < moment < now + MAX_AHEAD else None
