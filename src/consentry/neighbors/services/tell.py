"""Telling many people: a row in the writer's transaction, all its notices in one transaction of the worker's."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import h3
from django.db import transaction

from consentry.cells.queries import published_names
from consentry.kernel.ids import PersonId
from consentry.neighbors.area import ancestors
from consentry.neighbors.models import Alert, AlertCell, FollowPiece, Neighbor, Post, Seen, Telling
from consentry.neighbors.types import Tell
from consentry.notices.services import notify_many


def begin_telling(kind: str, subject: str, version: int = 1) -> None:
    """Have the worker tell whom it concerns; the same thing is told once."""
    Telling.objects.get_or_create(kind=kind, subject=subject, version=version)


def advance_tellings(now: datetime) -> int:
    """Tell everything that waits; each thing in a transaction of its own. Returns how many notices were made."""
    total = 0
    while (told := _tell_next(now)) is not None:
        total += told
    return total


@transaction.atomic
def _tell_next(now: datetime) -> int | None:
    row = Telling.objects.select_for_update(skip_locked=True).filter(done_at=None).order_by("id").first()
    if row is None:
        return None
    people = recipients_of(row)
    row.told, row.done_at = notify_many(people, row.kind, row.subject), now
    row.save(update_fields=["told", "done_at"])
    if row.kind.startswith("alert."):
        _note_told(row, people)
    return row.told


def recipients_of(row: Telling) -> list[PersonId]:
    """Whom a telling goes to, each once; empty when what it speaks of is gone."""
    if row.kind.startswith("alert."):
        return _of_alert(row)
    post = Post.objects.filter(id=row.subject).first()
    if post is None:
        return []
    if row.kind in ("post.corrected", "post.retracted"):
        seen = Seen.objects.filter(subject=post.id).exclude(person=post.author_id)
        if row.kind == "post.corrected":
            seen = seen.filter(version__lt=row.version)
        return [PersonId(person) for person in seen.values_list("person_id", flat=True)]
    if post.state != "shown":
        return []
    wanted = [Tell.ALL] if row.kind == "post.made" else [Tell.ALL, Tell.ALERTS]
    return followers_of([post.cell], wanted, but=post.author_id)


def followers_of(cells: Iterable[str], wanted: Sequence[Tell], *, but: str = "") -> list[PersonId]:
    """Neighbours who follow one of `cells`, or a part of it, and want to be told so."""
    pieces = FollowPiece.objects.filter(cell__in=_pieces_that_meet(cells), neighbor__tell__in=wanted)
    return [PersonId(person) for person in pieces.exclude(neighbor=but).values_list("neighbor", flat=True).distinct()]


def _pieces_that_meet(cells: Iterable[str]) -> list[str]:
    """Every piece that a followed area may hold and that meets one of `cells`: its parents, and what lies inside it."""
    published, found = published_names(), set[str]()
    for cell in cells:
        found |= {cell, *ancestors(cell)}
        if cell not in published:
            res = h3.get_resolution(cell)
            inside = (name for name in published if h3.get_resolution(name) >= res)
            for name in inside:
                if h3.cell_to_parent(name, res) == cell:
                    found |= {name, *(up for up in ancestors(name) if h3.get_resolution(up) > res)}
    return sorted(found)


def _of_alert(row: Telling) -> list[PersonId]:
    alert = Alert.objects.filter(id=row.subject).first()
    if alert is None:
        return []
    cells = set(AlertCell.objects.filter(alert__first=alert.first).values_list("cell", flat=True))
    people = set(followers_of(cells, [Tell.ALL, Tell.ALERTS]))
    living = Neighbor.objects.filter(cell__in=cells).exclude(tell=Tell.NONE)
    people |= {PersonId(person) for person in living.values_list("person_id", flat=True)}
    # Whoever was told an earlier message of the chain is told each later one, wherever they follow now.
    told = Seen.objects.filter(subject=alert.first).values_list("person_id", flat=True)
    return sorted(people | {PersonId(person) for person in told})


def _note_told(row: Telling, people: Sequence[PersonId]) -> None:
    first = Alert.objects.values_list("first", flat=True).get(id=row.subject)
    rows = [Seen(subject=first, person_id=person, version=row.version) for person in people]
    Seen.objects.bulk_create(
        rows, batch_size=2_000, update_conflicts=True, unique_fields=["subject", "person"], update_fields=["version"]
    )
