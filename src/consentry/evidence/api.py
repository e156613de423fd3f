"""Items, cases and holds for an agency's people. Uploads: `api_uploads.py`."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Schema, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.evidence import queries, services
from consentry.evidence.access import access_item, agency_of, doer_of
from consentry.evidence.api_exports import router as exports
from consentry.evidence.api_orders import router as ordered
from consentry.evidence.api_overview import router as overview
from consentry.evidence.api_trust import router as trust
from consentry.evidence.api_uploads import router as uploads
from consentry.evidence.disclosure.api import router as disclosures
from consentry.evidence.redaction.api import router as redactions
from consentry.evidence.schemas import (
    ActOut,
    BulkHoldIn,
    BulkIn,
    CaseIn,
    CaseKeepIn,
    CaseOut,
    ClearedOut,
    DoneOut,
    HoldIn,
    HoldOut,
    ItemDetailOut,
    ItemOut,
    NameIn,
    NoteIn,
    NoteOut,
    OpenedOut,
    WhyIn,
    case_out,
    files_out,
    item_fields,
    wholeness_out,
)
from consentry.evidence.streaming import stream_of
from consentry.evidence.thumbnail import thumbnail_of
from consentry.evidence.types import ItemWhere
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed

router = Router(tags=["evidence"])
router.add_router("", uploads)
router.add_router("", exports)
router.add_router("", disclosures)
router.add_router("", redactions)
router.add_router("", ordered)
router.add_router("", overview)
router.add_router("", trust)


class SearchIn(Schema):
    """What to look for; `since`, `until` bound the time of the pictures, `before` pages on by `began_at`."""

    case: str = ""
    cell: str = ""
    kind: str = ""
    state: str = ""
    incident: str = ""
    camera: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None


@router.get("/items", response=list[ItemOut])
@policy("evidence:item:list")
def list_items(request: HttpRequest, where: Query[SearchIn]) -> list[ItemOut]:
    """At most 100 items of the caller's agencies that match, newest first."""
    said = where.model_dump()
    if any(isinstance(value, str) and (len(value) > 200 or "\0" in value) for value in said.values()):
        raise Malformed("a filter is a short text")
    if any(isinstance(value, datetime) and value.tzinfo is None for value in said.values()):
        raise Malformed("a time has a zone")
    found = queries.search_items(principal_of(request), ItemWhere(**said))
    return [ItemOut.model_validate(item_fields(row)) for row in found]


@router.get("/items/{item}", response=ItemDetailOut)
@policy("evidence:item:list")
def read_item(request: HttpRequest, item: str) -> ItemDetailOut:
    """An item with custody, holds, notes, cases and files; no picture."""
    principal = principal_of(request)
    row = access_item(principal, item)
    fields = item_fields(row) | {
        "camera": row.camera, "closed_at": row.closed_at, "sealed_at": row.sealed_at, "shredded_at": row.shredded_at,
        "payload_sha256": row.payload_sha256, "wholeness": wholeness_out(queries.wholeness_of(row)),
        "files": files_out(queries.files_of(row)),
        "custody": [ActOut.model_validate(dict(vars(act))) for act in queries.custody_of(row)],
        "holds": [HoldOut.model_validate(dict(vars(hold))) for hold in queries.holds_of(row)],
        "notes": [NoteOut(at=note.at, person=name, text=note.text) for note, name in queries.notes_of(row)],
        "cases": [case_out(case) for case in queries.cases(principal, item=row.id)],
        "derivatives": list(row.derivatives.order_by("began_at").values_list("id", flat=True)),
    }  # fmt: skip
    return ItemDetailOut.model_validate(fields)


@router.post("/items/{item}/open", response=OpenedOut)
@policy("evidence:item:play")
def open_item(request: HttpRequest, item: str, body: WhyIn) -> OpenedOut:
    """Say why the pictures are opened: it stands in custody, and for an hour the files are served."""
    return OpenedOut(until=services.open_item(principal_of(request), item, body.why, now=utc_now()))


@router.get("/items/{item}/files/{number}", response={200: None, 206: None}, operation_id="read_item_file")
@policy("evidence:item:play")
def read_file(request: HttpRequest, item: str, number: int) -> StreamingHttpResponse:
    """A file of an opened item, or one range of it."""
    wanted = request.headers.get("Range", "")
    return stream_of(services.serve_file(principal_of(request), item, number, wanted, now=utc_now()))


@router.get("/items/{item}/thumbnail", response={200: None}, operation_id="read_item_thumbnail")
@policy("evidence:item:play")
def read_thumbnail(request: HttpRequest, item: str) -> HttpResponse:
    """A small picture of an item that may be played by the caller; never stored, so that it dies with its item."""
    picture = thumbnail_of(principal_of(request), item)
    return HttpResponse(picture, content_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


@router.post("/items/{item}/name", response={204: None})
@policy("evidence:item:change")
def name_item(request: HttpRequest, item: str, body: NameIn) -> Status[None]:
    """Call it otherwise."""
    services.name_item(principal_of(request), item, body.name, now=utc_now())
    return Status(204, None)


@router.post("/items/{item}/notes", response={204: None})
@policy("evidence:item:change")
def write_note(request: HttpRequest, item: str, body: NoteIn) -> Status[None]:
    """Write a note beside it."""
    services.write_note(principal_of(request), item, body.text, now=utc_now())
    return Status(204, None)


@router.post("/items/{item}/holds", response=HoldOut)
@policy("evidence:hold:set")
def set_hold(request: HttpRequest, item: str, body: HoldIn) -> HoldOut:
    """Keep it past its time."""
    principal = principal_of(request)
    hold = services.set_hold(principal, item, body.why, body.until, now=utc_now())
    made = next(found for found in queries.holds_of(access_item(principal, item)) if found.id == hold)
    return HoldOut.model_validate(dict(vars(made)))


@router.post("/holds/{hold}/clear", response=ClearedOut)
@policy("evidence:hold:clear")
def clear_hold(request: HttpRequest, hold: str) -> ClearedOut:
    """Say that a hold may end; the second of two people ends it, and one of them is an auditor."""
    return ClearedOut(cleared=services.clear_hold(principal_of(request), hold, now=utc_now()))


@router.get("/cases", response=list[CaseOut])
@policy("evidence:case:list")
def list_cases(request: HttpRequest) -> list[CaseOut]:
    """The newest 100 cases of the caller's agencies."""
    return [case_out(case) for case in queries.cases(principal_of(request))]


@router.post("/cases", response=CaseOut)
@policy("evidence:case:change")
def open_case(request: HttpRequest, body: CaseIn) -> CaseOut:
    """Open a case."""
    principal = principal_of(request)
    agency = agency_of(principal, body.agency)
    case = services.open_case(doer_of(principal, agency), agency, body.number, body.name, now=utc_now())
    return next(case_out(found) for found in queries.cases(principal) if found.id == case)


@router.post("/cases/{case}/keep", response={204: None})
@policy("evidence:case:change")
def keep_case(request: HttpRequest, case: str, body: CaseKeepIn) -> Status[None]:
    """Until when the case keeps its items: a supervisor's word, with a reason."""
    services.keep_case_until(principal_of(request), case, body.keep_until, body.why, now=utc_now())
    return Status(204, None)


@router.put("/cases/{case}/items/{item}", response={204: None})
@policy("evidence:case:change")
def add_to_case(request: HttpRequest, case: str, item: str) -> Status[None]:
    """Put an item into a case."""
    services.add_to_case(principal_of(request), item, case, now=utc_now())
    return Status(204, None)


@router.delete("/cases/{case}/items/{item}", response={204: None})
@policy("evidence:case:change")
def take_from_case(request: HttpRequest, case: str, item: str) -> Status[None]:
    """Take an item out of a case."""
    services.take_from_case(principal_of(request), item, case, now=utc_now())
    return Status(204, None)


@router.post("/bulk/items", response=DoneOut)
@policy("evidence:item:change")
def act_on_many(request: HttpRequest, body: BulkIn) -> DoneOut:
    """One act on many items: on all or on none."""
    principal, now = principal_of(request), utc_now()

    def act(item: str) -> None:
        if body.act == "add_to_case":
            services.add_to_case(principal, item, body.case, now=now)
        else:
            services.write_note(principal, item, body.why, now=now)

    services.in_bulk(body.items, act)
    return DoneOut(done=len(set(body.items)))


@router.post("/bulk/holds", response=DoneOut)
@policy("evidence:hold:set")
def hold_many(request: HttpRequest, body: BulkHoldIn) -> DoneOut:
    """A hold on each of many items: on all or on none."""
    principal, now = principal_of(request), utc_now()
    services.in_bulk(body.items, lambda item: services.set_hold(principal, item, body.why, body.until, now=now))
    return DoneOut(done=len(set(body.items)))
