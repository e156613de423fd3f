"""Residents' answers on their way into the vault: as officers' files travel (docs/spec/upload.md), sealed as answers.

The seam for `requests`: it says whose file it is, for whom, and that it may be taken. `person` here is that room's tag
for a home, never a PersonId, so that no row of this room tells who answered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import HANDLERS, doer_of
from consentry.evidence.custody import Deed, holds_now, note_act, settle_retention
from consentry.evidence.rules import SEEN_ACTS, class_of
from consentry.evidence.scan import CLEAN, INFECTED, scan_file
from consentry.evidence.services import uploads
from consentry.evidence.services.begin import begin_item
from consentry.evidence.services.clips import ClipFor, SignedClip, days_until, take_answer_clip, take_order_clip
from consentry.evidence.services.seal import condemn
from consentry.evidence.services.uploads import NewUpload
from consentry.evidence.types import Doer, NewItem, Retention
from consentry.evidence.vault_door import open_vault
from consentry.kernel.errors import Conflict, ConsentryError, NotFound
from consentry.kernel.ids import AgencyId, ItemId, UploadId
from consentry.kernel.item import SegmentSpan


@dataclass(frozen=True)
class AnswerStep:
    """What became of a file: `sealed` with its item, `infected`; `hashing` or `unscanned` (asked again later), or
    `receiving`: other bytes arrived than were announced, it begins anew.
    """

    state: str
    item: ItemId | None = None


def begin_answer(tag: str, new: NewUpload, *, now: datetime) -> UploadId:
    """A place for an answer's file. LimitReached: too many on their way; Malformed: its size."""
    return UploadId(uploads.begin_for(Doer(tag, uploads.RESIDENT), AgencyId(new.agency), new, now=now).id)


def find_answer(tag: str, upload: str, *, lock: bool = False) -> models.Upload:
    """The answer's file on its way; NotFound for another home's as for none."""
    rows = models.Upload.objects.select_for_update() if lock else models.Upload.objects.all()
    row = rows.filter(id=upload, person=tag, role=uploads.RESIDENT).first()
    if not tag or row is None:
        raise NotFound("no such upload")
    return row


@transaction.atomic
def append_answer(tag: str, upload: str, offset: int, pieces: Iterable[bytes]) -> int:
    """As `uploads.take_part`, of an answer's file."""
    return uploads.append(find_answer(tag, upload, lock=True), offset, pieces)


@transaction.atomic
def complete_answer(tag: str, upload: str, sha256: str) -> None:
    """As `uploads.finish_upload`, of an answer's file."""
    uploads.complete(find_answer(tag, upload, lock=True), sha256)


@transaction.atomic
def drop_answer(tag: str, upload: str) -> None:
    """Throw a file away that is not sealed; nothing happens to one that is gone."""
    row = find_answer(tag, upload, lock=True)
    if row.state in uploads.OPEN_STATES:
        uploads.discard(row, "gone", "")


@transaction.atomic
def seal_answer(tag: str, upload: str, given: ClipFor, clip: SignedClip | None, *, now: datetime) -> AnswerStep:
    """Scan a complete file and seal it as `given.kind`; with `clip` as what the edge signed. Once only: the same item
    each time.

    Raises: Conflict `upload-state`: gone. Untrusted: not the bytes that the edge signed.
    """
    row = find_answer(tag, upload, lock=True)
    if row.state == "sealed":
        return AnswerStep("sealed", ItemId(row.item_id or ""))
    if row.state in ("hashing", "receiving"):
        return AnswerStep(row.state)
    if row.state not in ("scanning", "unscanned"):
        raise Conflict("this file is gone", kind="upload-state")
    verdict = scan_file(uploads.path_of(row.id), settings.SCANNER)
    if verdict.word == INFECTED:
        uploads.discard(row, "infected", verdict.said)
        return AnswerStep("infected")
    if verdict.word != CLEAN:
        row.state, row.said = "unscanned", verdict.said
        row.save(update_fields=["state", "said"])
        return AnswerStep("unscanned")
    item = _take(row, given, clip, now)
    note_act(models.Item.objects.get(id=item), Deed("scanned", why=settings.SCANNER or "no scanner"), Doer(), now=now)
    row.item_id, row.state = item, "sealed"
    row.save(update_fields=["item", "state"])
    uploads.remove_after_commit(row)
    return AnswerStep("sealed", item)


def _take(row: models.Upload, given: ClipFor, clip: SignedClip | None, now: datetime) -> ItemId:
    pieces = uploads.pieces_of(uploads.path_of(row.id))
    if clip is not None:
        take_clip = take_answer_clip if given.kind == "answer" else take_order_clip
        return take_clip(clip, given, pieces, now=now)[0]
    item = begin_item(_new_item(row, given, now), Doer(), now=now)
    span = SegmentSpan(0, 0, 0, row.media_type, row.size_bytes, row.sha256, {})
    try:
        open_vault().take_segment(ItemId(item.id), span, pieces)
    except (ConsentryError, OSError):
        open_vault().shred(ItemId(item.id))  # its row is rolled back: each try would leave half a file with a key
        raise
    item.segments, item.size_bytes, item.state = 1, row.size_bytes, "closing"
    item.save(update_fields=["segments", "size_bytes", "state"])
    return ItemId(item.id)


def _new_item(row: models.Upload, given: ClipFor, now: datetime) -> NewItem:
    """No name and no device: a file's own name may say whose it is. An order's names the camera that it named."""
    is_answer = given.kind == "answer"
    source: dict[str, str | int] = {"request" if is_answer else "order": given.cause, "media_type": row.media_type}
    if is_answer:
        source["receipt_sha256"] = given.receipt
    elif given.camera:
        source["camera"] = given.camera
    return NewItem(
        agency=given.agency, kind=given.kind, source=source,
        retention_class=class_of(days_until(given.keep_until, now)),
        base=Retention(given.keep_until, "owner" if is_answer else "order"), media_type=row.media_type, cell=given.cell,
        incident=given.incident, programme=given.programme, camera=given.camera,
        order="" if is_answer else given.cause,
    )  # fmt: skip


@transaction.atomic
def withdraw_answer(item: ItemId, *, now: datetime) -> None:
    """Its owner takes it back: nobody opens it any more, and it is destroyed as soon as it is sealed.

    Conflict `answer-opened`: somebody of the agency has seen it, or a hold keeps it. Of an opening and a withdrawal at
    one moment the one that has the row first counts.
    """
    row = models.Item.objects.select_for_update(no_key=True).get(id=item, kind="answer")
    if row.base_reason == "withdrawn":
        return
    seen = row.acts.filter(kind__in=SEEN_ACTS).exists() or row.derivatives.exists()
    if seen or holds_now(row, now):
        raise Conflict("the agency has opened this already", kind="answer-opened")
    row.base_until, row.base_reason, row.clip = now, "withdrawn", ""
    row.save(update_fields=["base_until", "base_reason", "clip"])
    settle_retention(row, now=now)
    note_act(row, Deed("withdrawn"), Doer(), now=now)
    condemn(row, now)


@transaction.atomic
def end_answer(principal: Principal, item: ItemId, why: str, *, now: datetime) -> None:
    """The agency needs it no more: destroyed at the next step. NotFound. Conflict `answer-held`: a hold keeps it."""
    found = models.Item.objects.select_for_update(no_key=True).filter(id=item, kind="answer")
    row = found.filter(agency__in=principal.agencies(*HANDLERS)).first()
    if row is None:
        raise NotFound("no such item")
    if holds_now(row, now):
        raise Conflict("a hold keeps this", kind="answer-held")
    if row.base_until is None or row.base_until > now:
        row.base_until = now
        row.save(update_fields=["base_until"])
    settle_retention(row, now=now)
    note_act(row, Deed("ended", why=why), doer_of(principal, row.agency, *HANDLERS), now=now)
