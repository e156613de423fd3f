"""Operations of viewers, and the internal doors of gateways."""

from datetime import datetime
from typing import Annotated

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router, Schema, Status

from consentry.access import queries as access
from consentry.access import services
from consentry.access.schemas import Klass, OpeningJson
from consentry.core.codes import one_of
from consentry.core.json_body import parse_body_object
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.evidence.services import take_segment
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import GatewayId, SessionId
from consentry.kernel.opening import dump_opening
from consentry.ledger import queries as ledger
from consentry.live import keeping
from consentry.live.control import control_stream
from consentry.live.gateway_door import access_gateway
from consentry.live.reports import take_reports
from consentry.live.sessions import OPENING_WAITS, SessionView, end_reason_of, view_session
from consentry.live.sharing import settle

router = Router(tags=["live"])
internal_router = Router(tags=["gateways"])


class PlaceOut(Schema):
    """Exact place and view of the camera, only while the look runs."""

    lat: float
    lon: float
    heading_deg: int | None
    fov_deg: int
    range_m: int


class LookSessionOut(Schema):
    """One viewer's session."""

    id: str
    grant: str
    incident: str
    purpose: str
    klass: Klass
    camera_label: str
    distance_m: int
    stage: Annotated[str, one_of("logging", "ready", "live", "ended")]
    since: datetime
    expires_at: datetime
    end_reason: str | None
    mark: str
    place: PlaceOut | None


class OpeningOut(Schema):
    """What the viewer presents to the gateway. `opening` as docs/spec/opening.md, `ticket` base64url."""

    opening: OpeningJson
    ticket: str
    gateway_url: str


class TicketOut(Schema):
    """The next ticket, base64url."""

    ticket: str


class MoveIn(Schema):
    """Why the viewer asks: `is_used` when it was told that its opening was used already."""

    is_used: bool = False


class MovedOut(Schema):
    """The session to go on with: another one when the look moved, with an opening and tickets of its own."""

    session: str


class KeepOut(Schema):
    """How keeping a look stands: `state` is "" when it is not kept; `item`: what it becomes in the vault."""

    state: Annotated[str, one_of("", *keeping.STATES)]
    item: str | None


class TakenOut(Schema):
    """How many events were taken."""

    taken: int


@router.get("/live/sessions/{session}", response=LookSessionOut, operation_id="read_session")
@policy("live:session:read")
def read_session(request: HttpRequest, session: str) -> LookSessionOut:
    """How one's own session stands."""
    now = utc_now()
    return _session_out(view_session(principal_of(request), SessionId(session), now=now), now)


@router.post("/live/sessions/{session}/opening", response=OpeningOut, operation_id="open_session")
@policy("live:session:open")
def open_session(request: HttpRequest, session: str) -> OpeningOut:
    """The opening with its proof, and the first ticket; waits at most 2 s for the log."""
    principal = principal_of(request)
    found = access.access_session(principal, SessionId(session))
    ledger.wait_until_durable(found.id, timeout_s=OPENING_WAITS.total_seconds())
    ticket, opening = services.renew_ticket(principal, found.id, now=utc_now())
    gateway = access.get_gateway(found.gateway)
    return OpeningOut(
        opening=OpeningJson.model_validate_json(dump_opening(opening)),
        ticket=to_b64(ticket),
        gateway_url=f"{gateway.url.rstrip('/')}/view",
    )


@router.post("/live/sessions/{session}/renew", response=TicketOut, operation_id="renew_session")
@policy("live:session:renew")
def renew_session(request: HttpRequest, session: str) -> TicketOut:
    """The next ticket; the policy decides again on fresh facts."""
    ticket, _ = services.renew_ticket(principal_of(request), SessionId(session), now=utc_now())
    return TicketOut(ticket=to_b64(ticket))


@router.post("/live/sessions/{session}/move", response=MovedOut, operation_id="move_session")
@policy("live:session:move")
def move_session(request: HttpRequest, session: str, body: MoveIn) -> MovedOut:
    """Where to go on after the connection was lost: at a living gateway that can show the camera, decided anew."""
    settle()
    principal = principal_of(request)
    return MovedOut(session=services.move_session(principal, SessionId(session), is_used=body.is_used, now=utc_now()))


@router.post("/live/sessions/{session}/end", response={204: None}, operation_id="end_session")
@policy("live:session:end")
def end_session(request: HttpRequest, session: str) -> Status[None]:
    """The viewer is done."""
    services.end_session(principal_of(request), SessionId(session), now=utc_now())
    return Status(204, None)


@router.get("/live/sessions/{session}/keep", response=KeepOut, operation_id="read_keep")
@policy("live:session:read")
def read_keep(request: HttpRequest, session: str) -> KeepOut:
    """Is one's own look being kept?"""
    return KeepOut(**vars(keeping.keep_state(principal_of(request), SessionId(session))))


@router.post("/live/sessions/{session}/keep", response=KeepOut, operation_id="keep_session")
@policy("live:session:keep")
def keep_session(request: HttpRequest, session: str) -> KeepOut:
    """Keep what this look shows, from what is cached of its grant until the mark, the look or the grant ends."""
    return KeepOut(**vars(keeping.keep(principal_of(request), SessionId(session), now=utc_now())))


@router.post("/live/sessions/{session}/keep/stop", response=KeepOut, operation_id="stop_keeping_session")
@policy("live:session:keep")
def stop_keeping_session(request: HttpRequest, session: str) -> KeepOut:
    """End the mark; the look goes on, what was recorded is sealed."""
    return KeepOut(**vars(keeping.stop(principal_of(request), SessionId(session), now=utc_now())))


@internal_router.put("/gateway/segments/{recording}/{run}/{number}")
@policy("live:gateway:segment")
def take_gateway_segment(request: HttpRequest, recording: str, run: str, number: str) -> HttpResponse:
    """A finished segment for the vault; the answer is the vault's signed acknowledgement (docs/spec/keep.md)."""
    now = utc_now()
    gateway = access_gateway(request, now=now, body=b"")
    said = keeping.segment_said(request, recording, run, number)
    taken = take_segment(gateway, said, keeping.pieces_of(request), now=now)
    return HttpResponse(taken, content_type="application/json", headers={"Cache-Control": "no-store"})


@internal_router.get("/gateway/control")
@policy("live:gateway:control")
async def follow_control(request: HttpRequest) -> StreamingHttpResponse:
    """The control stream of the gateway that signed this request."""

    def admit() -> GatewayId:
        try:
            return access_gateway(request, now=utc_now())
        finally:
            connection.close()

    gateway = await sync_to_async(admit)()
    response = StreamingHttpResponse(control_stream(gateway), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@internal_router.post("/gateway/reports", response=TakenOut)
@policy("live:gateway:report")
def take_gateway_reports(request: HttpRequest) -> TakenOut:
    """What a gateway reports: `{"events": […]}`, signed."""
    now = utc_now()
    gateway = access_gateway(request, now=now)
    events = parse_body_object(request.body).get("events")
    if not isinstance(events, list):
        raise Malformed("reports come as a list of events")
    return TakenOut(taken=take_reports(gateway, events, now=now))


def _session_out(view: SessionView, now: datetime) -> LookSessionOut:
    session, place = view.session, view.place
    return LookSessionOut(
        id=session.id, grant=session.grant, incident=session.incident, purpose=session.purpose, klass=session.klass,
        camera_label=view.camera_label, distance_m=session.distance_m, stage=view.stage, since=session.since,
        expires_at=session.expires_at, end_reason=end_reason_of(session, now), mark=view.mark,
        place=None if place is None else PlaceOut(**vars(place)),
    )  # fmt: skip
