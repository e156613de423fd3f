"""Open an item's files: said with a reason first, each opening in custody, then served in ranges for an hour."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import HANDLERS, access_item, doer_of
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.rules import OPENING_LASTS, byte_range
from consentry.evidence.vault_door import open_vault
from consentry.kernel.errors import Conflict, Malformed, NotFound
from consentry.kernel.ids import ItemId

PLAYABLE = ("sealed", "logging", "closing", "open")


@dataclass(frozen=True)
class ServedFile:
    """Bytes `[start, end)` of a file of `size_bytes`; `pieces` decrypts as it is read and checks as it goes."""

    media_type: str
    size_bytes: int
    start: int
    end: int
    sha256: str
    is_part: bool
    pieces: Iterator[bytes]


@transaction.atomic
def open_item(principal: Principal, item: str, why: str, *, now: datetime) -> datetime:
    """Say why the item's pictures are opened; until the answer's time its files are served to this person.

    Raises: NotFound. Malformed: no reason. Conflict `item-gone`: destroyed.
    """
    row = access_item(principal, item, roles=HANDLERS, lock=True)
    if not why.strip():
        raise Malformed("say why the item is opened")
    _need_there(row)
    note_act(row, Deed("opened", why=why.strip()), doer_of(principal, row.agency, *HANDLERS), now=now)
    return now + OPENING_LASTS


def serve_file(principal: Principal, item: str, number: int, wanted: str, *, now: datetime) -> ServedFile:
    """File `number` (a segment of a look; an upload has one) or the range that the header `wanted` asks for.

    Raises: NotFound. Conflict `opening-needed`: nobody said why within the hour; `item-gone`. Malformed `range`.
    """
    row = access_item(principal, item, roles=HANDLERS)
    need_opening(row, principal, now=now)
    return serve_part(row, number, wanted)


def need_opening(row: models.Item, principal: Principal, *, now: datetime) -> None:
    """Conflict `opening-needed` unless `is_opened`."""
    if not is_opened(row, principal, now=now):
        raise Conflict("say first why this item is opened", kind="opening-needed")


def is_opened(row: models.Item, principal: Principal, *, now: datetime) -> bool:
    """Did this person say within the hour why they look? A redaction begins so too."""
    said = row.acts.filter(kind__in=("opened", "redaction_begun"), person=principal.person or "")
    return said.filter(at__gt=now - OPENING_LASTS).exists()


def serve_part(row: models.Item, number: int, wanted: str) -> ServedFile:
    """File `number` of an item whose reader the caller has checked; errors as above."""
    _need_there(row)
    vault = open_vault()
    line = next((line for line in vault.lines_of(ItemId(row.id)) if line.number == number), None)
    if line is None:
        raise NotFound("no such file")
    part = byte_range(wanted, line.size_bytes)
    start, end = part or (0, line.size_bytes)
    pieces = _cut(vault.open_segment(ItemId(row.id), number), start, end)
    return ServedFile(line.media_type, line.size_bytes, start, end, line.sha256, part is not None, pieces)


def _need_there(row: models.Item) -> None:
    if not may_be_seen(row):
        raise Conflict("this item is destroyed", kind="item-gone")


def may_be_seen(row: models.Item) -> bool:
    """Are there pictures that may be opened? What an owner took back is closed at once, before it is destroyed."""
    return row.state in PLAYABLE and row.base_reason != "withdrawn"


def _cut(pieces: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    """Bytes `[start, end)` of what `pieces` are together; reads no further than it must."""
    at = 0
    for piece in pieces:
        if at + len(piece) > start:
            yield piece[max(start - at, 0) : end - at]
        at += len(piece)
        if at >= end:
            return
