"""The worker's turns: look for faces, render what was released, seal it, forget what is over.

A turn holds an advisory lock, which dies with its process, and a claim, a random name in the row, without which nothing
is written. Killed at any instant it leaves a row that the next turn takes up: looking begins anew; of a release nothing
is anywhere before one transaction seals it; what a killed turn left in the vault under the planned id loses its key.
"""

import logging
import os
import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from consentry.evidence import models
from consentry.evidence.redact.finder_file import load_finder
from consentry.evidence.redact.original import Original
from consentry.evidence.redact.plan import plan_bytes
from consentry.evidence.redact.service import (
    decode_frames,
    index_frames,
    plan_by_hand,
    plan_redaction,
)
from consentry.evidence.redact.types import Plan
from consentry.evidence.redaction.queries import original_of
from consentry.evidence.redaction.release import render, seal
from consentry.evidence.redaction.services import tell_changed
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, NotFound, Unavailable
from consentry.kernel.ids import ItemId, new_id
from consentry.kernel.limits import MAX_REDACTION_S, MAX_REDACTION_TRIES

logger = logging.getLogger(__name__)
AT_ONCE = 5
TOLD_S = 1.0
_OVER = ("shredding", "shredded", "empty")


class Turn:
    """One claim on one redaction; `say` is the engine's progress and ends the turn when the claim is lost."""

    def __init__(self, redaction: str) -> None:
        self.redaction, self.name = redaction, secrets.token_hex(8)
        self._began_s = self._told_s = time.monotonic()
        self._of = 0
        rows = models.Redaction.objects.filter(id=redaction)
        rows.update(claim=self.name, tries=F("tries") + 1, done=0)

    def expect(self, frames: int) -> None:
        """So many frames are to come."""
        self._of = frames

    def say(self, done: int, of: int) -> None:
        """So many frames are done. Conflict: the claim is another's now. LimitReached: it takes too long."""
        now_s = time.monotonic()
        if now_s - self._began_s > MAX_REDACTION_S:
            raise LimitReached("this redaction takes too long", kind="redact-too-large")
        if now_s - self._told_s >= TOLD_S:
            self._told_s = now_s
            self.need(done=done, of=of or max(self._of, done))

    def need(self, **changes: object) -> None:
        """Write to the row while it is ours; Conflict `redaction-claim` when it is not."""
        if not models.Redaction.objects.filter(id=self.redaction, claim=self.name).update(**changes):
            raise Conflict("another worker has this redaction, or it was thrown away", kind="redaction-claim")


def find_due(now: datetime) -> int:
    """Look for faces in what was begun, oldest first; how many are open now."""
    return sum(_taken(name, "finding", _find) for name in _waiting("finding", now))


def release_due(now: datetime) -> int:
    """Render and seal what was released, oldest first; how many were sealed."""
    return sum(_taken(name, "releasing", _release) for name in _waiting("releasing", now))


def _waiting(state: str, now: datetime) -> list[str]:
    rows = models.Redaction.objects.filter(state=state, made_at__lte=now).order_by("made_at", "id")
    return list(rows.values_list("id", flat=True)[:AT_ONCE])


def _taken(redaction: str, state: str, step: Callable[[models.Redaction, Turn], None]) -> bool:
    with _alone(redaction) as is_alone:
        rows = models.Redaction.objects.defer("found").select_related("item")
        row = rows.filter(id=redaction, state=state).first() if is_alone else None
        if row is None:
            return False
        turn = Turn(row.id)
        try:
            if row.tries >= MAX_REDACTION_TRIES:  # each of them died with its worker
                raise Unavailable("it broke off again and again", kind="redact-broken-off")
            step(row, turn)
        except (ConsentryError, OSError) as error:
            _end(row, turn, error)
            return False
        return True


@contextmanager
def _alone(redaction: str) -> Iterator[bool]:
    """Is this the only turn at it, in any process? The lock is the connection's, and goes when its process dies."""
    name = f"consentry-redaction {redaction}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _end(row: models.Redaction, turn: Turn, error: Exception) -> None:
    """Looking failed for good; a release goes back to where people can read why and say it again."""
    kind = error.kind if isinstance(error, ConsentryError) else "vault-disk"
    logger.error("redaction %s: %s: %s", row.id, kind, error)
    with suppress(Conflict), transaction.atomic():
        state = "failed" if row.state == "finding" else "open"
        turn.need(state=state, why=kind, claim="", tries=0, planned="")
        tell_changed(row)


def _find(row: models.Redaction, turn: Turn) -> None:
    original = original_of(row.item)
    with suppress(ConsentryError):  # the container may not say how many there are
        turn.expect(index_frames(original).count)
    plan = _found(original, turn, finds_faces=row.finds_faces)
    packed = zlib.compress(plan_bytes(plan), 6)
    with transaction.atomic():
        turn.need(state="open", found=packed, claim="", tries=0, why="", done=plan.frames.count, of=plan.frames.count)
        tell_changed(row)


def _found(original: Original, turn: Turn, *, finds_faces: bool) -> Plan:
    if finds_faces:
        return plan_redaction(original, load_finder(), progress=turn.say)
    return plan_by_hand(original, decode_frames(original, turn.say))


def _release(row: models.Redaction, turn: Turn) -> None:
    _clear_leftover(row.planned)
    planned = ItemId(new_id("item"))
    turn.need(planned=planned)
    row.planned = planned
    spool = _spool(row.id)
    spool.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with _opened(spool) as file:
            plan, made = render(row, file, turn.say)
            turn.need(done=plan.frames.count)
            try:
                with transaction.atomic():
                    item = seal(row, plan, made, file, now=utc_now())
                    turn.need(state="released", derivative=item, claim="", tries=0, planned="", why="")
                    tell_changed(row)
            except (ConsentryError, OSError, DatabaseError):
                _clear_leftover(planned)
                raise
    finally:
        spool.unlink(missing_ok=True)


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")


def _spool(redaction: str) -> Path:
    return Path(settings.DATA) / "vault-incoming" / redaction


def _clear_leftover(planned: str) -> None:
    """What a killed turn had sealed that no row tells of: nobody ever saw it, its key goes."""
    if planned and not models.Item.objects.filter(id=planned).exists():
        with suppress(NotFound):
            open_vault().shred(ItemId(planned))


def forget_over() -> None:
    """Of an original that is destroyed nothing is kept that tells what was to be seen in it."""
    over = models.Redaction.objects.filter(item__state__in=_OVER, state__in=("finding", "open", "failed", "releasing"))
    over.update(state="gone", found=b"", edits=b"", claim="")
    models.Redaction.objects.filter(item__state__in=_OVER, state="released").exclude(found=b"").update(
        found=b"", edits=b""
    )
