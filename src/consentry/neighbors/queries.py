"""Reads of posts: the feed of an area, one post, its answers, what an agency was sent; nobody's posts as such."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Count

from consentry.agencies.queries import all_agencies
from consentry.core.principal import Principal
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.ids import AgencyId, PersonId
from consentry.neighbors.access import access_neighbor, access_post, person_of, pseudonym_key
from consentry.neighbors.area import ancestors, is_cell
from consentry.neighbors.models import AgencyPost, Comment, FollowPiece, MaskNote, Picture, Post, PostVersion, Thanks
from consentry.neighbors.rules import pseudonym
from consentry.neighbors.services.seen import note_seen
from consentry.neighbors.services.talk import SPEAKERS
from consentry.neighbors.types import (
    CommentRead,
    MaskNoteRead,
    PictureRead,
    PostCategory,
    PostQuery,
    PostRead,
    PostState,
)

PAGE = 30
_NEWEST = 2**62
_FEED = """SELECT number FROM (
  SELECT found.number FROM unnest(%(pieces)s::text[]) AS piece (cell) CROSS JOIN LATERAL (
    SELECT number FROM neighbors_placed WHERE cell = piece.cell AND number < %(before)s {category}
    ORDER BY number DESC LIMIT %(most)s) AS found
  UNION
  SELECT found.number FROM unnest(%(wider)s::text[]) AS piece (cell) CROSS JOIN LATERAL (
    SELECT number FROM neighbors_placed WHERE cell = piece.cell AND is_own AND number < %(before)s {category}
    ORDER BY number DESC LIMIT %(most)s) AS found
) AS feed ORDER BY number DESC LIMIT %(most)s"""


def feed_of(principal: Principal, query: PostQuery, *, now: datetime) -> list[PostRead]:
    """The newest posts of the area that the principal follows, at most `PAGE`; notes that they were shown.

    Refused (`not-joined`) before joining: an agency follows nothing.
    """
    neighbor = access_neighbor(principal)
    pieces = list(FollowPiece.objects.filter(neighbor=neighbor).values_list("cell", flat=True))
    return _page(principal, pieces, query, now)


def posts_in(principal: Principal, cell: str, query: PostQuery, *, now: datetime) -> list[PostRead]:
    """The newest posts of one quarter, for whoever is signed in; Malformed (`cell`) for no cell of posts."""
    if not is_cell(cell):
        raise Malformed("not a quarter", kind="cell")
    return _page(principal, [cell], query, now)


def sent_to_agency(principal: Principal, agency: str, before: int | None, *, now: datetime) -> list[PostRead]:
    """Posts that their authors sent to an agency that the principal works for; NotFound for another."""
    if agency not in principal.agencies(*SPEAKERS):
        raise NotFound("there is no such agency")
    rows = AgencyPost.objects.filter(agency=agency, post__state=PostState.SHOWN, post__number__lt=before or _NEWEST)
    numbers = list(rows.order_by("-post").values_list("post", flat=True)[:PAGE])
    return _shown(principal, Post.objects.filter(number__in=numbers), now)


def own_posts(principal: Principal) -> list[PostRead]:
    """One's own newest posts in any state, at most `PAGE`."""
    rows = Post.objects.filter(author=person_of(principal)).order_by("-number")[:PAGE]
    return read_posts(rows, person_of(principal))


def read_post(principal: Principal, post: str, *, now: datetime) -> PostRead:
    """One post that the principal may read; notes that it was shown."""
    found = access_post(principal, post)
    return _shown(principal, [found], now)[0]


def versions_of(principal: Principal, post: str) -> list[tuple[int, str, datetime]]:
    """Earlier texts of a post, oldest first: version, text, until when."""
    rows = PostVersion.objects.filter(post=access_post(principal, post)).order_by("version")
    return [(row.version, row.text, row.until) for row in rows]


def comments_of(principal: Principal, post: str) -> list[CommentRead]:
    """The answers below a post, oldest first; removed and withdrawn ones without their text."""
    found, me = access_post(principal, post), person_of(principal)
    names = {str(agency.id): agency.name for agency in all_agencies()}
    key = pseudonym_key()
    return [
        CommentRead(
            id=row.id, author="" if row.agency else pseudonym(key, row.author_id, found.id),
            agency=names.get(row.agency, ""), made_at=_minute(row.made_at), is_mine=row.author_id == me,
            text=row.text if row.state == PostState.SHOWN or row.author_id == me else "", state=PostState(row.state),
        )
        for row in found.comments.order_by("made_at", "id")
    ]  # fmt: skip


def agencies_of_speaker(principal: Principal) -> list[AgencyId]:
    """The agencies in whose name the principal may answer."""
    return sorted(principal.agencies(*SPEAKERS))


def read_posts(rows: Iterable[Post], person: PersonId) -> list[PostRead]:
    """Rows as `person` reads them, in the order given, with what belongs to them; five queries however many."""
    posts = list(rows)
    numbers = [row.number for row in posts]
    thanks = dict(Thanks.objects.filter(post__in=numbers).values_list("post").annotate(Count("id")))
    mine = set(Thanks.objects.filter(post__in=numbers, person=person).values_list("post", flat=True))
    shown = Comment.objects.filter(post__in=numbers, state=PostState.SHOWN)
    answers = dict(shown.values_list("post").annotate(Count("id")))
    pictures: dict[int, list[PictureRead]] = {}
    for found in Picture.objects.filter(post__in=numbers).order_by("place"):
        pictures.setdefault(found.post_id or 0, []).append(picture_read(found))
    key = pseudonym_key()
    return [
        PostRead(
            id=row.id, number=row.number, category=PostCategory(row.category), text=row.text, cell=row.cell,
            is_urgent=row.is_urgent, version=row.version, author=pseudonym(key, row.author_id, row.id),
            is_mine=row.author_id == person, made_at=_minute(row.made_at),
            corrected_at=None if row.corrected_at is None else _minute(row.corrected_at), state=PostState(row.state),
            thanks=thanks.get(row.number, 0), is_thanked=row.number in mine, comments=answers.get(row.number, 0),
            pictures=tuple(pictures.get(row.number, ())),
        )
        for row in posts
    ]  # fmt: skip


def picture_read(row: Picture) -> PictureRead:
    """A picture as others see it."""
    return PictureRead(row.id, row.kind, row.state, row.width_px, row.height_px)


def _page(principal: Principal, pieces: Sequence[str], query: PostQuery, now: datetime) -> list[PostRead]:
    numbers = _numbers(pieces, query)
    return _shown(principal, Post.objects.filter(number__in=numbers, state=PostState.SHOWN).order_by("-number"), now)


def _numbers(pieces: Sequence[str], query: PostQuery) -> list[int]:
    wider = sorted({up for piece in pieces for up in ancestors(piece)} - set(pieces))
    category = "" if query.category is None else "AND category = %(category)s"
    said: dict[str, str | int | list[str]] = {
        "pieces": list(pieces), "wider": wider, "before": query.before or _NEWEST, "most": PAGE,
        "category": query.category or "",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FEED.format(category=category), said)
        return [int(row[0]) for row in cursor.fetchall()]


def _shown(principal: Principal, rows: Iterable[Post], now: datetime) -> list[PostRead]:
    person = person_of(principal)
    found = read_posts(rows, person)
    note_seen(person, [(post.id, post.version) for post in found if not post.is_mine], now=now)
    return sorted(found, key=lambda post: -post.number)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def mask_notes(principal: Principal) -> list[MaskNoteRead]:
    """What neighbours ask of the principal's own cameras, newest first, at most `PAGE`."""
    rows = MaskNote.objects.filter(owner=person_of(principal)).order_by("-id")[:PAGE]
    return [MaskNoteRead(row.id, row.camera, row.towards_deg, row.said, row.at) for row in rows]
