"""What the worker does for answers and requests: seal, notice what became of items, close, say figures on their day."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from consentry.core.outbox import tell
from consentry.evidence import queries as vault
from consentry.evidence import services as evidence
from consentry.evidence.services.clips import ClipFor, SignedClip
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import AgencyId, AnswerId, CameraId, EdgeId, ItemId
from consentry.ledger.services import append
from consentry.notices.services import notify
from consentry.requests import models
from consentry.requests.identity import Identity, open_identity
from consentry.requests.rules import band_of_five
from consentry.requests.services.ask import close, commit_to

logger = logging.getLogger(__name__)
OUTCOME = "request.outcome"
AT_ONCE = 200
GONE = ("shredding", "shredded")


def seal_due(now: datetime) -> int:
    """Bring complete answers into the vault; one that fails stops no other. How many arrived."""
    waiting = models.Answer.objects.filter(state="checking").order_by("begun_at", "id")
    return sum(_tried(_seal, AnswerId(name), now) for name in waiting.values_list("id", flat=True)[:AT_ONCE])


def drop_lost(now: datetime) -> int:
    """Answers whose file was never finished in time are told so; how many."""
    waiting = models.Answer.objects.filter(state="receiving").order_by("begun_at", "id")
    return sum(_tried(_drop, AnswerId(name), now) for name in waiting.values_list("id", flat=True)[:AT_ONCE])


def follow_items(now: datetime) -> int:
    """Tell owners of what was destroyed, and of what a hold keeps past their date; how many."""
    living = models.Answer.objects.filter(state="sent").order_by("id").values_list("item", "id", "is_hold_told")
    facts = vault.answers_of(item for item, _, _ in living)
    news = [
        name
        for item, name, is_told in living
        if (known := facts.get(ItemId(item))) and (known.state in GONE or (known.held and not is_told))
    ]
    return sum(_tried(_follow, AnswerId(name), now) for name in news)


def close_due(now: datetime) -> int:
    """Close requests whose last day has passed; how many."""
    due = models.VideoRequest.objects.filter(state="open", answer_by__lte=now).order_by("answer_by", "id")
    for name in list(due.values_list("id", flat=True)):
        with transaction.atomic():
            row = models.VideoRequest.objects.select_for_update().get(id=name)
            if row.state == "open":
                close(row, "expired", now=now)
    return len(due)


def publish_due(now: datetime) -> int:
    """Say the figures of closed requests whose day has come, once, in bands; how many requests."""
    due = models.VideoRequest.objects.filter(published_at=None, publish_at__lte=now).order_by("publish_at", "id")
    names = list(due.values_list("id", flat=True))
    for name in names:
        with transaction.atomic():
            _publish(models.VideoRequest.objects.select_for_update().get(id=name), now)
    return len(names)


def _publish(row: models.VideoRequest, now: datetime) -> None:
    if row.published_at is not None:
        return
    sent = row.answers.exclude(item="")
    row.asked_band = band_of_five(row.recipients.count())
    row.answered_band = band_of_five(len({bytes(tag) for tag in sent.values_list("owner_tag", flat=True)}))
    row.used_band, row.published_at = band_of_five(sent.filter(outcome="used").count()), now
    row.save(update_fields=["asked_band", "answered_band", "used_band", "published_at"])
    said: dict[str, str | int] = {
        "agency": row.agency, "answered": row.answered_band, "asked": row.asked_band, "commit": commit_to(row),
        "used": row.used_band,
    }  # fmt: skip
    append("request.outcome", said, key=f"{row.id}:outcome")
    tell(f"agency:{row.agency}", "request.changed", row.id)


def _tried(step: Callable[[models.Answer, datetime], bool], answer: AnswerId, now: datetime) -> int:
    try:
        with transaction.atomic():
            rows = models.Answer.objects.select_for_update(of=("self",)).select_related("request")
            return int(step(rows.get(id=answer), now))
    except (ConsentryError, OSError) as error:
        # No id: it would stand in a log beside the moment when its owner sent it.
        logger.error("an answer: %s: %s", getattr(step, "__name__", "step"), error)
        return 0


def _seal(row: models.Answer, now: datetime) -> bool:
    if row.state != "checking":
        return False
    identity, tag = open_identity(AnswerId(row.id), bytes(row.identity)), bytes(row.owner_tag).hex()
    try:
        with transaction.atomic():
            step = evidence.seal_answer(tag, row.upload, _given(row), _clip(identity), now=now)
    except ConsentryError as error:
        return _fail(row, error.kind, tag, now)
    if step.state in ("hashing", "unscanned"):
        return False
    if step.state == "receiving":  # what arrived was not what was announced: its owner's page sends it again
        row.state = "receiving"
        row.save(update_fields=["state"])
        tell(f"person:{identity.person}", "request.changed", row.request_id)
        return False
    if step.item is None:
        return _fail(row, step.state, tag, now)
    row.state, row.item, row.sent_at = "sent", step.item, now
    row.save(update_fields=["state", "item", "sent_at"])
    tell(f"person:{identity.person}", "request.changed", row.request_id)
    tell(f"agency:{row.request.agency}", "request.changed", row.request_id)
    return True


def _fail(row: models.Answer, why: str, tag: str, now: datetime) -> bool:
    """It will not get better by trying again: the owner reads why, and the bytes go."""
    evidence.drop_answer(tag, row.upload)
    row.state, row.why, row.gone_at = "failed", why, now
    row.save(update_fields=["state", "why", "gone_at"])
    tell(f"person:{open_identity(AnswerId(row.id), bytes(row.identity)).person}", "request.changed", row.request_id)
    return False


def _drop(row: models.Answer, now: datetime) -> bool:
    tag = bytes(row.owner_tag).hex()
    if row.state != "receiving" or evidence.find_answer(tag, row.upload).state != "gone":
        return False
    _fail(row, "too-late", tag, now)
    return True


def _follow(row: models.Answer, now: datetime) -> bool:
    facts = vault.answers_of([row.item]).get(ItemId(row.item))
    if facts is None or row.state != "sent":
        return False
    if facts.state in GONE:
        row.state, row.gone_at = "deleted", facts.shredded_at or now
        row.save(update_fields=["state", "gone_at"])
    elif facts.held and not row.is_hold_told:
        row.is_hold_told = True
        row.save(update_fields=["is_hold_told"])
    else:
        return False
    notify(open_identity(AnswerId(row.id), bytes(row.identity)).person, OUTCOME, row.request_id)
    return True


def _given(row: models.Answer) -> ClipFor:
    request = row.request
    return ClipFor(
        agency=AgencyId(request.agency), cause=request.id, keep_until=row.keep_until, incident=request.incident,
        cell=row.cell, programme=request.programme, receipt=hashlib.sha256(row.receipt.encode()).hexdigest(),
        pseudonym=not row.name,
    )  # fmt: skip


def _clip(identity: Identity) -> SignedClip | None:
    if not identity.signed:
        return None
    return SignedClip(identity.signed, identity.edge_key, EdgeId(identity.edge), CameraId(identity.camera))
