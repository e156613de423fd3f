"""Official alerts: read by anybody, as JSON, CAP 1.2 and Atom; issued by an agency."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.neighbors import alert_queries, services
from consentry.neighbors.alert_queries import AlertRead
from consentry.neighbors.alert_schemas import AlertIn, AlertOut, AlertTextOut, CancelIn, new_alert
from consentry.neighbors.cap import ATOM_TYPE, MEDIA_TYPE
from consentry.neighbors.schemas import NeighborMadeOut

router = Router(tags=["alerts"])


@router.get("/alerts", response=list[AlertOut])
@policy("neighbors:alert:read")
def list_alerts(request: HttpRequest, running: bool = True) -> list[AlertOut]:
    """Official alerts, newest first; `running=false` also those that are over, with every update."""
    return _shown(request, alert_queries.alerts(now=utc_now(), running=running))


@router.get("/alerts.atom", response={200: None})
@policy("neighbors:alert:read")
def read_atom(
    request: HttpRequest,  # noqa: ARG001 ninja hands the request over
    lang: Literal["", "en", "es", "fr"] = "",
) -> HttpResponse:
    """The Atom feed with GeoRSS areas; with `lang` in that language where an alert has it, else in its first."""
    return HttpResponse(alert_queries.feed(now=utc_now(), language=lang), content_type=f"{ATOM_TYPE}; charset=utf-8")


@router.get("/alerts/{alert}", response=AlertOut)
@policy("neighbors:alert:read")
def read_alert(request: HttpRequest, alert: str) -> AlertOut:
    """One official alert."""
    return _shown(request, [alert_queries.get_alert(alert)])[0]


@router.get("/alerts/{alert}/cap.xml", response={200: None})
@policy("neighbors:alert:read")
def read_cap(request: HttpRequest, alert: str) -> HttpResponse:  # noqa: ARG001 ninja hands the request over
    """The alert as published, byte for byte; its SHA-256 stands in the log."""
    return HttpResponse(alert_queries.get_alert(alert).row.cap.encode(), content_type=f"{MEDIA_TYPE}; charset=utf-8")


@router.post("/agencies/{agency}/alerts", response={201: NeighborMadeOut})
@policy("neighbors:alert:issue")
def issue_alert(request: HttpRequest, agency: str, body: AlertIn) -> Status[NeighborMadeOut]:
    """Publish an alert to a drawn area."""
    new = new_alert(_checked(body))
    return Status(201, NeighborMadeOut(id=services.issue_alert(principal_of(request), agency, new, now=utc_now())))


@router.post("/alerts/{alert}/update", response={201: NeighborMadeOut})
@policy("neighbors:alert:issue")
def update_alert(request: HttpRequest, alert: str, body: AlertIn) -> Status[NeighborMadeOut]:
    """Correct an alert; whoever was told before is told again."""
    new = new_alert(_checked(body))
    return Status(201, NeighborMadeOut(id=services.update_alert(principal_of(request), alert, new, now=utc_now())))


@router.post("/alerts/{alert}/cancel", response={201: NeighborMadeOut})
@policy("neighbors:alert:issue")
def cancel_alert(request: HttpRequest, alert: str, body: CancelIn) -> Status[NeighborMadeOut]:
    """Take an alert back."""
    others: dict[str, str] = {one.language: one.why for one in body.others}
    made = services.cancel_alert(principal_of(request), alert, body.why, others=others, now=utc_now())
    return Status(201, NeighborMadeOut(id=made))


def _checked(body: AlertIn) -> AlertIn:
    if body.expires_at.tzinfo is None:
        raise Malformed("a time has a zone", kind="alert-time")
    return body


def _shown(request: HttpRequest, found: list[AlertRead]) -> list[AlertOut]:
    """The alerts as JSON; whoever is signed in is told of their corrections from now on."""
    person = principal_of(request).person
    if person is not None:
        newest: dict[str, int] = {}
        for one in found:
            newest[one.row.first] = max(one.row.version, newest.get(one.row.first, 0))
        services.note_seen(person, newest.items(), now=utc_now())
    return [_out(one) for one in found]


def _out(found: AlertRead) -> AlertOut:
    row, info = found.row, found.info
    return AlertOut(
        id=row.id, first=row.first, version=row.version, msg_type=row.msg_type, status=row.status, agency=row.agency,
        agency_name=found.agency_name, category=info.category, response=info.response, urgency=info.urgency,
        severity=info.severity, certainty=info.certainty, area_name=info.area_name,
        texts=[AlertTextOut(**vars(text)) for text in info.texts],
        corners=[(corner[0], corner[1]) for corner in row.corners], cells=list(found.cells), sent_at=row.sent_at,
        expires_at=row.expires_at, superseded_by=found.superseded_by, cap_sha256=row.cap_sha256,
    )  # fmt: skip
