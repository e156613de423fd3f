"""A home's account ends: what nobody has opened is taken back at once; the rest goes when its retention has ended."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict
from consentry.kernel.ids import PersonId, RequestId
from consentry.requests import models
from consentry.requests.identity import tag_of
from consentry.requests.services.answer import LIVING, withdraw_answer


@transaction.atomic
def close_answers(person: PersonId, *, now: datetime) -> None:
    """Take back every answer of `person` that no agency has opened and nothing holds."""
    for row in models.Recipient.objects.select_for_update().filter(person=person).order_by("id"):
        for answer in list(_answers(row).filter(state__in=LIVING).order_by("id").values_list("id", flat=True)):
            try:
                with transaction.atomic():
                    withdraw_answer(Principal(person=person), answer, now=now)
            except Conflict:
                continue  # it was opened: its owner's name stays sealed until its time is over


def erase_answers(person: PersonId, now: datetime) -> bool:
    """Forget how `person` wants to be asked, and each request as soon as none of their answers to it lives.

    A request whose figures are not said yet keeps its count of homes until they are. Returns whether nothing is left.
    """
    models.Wish.objects.filter(person=person).delete()
    close_answers(person, now=now)
    rows = models.Recipient.objects.filter(person=person).order_by("id")
    left = [row.pk for row in rows if not _forget(row.pk)]
    return not left


@transaction.atomic
def _forget(recipient: int) -> bool:
    row = models.Recipient.objects.select_for_update(of=("self",)).select_related("request").get(pk=recipient)
    gone = _answers(row).exclude(state__in=LIVING)
    gone.update(identity=b"", name="")
    if row.request.published_at is None or _answers(row).filter(state__in=LIVING).exists():
        return False
    row.delete()
    return True


def _answers(row: models.Recipient) -> "QuerySet[models.Answer]":
    tag = tag_of(RequestId(row.request_id), PersonId(row.person_id))
    return models.Answer.objects.filter(request=row.request_id, owner_tag=tag)
