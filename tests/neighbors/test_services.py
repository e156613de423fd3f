"""Posting, correcting, being told and answering, on PostgreSQL."""

from datetime import timedelta

import h3
import pytest
from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import CENTRE, freeze_city
from tests.neighbors.stage import TEXTS, cell_of_person, make_issuer, make_moderator, make_neighbor, post

from consentry.cells.queries import published_names
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.geo import offset
from consentry.kernel.limits_residents import POSTS_PER_DAY
from consentry.neighbors import queries, services
from consentry.neighbors.me import me_of
from consentry.neighbors.models import FollowPiece, Neighbor, Placed, Post, Seen, Telling
from consentry.neighbors.types import Joining, PostCategory, PostQuery, PostState, Tell
from consentry.notices.queries import notices_of

pytestmark = pytest.mark.django_db


def told(person: object) -> list[tuple[str, str]]:
    """What somebody was told, oldest first."""
    return [(notice.kind, notice.object_id) for notice in reversed(notices_of(person))]  # type: ignore[arg-type]


def tell_all() -> None:
    """Let the worker tell what waits."""
    services.advance_tellings(utc_now())


def test_joining_keeps_a_published_cell_and_no_point() -> None:
    person = make_neighbor()
    row = Neighbor.objects.get(person=person.person)
    assert row.cell in published_names()
    kept = {str(getattr(row, field.attname)) for field in Neighbor._meta.fields}
    assert not any(f"{CENTRE.lat}"[:6] in value or f"{CENTRE.lon}" in value for value in kept)
    assert me_of(person, now=utc_now()).choices[0] == row.cell


def test_nobody_moves_through_all_quarters() -> None:
    freeze_city()
    person = make_neighbor(days=0)
    row = Neighbor.objects.get(person=person.person)
    row.cell = "somewhere-else"
    for _ in range(3):
        row.save()
        services.join(person, Joining(CENTRE, 500, Tell.ALL), now=utc_now())
        row.refresh_from_db()
        row.cell = "somewhere-else"
    row.save()
    with pytest.raises(LimitReached) as refused:
        services.join(person, Joining(CENTRE, 500, Tell.ALL), now=utc_now())
    assert refused.value.kind == "moves"
    services.join(person, Joining(CENTRE, 500, Tell.ALL), now=utc_now() + timedelta(days=31))


@pytest.mark.parametrize("radius_m", [0, 299, 8_048, 100_000])
def test_an_area_has_bounds(radius_m: int) -> None:
    with pytest.raises(Malformed):
        make_neighbor(radius_m=radius_m)


def test_a_post_is_in_the_feed_and_followers_are_told_as_they_wish() -> None:
    author, keen, calm, silent = (make_neighbor(tell=tell) for tell in (Tell.ALL, Tell.ALL, Tell.ALERTS, Tell.NONE))
    made = post(author)
    tell_all()
    tell_all()
    assert [found.id for found in queries.feed_of(keen, PostQuery(), now=utc_now())] == [made]
    assert told(keen.person) == [("post.made", made)]
    assert [told(person.person) for person in (calm, silent, author)] == [[], [], []]
    alert = post(author, TEXTS[3], category=PostCategory.HAZARD, is_urgent=True)
    tell_all()
    assert told(keen.person)[-1] == told(calm.person)[-1] == ("post.alert", alert)
    assert told(silent.person) == []


def test_a_post_in_a_wider_cell_reaches_its_whole_area_and_no_further() -> None:
    author = make_neighbor()
    own = cell_of_person(author.person)
    here, wide = post(author), post(author, TEXTS[1], cell=h3.cell_to_parent(own, 7))
    near = make_neighbor(radius_m=300)
    assert {found.id for found in queries.feed_of(near, PostQuery(), now=utc_now())} == {here, wide}
    stranger = make_neighbor()
    FollowPiece.objects.filter(neighbor=stranger.person).delete()
    assert queries.feed_of(stranger, PostQuery(), now=utc_now()) == []
    there = queries.posts_in(stranger, h3.cell_to_parent(own, 7), PostQuery(), now=utc_now())
    assert [found.id for found in there] == [wide, here]


def test_a_post_lies_nowhere_but_in_ones_own_quarter() -> None:
    author = make_neighbor()
    place = offset(CENTRE, bearing=90, metres=9_000)
    for cell in (h3.latlng_to_cell(place.lat, place.lon, 9), h3.latlng_to_cell(CENTRE.lat, CENTRE.lon, 12), "x"):
        with pytest.raises(Malformed) as refused:
            post(author, cell=cell)
        assert refused.value.kind == "cell"


def test_a_correction_reaches_exactly_who_saw_the_first_version() -> None:
    author, reader, late, blind = (make_neighbor(tell=Tell.NONE) for _ in range(4))
    made = post(author)
    queries.feed_of(reader, PostQuery(), now=utc_now())
    services.correct_post(
        author, made, text=TEXTS[0] + " It is cleared now.", category=PostCategory.SAFETY, now=utc_now()
    )
    queries.feed_of(late, PostQuery(), now=utc_now())
    tell_all()
    assert told(reader.person) == [("post.corrected", made)]
    assert told(late.person) == told(blind.person) == told(author.person) == []
    queries.read_post(reader, made, now=utc_now())
    services.correct_post(author, made, text=TEXTS[1], category=PostCategory.SAFETY, now=utc_now())
    tell_all()
    assert len(told(reader.person)) == 2
    assert [version for version, _, _ in queries.versions_of(reader, made)] == [1, 2]
    assert queries.versions_of(reader, made)[0][1] == TEXTS[0]


def test_corrections_obey_the_rules_of_posts_and_end() -> None:
    author, other = make_neighbor(), make_neighbor()
    made = post(author)
    for text in ("40.7128, -74.0060", "Suspicious man here", " "):
        with pytest.raises(ConsentryError):
            services.correct_post(author, made, text=text, category=PostCategory.SAFETY, now=utc_now())
    with pytest.raises(NotFound):
        services.correct_post(other, made, text="Not mine at all", category=PostCategory.SAFETY, now=utc_now())
    for number in range(5):
        services.correct_post(author, made, text=f"Now it is {number}", category=PostCategory.SAFETY, now=utc_now())
    with pytest.raises(LimitReached):
        services.correct_post(author, made, text="Once more", category=PostCategory.SAFETY, now=utc_now())


def test_a_withdrawn_post_is_gone_for_all_but_its_author() -> None:
    author, reader = make_neighbor(), make_neighbor()
    made = post(author, category=PostCategory.HAZARD, is_urgent=True)
    queries.feed_of(reader, PostQuery(), now=utc_now())
    services.withdraw_post(author, made)
    services.withdraw_post(author, made)
    tell_all()
    assert queries.feed_of(reader, PostQuery(), now=utc_now()) == []
    with pytest.raises(NotFound):
        queries.read_post(reader, made, now=utc_now())
    assert queries.own_posts(author)[0].state is PostState.WITHDRAWN
    assert told(reader.person) == [("post.retracted", made)]
    assert not Placed.objects.filter(post__id=made).exists()


def test_a_thousand_posts_in_a_minute_are_ten() -> None:
    author = make_neighbor()
    made, refused = [], set()
    for number in range(1_000):
        try:
            made.append(post(author, f"Number {number} speaks of {number * 7919} other {number * 31} things"))
        except LimitReached as error:
            refused.add(error.kind)
    assert (len(made), refused) == (POSTS_PER_DAY, {"posts-per-day"})


def test_new_accounts_post_less_and_wake_nobody() -> None:
    author = make_neighbor(days=0)
    with pytest.raises(Refused) as refused:
        post(author, category=PostCategory.HAZARD, is_urgent=True)
    assert refused.value.kind == "new-neighbor"
    for text in TEXTS[:3]:
        post(author, text)
    with pytest.raises(LimitReached):
        post(author, TEXTS[3])
    assert post(author, TEXTS[3], at=utc_now() + timedelta(days=8))


def test_good_news_wake_nobody_and_a_repetition_is_refused() -> None:
    author, other = make_neighbor(), make_neighbor()
    with pytest.raises(Refused):
        post(author, category=PostCategory.GOOD_NEWS, is_urgent=True)
    post(author, TEXTS[1])
    for person, text in ((author, TEXTS[1].upper()), (other, TEXTS[1] + "!")):
        with pytest.raises(Conflict) as refused:
            post(person, text)
        assert refused.value.kind == "repeated"


def test_answers_thanks_and_the_agency_under_its_own_name() -> None:
    agency = make_agency()
    make_programme(agency)
    author, neighbor, officer = make_neighbor(), make_neighbor(), make_issuer(agency.id)
    made = post(author, to_agency=True)
    services.comment(neighbor, made, "Thank you, I called the city.", now=utc_now())
    services.answer_as_agency(officer, agency.id, made, "The crew is on its way.", now=utc_now())
    services.thank(neighbor, made)
    services.thank(neighbor, made)
    first, second = queries.comments_of(author, made)
    shown = queries.read_post(neighbor, made, now=utc_now())
    assert (first.agency, second.agency, second.author) == ("", agency.name, "")
    assert first.author != shown.author
    assert (shown.thanks, shown.is_thanked, shown.comments) == (1, True, 2)
    assert told(author.person) == [("post.answered", made)] * 2
    assert [found.id for found in queries.sent_to_agency(officer, agency.id, None, now=utc_now())] == [made]
    services.unthank(neighbor, made)
    with pytest.raises(Refused):
        services.thank(author, made)


def test_an_agency_reads_like_anyone_and_follows_nothing() -> None:
    agency, other = make_agency(), make_agency()
    officer, author = make_issuer(agency.id), make_neighbor()
    made = post(author)
    cell = cell_of_person(author.person)
    assert [found.id for found in queries.posts_in(officer, cell, PostQuery(), now=utc_now())] == [made]
    for act in (
        lambda: queries.feed_of(officer, PostQuery(), now=utc_now()),
        lambda: services.comment(officer, made, "As a neighbour?", now=utc_now()),
        lambda: services.thank(officer, made),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.kind == "not-joined"
    for act in (
        lambda: services.answer_as_agency(officer, other.id, made, "In another's name", now=utc_now()),
        lambda: queries.sent_to_agency(officer, other.id, None, now=utc_now()),
    ):
        with pytest.raises(NotFound):
            act()


def test_after_a_new_division_everybody_follows_the_new_cells() -> None:
    person = make_neighbor()
    Neighbor.objects.filter(person=person.person).update(cell=h3.latlng_to_cell(CENTRE.lat, CENTRE.lon, 10))
    FollowPiece.objects.all().delete()
    from consentry.cells.events import PartitionFrozen
    from consentry.neighbors.handlers import on_partition_frozen

    on_partition_frozen(PartitionFrozen("testville"))
    assert cell_of_person(person.person) in published_names()
    assert FollowPiece.objects.filter(neighbor=person.person).exists()


def test_what_was_shown_is_forgotten_after_thirty_days() -> None:
    author, reader = make_neighbor(), make_neighbor()
    post(author)
    queries.feed_of(reader, PostQuery(), now=utc_now())
    assert services.forget_seen(utc_now()) == 0
    assert services.forget_seen(utc_now() + timedelta(days=31)) == 1
    assert not Seen.objects.exists()


def test_a_moderator_neither_follows_nor_posts() -> None:
    with pytest.raises(Refused):
        post(make_moderator())


def test_pages_of_a_feed_follow_each_other_without_gap_or_repetition() -> None:
    reader = make_neighbor()
    for at in range(4):
        author = make_neighbor()
        for number in range(10):
            post(author, f"Post {at} {number}: {(at * 10 + number) * 7919} {number * 31 + at} things here")
    seen, before = [], None
    while True:
        page = queries.feed_of(reader, PostQuery(before), now=utc_now())
        seen += [found.number for found in page]
        if len(page) < queries.PAGE:
            break
        before = page[-1].number
    assert seen == sorted(Post.objects.values_list("number", flat=True), reverse=True)
    assert queries.feed_of(reader, PostQuery(category=PostCategory.CRIME), now=utc_now()) == []
    assert Telling.objects.filter(done_at=None).count() == 40
