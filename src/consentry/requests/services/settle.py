"""What an agency says of an answer: used or not, thanks, no more needed. Its owner reads it."""

from datetime import datetime

from django.db import transaction

from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.evidence import services as evidence
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.ids import AnswerId, ItemId
from consentry.notices.services import notify
from consentry.requests.identity import open_identity
from consentry.requests.queries import access_answer
from consentry.requests.services.ask import ASKERS
from consentry.requests.services.follow import OUTCOME
from consentry.requests.types import OUTCOMES, Settlement

THANKED = "request.thanked"


@transaction.atomic
def settle_answer(principal: Principal, answer: str, said: Settlement, *, now: datetime) -> None:
    """Say what became of an answer, in one step.

    Raises: NotFound. Malformed: nothing said, or no such outcome. Conflict `answer-gone`: taken back or destroyed;
    `answer-held`: a hold keeps it.
    """
    row = access_answer(principal, answer, roles=ASKERS)
    if said.outcome not in OUTCOMES or not (said.outcome or said.thanks or said.delete):
        raise Malformed("say what became of it")
    if row.state != "sent":
        raise Conflict("this answer was taken back, or is destroyed", kind="answer-gone")
    person = open_identity(AnswerId(row.id), bytes(row.identity)).person
    if said.outcome and said.outcome != row.outcome:
        row.outcome, row.outcome_at = said.outcome, now
        notify(person, OUTCOME, row.request_id)
    if said.thanks and row.thanked_at is None:
        row.thanked_at = now
        notify(person, THANKED, row.request_id)
    row.save(update_fields=["outcome", "outcome_at", "thanked_at"])
    if said.delete:
        evidence.end_answer(principal, ItemId(row.item), row.outcome, now=now)
    tell(f"agency:{row.request.agency}", "request.changed", row.request_id)
