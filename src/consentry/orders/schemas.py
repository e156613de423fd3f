"""Bodies of this room's operations."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from ninja import Field, Schema
from pydantic import AwareDatetime

from consentry.core.codes import one_of
from consentry.kernel.ids import AgencyId
from consentry.kernel.limits_residents import MAX_ORDER_LINES, MAX_ORDER_TEXT_CHARS, MAX_ORDER_WORDS_CHARS
from consentry.orders.types import (
    ACTS,
    HAND_OVER_STATES,
    KINDS,
    SERVING_STATES,
    STATES,
    TARGETS,
    YIELDS,
    Line,
    NewOrder,
    Order,
    ServedOrder,
)

Id = Annotated[str, Field(max_length=64)]
Short = Annotated[str, Field(max_length=MAX_ORDER_TEXT_CHARS)]
Long = Annotated[str, Field(max_length=MAX_ORDER_WORDS_CHARS)]
Kind = Annotated[str, one_of(*KINDS)]
State = Annotated[str, one_of(*STATES)]
Target = Annotated[str, one_of(*TARGETS)]


class OrderLineJson(Schema):
    """One thing that is named: `camera` with its window, `item` or `answer`, by its id."""

    target: Annotated[str, Field(max_length=20), one_of(*TARGETS)]
    about: Id
    window_start: AwareDatetime | None = None
    window_end: AwareDatetime | None = None


class OrderAreaIn(Schema):
    """A place instead of things. It is read so that it can be refused by name, whatever else the order says."""

    lat: float
    lon: float
    radius_m: float


class OrderIn(Schema):
    """An order as it came. `phone`: where the owner asks back; `certificate`: of an exigent one alone."""

    agency: Id
    kind: Annotated[str, Field(max_length=20), one_of(*KINDS)]
    court: Short = ""
    docket: Short = ""
    judge: Short = ""
    phone: Short
    words: Long
    certificate: Long = ""
    renews: Id = ""
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    seal_until: AwareDatetime | None = None
    lines: Annotated[list[OrderLineJson], Field(max_length=MAX_ORDER_LINES, default_factory=list)]
    area: OrderAreaIn | None = None


class OrderReviewIn(Schema):
    """`agrees` false refuses the order for good, with the reason."""

    agrees: bool
    why: Long = ""


class OrderWhyIn(Schema):
    """Why it is given up."""

    why: Long = ""


class OrderRowOut(Schema):
    """An order in a list. `review_by`: until when an executed exigent one must be reviewed, null for no such debt."""

    id: str
    agency: str
    agency_name: str
    kind: Kind
    court: str
    docket: str
    judge: str
    phone: str
    words: str
    certificate: str
    renews: str
    issued_at: datetime
    expires_at: datetime
    seal_until: datetime | None
    lines: list[OrderLineJson]
    document_sha256: str
    state: State
    made_by: str
    made_at: datetime
    frozen_at: datetime | None
    executed_at: datetime | None
    review_by: datetime | None


class OrderReviewOut(Schema):
    """What a reviewer said."""

    person: str
    name: str
    role: str
    agrees: bool
    why: str
    at: datetime


class OrderYieldOut(Schema):
    """What executing found of the line of this number; `item` of the vault, empty for none."""

    line: int
    word: Annotated[str, one_of(*YIELDS)]
    item: str


class OrderServingOut(Schema):
    """Whom a line concerned: since when they know, what they said, what they handed over; never who they are."""

    line: int
    state: Annotated[str, one_of(*SERVING_STATES)]
    tell_at: datetime
    told_at: datetime | None
    said: str
    items: list[str]


class OrderActOut(Schema):
    """One line of what was done."""

    at: datetime
    kind: Annotated[str, one_of(*ACTS)]
    name: str
    role: str
    why: str


class OrderOut(OrderRowOut):
    """An order with all that became of it."""

    reviews: list[OrderReviewOut]
    yields: list[OrderYieldOut]
    servings: list[OrderServingOut]
    acts: list[OrderActOut]
    is_logged: bool


class OrderMadeOut(Schema):
    """The order's id."""

    id: str


class HandedOut(Schema):
    """A recording that one hands over; `offset`: from which byte on it goes on; `why`: a code when it failed."""

    id: str
    kind: Annotated[str, one_of("clip", "file")]
    state: Annotated[str, one_of(*HAND_OVER_STATES)]
    size_bytes: int
    sha256: str
    begun_at: datetime
    sent_at: datetime | None
    why: str


class ServedOrderOut(Schema):
    """An order as whom it concerns reads it: their own line alone."""

    id: str
    agency_name: str
    kind: Kind
    court: str
    docket: str
    judge: str
    phone: str
    words: str
    certificate: str
    issued_at: datetime
    expires_at: datetime
    executed_at: datetime
    was_sealed: bool
    has_document: bool
    document_sha256: str
    target: Target
    camera: str
    camera_name: str
    window_start: datetime | None
    window_end: datetime | None
    state: Annotated[str, one_of(*SERVING_STATES)]
    is_open: bool
    said: str
    said_at: datetime | None
    handed: list[HandedOut]


class ServedSayIn(Schema):
    """`nothing`: I have nothing of it; `contested`: with the reason."""

    word: Annotated[str, Field(max_length=20), one_of("contested", "nothing")]
    said: Long = ""


def new_order(body: OrderIn) -> NewOrder:
    """The body as the services take it."""
    said = body.model_dump(exclude={"lines", "area", "agency"})
    lines = tuple(Line(**line.model_dump()) for line in body.lines)
    return NewOrder(**said, agency=AgencyId(body.agency), lines=lines, area=body.area is not None)


def order_row_out(found: Order) -> OrderRowOut:
    """An order in a list."""
    return OrderRowOut.model_validate(asdict(found))


def served_order_out(found: ServedOrder) -> ServedOrderOut:
    """An order for whom it concerns."""
    return ServedOrderOut.model_validate(asdict(found))
