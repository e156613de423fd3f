"""The promises about orders, as far as rows can break them, checked on a data folder."""

from collections.abc import Iterator
from datetime import timedelta

from consentry.core.invariants import Broken
from consentry.kernel.clock import utc_now
from consentry.kernel.limits_residents import ORDER_REVIEWERS
from consentry.ledger.queries import find_place
from consentry.orders.models import Order, Serving
from consentry.orders.queries import executed_key

# The sequencer takes some seconds, the worker that tells a busy minute.
LATE = timedelta(minutes=10)


def broken_invariants() -> Iterator[Broken]:
    """4, 6: nothing was executed without two others' reviews and the log; whom it concerns is told in time."""
    for row in Order.objects.filter(state="executed").prefetch_related("reviews").iterator(chunk_size=200):
        agreed = {one.person for one in row.reviews.all() if one.agrees} - {row.made_by}
        if row.kind != "exigent" and len(agreed) < ORDER_REVIEWERS:
            yield Broken(4, f"order {row.id} was executed with {len(agreed)} reviews")
        if row.executed_at is not None and row.executed_at < utc_now() - LATE and not _is_logged(row):
            yield Broken(6, f"order {row.id} was executed and is not in the log")
    for serving in Serving.objects.filter(told_at=None, tell_at__lt=utc_now() - LATE, person__isnull=False).iterator():
        yield Broken(6, f"serving {serving.id} was not told in its time")


def _is_logged(row: Order) -> bool:
    return find_place(row.id) is not None and find_place(executed_key(row.id)) is not None
