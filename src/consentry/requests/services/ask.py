"""Make a request, show beforehand what would become of it, and resolve it. What it asks is never edited."""

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from consentry.agencies import queries as agencies
from consentry.agencies.types import Programme
from consentry.cells.areas import may_stand_beside
from consentry.cells.queries import widen_area
from consentry.cells.types import Area
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.incidents.queries import access_incident
from consentry.incidents.types import Incident
from consentry.kernel.canonical import canonical_json, sha256_of, to_b64
from consentry.kernel.errors import Conflict, LimitReached, Malformed, Refused
from consentry.kernel.ids import AgencyId, IncidentId, RequestId, new_id
from consentry.kernel.item import SALT_BYTES, commit_of
from consentry.kernel.limits_residents import MAX_REQUEST_WORDS_CHARS
from consentry.kernel.roles import Role
from consentry.kernel.terms import Tier
from consentry.ledger.services import append
from consentry.requests import models
from consentry.requests.queries import access_request
from consentry.requests.records import request_record
from consentry.requests.rules import CaseSoFar, case_key, decide_request, publish_at
from consentry.requests.types import CLOSE_REASONS, NewRequest, Preview

ASKERS = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR)


def preview_request(principal: Principal, new: NewRequest, *, now: datetime) -> Preview:
    """The widened area of `new` and the rules that would refuse it. A function of the city, the call and the case.

    NotFound: not the caller's incident. Malformed: texts that are too long, an area outside the city.
    """
    _check_texts(new)
    incident = access_incident(principal, new.incident)
    _require_asker(principal, incident)
    cells = _widened(new, incident)
    so_far = _case_so_far(new, incident, cells)
    refused = decide_request(new, incident, so_far, now=now)
    if _programme(incident.agency, now) is None:
        refused = ("programme.request", *refused)
    return Preview(cells, max(so_far.of_case, so_far.of_incident) + 1, refused)


@transaction.atomic
def make_request(principal: Principal, new: NewRequest, *, now: datetime) -> RequestId:
    """Publish a request. Homes are chosen afterwards by the worker, so that this answer's time tells nothing of them.

    Raises: NotFound: not the caller's incident. Refused `request-refused` with the rules that failed as conditions;
    `no-programme`. LimitReached `request-case`: two colleagues at one moment made the last ones. Malformed: texts.
    """
    _check_texts(new)
    incident = access_incident(principal, new.incident, lock=True)
    _require_asker(principal, incident)
    programme = _programme(incident.agency, now)
    if programme is None:
        raise Refused("no programme of this agency may ask residents now", kind="no-programme")
    cells = _widened(new, incident)
    so_far = _case_so_far(new, incident, cells)
    if failed := decide_request(new, incident, so_far, now=now):
        raise Refused("this request may not be made", kind="request-refused", conditions=failed)
    row = _row(new, incident, programme, cells, now)
    row.made_by, row.number_in_case = principal.person or "", so_far.of_case + 1
    row.record = canonical_json(request_record(row)).decode()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise LimitReached("this case has had its requests", kind="request-case") from error
    append("request.open", {"agency": row.agency, "commit": commit_to(row)}, key=row.id)
    tell(f"agency:{row.agency}", "request.changed", row.id)
    return RequestId(row.id)


@transaction.atomic
def resolve_request(principal: Principal, request: str, reason: str, *, now: datetime) -> None:
    """The agency needs no more answers. NotFound. Malformed: no such reason. Conflict `request-over`: it is closed."""
    row = access_request(principal, request, roles=ASKERS, lock=True)
    if reason not in CLOSE_REASONS or reason == "expired":
        raise Malformed("say why it is resolved")
    if row.state != "open":
        raise Conflict("this request is over", kind="request-over")
    close(row, reason, now=now)


def close(row: models.VideoRequest, reason: str, *, now: datetime) -> None:
    """End a request whose row the caller has locked: log it, fix the day of its figures, tell the agency's pages."""
    row.state, row.close_reason, row.closed_at, row.publish_at = "closed", reason, now, publish_at(now)
    row.save(update_fields=["state", "close_reason", "closed_at", "publish_at"])
    append("request.close", {"agency": row.agency, "commit": commit_to(row)}, key=f"{row.id}:close")
    tell(f"agency:{row.agency}", "request.changed", row.id)


def commit_to(row: models.VideoRequest) -> str:
    """The salted commitment (base64url) to what was asked; record and salt are public, so that anybody may check it."""
    digest = sha256_of(request_record(row))
    return to_b64(commit_of(bytes(row.salt), digest))


def _row(
    new: NewRequest, incident: Incident, programme: Programme, cells: tuple[str, ...], now: datetime
) -> models.VideoRequest:
    return models.VideoRequest(
        id=new_id("request"), agency=incident.agency, programme=programme.id, incident=incident.id,
        family=incident.family, case_number=new.case_number.strip(), case_key=case_key(new.case_number),
        contact=new.contact.strip(), looking_for=sorted(set(new.looking_for)), words=new.words.strip(),
        window_start=new.window_start, window_end=new.window_end, area_sq_m=new.area_sq_m, cells=list(cells),
        made_at=now, answer_by=now + timedelta(days=new.answer_days), salt=secrets.token_bytes(SALT_BYTES),
    )  # fmt: skip


def _check_texts(new: NewRequest) -> None:
    if max(len(new.case_number), len(new.contact)) > 100 or len(new.words) > MAX_REQUEST_WORDS_CHARS:
        raise Malformed("a text is too long")


def _require_asker(principal: Principal, incident: Incident) -> None:
    if incident.agency not in principal.agencies(*ASKERS):
        raise Refused("your role may not ask", kind="role")


def _programme(agency: AgencyId, now: datetime) -> Programme | None:
    """The agency's running programme that may ask residents; the first by id of several."""
    running = (found for found in agencies.active_programmes(now) if found.agency == agency)
    return next((found for found in running if Tier.REQUEST in found.tiers), None)


def _widened(new: NewRequest, incident: Incident) -> tuple[str, ...]:
    if incident.place is None:
        raise Refused("this call has no place", kind="request-refused", conditions=("incident.trusted",))
    if new.area_sq_m < 1:
        raise Malformed("an area has at least 1 square metre")
    return widen_area(Area.around(incident.place, area_sq_m=new.area_sq_m)).cells


def _case_so_far(new: NewRequest, incident: Incident, cells: tuple[str, ...]) -> CaseSoFar:
    """What was asked before for this case number or this call, in whatever state it is now."""
    earlier = models.VideoRequest.objects.filter(agency=incident.agency)
    of_case = list(earlier.filter(case_key=case_key(new.case_number)))
    of_incident = list(earlier.filter(incident=IncidentId(incident.id)))
    areas = [row.cells for row in {row.id: row for row in (*of_case, *of_incident)}.values()]
    return CaseSoFar(len(of_case), len(of_incident), may_stand_beside(cells, areas))
