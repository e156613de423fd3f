"""Reports, and what moderators decide: claim, decide, appeal, and a second person who decides again.

A removal is an entry of the log (`post.remove`: a salted commitment and the reason), and so is its undoing
(`post.restore`). The author gets the salt and the record, and so can show anybody what was removed and why.
"""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from consentry.core.principal import Principal
from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.ids import PersonId, new_id
from consentry.kernel.limits_residents import MAX_SAID_CHARS, REPORTS_PER_DAY
from consentry.ledger.services import append
from consentry.neighbors.access import access_comment, access_post, person_of
from consentry.neighbors.models import Comment, Placed, Post, Report, Review
from consentry.neighbors.rules import DAY, commitment
from consentry.neighbors.services.post import place
from consentry.neighbors.services.tell import begin_telling
from consentry.neighbors.text import clean_text
from consentry.neighbors.types import Decision, PostState, RemovalReason, Verdict
from consentry.notices.services import notify

CLAIM = timedelta(hours=1)
APPEAL_DAYS = timedelta(days=30)
SALT_BYTES = 16
Subject = Post | Comment


@transaction.atomic
def report(principal: Principal, subject: str, reason: RemovalReason, said: str, *, now: datetime) -> None:
    """Say that a post or comment breaks a guideline. The same person says it once; the author never learns who.

    What a moderator kept is not looked at again for its old text: the report is taken and changes nothing, so that
    many reports silence nobody.

    Raises: NotFound; Refused (`own-post`); LimitReached (`reports-per-day`).
    """
    person = person_of(principal)
    row = _readable(principal, subject)
    if row.author_id == person:
        raise Refused("withdraw what is your own", kind="own-post")
    if Report.objects.filter(person=person, at__gt=now - DAY).count() >= REPORTS_PER_DAY:
        raise LimitReached(f"at most {REPORTS_PER_DAY} reports in 24 hours", kind="reports-per-day")
    words = clean_text(said, most_chars=MAX_SAID_CHARS) if said.strip() else ""
    review = _review_of(row, now)
    Report.objects.get_or_create(review=review, person_id=person, defaults={"reason": reason, "said": words, "at": now})


@transaction.atomic
def claim(principal: Principal, review: str, *, now: datetime) -> None:
    """Take a review for an hour. Conflict while somebody else has it, or when nothing is to be decided.

    Refused (`own-post`) for one's own post, (`same-person`) for an appeal against one's own decision.
    """
    person, row = person_of(principal), _locked(review)
    if row.state not in ("open", "appealed"):
        raise Conflict("this is decided", kind="review-state")
    if row.claimed_by not in ("", person) and row.claimed_at is not None and now - row.claimed_at < CLAIM:
        raise Conflict("somebody else looks at this", kind="review-claimed")
    _check_apart(row, person)
    row.claimed_by, row.claimed_at = person, now
    row.save(update_fields=["claimed_by", "claimed_at"])


@transaction.atomic
def decide(principal: Principal, review: str, decision: Decision, *, now: datetime) -> None:
    """Keep or remove what was reported; a removal needs a reason of the list and words for the author.

    Raises: NotFound, Conflict (not claimed by the principal, or decided), Malformed (`reason`).
    """
    row = _claimed(principal, review, "open", now)
    verdict, reason = decision.verdict, decision.reason
    words = _explained(decision.explained, verdict)
    if (verdict is Verdict.REMOVE) != (reason is not None):
        raise Malformed("a removal has a reason, keeping has none", kind="reason")
    row.verdict, row.reason, row.explained = verdict, reason or "", words
    row.decided_by, row.decided_at, row.state = row.claimed_by, now, "decided"
    row.claimed_by, row.claimed_at = "", None
    row.save()
    if reason is not None:
        _remove(row, reason)


@transaction.atomic
def appeal(principal: Principal, review: str, said: str, *, now: datetime) -> None:
    """The author of what was removed says why that was wrong, once, within 30 days; another person decides.

    Raises: NotFound for what is not theirs; Conflict when there is nothing to appeal, or not any more.
    """
    row = _locked(review)
    subject = _subject(row.subject)
    if subject.author_id != person_of(principal):
        raise NotFound("there is no such review")
    if row.state != "decided" or row.verdict != Verdict.REMOVE or row.decided_at is None:
        raise Conflict("there is nothing to appeal", kind="review-state")
    if now - row.decided_at > APPEAL_DAYS:
        raise Conflict("an appeal comes within 30 days", kind="review-late")
    row.appeal, row.appealed_at = clean_text(said, most_chars=MAX_SAID_CHARS), now
    row.state, row.claimed_by, row.claimed_at = "appealed", "", None
    row.save()


@transaction.atomic
def decide_appeal(principal: Principal, review: str, verdict: Verdict, *, explained: str, now: datetime) -> None:
    """Decide an appeal as another person than the first: `keep` brings the post back, `remove` is the last word.

    Raises: NotFound, Conflict (not claimed, not appealed), Refused (`same-person`).
    """
    row = _claimed(principal, review, "appealed", now)
    row.appeal_verdict, row.appeal_explained = verdict, _explained(explained, Verdict.REMOVE)
    row.appeal_decided_by, row.appeal_decided_at, row.state = row.claimed_by, now, "closed"
    row.claimed_by, row.claimed_at = "", None
    row.save()
    subject = _subject(row.subject)
    if verdict is Verdict.KEEP:
        _restore(row, subject)
    notify(PersonId(subject.author_id), "appeal.decided", _post_of(subject).id)


def removal_record(row: Subject, review: Review) -> bytes:
    """What the commitment of a removal opens to: the text, the reason and when, in canonical JSON."""
    decided_ms = 0 if review.decided_at is None else to_ms(review.decided_at)
    return canonical_json({"id": row.id, "reason": review.reason, "t": decided_ms, "text": row.text, "v": 1})


def _remove(review: Review, reason: RemovalReason) -> None:
    row = _subject(review.subject)
    if row.state != PostState.SHOWN:
        return  # its author was faster; there is nothing to remove
    salt = secrets.token_bytes(SALT_BYTES)
    row.state, row.reason, row.salt = PostState.REMOVED, reason, salt
    row.save(update_fields=["state", "reason", "salt"])
    fields = {"commit": to_b64(commitment(salt, removal_record(row, review))), "reason": str(reason)}
    append("post.remove", fields, key=f"{review.id}:remove")
    if isinstance(row, Post):
        Placed.objects.filter(post=row).delete()
        if row.is_urgent or reason is RemovalReason.FALSE_ALARM:
            begin_telling("post.retracted", row.id, row.version)
    notify(PersonId(row.author_id), "post.removed", _post_of(row).id)


def _restore(review: Review, row: Subject) -> None:
    if row.state != PostState.REMOVED or row.salt is None:
        return
    commit = to_b64(commitment(bytes(row.salt), removal_record(row, review)))
    append("post.restore", {"commit": commit}, key=f"{review.id}:restore")
    row.state, row.reason = PostState.SHOWN, ""
    row.save(update_fields=["state", "reason"])
    if isinstance(row, Post):
        place(row)


def _review_of(row: Subject, now: datetime) -> Review:
    """The review that is open for `row`, the one that kept its present text, or a new one."""
    # Of two first reports at once the second waits here, and then finds the review of the first.
    type(row).objects.select_for_update().filter(pk=row.pk).first()
    found = Review.objects.filter(subject=row.id).order_by("-opened_at").first()
    if found is not None and found.state in ("open", "appealed"):
        return found
    text_since = row.corrected_at or row.made_at if isinstance(row, Post) else row.made_at
    if found is not None and found.decided_at is not None and found.decided_at >= text_since:
        return found
    return Review.objects.create(id=new_id("review"), subject=row.id, opened_at=now)


def _claimed(principal: Principal, review: str, state: str, now: datetime) -> Review:
    row, person = _locked(review), person_of(principal)
    if row.state != state:
        raise Conflict("this is decided", kind="review-state")
    if row.claimed_by != person or row.claimed_at is None or now - row.claimed_at >= CLAIM:
        raise Conflict("claim it first", kind="review-claimed")
    _check_apart(row, person)
    return row


def _check_apart(row: Review, person: str) -> None:
    if _subject(row.subject).author_id == person:
        raise Refused("nobody decides about their own post", kind="own-post")
    if row.state == "appealed" and row.decided_by == person:
        raise Refused("another person decides an appeal", kind="same-person")


def _locked(review: str) -> Review:
    row = Review.objects.select_for_update().filter(id=review).first()
    if row is None:
        raise NotFound("there is no such review")
    return row


def _subject(name: str) -> Subject:
    found = Post.objects.select_for_update().filter(id=name).first()
    return found or _comment(name)


def _comment(name: str) -> Comment:
    found = Comment.objects.select_for_update().filter(id=name).first()
    if found is None:
        raise NotFound("what was reported is gone")
    return found


def _post_of(row: Subject) -> Post:
    return row if isinstance(row, Post) else row.post


def _readable(principal: Principal, subject: str) -> Subject:
    return access_post(principal, subject) if subject.startswith("pst_") else access_comment(principal, subject)


def _explained(text: str, verdict: Verdict) -> str:
    """Words for the author; a removal needs some."""
    if verdict is Verdict.KEEP and not text.strip():
        return ""
    return clean_text(text, most_chars=MAX_SAID_CHARS)
