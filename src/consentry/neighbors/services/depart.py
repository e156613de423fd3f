"""A neighbour's account ends: what they wrote is taken back at once, and erased when whoever must be told was told."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from consentry.core.principal import Principal
from consentry.kernel.ids import PersonId
from consentry.neighbors.models import (
    Comment,
    MaskAsk,
    MaskNote,
    Neighbor,
    Picture,
    Post,
    Report,
    Review,
    Seen,
    Telling,
    Thanks,
)
from consentry.neighbors.services.pictures import forget_pictures
from consentry.neighbors.services.post import withdraw_post
from consentry.neighbors.types import PostState

_WAITING = ("appealed", "open")


@transaction.atomic
def close_neighbor(person: PersonId) -> None:
    """Take back what `person` posted and answered, and follow nothing; a post that is being written comes before, and
    is taken back with the others, or finds no neighbour any more.
    """
    Neighbor.objects.select_for_update().filter(person=person).first()
    shown = Post.objects.filter(author=person, state=PostState.SHOWN).order_by("number")
    for post in list(shown.values_list("id", flat=True)):
        withdraw_post(Principal(person=person), post)
    _own_comments(person).filter(state=PostState.SHOWN).update(state=PostState.WITHDRAWN)
    Neighbor.objects.filter(person=person).delete()


def erase_neighbor(person: PersonId, now: datetime) -> bool:  # noqa: ARG001 other rooms wait for a time
    """Texts, pictures, thanks, reports and asks. What moderators decided stays, about a post that is no more.

    Returns False while somebody must still be told that an urgent post was taken back: that is read from the post.
    """
    close_neighbor(person)
    with transaction.atomic():
        for model in (Thanks, Report, Seen, MaskAsk):
            model.objects.filter(person=person).delete()
        MaskNote.objects.filter(owner=person).delete()
    posts = list(Post.objects.filter(author=person).order_by("number").values_list("id", flat=True))
    if Telling.objects.filter(subject__in=posts, done_at=None).exists():
        return False
    _forget_texts(person, posts)
    return True


@transaction.atomic
def _forget_texts(person: PersonId, posts: list[str]) -> None:
    subjects = [*posts, *_own_comments(person).values_list("id", flat=True)]
    decided = Review.objects.filter(subject__in=subjects)
    decided.filter(state__in=_WAITING).update(state="closed", claimed_by="", claimed_at=None)
    decided.update(appeal="", explained="", appeal_explained="")
    forget_pictures(list(Picture.objects.filter(owner=person).values_list("id", flat=True)))
    _own_comments(person).delete()
    Post.objects.filter(author=person).delete()


def _own_comments(person: PersonId) -> "QuerySet[Comment]":
    """What they said for themselves; what somebody answered in an agency's name is the agency's."""
    return Comment.objects.filter(author=person, agency="")
