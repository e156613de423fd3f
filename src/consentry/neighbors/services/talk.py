"""Answers below a post, of neighbours and of agencies, and thanks."""

from datetime import datetime

from django.db import transaction

from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, LimitReached, NotFound, Refused
from consentry.kernel.ids import AgencyId, CommentId, PersonId, new_id
from consentry.kernel.limits_residents import COMMENTS_PER_HOUR, MAX_COMMENT_CHARS
from consentry.kernel.roles import Role
from consentry.neighbors.access import access_neighbor, access_post, person_of
from consentry.neighbors.models import Comment, Post, Thanks
from consentry.neighbors.rules import HOUR, check_repeated, check_words
from consentry.neighbors.text import clean_text, fingerprint
from consentry.neighbors.types import PostState
from consentry.notices.services import notify

SPEAKERS = (Role.ANALYST, Role.MANAGER, Role.OFFICER, Role.SUPERVISOR)
_LAST = 10


@transaction.atomic
def comment(principal: Principal, post: str, text: str, *, now: datetime) -> CommentId:
    """Answer below a post as a neighbour.

    Raises as `write_post` for the text; NotFound; Refused (`not-joined`); LimitReached (`comments-per-hour`).
    """
    neighbor = access_neighbor(principal, lock=True)
    row = _shown(access_post(principal, post))
    return _answer(row, PersonId(neighbor.person_id), text, "", now)


@transaction.atomic
def answer_as_agency(principal: Principal, agency: str, post: str, text: str, *, now: datetime) -> CommentId:
    """Answer below a post in the name of an agency that the principal works for; readers see the agency, not who.

    Raises: NotFound for an agency that is not theirs; others as `comment`.
    """
    if agency not in principal.agencies(*SPEAKERS):
        raise NotFound("there is no such agency")
    row = _shown(access_post(principal, post, lock=True))
    return _answer(row, person_of(principal), text, AgencyId(agency), now)


@transaction.atomic
def withdraw_comment(principal: Principal, comment_id: str) -> None:
    """Take one's own answer back; NotFound otherwise, Conflict for one that was removed."""
    row = Comment.objects.select_for_update().filter(id=comment_id, author=person_of(principal)).first()
    if row is None:
        raise NotFound("there is no such answer")
    if row.state == PostState.REMOVED:
        raise Conflict("this answer was removed", kind="post-state")
    row.state = PostState.WITHDRAWN
    row.save(update_fields=["state"])


def thank(principal: Principal, post: str) -> None:
    """Thank for a post, once; Refused (`own-post`) for one's own."""
    neighbor = access_neighbor(principal)
    row = _shown(access_post(principal, post))
    if row.author_id == neighbor.person_id:
        raise Refused("nobody thanks themselves", kind="own-post")
    Thanks.objects.get_or_create(post=row, person_id=neighbor.person_id)


def unthank(principal: Principal, post: str) -> None:
    """Take thanks back; nothing happens when there were none."""
    Thanks.objects.filter(post=access_post(principal, post), person=person_of(principal)).delete()


def _answer(row: Post, person: PersonId, text: str, agency: str, now: datetime) -> CommentId:
    kept = clean_text(text, most_chars=MAX_COMMENT_CHARS)
    check_words(kept)
    mine = Comment.objects.filter(author=person, made_at__gt=now - HOUR)
    if mine.count() >= COMMENTS_PER_HOUR:
        raise LimitReached(f"at most {COMMENTS_PER_HOUR} answers in an hour", kind="comments-per-hour")
    last = mine.filter(post=row).order_by("-made_at").values_list("text", flat=True)[:_LAST]
    check_repeated(fingerprint(kept), [fingerprint(said) for said in last])
    made = Comment.objects.create(
        id=new_id("comment"), post=row, author_id=person, agency=agency, text=kept, made_at=now
    )
    if row.author_id != person:
        notify(PersonId(row.author_id), "post.answered", row.id)
    return CommentId(made.id)


def _shown(row: Post) -> Post:
    if row.state != PostState.SHOWN:
        raise Conflict("this post is not shown any more", kind="post-state")
    return row
