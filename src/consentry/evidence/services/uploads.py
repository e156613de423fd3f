"""Officers' files: created, sent in parts, finished with the hash, scanned, sealed (docs/spec/upload.md)."""

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import HANDLERS, agency_of, doer_of
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.rules import UPLOAD_DAYS
from consentry.evidence.scan import CLEAN, INFECTED, scan_file
from consentry.evidence.services.begin import begin_item, counted_from_close
from consentry.evidence.types import Doer, NewItem
from consentry.evidence.vault_door import open_vault
from consentry.incidents import queries as incidents
from consentry.kernel.clock import EPOCH
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Untrusted
from consentry.kernel.ids import AgencyId, IncidentId, ItemId, UploadId, new_id
from consentry.kernel.item import SegmentSpan
from consentry.kernel.limits import MAX_UPLOAD_BYTES, MAX_UPLOAD_PART_BYTES, MAX_UPLOADS_PER_PERSON, UPLOAD_LIFE_H

logger = logging.getLogger(__name__)
_PIECE_BYTES = 1_048_576
_TOLD_BYTES = 256 * _PIECE_BYTES
OPEN_STATES = ("hashing", "receiving", "scanning", "unscanned")
# The role of a resident's answer: sealed by `answers.py`, and nobody of an agency has it.
RESIDENT = "resident"


@dataclass(frozen=True)
class NewUpload:
    """What the sender says of a file. `sha256`: hex, of the whole; `taken_at`, `device`: as the device says."""

    agency: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    device: str = ""
    taken_at: datetime | None = None
    incident: str = ""


@transaction.atomic
def begin_upload(principal: Principal, new: NewUpload, *, now: datetime) -> models.Upload:
    """A place for a file. NotFound: not the principal's agency or incident. LimitReached: too many at once."""
    agency = agency_of(principal, new.agency)
    if new.incident and incidents.access_incident(principal, IncidentId(new.incident)).agency != agency:
        raise NotFound("no such incident")
    return begin_for(doer_of(principal, agency, *HANDLERS), agency, new, now=now)


@transaction.atomic
def begin_for(doer: Doer, agency: AgencyId, new: NewUpload, *, now: datetime) -> models.Upload:
    """A place for a file of `doer`, whose right the caller has checked. LimitReached: too many at once."""
    if not 0 < new.size_bytes <= MAX_UPLOAD_BYTES:
        raise Malformed(f"a file has 1 to {MAX_UPLOAD_BYTES} bytes")
    if models.Upload.objects.filter(person=doer.person, state__in=OPEN_STATES).count() >= MAX_UPLOADS_PER_PERSON:
        raise LimitReached("finish the files that are on their way first")
    row = models.Upload.objects.create(
        id=UploadId(new_id("upload")), agency=agency, person=doer.person, role=doer.role, name=new.name,
        media_type=new.media_type, device=new.device, taken_at=new.taken_at, incident=new.incident,
        size_bytes=new.size_bytes, sha256=new.sha256, begun_at=now, ends_at=now + timedelta(hours=UPLOAD_LIFE_H),
    )  # fmt: skip
    path = path_of(row.id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return row


def access_upload(principal: Principal, upload: str, *, lock: bool = False) -> models.Upload:
    """One's own upload; NotFound for anyone else's as for none."""
    rows = models.Upload.objects.select_for_update() if lock else models.Upload.objects.all()
    row = rows.filter(id=upload, person=principal.person or "").first()
    if principal.person is None or row is None or row.agency not in principal.agencies(*HANDLERS):
        raise NotFound("no such upload")
    return row


@transaction.atomic
def take_part(principal: Principal, upload: str, offset: int, pieces: Iterable[bytes]) -> int:
    """Append `pieces` at `offset`; returns how many bytes are durable now, also when the sender broke off.

    Raises: Conflict `upload-offset`: it goes on elsewhere (ask where); `upload-state`. Malformed: more than was said.
    """
    return append(access_upload(principal, upload, lock=True), offset, pieces)


def append(row: models.Upload, offset: int, pieces: Iterable[bytes]) -> int:
    """`take_part` of a file whose row the caller has locked and may write."""
    if row.state != "receiving":
        raise Conflict("this file is complete, or gone", kind="upload-state")
    if offset != row.offset:
        raise Conflict(f"this file goes on at {row.offset}", kind="upload-offset")
    at, most = offset, min(row.size_bytes, offset + MAX_UPLOAD_PART_BYTES)
    with path_of(row.id).open("r+b") as file:
        file.truncate(offset)
        file.seek(offset)
        for piece in pieces:
            if at + len(piece) > most:
                raise Malformed("more bytes than were announced", kind="upload-size")
            file.write(piece)
            at += len(piece)
        file.flush()
        os.fsync(file.fileno())
    row.offset = at
    row.save(update_fields=["offset"])
    return at


@transaction.atomic
def finish_upload(principal: Principal, upload: str, sha256: str) -> models.Upload:
    """All is here; the worker makes the hash from what lies on our disk. Doing it twice is doing it once.

    Raises: Conflict `upload-offset`: not all is here. Untrusted `upload-hash`: another hash than was announced.
    """
    return complete(access_upload(principal, upload, lock=True), sha256)


def complete(row: models.Upload, sha256: str) -> models.Upload:
    """`finish_upload` of a file whose row the caller has locked and may write."""
    if row.state != "receiving":
        return row
    if row.offset != row.size_bytes:
        raise Conflict(f"this file goes on at {row.offset}", kind="upload-offset")
    if sha256 != row.sha256:
        raise Untrusted("this hash is not the one that was announced", kind="upload-hash")
    row.state, row.hashed, row.said = "hashing", 0, ""
    row.save(update_fields=["state", "hashed", "said"])
    return row


@transaction.atomic
def drop_upload(principal: Principal, upload: str) -> None:
    """Throw away one's own file that is not sealed."""
    row = access_upload(principal, upload, lock=True)
    if row.state == "sealed":
        raise Conflict("this file is sealed", kind="upload-state")
    discard(row, "gone", "")


def advance_uploads(now: datetime) -> int:
    """The worker's step: throw away what is too old, hash and scan what is complete, seal what is clean; how many."""
    for row in models.Upload.objects.filter(state__in=("receiving", "unscanned"), ends_at__lte=now):
        with transaction.atomic():
            discard(models.Upload.objects.select_for_update().get(id=row.id), "gone", "too late")
    for row in models.Upload.objects.filter(state="hashing").order_by("begun_at"):
        _compare(row)
    sealed = 0
    arrived = models.Upload.objects.filter(state__in=("scanning", "unscanned")).exclude(role=RESIDENT)
    for name in arrived.order_by("begun_at").values_list("id", flat=True):
        try:
            with transaction.atomic():
                sealed += _advance(models.Upload.objects.select_for_update().get(id=name), now)
        except (ConsentryError, OSError) as error:
            logger.error("upload %s: %s", name, error)
    return sealed


def _compare(row: models.Upload) -> None:
    """Hash the whole file without holding its row: 64 GiB take minutes, and its sender may throw it away meanwhile.

    Other bytes than were announced are received anew from the beginning.
    """
    try:
        is_right = _hash_of(path_of(row.id), row.id) == row.sha256
    except OSError as error:
        logger.error("upload %s: %s", row.id, error)
        return
    with transaction.atomic():
        current = models.Upload.objects.select_for_update().filter(id=row.id, state="hashing").first()
        if current is None:
            return
        if is_right:
            current.state, current.hashed = "scanning", current.size_bytes
        else:
            current.state, current.offset, current.hashed = "receiving", 0, 0
            current.said = "the bytes that arrived are not those that were sent"
        current.save(update_fields=["state", "offset", "hashed", "said"])
        _tell(current)


def _advance(row: models.Upload, now: datetime) -> bool:
    """Infected or not scanned is never sealed; a scanner that is away is asked again."""
    path = path_of(row.id)
    verdict = scan_file(path, settings.SCANNER)
    if verdict.word == INFECTED:
        discard(row, "infected", verdict.said)
        return False
    if verdict.word != CLEAN:
        row.state, row.said = "unscanned", verdict.said
        row.save(update_fields=["state", "said"])
        _tell(row)
        return False
    _seal(row, path, now)
    return True


def _seal(row: models.Upload, path: Path, now: datetime) -> None:
    """One segment is the whole file, so that the acknowledgement speaks of the sender's own hash."""
    doer = Doer(row.person, row.role)
    base, retention_class = counted_from_close(UPLOAD_DAYS, "upload")
    source: dict[str, str | int] = {
        "name": row.name, "media_type": row.media_type, "device": row.device, "uploader": row.person,
        "incident": row.incident,
    }  # fmt: skip
    cell = incidents.get_incident(IncidentId(row.incident)).cell if row.incident else ""
    new = NewItem(
        agency=AgencyId(row.agency), kind="upload", source=source, base=base, retention_class=retention_class,
        name=row.name, media_type=row.media_type, incident=row.incident, cell=cell,
    )  # fmt: skip
    item = begin_item(new, doer, now=now)
    taken_us = 0 if row.taken_at is None else (row.taken_at - EPOCH) // timedelta(microseconds=1)
    span = SegmentSpan(0, taken_us, taken_us, row.media_type, row.size_bytes, row.sha256, {})
    try:
        acknowledgement = open_vault().take_segment(ItemId(item.id), span, pieces_of(path))
    except (ConsentryError, OSError):
        open_vault().shred(ItemId(item.id))  # its row is rolled back: each try would leave half a file with a key
        raise
    item.segments, item.size_bytes, item.state = 1, row.size_bytes, "closing"
    item.start_us = item.end_us = taken_us or None
    item.save(update_fields=["segments", "size_bytes", "state", "start_us", "end_us"])
    note_act(item, Deed("scanned", why=settings.SCANNER or "no scanner"), Doer(), now=now)
    row.item, row.state, row.acknowledgement, row.said = item, "sealed", acknowledgement.decode(), ""
    row.save(update_fields=["item", "state", "acknowledgement", "said"])
    _tell(row)
    transaction.on_commit(lambda: _remove(path))


def discard(row: models.Upload, state: str, said: str) -> None:
    """Throw a file away once the caller's transaction commits; its row says why."""
    row.state, row.said = state, said[:500]
    row.save(update_fields=["state", "said"])
    _tell(row)
    remove_after_commit(row)


def remove_after_commit(row: models.Upload) -> None:
    """The bytes in the clear go once the caller's transaction commits."""
    path = path_of(row.id)
    transaction.on_commit(lambda: _remove(path))


def _tell(row: models.Upload) -> None:
    tell(f"person:{row.person}", "upload.changed", row.id)


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def path_of(upload: str) -> Path:
    """Where its bytes lie. Upload ids are ours; no text of a sender becomes a path."""
    return Path(settings.DATA) / "vault-incoming" / upload


def pieces_of(path: Path) -> Iterator[bytes]:
    """The file's bytes, 1 MiB at a time."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _hash_of(path: Path, upload: str) -> str:
    """SHA-256 in hex; how far it is stands in the upload's row."""
    digest, done = hashlib.sha256(), 0
    for piece in pieces_of(path):
        digest.update(piece)
        done += len(piece)
        if done % _TOLD_BYTES == 0:
            models.Upload.objects.filter(id=upload, state="hashing").update(hashed=done)
    return digest.hexdigest()
