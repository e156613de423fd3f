"""The writer of named copies: asked for by a recipient, made by the worker one at a time, gone when nobody plays them.

The worker gives each copy some seconds and goes on with the one that waited longest, first of those that somebody looks
at where nothing is made yet; so a film of hours makes nobody wait for its end. It is made from where it is played on,
and what was left out after that. A piece's file is durable before its row; what a crash leaves without a row is made
again.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, Sum

from consentry.evidence import models
from consentry.evidence.disclosure.rules import Span, State, may_be_heard, state_of
from consentry.evidence.named.mark import mark_of
from consentry.evidence.named.render import Piece, Wish, render_pieces
from consentry.evidence.named.rules import Gap, Made, is_made, next_gap
from consentry.evidence.named.shelf import NamedShelf
from consentry.evidence.redact.original import Original, Part, StreamReader
from consentry.evidence.redact.plan import PLAN_TYPE
from consentry.evidence.services.play import ServedFile
from consentry.evidence.vault_door import open_vault
from consentry.kernel.errors import Conflict, Malformed, NotFound, Unavailable, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item_journal import SegmentLine
from consentry.kernel.limits import MAX_NAMED_BYTES, MAX_NAMED_PIECES, MAX_NAMED_TRIES, NAMED_KEPT_H

logger = logging.getLogger(__name__)
FOLDER, MEDIA_TYPE = "vault-named", "video/mp4"
_SEEN_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True)
class NamedFacts:
    """How a named copy stands. `pieces` in order of time, `total_us` 0 while nobody knows; since the item began."""

    state: str
    why: str
    made_us: int
    total_us: int
    has_sound: bool
    pieces: tuple[models.NamedPiece, ...]


def ask_named(place: models.DisclosedItem, *, at_us: int = 0, now: datetime) -> NamedFacts:
    """Ask for the copy that bears the recipient's name, or how it stands; the opening was checked by the caller.

    `at_us`: where they look; what follows from there is made first.
    Conflict `not-played`: the item is no film.
    """
    if not place.item.media_type.startswith("video/"):
        raise Conflict("this item is no film", kind="not-played")
    with transaction.atomic():
        row, _ = models.NamedCopy.objects.get_or_create(
            place=place, defaults={"turn_at": now, "seen_at": now, "total_us": _length_us(place.item)}
        )
        _note_seen(row, now)
        _note_place(row, at_us)
    pieces = tuple(row.pieces.order_by("start_us"))
    return NamedFacts(row.state, row.why, row.made_us, row.total_us, row.has_sound, pieces)


def serve_named(place: models.DisclosedItem, number: int, *, now: datetime) -> ServedFile:
    """A piece of the copy, whole. NotFound: not made yet, or gone; Conflict `item-gone`, `shredded`."""
    piece = models.NamedPiece.objects.select_related("copy").filter(copy__place=place, number=number).first()
    if piece is None:
        raise NotFound("no such piece")
    if place.item.state != "sealed":
        raise Conflict("this item is destroyed", kind="item-gone")
    _note_seen(piece.copy, now)
    pieces = _shelf().read(piece.copy_id, number, _sealed_for(place.item))
    return ServedFile(MEDIA_TYPE, piece.size_bytes, 0, piece.size_bytes, piece.sha256, False, pieces)


def advance_named(clock: Callable[[], datetime], *, for_s: float) -> int:
    """The worker's step: remove what is over, then make pieces for at most `for_s` seconds (and the piece at hand).

    How many pieces were made.
    """
    remove_over(clock())
    row = _next()
    if row is None:
        return 0
    models.NamedCopy.objects.filter(id=row.id).update(turn_at=clock())
    try:
        return _make(row, time.monotonic() + for_s, clock)
    except Malformed as error:
        _fail(row, error.kind)
    except (Unavailable, Untrusted, NotFound, Conflict) as error:
        logger.warning("named copy %s: %s", row.id, error)
        models.NamedCopy.objects.filter(id=row.id).update(tries=F("tries") + 1)
        if row.tries + 1 >= MAX_NAMED_TRIES:
            _fail(row, error.kind)
    return 0


def remove_over(now: datetime) -> None:
    """Copies of what is over or destroyed, that nobody played for a day, or that are too many; folders of nobody."""
    ended = Q(place__disclosure__revoked_at__isnull=False) | Q(place__disclosure__expires_at__lte=now)
    unseen = Q(seen_at__lte=now - timedelta(hours=NAMED_KEPT_H))
    for row in models.NamedCopy.objects.filter(ended | unseen | ~Q(place__item__state="sealed")):
        _remove(row)
    while (models.NamedCopy.objects.aggregate(all=Sum("size_bytes"))["all"] or 0) > MAX_NAMED_BYTES:
        _remove(models.NamedCopy.objects.filter(size_bytes__gt=0).order_by("seen_at", "id")[0])
    known = set(models.NamedCopy.objects.values_list("id", flat=True))
    for copy in set(_shelf().copies()) - known:
        _shelf().remove(copy)


def _make(row: models.NamedCopy, until_s: float, clock: Callable[[], datetime]) -> int:
    """Make what is wanted next, and what after that, until the turn is over; how many pieces."""
    made = 0
    while (gap := _gap_of(row)) is not None:
        count, is_done = _fill(row, gap, until_s, clock)
        made += count
        if not is_done or (count and time.monotonic() >= until_s):
            return made
    models.NamedCopy.objects.filter(id=row.id).update(
        state="ready", total_us=F("ended_us"), made_us=F("ended_us"), is_waited=False
    )
    return made


def _fill(row: models.NamedCopy, gap: Gap, until_s: float, clock: Callable[[], datetime]) -> tuple[int, bool]:
    """Make pieces from the beginning of `gap` on: how many, and whether nothing of it is left."""
    item, from_us, made = row.place.item, gap.from_us, 0
    name = mark_of(row.place.disclosure.recipient, row.place.disclosure_id)
    number = row.pieces.count()
    heard = _original(item).parts if _is_heard(row.place) else ()
    wish = Wish(gap.from_us, gap.until_us, heard)
    with closing(render_pieces(_original(item), name, wish)) as pieces:
        for piece in pieces:
            if number + made >= MAX_NAMED_PIECES or row.size_bytes + len(piece.data) > MAX_NAMED_BYTES // 2:
                raise Malformed("the item is too long for a named copy", kind="named-too-long")
            written = _shelf().put(row.id, number + made, piece.data, _sealed_for(item))
            if not _keep(row, models.NamedPiece(number=number + made, covers_us=from_us, sha256=written.sha256),
                         piece, clock()):  # fmt: skip
                return made, False
            made, from_us = made + 1, piece.end_us
            following = _gap_of(row)
            is_elsewhere = following is not None and following.from_us != from_us
            if time.monotonic() >= until_s or is_elsewhere or _somebody_else_waits(row):
                return made, False
    _settle_end(row, gap, from_us)
    return made, True


@transaction.atomic
def _settle_end(row: models.NamedCopy, gap: Gap, end_us: int) -> None:
    """All pictures of `gap` are made, the last ends at `end_us`: the film ends there, or what follows reaches back."""
    if not gap.until_us:
        models.NamedCopy.objects.filter(id=row.id).update(ended_us=end_us)
    elif end_us < gap.until_us:
        row.pieces.filter(covers_us=gap.until_us).update(covers_us=end_us)


@transaction.atomic
def _keep(row: models.NamedCopy, kept: models.NamedPiece, piece: Piece, now: datetime) -> bool:
    """Write a piece down; False when its copy is not wanted any more."""
    copies = models.NamedCopy.objects.select_for_update(of=("self",)).select_related("place__item", "place__disclosure")
    current = copies.filter(id=row.id, state="waiting").first()
    if current is None or current.pieces.count() != kept.number or not _is_wanted(current.place, now):
        return False
    kept.copy, kept.start_us, kept.end_us, kept.size_bytes = current, piece.start_us, piece.end_us, len(piece.data)
    kept.save(force_insert=True)
    current.made_us += piece.end_us - kept.covers_us
    current.tries, current.size_bytes, current.has_sound = 0, current.size_bytes + len(piece.data), piece.has_sound
    current.total_us = max(current.total_us or piece.total_us, piece.end_us)
    current.is_waited = not is_made(_made(current), current.ended_us, current.wanted_us)
    current.save(update_fields=["made_us", "tries", "size_bytes", "has_sound", "total_us", "is_waited"])
    row.size_bytes = current.size_bytes
    return True


def _gap_of(row: models.NamedCopy) -> Gap | None:
    """What of `row` is made next, as it stands now."""
    wanted_us, ended_us = models.NamedCopy.objects.values_list("wanted_us", "ended_us").get(id=row.id)
    return next_gap(_made(row), ended_us, wanted_us)


def _made(row: models.NamedCopy) -> Made:
    return list(row.pieces.order_by("covers_us").values_list("covers_us", "end_us"))


def _somebody_else_waits(row: models.NamedCopy) -> bool:
    """Is there another copy that somebody looks at where nothing is made, and nobody here who waits?"""
    waiting = models.NamedCopy.objects.filter(state="waiting", is_waited=True)
    return waiting.exclude(id=row.id).exists() and not waiting.filter(id=row.id).exists()


def _is_heard(place: models.DisclosedItem) -> bool:
    """The recorder of looks keeps no sound, so nothing is looked for in their many parts."""
    kind = place.item.kind
    return kind != "look" and may_be_heard(kind, with_original=place.disclosure.with_original)


def _is_wanted(place: models.DisclosedItem, now: datetime) -> bool:
    of = place.disclosure
    return place.item.state == "sealed" and state_of(Span(of.expires_at, of.revoked_at), now) is State.OPEN


def _next() -> models.NamedCopy | None:
    waiting = models.NamedCopy.objects.filter(state="waiting").select_related("place__item", "place__disclosure")
    return waiting.order_by("-is_waited", "turn_at", "id").first()


def _fail(row: models.NamedCopy, why: str) -> None:
    """What was made until then goes on being played."""
    logger.error("named copy %s cannot be made: %s", row.id, why)
    models.NamedCopy.objects.filter(id=row.id).update(state="failed", why=why)


def _remove(row: models.NamedCopy) -> None:
    copy = row.id
    row.delete()
    _shelf().remove(copy)


def _note_seen(row: models.NamedCopy, now: datetime) -> None:
    if now - row.seen_at >= _SEEN_AGAIN:
        models.NamedCopy.objects.filter(id=row.id).update(seen_at=now)


def _note_place(row: models.NamedCopy, at_us: int) -> None:
    """Where the recipient looks; nobody looks at what lies behind the end."""
    at_us = min(at_us, max((row.total_us or row.pieces.aggregate(last=Max("end_us"))["last"] or 0) - 1, 0))
    if row.state != "waiting" or at_us == row.wanted_us:
        return
    waits = not is_made(_made(row), row.ended_us, at_us)
    models.NamedCopy.objects.filter(id=row.id).update(wanted_us=at_us, is_waited=waits)


def _original(item: models.Item) -> Original:
    """The item's films; each is read as the child asks for it, and decrypted from its beginning on."""
    name = ItemId(item.id)
    # A redaction's plan shows nothing.
    lines = [line for line in open_vault().lines_of(name) if line.media_type != PLAN_TYPE]
    first_us = lines[0].start_us

    def part(line: SegmentLine) -> Part:
        begin: Callable[[], Iterator[bytes]] = partial(open_vault().open_segment, name, line.number)
        return Part(StreamReader(line.size_bytes, begin), line.sha256, max(line.start_us - first_us, 0))

    return Original(item.id, tuple(map(part, lines)))


def _length_us(item: models.Item) -> int:
    return max((item.end_us or 0) - (item.start_us or 0), 0)


def _sealed_for(item: models.Item) -> tuple[ItemId, bytes]:
    name = ItemId(item.id)
    return name, open_vault().keys.unwrap(name)


def _shelf() -> NamedShelf:
    return NamedShelf(Path(settings.DATA) / FOLDER)
