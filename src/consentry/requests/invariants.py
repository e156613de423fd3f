"""The promise about silence and refusal, as far as rows can break it, checked on a data folder."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F

from consentry.core.invariants import Broken
from consentry.evidence import queries as evidence
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import ItemId
from consentry.ledger.queries import find_place
from consentry.requests.models import Answer, Recipient, VideoRequest
from consentry.requests.rules import publish_at

# The sequencer takes some seconds; a busy worker a minute.
LATE = timedelta(minutes=10)


def broken_invariants() -> Iterator[Broken]:
    """6, 8, 10: requests stand in the log, figures are said on their day alone, no clip outlives its owner's word."""
    yield from _not_in_the_log()
    yield from _figures_before_their_day()
    yield from _asked_too_often()
    yield from _kept_past_the_owners_date()


def _not_in_the_log() -> Iterator[Broken]:
    for row in VideoRequest.objects.filter(made_at__lt=utc_now() - LATE).iterator():
        if find_place(row.id) is None:
            yield Broken(6, f"request {row.id} is not in the log")


def _figures_before_their_day() -> Iterator[Broken]:
    for row in VideoRequest.objects.exclude(published_at=None).iterator():
        if row.closed_at is None or row.published_at is None or row.published_at < publish_at(row.closed_at):
            yield Broken(8, f"request {row.id} told its figures before their day")


def _asked_too_often() -> Iterator[Broken]:
    late = Recipient.objects.filter(asked_at__gt=F("request__answer_by"))
    for row in late.iterator():
        yield Broken(8, f"a home was asked after the last day of request {row.request_id}")


def _kept_past_the_owners_date() -> Iterator[Broken]:
    for row in Answer.objects.filter(state="sent").iterator():
        facts = evidence.answers_of([row.item]).get(ItemId(row.item))
        if facts is None:
            yield Broken(10, f"answer {row.id} has no item")
        elif not facts.held and facts.keep_until is not None and facts.keep_until > row.keep_until:
            yield Broken(10, f"answer {row.id} is kept past its owner's date without a hold")
