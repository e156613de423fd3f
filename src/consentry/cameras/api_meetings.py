"""Pairing by a square that a box shows and its owner's phone reads. docs/spec/pairing.md."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from consentry.cameras import services
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.meeting import NAME_BYTES

router = Router(tags=["edges"])


class MeetingIn(Schema):
    """The name of a square (base64url of 32 bytes)."""

    meeting: Annotated[str, Field(max_length=43)]


class LeftIn(MeetingIn):
    """One's own open code, its first part, and the whole sealed to who shows the square (base64url of 60 bytes)."""

    code: Annotated[str, Field(min_length=8, max_length=8)]
    box: Annotated[str, Field(max_length=80)]


class LeftOut(Schema):
    """What was left; null while nobody answered."""

    box: str | None


@router.post("/edge-meetings", response={204: None})
@policy("cameras:edge:prepare")
def leave(request: HttpRequest, body: LeftIn) -> Status[None]:
    """Leave a sealed code for the box whose square was read."""
    services.leave_code(
        principal_of(request), body.code, meeting=from_b64(body.meeting), box=from_b64(body.box), now=utc_now()
    )
    return Status(204, None)


@router.post("/edge-meetings/find", response=LeftOut)
@policy("cameras:edge:meet")
def find(request: HttpRequest, response: HttpResponse, body: MeetingIn) -> LeftOut:  # noqa: ARG001 ninja hands it over
    """What was left for a square. Open to the network: the name is the hash of a secret, and what lies there sealed."""
    response["Cache-Control"] = "no-store"
    box = services.find_code(from_b64(body.meeting, length=NAME_BYTES), now=utc_now())
    return LeftOut(box=None if box is None else to_b64(box))
