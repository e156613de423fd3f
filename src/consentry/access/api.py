"""Operations: ask, extend, close; the policy for everybody; decisions for the auditor."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.access import models, queries, services
from consentry.access.agreements import agreements_for, second_persons
from consentry.access.deciding import replay
from consentry.access.page import policy_page, policy_summary
from consentry.access.schemas import (
    AgreementOut,
    AskIn,
    AskOut,
    DecisionOut,
    FlagAnswerIn,
    FlagOut,
    GrantOut,
    PolicyOut,
    ReplayOut,
    ask_out,
    flag_out,
)
from consentry.access.types import Ask, AskRequest
from consentry.accounts.queries import names_of
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import from_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.holder import POINT_BYTES
from consentry.kernel.ids import AskId, CameraId, GrantId, IncidentId
from consentry.kernel.roles import Role

router = Router(tags=["access"])


@router.post("/asks", response={201: AskOut}, operation_id="ask_to_look")
@policy("access:ask:create")
def ask_to_look(request: HttpRequest, body: AskIn) -> Status[AskOut]:
    """Ask to look. A refusal is an answer (201 with `refusals`), not an error."""
    wished = AskRequest(
        incident=None if body.incident is None else IncidentId(body.incident), purpose=body.purpose, views=body.views,
        public_cameras=tuple(CameraId(camera) for camera in body.public_cameras),
        holder_key=from_b64(body.holder_key, length=POINT_BYTES),
    )  # fmt: skip
    principal, now = principal_of(request), utc_now()
    ask = services.ask_to_look(principal, wished, now=now)
    return Status(201, _ask_out(queries.access_ask(principal, ask, now=now)))


@router.get("/asks/{ask}", response=AskOut, operation_id="read_ask")
@policy("access:ask:read")
def read_ask(request: HttpRequest, ask: str) -> AskOut:
    """How an ask stands."""
    return _ask_out(queries.access_ask(principal_of(request), AskId(ask), now=utc_now()))


@router.get("/agreements", response=list[AgreementOut], operation_id="list_agreements")
@policy("access:ask:agree")
def list_agreements(request: HttpRequest) -> list[AgreementOut]:
    """Asks of others that brought fewer views than wished, where a supervisor may be the second person."""
    found = agreements_for(principal_of(request), now=utc_now())
    names = names_of([item.person for item in found])
    return [
        AgreementOut(
            ask=item.ask, incident=item.incident, asker=names.get(item.person, ""), role=Role(item.role),
            purpose=item.purpose, asked_at=item.asked_at, agreed=item.agreed,
        )
        for item in found
    ]  # fmt: skip


@router.post("/asks/{ask}/agree", response={204: None}, operation_id="agree_to_more")
@policy("access:ask:agree")
def agree_to_more(request: HttpRequest, ask: str) -> Status[None]:
    """A supervisor agrees to more than five private cameras for this incident."""
    services.agree_to_more(principal_of(request), AskId(ask))
    return Status(204, None)


@router.post("/grants/{grant}/extend", response=GrantOut, operation_id="extend_grant")
@policy("access:grant:extend")
def extend_grant(request: HttpRequest, grant: str) -> GrantOut:
    """More time; after two renewals a supervisor decides."""
    sessions = services.extend_grant(principal_of(request), GrantId(grant), now=utc_now())
    return GrantOut(sessions=[str(session) for session in sessions])


@router.post("/grants/{grant}/close", response={204: None}, operation_id="close_grant")
@policy("access:grant:close")
def close_grant(request: HttpRequest, grant: str) -> Status[None]:
    """Close a grant of one's agency for everybody."""
    services.close_grant(principal_of(request), GrantId(grant), now=utc_now())
    return Status(204, None)


@router.get("/policy", response=PolicyOut, operation_id="read_policy")
@policy("access:policy:read")
def read_policy(request: HttpRequest) -> PolicyOut:  # noqa: ARG001 - everybody reads the same
    """The policy in force, rule by rule, and its text."""
    return policy_summary(utc_now())


@router.get("/policy.html", operation_id="read_policy_page", include_in_schema=False)
@policy("access:policy:read")
def read_policy_page(request: HttpRequest) -> HttpResponse:
    """The same as a page to read and print, made from the policy itself."""
    return HttpResponse(policy_page(policy_summary(utc_now()), request.GET.get("lang", "en")))


@router.get("/decisions", response=list[DecisionOut], operation_id="list_decisions")
@policy("access:decision:read")
def list_decisions(request: HttpRequest, before: int | None = None) -> list[DecisionOut]:
    """Decisions of the auditor's agencies, newest first, 200 at a time."""
    return [_decision_out(row) for row in queries.decisions(principal_of(request), before=before)]


@router.post("/decisions/{decision}/replay", response=ReplayOut, operation_id="replay_decision")
@policy("access:decision:replay")
def replay_decision(request: HttpRequest, decision: int) -> ReplayOut:
    """Decide again on the kept facts under the policy of that day."""
    row = queries.access_decision(principal_of(request), decision)
    again = replay(row, queries.policy_of(row.policy_sha256))
    same = (again.allowed, list(again.failed)) == (row.allowed, row.failed)
    return ReplayOut(id=row.id, allowed=again.allowed, failed=list(again.failed), same=same)


@router.get("/look-flags", response=list[FlagOut], operation_id="list_look_flags")
@policy("access:flag:read")
def list_look_flags(request: HttpRequest) -> list[FlagOut]:
    """Looks to be gone into, newest first: one officer looked unusually often, or an owner said so."""
    return [flag_out(row) for row in queries.flags(principal_of(request))]


@router.post("/look-flags/{flag}/answer", response=FlagOut, operation_id="answer_look_flag")
@policy("access:flag:answer")
def answer_look_flag(request: HttpRequest, flag: int, body: FlagAnswerIn) -> FlagOut:
    """Answer a flag, once; the owner reads the answer."""
    return flag_out(services.answer_flag(principal_of(request), flag, body.answer, now=utc_now()))


def _ask_out(ask: Ask) -> AskOut:
    return ask_out(ask, second_person=ask.incident is not None and bool(second_persons([ask.incident])))


def _decision_out(row: models.DecisionRecord) -> DecisionOut:
    return DecisionOut(
        id=row.id, at=row.at, action=row.action, person=row.person, agency=row.agency, resource=row.resource,
        incident=row.incident, ask=row.ask, allowed=row.allowed, rule=row.rule, failed=row.failed, error=row.error,
        policy_sha256=row.policy_sha256, facts=row.facts,
    )  # fmt: skip
