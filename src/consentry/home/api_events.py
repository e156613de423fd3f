"""The owner's events and what the owner asks of the box itself. Nobody else has an operation for either."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from consentry.cameras import queries as cameras
from consentry.cameras import services as camera_services
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId
from consentry.kernel.owner_record import MAX_SIGNED_CHARS

MOST_EVENTS = 200
router = Router(tags=["home"])


class OwnEventOut(Schema):
    """`boxes` (base64url): one for each browser that may read it, context `event` and the camera's id."""

    id: str
    camera: str
    came_at: datetime
    boxes: list[str]
    has_picture: bool


class EventPictureOut(Schema):
    """`sealed` (base64url): opens with the key inside the event's own box, and with nothing else."""

    sealed: str


class SignedIn(Schema):
    """The owner's signed `events.key` or `cameras.find`."""

    owner_signature: str = Field(max_length=MAX_SIGNED_CHARS)


class FoundOut(Schema):
    """`box` (base64url) opens only with the browser's reply key, context `found` and the edge's id."""

    state: str
    box: str | None
    fault: str


@router.get("/home/events", response=list[OwnEventOut], operation_id="list_home_events")
@policy("home:event:read")
def list_events(request: HttpRequest, response: HttpResponse) -> list[OwnEventOut]:
    """What happened before one's own cameras, newest first; readable in one's own browsers alone."""
    response["Cache-Control"] = "no-store"
    found = cameras.events_of(principal_of(request).person or PersonId(""), limit=MOST_EVENTS)
    return [
        OwnEventOut(
            id=item.id,
            camera=item.camera,
            came_at=item.came_at,
            boxes=[to_b64(box) for box in item.boxes],
            has_picture=item.has_picture,
        )
        for item in found
    ]


@router.get("/home/events/{event}/picture", response=EventPictureOut, operation_id="read_event_picture")
@policy("home:event:read")
def read_event_picture(request: HttpRequest, response: HttpResponse, event: str) -> EventPictureOut:
    """What one's own camera saw when it noticed something."""
    response["Cache-Control"] = "no-store"
    sealed = cameras.event_picture(principal_of(request).person or PersonId(""), event)
    return EventPictureOut(sealed=to_b64(sealed))


@router.post("/home/edges/{edge}/events", response={202: None}, operation_id="hear_events")
@policy("home:event:hear")
def hear_events(request: HttpRequest, edge: str, body: SignedIn) -> Status[None]:
    """From now on one's own box seals events to this browser too."""
    camera_services.hear_events(principal_of(request), edge, body.owner_signature, now=utc_now())
    return Status(202, None)


@router.post("/home/edges/{edge}/find", response={202: None}, operation_id="find_cameras")
@policy("home:edge:find")
def find(request: HttpRequest, edge: str, body: SignedIn) -> Status[None]:
    """Ask one's own box which cameras answer in its home; fetch the list with GET."""
    camera_services.ask_for_cameras(principal_of(request), edge, body.owner_signature, now=utc_now())
    return Status(202, None)


@router.get("/home/edges/{edge}/find", response=FoundOut, operation_id="read_found_cameras")
@policy("home:edge:find")
def read_found(request: HttpRequest, response: HttpResponse, edge: str) -> FoundOut:
    """How the search stands; the list is unreadable here and gone after 5 minutes."""
    response["Cache-Control"] = "no-store"
    answer = camera_services.fetch_found(principal_of(request), edge, now=utc_now())
    return FoundOut(state=answer.state, box=None if answer.box is None else to_b64(answer.box), fault=answer.fault)
