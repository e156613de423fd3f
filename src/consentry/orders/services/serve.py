"""Tell whom an order concerns, at its time, and take what they answer."""

from datetime import datetime

from django.db import transaction

from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.ids import CameraId, PersonId, new_id
from consentry.kernel.limits_residents import MAX_ORDER_WORDS_CHARS
from consentry.notices.services import notify
from consentry.orders import models
from consentry.orders.access import access_serving
from consentry.orders.queries import may_hand_over
from consentry.orders.rules import is_plain
from consentry.orders.services.note import Doer, note
from consentry.orders.types import SERVING_WORDS, Order

SERVED, TOLD = "order.served", "order.told"
AT_ONCE = 200


def serve(
    line: models.Line, person: PersonId, camera: CameraId | str, *, tell_at: datetime, now: datetime
) -> models.Serving:
    """`person` is concerned by `line`; with `camera` a recording is asked for. Told now, or when the seal ends."""
    row, _ = models.Serving.objects.get_or_create(
        line=line, person_id=person,
        defaults={
            "id": new_id("serving"), "camera": camera, "state": "asked" if camera else "told", "tell_at": tell_at,
        },
    )  # fmt: skip
    if tell_at <= now and row.told_at is None:
        _tell(row, now)
    return row


def serve_answerer(order: Order, line: int, person: PersonId, *, tell_at: datetime, now: datetime) -> None:
    """An order opens whose answer this is; called by the room that opened it, in the same transaction."""
    serve(models.Line.objects.get(order=order.id, number=line), person, "", tell_at=tell_at, now=now)


def tell_due(now: datetime) -> int:
    """Seals end by themselves: tell those whose time has come; how many."""
    told = 0
    while batch := _tell_some(now):
        told += batch
    return told


@transaction.atomic
def say(principal: Principal, serving: str, word: str, said: str, *, now: datetime) -> None:
    """The owner has nothing of it, or contests the order. Both are the agency's to read; neither closes the way back.

    Raises: NotFound. Malformed: no such word, or no words to a contest. Conflict `order-over`: nothing is asked now.
    """
    row = access_serving(principal.person, serving, now=now, lock=True)
    text = said.strip()
    if word not in SERVING_WORDS or len(text) > MAX_ORDER_WORDS_CHARS or not is_plain(text, lines=True):
        raise Malformed("say that you have nothing, or that you contest it")
    if word == "contested" and not text:
        raise Malformed("say why you contest it", kind="contest-why")
    if not may_hand_over(row, now=now):
        raise Conflict("this order asks for nothing any more", kind="order-over")
    row.state, row.said, row.said_at = word, text, now
    row.save(update_fields=["state", "said", "said_at"])
    note(row.line.order, "said", Doer(), now=now, why=word)
    tell(f"person:{principal.person}", "order.changed", row.id)


@transaction.atomic
def _tell_some(now: datetime) -> int:
    due = models.Serving.objects.filter(told_at=None, tell_at__lte=now, person__isnull=False)
    rows = list(due.select_for_update(of=("self",), skip_locked=True).order_by("id")[:AT_ONCE])
    for row in rows:
        _tell(row, now)
    return len(rows)


def _tell(row: models.Serving, now: datetime) -> None:
    row.told_at = now
    row.save(update_fields=["told_at"])
    notify(PersonId(str(row.person_id)), SERVED if row.camera else TOLD, row.id)
    note(row.line.order, "told", Doer(), now=now)
