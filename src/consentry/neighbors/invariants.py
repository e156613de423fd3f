"""What neighbours were promised, as far as rows can break it, checked on a data folder."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef

from consentry.cells.queries import not_of_cells
from consentry.core.invariants import Broken
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.ledger.queries import find_entry, find_place
from consentry.neighbors.cap_check import faults_of
from consentry.neighbors.models import Alert, AlertCell, Comment, FollowPiece, Neighbor, Placed, Post, Review
from consentry.neighbors.rules import commitment
from consentry.neighbors.services.review import removal_record

# The sequencer takes some seconds; a busy worker a minute.
LATE = timedelta(minutes=10)
_PLACED = (
    (Post.objects, "a post"), (Placed.objects, "a post in the feed"), (FollowPiece.objects, "a neighbour's area"),
    (Neighbor.objects, "a neighbour"), (AlertCell.objects, "an official alert"),
)  # fmt: skip


def broken_invariants() -> Iterator[Broken]:
    """6, 7: nothing is placed finer than a published cell, and what was removed or warned of stands in the log."""
    yield from _placed_too_finely()
    yield from _removed_without_a_word()
    yield from _shown_and_hidden()
    yield from _decided_alone()
    yield from _alerts_of_another_text()


def _placed_too_finely() -> Iterator[Broken]:
    for rows, what in _PLACED:
        names = set(rows.values_list("cell", flat=True).distinct())
        # Said without the cell: what is wrong with it is that it tells too much.
        if count := len(not_of_cells(names)):
            yield Broken(7, f"{what} stands in a place that is no published cell ({count} such places)")


def _removed_without_a_word() -> Iterator[Broken]:
    for model in (Post, Comment):
        for row in model.objects.filter(state="removed").iterator():
            review = Review.objects.filter(subject=row.id, verdict="remove").order_by("-decided_at").first()
            if review is None or review.decided_at is None:
                yield Broken(6, f"{row.id} was removed and nobody decided it")
            elif review.decided_at < utc_now() - LATE:
                yield from _of_removal(row, review)


def _of_removal(row: Post | Comment, review: Review) -> Iterator[Broken]:
    key = f"{review.id}:remove"
    entry = find_entry(key)
    if find_place(key) is None or entry is None:
        yield Broken(6, f"{row.id} was removed without a word in the log")
    elif row.salt is None or json.loads(entry).get("commit") != _commit(row, review):
        yield Broken(6, f"the log says that something else was removed than {row.id}")


def _commit(row: Post | Comment, review: Review) -> str:
    return to_b64(commitment(bytes(row.salt or b""), removal_record(row, review)))


def _shown_and_hidden() -> Iterator[Broken]:
    placed = Exists(Placed.objects.filter(post=OuterRef("pk")))
    for row in Post.objects.exclude(state="shown").filter(placed).iterator():
        yield Broken(6, f"post {row.id} is {row.state} and stands in the feed")
    for row in Post.objects.filter(state="shown").exclude(placed).iterator():
        yield Broken(6, f"post {row.id} is shown and stands in no feed")


def _decided_alone() -> Iterator[Broken]:
    """Who decides about an appeal is another person; what came back is said as what was removed was."""
    late = utc_now() - LATE
    for row in Review.objects.filter(appeal_verdict="keep", appeal_decided_at__lt=late).iterator():
        if find_place(f"{row.id}:remove") is not None and find_place(f"{row.id}:restore") is None:
            yield Broken(6, f"what review {row.id} brought back is still removed in the log")


def _alerts_of_another_text() -> Iterator[Broken]:
    late = utc_now() - LATE
    for row in Alert.objects.iterator():
        digest = hashlib.sha256(row.cap.encode()).hexdigest()
        entry = find_entry(row.id)
        if digest != row.cap_sha256 or (entry is not None and json.loads(entry).get("cap_sha256") != digest):
            yield Broken(6, f"alert {row.id} is not what was published")
        elif row.sent_at < late and find_place(row.id) is None:
            yield Broken(6, f"alert {row.id} is not in the log")
        elif faults_of(row.cap):
            yield Broken(6, f"alert {row.id} is no valid CAP message")
