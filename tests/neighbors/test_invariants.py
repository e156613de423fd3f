"""`fsck` on what neighbours were promised: each way to break it is made by hand, and named."""

from datetime import timedelta

import h3
import pytest
from tests.access.stage import integrate
from tests.agencies.make import make_agency
from tests.neighbors.stage import issue, make_issuer, make_moderator, make_neighbor, post
from tests.neighbors.test_reviews import decided, reported

from consentry.kernel.clock import utc_now
from consentry.ledger.models import LedgerEntry
from consentry.neighbors import services
from consentry.neighbors.invariants import broken_invariants
from consentry.neighbors.models import Alert, AlertCell, FollowPiece, Neighbor, Placed, Post, Review
from consentry.neighbors.types import Verdict

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def said() -> list[str]:
    return [f"{broken.number}: {broken.what}" for broken in broken_invariants()]


@pytest.mark.parametrize("table", [Post, Placed, FollowPiece, Neighbor, AlertCell])
def test_a_place_finer_than_a_published_cell_is_named_without_the_place(table: type) -> None:
    post(make_neighbor())
    issue(make_issuer(agency := make_agency().id), agency)
    integrate()
    assert said() == []
    row = table.objects.first()
    finer = h3.cell_to_center_child(row.cell, 11)
    table.objects.filter(pk=row.pk).update(cell=finer)
    (found,) = said()
    assert found.startswith("7: ")
    assert "no published cell (1 such places)" in found
    assert finer not in found


def test_what_was_removed_stands_in_the_log_and_opens_to_just_that() -> None:
    _, _, made, review = reported()
    decided(make_moderator(), review)
    Review.objects.filter(id=review).update(decided_at=utc_now() - AN_HOUR)
    assert said() == [f"6: {made} was removed without a word in the log"], "it waits, and for too long"
    integrate()
    (found,) = said()
    assert found == f"6: the log says that something else was removed than {made}", "the time is part of it"
    Post.objects.filter(id=made).update(salt=None)
    assert said() == [found]
    Review.objects.filter(id=review).update(verdict="keep")
    assert said() == [f"6: {made} was removed and nobody decided it"]


def test_a_removal_that_is_whole_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentry.neighbors.invariants.LATE", timedelta(0))
    _, _, made, review = reported()
    decided(make_moderator(), review)
    integrate()
    assert said() == []
    entry = LedgerEntry.objects.get(key=f"{review}:remove")
    LedgerEntry.objects.filter(id=entry.id).update(entry=bytes(entry.entry).replace(b'"commit"', b'"commut"'))
    assert said() == [f"6: the log says that something else was removed than {made}"]


def test_what_is_hidden_stands_in_no_feed_and_what_is_shown_in_one() -> None:
    author = make_neighbor()
    made = post(author)
    places = list(Placed.objects.filter(post__id=made))
    Placed.objects.filter(post__id=made).delete()
    assert said() == [f"6: post {made} is shown and stands in no feed"]
    Placed.objects.bulk_create(places)
    Post.objects.filter(id=made).update(state="withdrawn")
    assert said() == [f"6: post {made} is withdrawn and stands in the feed"]


def test_what_an_appeal_brought_back_is_said_in_the_log() -> None:
    author, _, _, review = reported()
    decided(make_moderator(), review)
    services.appeal(author, review, "It quotes the sign at the shop.", now=utc_now())
    second = make_moderator()
    services.claim(second, review, now=utc_now())
    services.decide_appeal(second, review, Verdict.KEEP, explained="It does.", now=utc_now())
    integrate()
    Review.objects.filter(id=review).update(appeal_decided_at=utc_now() - AN_HOUR)
    assert said() == []
    LedgerEntry.objects.filter(key=f"{review}:restore").update(index=None, leaf=None)
    assert said() == [f"6: what review {review} brought back is still removed in the log"]


def test_an_alert_is_what_was_published_and_logged() -> None:
    agency = make_agency().id
    made = issue(make_issuer(agency), agency)
    row = Alert.objects.get(id=made)
    Alert.objects.filter(id=made).update(sent_at=utc_now() - AN_HOUR)
    assert said() == [f"6: alert {made} is not in the log"]
    integrate()
    assert said() == []
    other = row.cap.replace("Gas leak", "Gas lamp")
    Alert.objects.filter(id=made).update(cap=other)
    assert said() == [f"6: alert {made} is not what was published"]
