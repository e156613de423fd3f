"""Reads. An agency reads its requests and the answers that were sent; who was asked is read by each home for itself."""

from collections.abc import Iterable
from datetime import datetime

from consentry.agencies import queries as agencies
from consentry.core.principal import Principal
from consentry.evidence import queries as evidence
from consentry.evidence.types import AnswerFacts
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId, AnswerId, IncidentId, ItemId, PersonId, RequestId
from consentry.kernel.roles import Role
from consentry.requests import models
from consentry.requests.identity import tag_of
from consentry.requests.types import AgencyAnswer, Figures, HomeRequest, OwnAnswer, VideoRequest, Wishes

READERS = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR)
LIST_LIMIT = 100


def access_request(
    principal: Principal, request: str, *, roles: tuple[Role, ...] = READERS, lock: bool = False
) -> models.VideoRequest:
    """A request of an agency where `principal` has one of `roles`; NotFound for another's as for none."""
    rows = models.VideoRequest.objects.select_for_update() if lock else models.VideoRequest.objects.all()
    row = rows.filter(id=request, agency__in=principal.agencies(*roles)).first()
    if row is None:
        raise NotFound("no such request")
    return row


def requests_of(principal: Principal, *, limit: int = LIST_LIMIT) -> list[VideoRequest]:
    """Requests of the principal's agencies, newest first."""
    rows = models.VideoRequest.objects.filter(agency__in=principal.agencies(*READERS))
    return _all_of(rows.order_by("-made_at", "id")[:limit])


def public_requests(*, agency: str = "", before: datetime | None = None, limit: int = 50) -> list[VideoRequest]:
    """Every request (of `agency`), newest first: for anybody."""
    rows = models.VideoRequest.objects.all()
    if agency:
        rows = rows.filter(agency=agency)
    if before is not None:
        rows = rows.filter(made_at__lt=before)
    return _all_of(rows.order_by("-made_at", "id")[:limit])


def get_request(request: str) -> VideoRequest:
    """One request, as anybody may read it; NotFound when there is none."""
    row = models.VideoRequest.objects.filter(id=request).first()
    if row is None:
        raise NotFound("no such request")
    return request_of(row)


def answers_of(principal: Principal, request: str) -> list[AgencyAnswer]:
    """What homes sent, newest first: nothing of what is on its way, nor of who sent nothing."""
    row = access_request(principal, request)
    found = list(row.answers.exclude(item="").order_by("-sent_at", "id"))
    facts = evidence.answers_of(answer.item for answer in found)
    return [_agency_answer(answer, facts[ItemId(answer.item)]) for answer in found if answer.item in facts]


def access_answer(principal: Principal, answer: str, *, roles: tuple[Role, ...]) -> models.Answer:
    """A sent answer to a request of the principal's agency; its row is locked. NotFound otherwise."""
    row = models.Answer.objects.select_for_update(of=("self",)).select_related("request").filter(id=answer).first()
    if row is None or not row.item or row.request.agency not in principal.agencies(*roles):
        raise NotFound("no such answer")
    return row


def asked_of(person: PersonId, *, limit: int = LIST_LIMIT) -> list[HomeRequest]:
    """Requests that reached this home, newest first, with its own answers."""
    rows = models.Recipient.objects.select_related("request").filter(person=person).order_by("-asked_at", "-id")
    return [_home_request(row) for row in rows[:limit]]


def access_asked(person: PersonId | None, request: str) -> HomeRequest:
    """A request that reached this home; NotFound for one that did not as for none."""
    return _home_request(access_recipient(person, request))


def access_recipient(person: PersonId | None, request: str, *, lock: bool = False) -> models.Recipient:
    """The home's own row of a request that reached it; NotFound otherwise."""
    rows = models.Recipient.objects.select_related("request").filter(request=request, person=person or "")
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if person is None or row is None:
        raise NotFound("no such request")
    return row


def access_own_answer(person: PersonId | None, answer: str, *, lock: bool = False) -> models.Answer:
    """One's own answer; NotFound for anyone else's as for none."""
    rows = models.Answer.objects.select_related("request").filter(id=answer)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if person is None or row is None or bytes(row.owner_tag) != tag_of(RequestId(row.request_id), person):
        raise NotFound("no such answer")
    return row


def own_answer(row: models.Answer) -> OwnAnswer:
    """An answer as its owner reads it; that the reader is its owner was checked by the caller."""
    facts = evidence.answers_of([row.item] if row.item else []).get(ItemId(row.item))
    return OwnAnswer(
        id=AnswerId(row.id), request=RequestId(row.request_id), kind=row.kind, state=row.state,
        offset=evidence.upload_offset(row.upload), size_bytes=row.size_bytes, sha256=row.sha256,
        pseudonym=row.pseudonym, named=bool(row.name), sent_at=row.sent_at, keep_until=row.keep_until,
        opened_at=facts.opened_at if facts else None, held=facts is not None and facts.held, outcome=row.outcome,
        thanked_at=row.thanked_at, gone_at=row.gone_at, why=row.why, by_box=row.by_box,
    )  # fmt: skip


def wishes_of(person: PersonId) -> Wishes:
    """How a home wants to be asked."""
    row = models.Wish.objects.filter(person=person).first()
    return Wishes() if row is None else wishes_of_row(row)


def wishes_of_row(row: models.Wish) -> Wishes:
    """The row as others see it."""
    return Wishes(row.opted_out, row.most_per_week)


def request_of(row: models.VideoRequest, *, agency_name: str | None = None) -> VideoRequest:
    """The row as anybody may read it."""
    figures = None
    if row.published_at is not None:
        figures = Figures(row.asked_band, row.answered_band, row.used_band, row.published_at)
    return VideoRequest(
        id=RequestId(row.id), agency=AgencyId(row.agency), incident=IncidentId(row.incident), family=row.family,
        agency_name=agencies.get_agency(AgencyId(row.agency)).name if agency_name is None else agency_name,
        case_number=row.case_number, contact=row.contact, looking_for=tuple(row.looking_for), words=row.words,
        window_start=row.window_start, window_end=row.window_end, cells=tuple(row.cells), made_at=row.made_at,
        answer_by=row.answer_by, state=row.state, close_reason=row.close_reason, closed_at=row.closed_at,
        figures=figures, record=row.record, salt=to_b64(bytes(row.salt)),
    )  # fmt: skip


def _all_of(rows: Iterable[models.VideoRequest]) -> list[VideoRequest]:
    names = {str(agency.id): agency.name for agency in agencies.all_agencies()}
    return [request_of(row, agency_name=names.get(row.agency, "")) for row in rows]


def _home_request(row: models.Recipient) -> HomeRequest:
    tag = tag_of(RequestId(row.request_id), PersonId(row.person_id))
    answers = models.Answer.objects.filter(request=row.request_id, owner_tag=tag).order_by("begun_at", "id")
    return HomeRequest(
        request_of(row.request), tuple(row.cameras), row.asked_at, row.declined_at, tuple(map(own_answer, answers))
    )


def _agency_answer(row: models.Answer, facts: AnswerFacts) -> AgencyAnswer:
    return AgencyAnswer(
        id=AnswerId(row.id), pseudonym=row.pseudonym, name=row.name, kind=row.kind, cell=facts.cell,
        item=ItemId(row.item), item_state=facts.state, sent_at=row.sent_at or row.begun_at,
        keep_until=facts.keep_until, keep_reason=facts.keep_reason, opened_at=facts.opened_at, outcome=row.outcome,
        thanked_at=row.thanked_at, state=row.state,
    )  # fmt: skip
