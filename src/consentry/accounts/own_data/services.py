"""An export of one's own data: asked for, gathered by the worker, fetched by its person, destroyed in a week."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from consentry.accounts.models import Person, PersonalExport
from consentry.accounts.own_data.make import make_zip
from consentry.accounts.own_data.sealed_file import SealedWriter, open_pieces
from consentry.accounts.rules import LANGUAGES, is_agency, require_fresh
from consentry.accounts.types import EXPORT_RUNS
from consentry.core.outbox import tell
from consentry.core.personal import sections
from consentry.core.principal import MFA_SECOND, Principal
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, NotSignedIn
from consentry.kernel.ids import PersonId, new_id
from consentry.kernel.limits_residents import (
    PERSONAL_EXPORT_DAYS,
    PERSONAL_EXPORT_TRIES_PER_DAY,
    PERSONAL_EXPORTS_PER_DAY,
)

logger = logging.getLogger(__name__)
FOLDER = "personal-exports"
CHANGED = "personal_export.changed"
DAY, KEPT_FOR = timedelta(days=1), timedelta(days=PERSONAL_EXPORT_DAYS)


class _Cancelled(Exception):
    """Its person, or the end of their account, took it back while it was gathered."""


@dataclass(frozen=True)
class FetchedExport:
    """A zip on its way out: its size in bytes and its pieces, opened one by one."""

    size_bytes: int
    pieces: Iterator[bytes]


@transaction.atomic
def ask_export(principal: Principal, language: str, *, now: datetime) -> PersonalExport:
    """Have all that is held of the principal gathered, with a page in `language` (en, fr or es).

    Raises: LimitReached (`export-per-day`): one a day, and five tries. NotSignedIn: agency people without their second
    factor. Malformed: another language.
    """
    person = _person(principal)
    if language not in LANGUAGES:
        raise Malformed("a language is en, fr or es")
    Person.objects.select_for_update(no_key=True).get(id=person, is_active=True)
    today = PersonalExport.objects.filter(person=person, asked_at__gt=now - DAY)
    given = today.exclude(state__in=("cancelled", "failed"))
    running = PersonalExport.objects.filter(person=person, state__in=EXPORT_RUNS)
    if running.exists() or given.count() >= PERSONAL_EXPORTS_PER_DAY or today.count() >= PERSONAL_EXPORT_TRIES_PER_DAY:
        raise LimitReached("one in a day", kind="export-per-day")
    row = PersonalExport.objects.create(
        id=new_id("personal_export"), person_id=person, language=language, asked_at=now, total=len(sections())
    )
    tell(f"person:{person}", CHANGED, row.id)
    return row


@transaction.atomic
def cancel_export(principal: Principal, export: str) -> None:
    """Take one's own export back: what was gathered is destroyed. Twice is once; NotFound for anybody else's."""
    row = _own(principal, export, lock=True)
    if row.state in (*EXPORT_RUNS, "ready"):
        row.state = "cancelled"
        row.save(update_fields=["state"])
        transaction.on_commit(lambda: _destroy(export))
        tell(f"person:{row.person_id}", CHANGED, row.id)


def newest_export(principal: Principal) -> PersonalExport | None:
    """The principal's last one, whatever became of it; None when there was none."""
    return PersonalExport.objects.filter(person=_person(principal)).order_by("-asked_at", "id").first()


def fetch_export(principal: Principal, export: str, *, now: datetime) -> FetchedExport:
    """One's own zip. NotFound for anybody else's as for none; then Refused (`fresh-sign-in`) for an old sign-in;
    Conflict (`export-not-ready`) before and after its week.
    """
    row = _own(principal, export)
    require_fresh(principal, now)
    if row.state != "ready" or row.ends_at is None or now >= row.ends_at or not file_of(row.id).is_file():
        raise Conflict("this export is not here", kind="export-not-ready")
    return FetchedExport(row.size_bytes, open_pieces(file_of(row.id), row.id))


def advance_exports(now: datetime) -> int:
    """The worker's step: destroy what is over, then gather what waits (also what a killed worker left). How many."""
    for name in PersonalExport.objects.filter(state="ready", ends_at__lte=now).values_list("id", flat=True):
        _destroy(name)
        PersonalExport.objects.filter(id=name).update(state="gone")
    _sweep()
    waiting = PersonalExport.objects.filter(state__in=EXPORT_RUNS).order_by("asked_at", "id")
    waiting.filter(asked_at__lte=now - DAY).update(state="failed", why="too-late")
    return sum(_gather(row) for row in waiting[:10])


def destroy_exports(person: PersonId) -> None:
    """An account ends: neither files nor rows of its exports stay."""
    rows = PersonalExport.objects.filter(person=person)
    for name in rows.values_list("id", flat=True):
        _destroy(name)
    rows.delete()


def file_of(export: str) -> Path:
    """Where its sealed file lies."""
    folder = Path(settings.DATA) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / export


def _gather(row: PersonalExport) -> bool:
    try:
        with SealedWriter(file_of(row.id), row.id) as out:
            make_zip(
                out, PersonId(row.person_id), row.language, now=utc_now(), gathered=lambda done: _gathered(row, done)
            )
    except _Cancelled:
        return False
    except (ConsentryError, OSError) as error:
        logger.error("export %s failed: %s", row.id, error)
        why = error.kind if isinstance(error, ConsentryError) else "disk"
        _step(row, state="failed", why=why)
        return False
    now = utc_now()
    if not _step(row, state="ready", size_bytes=out.size_bytes, ready_at=now, ends_at=now + KEPT_FOR):
        _destroy(row.id)
        return False
    return True


def _gathered(row: PersonalExport, done: int) -> None:
    if not _step(row, state="gathering", done=done, total=len(sections())):
        raise _Cancelled


@transaction.atomic
def _step(row: PersonalExport, **said: object) -> bool:
    """Write how far it is and tell its page; False when it was taken back meanwhile."""
    if not PersonalExport.objects.filter(id=row.id, state__in=EXPORT_RUNS).update(**said):
        return False
    tell(f"person:{row.person_id}", CHANGED, row.id)
    return True


def _sweep() -> None:
    """Files that no living row names: their rows were taken back while a worker wrote, or a worker was killed."""
    for path in file_of("x").parent.iterdir():
        name = path.name.partition(".")[0]
        if not PersonalExport.objects.filter(id=name, state__in=(*EXPORT_RUNS, "ready")).exists():
            path.unlink(missing_ok=True)


def _destroy(export: str) -> None:
    file_of(export).unlink(missing_ok=True)
    file_of(export).with_suffix(".part").unlink(missing_ok=True)


def _own(principal: Principal, export: str, *, lock: bool = False) -> PersonalExport:
    rows = PersonalExport.objects.select_for_update() if lock else PersonalExport.objects
    row = rows.filter(id=export, person=_person(principal)).first()
    if row is None:
        raise NotFound("no such export")
    return row


def _person(principal: Principal) -> PersonId:
    if principal.person is None:
        raise NotFound("nobody is signed in")
    if is_agency(principal.seats) and principal.mfa_level < MFA_SECOND:
        raise NotSignedIn("this role needs a second factor", kind="factor-again")
    return principal.person
