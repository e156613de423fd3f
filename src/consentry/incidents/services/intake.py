"""From what an adapter yields to incidents and quarantine, in batches; one bad row never stops the feed."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F

from consentry.incidents import models
from consentry.incidents.services.calls import MAX_CALLS_PER_TRANSACTION, take_calls
from consentry.incidents.types import RawCall, Rejected
from consentry.kernel.clock import Clock
from consentry.kernel.ids import FeedId

KEPT_PER_FEED = 1_000


@dataclass
class Tally:
    """What became of the rows of one import; `reasons` counts the quarantined ones by reason."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return self.outcomes.total() + self.reasons.total()


def take_parsed(
    feed: FeedId,
    parsed: Iterable[RawCall | Rejected],
    *,
    way: str,
    clock: Clock,
    progress: Callable[[Tally], None] = lambda _tally: None,
) -> Tally:
    """Take everything an adapter yields, 500 rows a transaction; `way` is push, file or poll.

    Memory is bounded by one batch. Raises NotFound when there is no such active feed.
    """
    tally = Tally()
    calls: list[RawCall] = []
    bad: list[Rejected] = []

    def flush() -> None:
        with transaction.atomic():
            for taken in take_calls(feed, calls, now=clock()):
                tally.outcomes[taken.outcome] += 1
            quarantine(feed, bad, way=way, now=clock())
        tally.reasons.update(row.reason for row in bad)
        calls.clear()
        bad.clear()
        progress(tally)

    for item in parsed:
        if isinstance(item, RawCall):
            calls.append(item)
        else:
            bad.append(item)
        if len(calls) + len(bad) >= MAX_CALLS_PER_TRANSACTION:
            flush()
    if calls or bad:
        flush()
    return tally


@transaction.atomic
def quarantine(feed: FeedId, rows: Iterable[Rejected], *, way: str, now: datetime) -> None:
    """Keep where and why each row was refused; the newest 1,000 per feed are kept, all are counted."""
    refused = list(rows)
    if not refused:
        return
    models.Quarantine.objects.bulk_create(
        models.Quarantine(feed_id=feed, at=now, way=way, position=row.position, reason=row.reason, detail=row.detail)
        for row in refused[-KEPT_PER_FEED:]
    )
    models.Feed.objects.filter(pk=feed).update(rejected_count=F("rejected_count") + len(refused))
    newest = models.Quarantine.objects.filter(feed_id=feed).order_by("-id")
    oldest_kept = newest.values_list("id", flat=True)[KEPT_PER_FEED - 1 : KEPT_PER_FEED].first()
    if oldest_kept is not None:
        models.Quarantine.objects.filter(feed_id=feed, id__lt=oldest_kept).delete()
