"""Reads of moderation: the queue, one's own removals, and the yearly figures."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from consentry.core.principal import Principal
from consentry.kernel.canonical import to_b64
from consentry.neighbors.access import person_of
from consentry.neighbors.models import Comment, Picture, Post, Report, Review
from consentry.neighbors.services.review import CLAIM, removal_record
from consentry.neighbors.types import RemovalReason, Verdict

QUEUE = 100


@dataclass(frozen=True)
class ReviewRead:
    """What a moderator sees: the text, why it was reported, no name of anybody. `is_claimed_by_me` within the hour."""

    id: str
    state: str
    kind: str
    text: str
    category: str
    post: str
    pictures: tuple[str, ...]
    reasons: dict[str, int]
    said: tuple[str, ...]
    opened_at: datetime
    is_claimed: bool
    is_claimed_by_me: bool
    may_decide: bool
    reason: str
    explained: str
    appeal: str


@dataclass(frozen=True)
class OwnReview:
    """What an author reads of a removal: why, and what opens its commitment in the log."""

    id: str
    subject: str
    state: str
    reason: str
    explained: str
    decided_at: datetime | None
    appeal: str
    appeal_verdict: str
    appeal_explained: str
    record: str
    salt: str


def queue(principal: Principal, *, now: datetime) -> list[ReviewRead]:
    """Everything that waits for a decision, oldest first, at most `QUEUE`."""
    me = person_of(principal)
    rows = list(Review.objects.filter(state__in=("open", "appealed")).order_by("opened_at")[:QUEUE])
    subjects = _subjects([row.subject for row in rows])
    found = []
    for row in rows:
        subject = subjects.get(row.subject)
        if subject is None:
            continue
        held = row.claimed_at is not None and now - row.claimed_at < CLAIM
        reports = list(Report.objects.filter(review=row).values_list("reason", "said"))
        post = subject if isinstance(subject, Post) else subject.post
        found.append(ReviewRead(
            id=row.id, state=row.state, kind="post" if isinstance(subject, Post) else "comment", text=subject.text,
            category=post.category, post=post.id, pictures=_pictures(subject),
            reasons=dict(Counter(reason for reason, _ in reports)), said=tuple(said for _, said in reports if said),
            opened_at=row.opened_at, is_claimed=held and row.claimed_by != me,
            is_claimed_by_me=held and row.claimed_by == me,
            may_decide=subject.author_id != me and not (row.state == "appealed" and row.decided_by == me),
            reason=row.reason, explained=row.explained, appeal=row.appeal,
        ))  # fmt: skip
    return found


def own_reviews(principal: Principal) -> list[OwnReview]:
    """What was removed of one's own, newest first."""
    me = person_of(principal)
    mine = [
        *Post.objects.filter(author=me, salt__isnull=False).values_list("id", flat=True),
        *Comment.objects.filter(author=me, salt__isnull=False).values_list("id", flat=True),
    ]
    rows = Review.objects.filter(subject__in=mine, verdict=Verdict.REMOVE).order_by("-decided_at")
    subjects = _subjects(mine)
    return [
        OwnReview(
            id=row.id, subject=row.subject, state=row.state, reason=row.reason, explained=row.explained,
            decided_at=row.decided_at, appeal=row.appeal, appeal_verdict=row.appeal_verdict,
            appeal_explained=row.appeal_explained, record=removal_record(subjects[row.subject], row).decode(),
            salt=to_b64(bytes(subjects[row.subject].salt or b"")),
        )
        for row in rows
    ]  # fmt: skip


def may_see_for_review(picture: str) -> bool:
    """Does a picture belong to a post that waits for a decision?"""
    found = Picture.objects.select_related("post").filter(id=picture).exclude(post=None).first()
    if found is None or found.post is None:
        return False
    return Review.objects.filter(subject=found.post.id, state__in=("open", "appealed")).exists()


def figures(year: int) -> dict[str, int]:
    """Of one year: removals by reason (`removed.hate` …), `kept`, `appeals`, `restored`; counts of everything."""
    decided = Review.objects.filter(decided_at__year=year)
    found = {f"removed.{reason.value}": 0 for reason in RemovalReason}
    for reason in decided.filter(verdict=Verdict.REMOVE).values_list("reason", flat=True):
        found[f"removed.{reason}"] += 1
    found["kept"] = decided.filter(verdict=Verdict.KEEP).count()
    found["appeals"] = Review.objects.filter(appealed_at__year=year).count()
    restored = Q(appeal_verdict=Verdict.KEEP, appeal_decided_at__year=year)
    found["restored"] = Review.objects.filter(restored).count()
    return found


def _subjects(names: list[str]) -> dict[str, Post | Comment]:
    found: dict[str, Post | Comment] = {row.id: row for row in Post.objects.filter(id__in=names)}
    found |= {row.id: row for row in Comment.objects.select_related("post").filter(id__in=names)}
    return found


def _pictures(subject: Post | Comment) -> tuple[str, ...]:
    if isinstance(subject, Comment):
        return ()
    return tuple(Picture.objects.filter(post=subject).order_by("place").values_list("id", flat=True))
