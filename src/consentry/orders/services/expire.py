"""Say of orders that their last day has passed. Nothing waits for this: each step compares the dates itself."""

from datetime import datetime

from django.db import transaction

from consentry.orders import models
from consentry.orders.services.note import Doer, note
from consentry.orders.types import OPEN_STATES


def expire_due(now: datetime) -> int:
    """Mark what was not executed by its last day; how many."""
    due = models.Order.objects.filter(state__in=OPEN_STATES, expires_at__lte=now).order_by("expires_at", "id")
    return sum(_expire(name, now) for name in list(due.values_list("id", flat=True)[:200]))


@transaction.atomic
def _expire(order: str, now: datetime) -> int:
    row = models.Order.objects.select_for_update(no_key=True).get(id=order)
    if row.state not in OPEN_STATES:
        return 0
    row.state, row.over_at = "expired", now
    row.save(update_fields=["state", "over_at"])
    note(row, "expired", Doer(), now=now)
    return 1
