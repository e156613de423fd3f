"""The promise about silence and refusal, as far as rows can break it, checked on a data folder."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F

from consentry.consent.receipt_key import is_receipt
from consentry.core.invariants import Broken
from consentry.evidence import queries as evidence
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import AnswerId, ItemId, RequestId
from consentry.ledger.queries import find_place
from consentry.requests.identity import open_identity, tag_of
from consentry.requests.models import Answer, Recipient, VideoRequest
from consentry.requests.rules import publish_at

# The sequencer takes some seconds; a busy worker a minute.
LATE = timedelta(minutes=10)
LIVING = ("checking", "receiving", "sent")
# Columns that whoever has a copy of the database can read.
_CLEAR = ("cell", "item", "kind", "media_type", "pseudonym", "receipt", "upload", "why")
_NAMES = re.compile(r"(?:per|cam|edg|clp)_[a-z2-7]{26}")


def broken_invariants() -> Iterator[Broken]:
    """6, 8, 10: requests stand in the log, figures are said on their day alone, no clip outlives its owner's word, none
    is there without its receipt, and no row tells whose it is.
    """
    yield from _not_in_the_log()
    yield from _figures_before_their_day()
    yield from _asked_too_often()
    yield from _kept_past_the_owners_date()
    yield from _without_a_receipt()
    yield from _of_nobody()
    yield from _not_sealed()


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


def _without_a_receipt() -> Iterator[Broken]:
    """What an agency may open was agreed to: the receipt is ours and about this answer, the vault's record names it."""
    for row in Answer.objects.filter(state__in=LIVING).iterator():
        receipt = row.receipt.encode()
        if not is_receipt(receipt, row.receipt_signature):
            yield Broken(10, f"answer {row.id} has a receipt that was not signed here")
        elif _said_in(receipt) != (row.id, row.request_id, row.sha256, row.pseudonym, bool(row.name)):
            yield Broken(10, f"answer {row.id} has the receipt of something else")
        if row.state == "sent" and _named_in(ItemId(row.item)) not in (None, hashlib.sha256(receipt).hexdigest()):
            yield Broken(10, f"item {row.item} does not name the receipt of answer {row.id}")


def _of_nobody() -> Iterator[Broken]:
    """An answer in the vault that no row of ours speaks of could be opened, and its owner could not take it back."""
    items = evidence.answer_items()  # first: what is sealed meanwhile has its row at the same moment
    known = set(Answer.objects.exclude(item="").values_list("item", flat=True))
    for item in sorted(items - known):
        yield Broken(8, f"item {item} is an answer that nobody sent")
    for row in Answer.objects.exclude(item="").filter(state__in=("checking", "receiving")).iterator():
        yield Broken(8, f"answer {row.id} can be read before it was sent")


def _not_sealed() -> Iterator[Broken]:
    """Whose an answer is opens with the key beside the database, and nowhere else; no row tells it in clear."""
    for row in Answer.objects.iterator():
        try:
            identity = open_identity(AnswerId(row.id), bytes(row.identity))
        except ConsentryError:
            yield Broken(8, f"answer {row.id} is not sealed under this installation's key")
            continue
        if bytes(row.owner_tag) != tag_of(RequestId(row.request_id), identity.person):
            yield Broken(8, f"answer {row.id} is found by somebody else than who sent it")
    for values in Answer.objects.values("id", *_CLEAR).iterator():
        if any(_NAMES.search(str(values[name])) for name in _CLEAR):
            yield Broken(8, f"answer {values['id']} names a person, camera or edge in clear")


def _said_in(receipt: bytes) -> tuple[object, ...] | None:
    """Answer, request, hash, pseudonym and whether a name is given, as the receipt says; None when it is none."""
    try:
        said = json.loads(receipt)
        who = next(party for party in said["party"] if party["party_role"] == "principal")
        digest = said["pii"][0]["pii_attribute_id"]
        return (said["metadata"]["record_id"], said["record"]["request"], digest, who["party_id"], who["is_named"])
    except (ValueError, KeyError, IndexError, TypeError, StopIteration):
        return None


def _named_in(item: ItemId) -> str | None:
    """The receipt that the vault's record names; None where the vault has no record, which is evidence's to say."""
    try:
        return evidence.receipt_in(item)
    except ConsentryError:
        return None
