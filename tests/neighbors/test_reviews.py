"""Moderation: reports, claims, decisions with an entry in the log, appeals decided by another person."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from tests.neighbors.stage import TEXTS, make_moderator, make_neighbor, post
from tests.neighbors.test_services import tell_all, told

from consentry.core.principal import Principal
from consentry.kernel.canonical import from_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Refused
from consentry.ledger.models import LedgerEntry
from consentry.neighbors import queries, services
from consentry.neighbors.models import Report, Review
from consentry.neighbors.review_queries import figures, own_reviews, queue
from consentry.neighbors.types import Decision, PostCategory, PostQuery, PostState, RemovalReason, Verdict

pytestmark = pytest.mark.django_db


def reported(reason: RemovalReason = RemovalReason.HATE, **said: object) -> tuple[Principal, Principal, str, str]:
    """An author, a reporter, a post and its open review."""
    author, reporter = make_neighbor(), make_neighbor()
    made = post(author, **said)  # type: ignore[arg-type]
    services.report(reporter, made, reason, "", now=utc_now())
    return author, reporter, made, Review.objects.get(subject=made).id


def decided(moderator: Principal, review: str, verdict: Verdict = Verdict.REMOVE) -> None:
    """Claim and decide."""
    services.claim(moderator, review, now=utc_now())
    reason = RemovalReason.HATE if verdict is Verdict.REMOVE else None
    services.decide(moderator, review, Decision(verdict, reason, "It calls people names."), now=utc_now())


def test_many_reports_are_one_review_and_name_no_reporter() -> None:
    author, reporter, made, _ = reported()
    services.report(reporter, made, RemovalReason.PRIVACY, "again", now=utc_now())
    services.report(make_neighbor(), made, RemovalReason.HATE, "It is cruel", now=utc_now())
    (waiting,) = queue(make_moderator(), now=utc_now())
    assert (waiting.reasons, waiting.said) == ({"hate": 2}, ("It is cruel",))
    assert str(reporter.person) not in str(waiting)
    assert str(author.person) not in str(waiting)
    with pytest.raises(Refused):
        services.report(author, made, RemovalReason.HATE, "", now=utc_now())


def test_a_removal_is_in_the_log_and_opens_for_its_author_alone() -> None:
    author, reporter, made, review = reported()
    decided(make_moderator(), review)
    with pytest.raises(NotFound):
        queries.read_post(reporter, made, now=utc_now())
    assert queries.feed_of(reporter, PostQuery(), now=utc_now()) == []
    assert told(author.person) == [("post.removed", made)]
    entry = json.loads(bytes(LedgerEntry.objects.get(kind="post.remove").entry))
    assert (entry["reason"], TEXTS[0] in json.dumps(entry)) == ("hate", False)
    (mine,) = own_reviews(author)
    assert mine.explained == "It calls people names."
    opened = hashlib.sha256(from_b64(mine.salt) + mine.record.encode()).digest()
    assert from_b64(entry["commit"]) == opened
    assert own_reviews(reporter) == []


def test_an_appeal_is_decided_by_another_person_and_brings_the_post_back() -> None:
    author, reporter, made, review = reported()
    first, second = make_moderator(), make_moderator()
    decided(first, review)
    with pytest.raises(NotFound):
        services.appeal(reporter, review, "Not mine", now=utc_now())
    services.appeal(author, review, "It quotes the sign at the shop.", now=utc_now())
    with pytest.raises(Refused) as refused:
        services.claim(first, review, now=utc_now())
    assert refused.value.kind == "same-person"
    services.claim(second, review, now=utc_now())
    services.decide_appeal(second, review, Verdict.KEEP, explained="A quotation.", now=utc_now())
    assert [found.id for found in queries.feed_of(reporter, PostQuery(), now=utc_now())] == [made]
    assert LedgerEntry.objects.filter(kind="post.restore").count() == 1
    assert told(author.person)[-1] == ("appeal.decided", made)
    with pytest.raises(Conflict):
        services.appeal(author, review, "Again", now=utc_now())
    counts = figures(utc_now().year)
    assert (counts["removed.hate"], counts["appeals"], counts["restored"], counts["kept"]) == (1, 1, 1, 0)


def test_an_appeal_that_fails_or_comes_late() -> None:
    author, _, made, review = reported()
    decided(make_moderator(), review)
    with pytest.raises(Conflict):
        services.appeal(author, review, "Late", now=utc_now() + timedelta(days=31))
    services.appeal(author, review, "In time", now=utc_now())
    second = make_moderator()
    services.claim(second, review, now=utc_now())
    services.decide_appeal(second, review, Verdict.REMOVE, explained="It stays removed.", now=utc_now())
    assert queries.own_posts(author)[0].state is PostState.REMOVED
    with pytest.raises(Conflict):
        services.withdraw_post(author, made)


def test_what_was_kept_is_not_looked_at_again_until_it_changes() -> None:
    author, _, made, review = reported()
    decided(make_moderator(), review, Verdict.KEEP)
    services.report(make_neighbor(), made, RemovalReason.HATE, "", now=utc_now())
    assert queue(make_moderator(), now=utc_now()) == []
    services.correct_post(author, made, text="Now it says other things.", category=PostCategory.SAFETY, now=utc_now())
    services.report(make_neighbor(), made, RemovalReason.HATE, "", now=utc_now())
    assert len(queue(make_moderator(), now=utc_now())) == 1


def test_claims_hold_an_hour_against_others() -> None:
    _, _, _, review = reported()
    one, other = make_moderator(), make_moderator()
    services.claim(one, review, now=utc_now())
    with pytest.raises(Conflict):
        services.claim(other, review, now=utc_now())
    with pytest.raises(Conflict):
        services.decide(other, review, Decision(Verdict.KEEP, None, ""), now=utc_now())
    later = utc_now() + timedelta(hours=1, minutes=1)
    services.claim(other, review, now=later)
    with pytest.raises(Conflict):
        services.decide(one, review, Decision(Verdict.KEEP, None, ""), now=later)


@pytest.mark.parametrize(("verdict", "reason", "said"), [
    (Verdict.REMOVE, None, "why"), (Verdict.KEEP, RemovalReason.HATE, "why"), (Verdict.REMOVE, RemovalReason.HATE, " "),
])  # fmt: skip
def test_a_removal_has_a_reason_and_words(verdict: Verdict, reason: RemovalReason | None, said: str) -> None:
    _, _, _, review = reported()
    moderator = make_moderator()
    services.claim(moderator, review, now=utc_now())
    with pytest.raises(Malformed):
        services.decide(moderator, review, Decision(verdict, reason, said), now=utc_now())


def test_an_answer_is_removed_alone() -> None:
    author, talker = make_neighbor(), make_neighbor()
    made = post(author)
    answer = services.comment(talker, made, "You are all fools here.", now=utc_now())
    services.report(author, answer, RemovalReason.HATE, "", now=utc_now())
    decided(make_moderator(), Review.objects.get(subject=answer).id)
    (shown,) = queries.comments_of(author, made)
    assert (shown.state, shown.text) == (PostState.REMOVED, "")
    assert queries.read_post(author, made, now=utc_now()).state is PostState.SHOWN
    assert told(talker.person) == [("post.removed", made)]


def test_who_saw_a_false_alarm_is_told_that_it_is_gone() -> None:
    author, reader = make_neighbor(), make_neighbor()
    made = post(author)
    queries.feed_of(reader, PostQuery(), now=utc_now())
    services.report(reader, made, RemovalReason.FALSE_ALARM, "", now=utc_now())
    moderator, review = make_moderator(), Review.objects.get(subject=made).id
    services.claim(moderator, review, now=utc_now())
    services.decide(
        moderator, review, Decision(Verdict.REMOVE, RemovalReason.FALSE_ALARM, "It was a filter."), now=utc_now()
    )
    tell_all()
    assert ("post.retracted", made) in told(reader.person)


def test_reports_have_a_daily_bound() -> None:
    reporter = make_neighbor()
    authors = [make_neighbor() for _ in range(7)]
    made = [post(author, f"{at} {number * 7919} {at * 31} words") for at, author in enumerate(authors)
            for number in range(3)]  # fmt: skip
    for name in made[:20]:
        services.report(reporter, name, RemovalReason.UNRELATED, "", now=utc_now())
    with pytest.raises(LimitReached):
        services.report(reporter, made[20], RemovalReason.UNRELATED, "", now=utc_now())


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_claims_and_two_reports_make_one_review() -> None:
    author = make_neighbor()
    made = post(author)
    reporters = [make_neighbor() for _ in range(4)]
    at_once([lambda who=who: services.report(who, made, RemovalReason.HATE, "", now=utc_now()) for who in reporters])
    review = Review.objects.get(subject=made)
    assert Report.objects.filter(review=review).count() == 4
    moderators = [make_moderator() for _ in range(4)]
    done = at_once([lambda who=who: services.claim(who, review.id, now=utc_now()) for who in moderators])
    assert sum(error is None for error in done) == 1


@pytest.mark.django_db(transaction=True)
def test_posts_at_once_are_counted_one_after_the_other() -> None:
    author = make_neighbor()
    texts = [f"Number {number} speaks of {number * 7919} other {number * 31} things" for number in range(16)]
    done = at_once([lambda text=text: post(author, text) for text in texts])
    assert sum(error is None for error in done) == 10


def at_once(acts: list[Callable[[], object]]) -> list[ConsentryError | None]:
    """Run all at the same moment; what each raised, None for nothing."""
    ready, errors = threading.Barrier(len(acts)), dict[int, ConsentryError | None]()

    def run(number: int, act: Callable[[], object]) -> None:
        ready.wait(20)
        try:
            act()
            errors[number] = None
        except ConsentryError as error:
            errors[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [errors[number] for number in range(len(acts))]
