"""What an owner hands over under an order: announced, sent in parts, finished with its hash (docs/spec/order.md)."""

from collections.abc import Iterator
from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import StringConstraints

from consentry.core.codes import one_of
from consentry.core.policy import policy
from consentry.core.principal import Principal, principal_of
from consentry.evidence import services
from consentry.evidence.schemas import FinishIn
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_CLIP_MANIFEST_BYTES
from consentry.kernel.limits_residents import MAX_ANSWER_BYTES
from consentry.orders.types import HAND_OVER_STATES, NewHandOver

router = Router(tags=["orders"])
_PIECE_BYTES = 1_048_576


class HandOverIn(Schema):
    """A recording to come; `signed`: the edge's manifest of a clip, untouched, empty for a file."""

    media_type: Annotated[str, Field(pattern="^[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}$")]
    size_bytes: Annotated[int, Field(gt=0, le=MAX_ANSWER_BYTES)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    signed: Annotated[str, Field(max_length=MAX_CLIP_MANIFEST_BYTES)] = ""


class HandOverOut(Schema):
    """How it stands, and from which byte on it goes on."""

    id: str
    state: Annotated[str, one_of(*HAND_OVER_STATES)]
    offset: int
    size_bytes: int
    sha256: str


@router.post("/home/orders/{serving}/recordings", response={201: HandOverOut}, operation_id="begin_hand_over")
@policy("orders:served:answer")
def begin(request: HttpRequest, serving: str, body: HandOverIn) -> Status[HandOverOut]:
    """Say what is to come; then send it in parts."""
    new = NewHandOver(body.media_type, body.size_bytes, body.sha256, body.signed.encode())
    made = services.begin_handed(principal_of(request), serving, new, now=utc_now())
    return Status(201, _out(principal_of(request), made.id))


@router.get("/home/handed/{hand_over}", response=HandOverOut, operation_id="read_hand_over")
@policy("orders:served:read")
def read(request: HttpRequest, hand_over: str) -> HandOverOut:
    """How one's own recording stands."""
    return _out(principal_of(request), hand_over)


@router.patch("/home/handed/{hand_over}/part", response=HandOverOut, operation_id="take_hand_over_part")
@policy("orders:served:answer")
def take_part(request: HttpRequest, hand_over: str, offset: int = 0) -> HandOverOut:
    """The next bytes, at most 16 MiB, as `application/octet-stream`, from `offset` on."""
    services.access_handed(principal_of(request), hand_over)
    if offset < 0 or request.content_type != "application/octet-stream":
        raise Malformed("a part is bytes at an offset")
    services.take_handed_part(principal_of(request), hand_over, offset, _pieces_of(request))
    return _out(principal_of(request), hand_over)


@router.post("/home/handed/{hand_over}/finish", response=HandOverOut, operation_id="finish_hand_over")
@policy("orders:served:answer")
def finish(request: HttpRequest, hand_over: str, body: FinishIn) -> HandOverOut:
    """All was sent: the hash is compared here; checking and sealing follow."""
    services.finish_handed(principal_of(request), hand_over, body.sha256)
    return _out(principal_of(request), hand_over)


@router.post("/home/handed/{hand_over}/stop", response=HandOverOut, operation_id="stop_hand_over")
@policy("orders:served:answer")
def stop(request: HttpRequest, hand_over: str) -> HandOverOut:
    """Stop before it is complete: nothing of it is kept."""
    services.stop_handed(principal_of(request), hand_over)
    return _out(principal_of(request), hand_over)


def _out(principal: Principal, hand_over: str) -> HandOverOut:
    found, offset = services.access_handed(principal, hand_over)
    return HandOverOut(id=found.id, state=found.state, offset=offset, size_bytes=found.size_bytes, sha256=found.sha256)


def _pieces_of(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(_PIECE_BYTES):
        yield piece
