"""Writing, correcting and withdrawing posts."""

from datetime import datetime, timedelta

from django.db import transaction

from consentry.agencies.queries import active_programmes
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, LimitReached, Malformed, Refused
from consentry.kernel.ids import PostId, new_id
from consentry.kernel.limits_residents import CORRECTIONS_PER_POST, MAX_PICTURES_PER_POST, MAX_POST_CHARS
from consentry.neighbors.access import access_neighbor, access_own_post
from consentry.neighbors.area import ancestors, choices_for
from consentry.neighbors.models import AgencyPost, Neighbor, Picture, Placed, Post, PostVersion
from consentry.neighbors.rules import DAY, HOUR, Recent, check_rate, check_repeated, check_urgent, check_words
from consentry.neighbors.services.tell import begin_telling
from consentry.neighbors.text import clean_text, fingerprint
from consentry.neighbors.types import NewPost, PostCategory, PostState

WEEK = timedelta(days=7)
_OWN, _OTHERS = 20, 50


@transaction.atomic
def write_post(principal: Principal, new: NewPost, *, now: datetime) -> PostId:
    """Post `new`: seen at once in its cell, told by the worker.

    One author's posts come one after the other (their row is locked), so that a thousand at once are counted.

    Raises:
        Malformed: `text-empty`, `text-long`, `cell` (not the author's or a parent of it), `pictures`.
        Refused: `text-place`, `profiling`, `not-urgent`, `new-neighbor`, `not-joined`.
        LimitReached: `posts-per-day`, `alerts-per-day`, `posts-in-cell`. Conflict: `repeated`.
    """
    author = access_neighbor(principal, lock=True)
    text = clean_text(new.text, most_chars=MAX_POST_CHARS)
    check_words(text)
    check_urgent(new.category, is_urgent=new.is_urgent)
    cell = new.cell or author.cell
    if cell not in choices_for(author.cell):
        raise Malformed("a post lies in your own quarter or a wider one around it", kind="cell")
    check_rate(_recent(author, cell, now), is_urgent=new.is_urgent, now=now)
    check_repeated(fingerprint(text), _fingerprints(author, cell, now))
    row = Post.objects.create(
        id=new_id("post"), author_id=author.person_id, category=new.category, text=text, cell=cell,
        is_urgent=new.is_urgent, made_at=now,
    )  # fmt: skip
    _take_pictures(row, new.pictures)
    place(row)
    begin_telling("post.alert" if row.is_urgent else "post.made", row.id)
    if new.to_agency:
        _tell_agencies(row, author.cell, now)
    return PostId(row.id)


@transaction.atomic
def correct_post(principal: Principal, post: str, *, text: str, category: PostCategory, now: datetime) -> None:
    """Correct one's own post; the earlier text stays readable, and whoever was shown it is told.

    Raises as `write_post` for the text; Conflict when it is not shown; LimitReached (`corrections`).
    """
    row = access_own_post(principal, post)
    if row.state != PostState.SHOWN:
        raise Conflict("this post is not shown any more", kind="post-state")
    kept = clean_text(text, most_chars=MAX_POST_CHARS)
    check_words(kept)
    check_urgent(category, is_urgent=row.is_urgent)
    if (kept, category) == (row.text, row.category):
        return
    if row.version > CORRECTIONS_PER_POST:
        raise LimitReached(f"at most {CORRECTIONS_PER_POST} corrections", kind="corrections")
    PostVersion.objects.create(post=row, version=row.version, text=row.text, category=row.category, until=now)
    row.text, row.category, row.version, row.corrected_at = kept, category, row.version + 1, now
    row.save(update_fields=["text", "category", "version", "corrected_at"])
    Placed.objects.filter(post=row).update(category=category)
    begin_telling("post.corrected", row.id, row.version)


@transaction.atomic
def withdraw_post(principal: Principal, post: str) -> None:
    """Take one's own post back; whoever an urgent one was shown to is told. Twice changes nothing.

    Conflict for one that a moderator removed: it is theirs no more to change.
    """
    row = access_own_post(principal, post)
    if row.state == PostState.REMOVED:
        raise Conflict("this post was removed", kind="post-state")
    if row.state == PostState.SHOWN:
        row.state = PostState.WITHDRAWN
        row.save(update_fields=["state"])
        Placed.objects.filter(post=row).delete()
        if row.is_urgent:
            begin_telling("post.retracted", row.id, row.version)


def place(row: Post) -> None:
    """Put a shown post where feeds find it."""
    cells = [(row.cell, True), *((cell, False) for cell in ancestors(row.cell))]
    Placed.objects.bulk_create(
        [Placed(post=row, cell=cell, is_own=is_own, category=row.category) for cell, is_own in cells]
    )


def _recent(author: Neighbor, cell: str, now: datetime) -> Recent:
    own = Post.objects.filter(author=author.person_id, made_at__gt=now - DAY)
    in_cell = Post.objects.filter(cell=cell, made_at__gt=now - HOUR)
    return Recent(author.joined_at, own.count(), own.filter(is_urgent=True).count(), in_cell.count())


def _fingerprints(author: Neighbor, cell: str, now: datetime) -> list[frozenset[str]]:
    own = Post.objects.filter(author=author.person_id, made_at__gt=now - WEEK).order_by("-number")
    others = Post.objects.filter(cell=cell, made_at__gt=now - DAY, state=PostState.SHOWN).order_by("-number")
    texts = [*own.values_list("text", flat=True)[:_OWN], *others.values_list("text", flat=True)[:_OTHERS]]
    return [fingerprint(text) for text in texts]


def _take_pictures(row: Post, pictures: tuple[str, ...]) -> None:
    if len(pictures) > MAX_PICTURES_PER_POST or len(set(pictures)) != len(pictures):
        raise Malformed(f"at most {MAX_PICTURES_PER_POST} pictures, each once", kind="pictures")
    mine = Picture.objects.select_for_update().filter(id__in=pictures, owner=row.author_id, post=None)
    found = {picture.id: picture for picture in mine}
    if set(found) != set(pictures):
        raise Malformed("a picture is not yours, or was posted already", kind="pictures")
    if any(picture.state != "ready" for picture in found.values()):
        raise Refused("a picture is not ready yet", kind="picture-waiting")
    for at, name in enumerate(pictures):
        # Where faces were is nobody's business any more.
        Picture.objects.filter(id=name).update(post=row, place=at, state="posted", faces=[])


def _tell_agencies(row: Post, cell: str, now: datetime) -> None:
    """The agencies whose running programme covers the author's quarter find it in their inbox."""
    agencies = {found.agency for found in active_programmes(now) if not found.area_cells or cell in found.area_cells}
    for agency in sorted(agencies):
        AgencyPost.objects.create(agency=agency, post=row)
        tell(f"agency:{agency}", "post.sent", row.id)
