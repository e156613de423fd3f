"""Benchmarks of neighbours (docs/design/benchmarks.md): `neighbors.fanout` and `neighbors.feed`."""

import math
import statistics
import time
from collections.abc import Callable

from django.db import connection

from consentry.cells.queries import published_names
from consentry.cells.services import freeze_partition
from consentry.core.principal import Principal, Seat
from consentry.kernel.bench import Result
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place, offset
from consentry.kernel.ids import PersonId
from consentry.kernel.limits_residents import MAX_FOLLOW_M
from consentry.kernel.roles import Role
from consentry.neighbors import queries, services
from consentry.neighbors.area import choices_for, pieces_around
from consentry.neighbors.models import Neighbor, Post
from consentry.neighbors.types import Joining, NewPost, PostCategory, PostQuery, Tell

FOLLOWERS = 10_000
POSTS = 1_000_000
ROUNDS, PAGES = 3, 200
FANOUT_TARGET_S, FEED_TARGET_MS = 5.0, 100.0
CITY = Place(39.96, -83.0)
CITY_SIDE_M = 20_000.0
ADDRESSES = 160_000

_PEOPLE = """INSERT INTO accounts_person
(id, email, display_name, language, is_active, is_demo, password, disabled_reason)
SELECT 'per_bench' || n, 'bench' || n || '@example.org', '', 'en', true, false, '!', ''
FROM generate_series(0, %s) AS n ON CONFLICT DO NOTHING"""
_NEIGHBORS = """INSERT INTO neighbors_neighbor (person_id, cell, radius_m, tell, joined_at, moves, moves_from)
SELECT 'per_bench' || n, %s, 1600, 'all', now() - interval '1 year', 0, now() FROM generate_series(0, %s) AS n"""
_FOLLOW = """INSERT INTO neighbors_follow_piece (neighbor_id, cell)
SELECT 'per_bench' || n, cell FROM generate_series(0, %s) AS n, unnest(%s::text[]) AS cell"""
_POSTS = """INSERT INTO neighbors_post (number, id, author_id, category, text, cell, is_urgent, version, state, reason,
 made_at)
SELECT n, 'pst_bench' || n, 'per_bench' || n %% %s, (ARRAY['crime','hazard','safety','good_news'])[1 + n %% 4],
 'A tree fell across the foot path number ' || n || ', please walk on the other side until it is gone.',
 (%s::text[])[1 + (n * 7919::bigint) %% %s], false, 1, 'shown', '', now() - interval '1 second' * (%s - n)
FROM generate_series(1, %s) AS n"""
_PLACED = """INSERT INTO neighbors_placed (number, cell, is_own, category)
SELECT number, up.up, up.up = post.cell, category FROM neighbors_post AS post
JOIN unnest(%s::text[], %s::text[]) AS up (cell, up) ON up.cell = post.cell"""


def fanout() -> Result:
    """Seconds from a post to 10,000 followers' inboxes: the notices and events of all of them are committed."""
    author = _author()
    cell = Neighbor.objects.get(person=author.person).cell
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [FOLLOWERS - 1])
        cursor.execute(_NEIGHBORS, [cell, FOLLOWERS - 1])
        cursor.execute(_FOLLOW, [FOLLOWERS - 1, _pieces(author)])
        cursor.execute("ANALYZE")
    values = []
    for number in range(ROUNDS):
        new = NewPost(PostCategory.SAFETY, f"Round {number * 7919}: the bridge {number} is closed for repairs today.")
        began = time.perf_counter()
        services.write_post(author, new, now=utc_now())
        told = services.advance_tellings(utc_now())
        values.append(time.perf_counter() - began)
        if told < FOLLOWERS:
            raise AssertionError(f"only {told} were told")
    value = statistics.median(values)
    return Result("neighbors.fanout", value, "s", None, None, "<= 5", value <= FANOUT_TARGET_S, tuple(values))


def feed() -> Result:
    """p95 in milliseconds of a feed page of a neighbour who follows five miles, at 1,000,000 posts."""
    reader = _author()
    cells = sorted(published_names())
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [FOLLOWERS - 1])
        cursor.execute(_POSTS, [FOLLOWERS, cells, len(cells), POSTS, POSTS])
        ups = [(cell, up) for cell in cells for up in _with_parents(cell)]
        cursor.execute(_PLACED, [[pair[0] for pair in ups], [pair[1] for pair in ups]])
        cursor.execute("VACUUM ANALYZE neighbors_post, neighbors_placed")
    top = Post.objects.order_by("-number").values_list("number", flat=True)[0]
    values = []
    for turn in range(ROUNDS):
        times_ms = []
        for page in range(PAGES):
            # From the newest to the oldest, so that pages far down are as many as those on top.
            before = None if page % 4 == 0 else top - (page * ROUNDS + turn) * (POSTS // (PAGES * ROUNDS + ROUNDS))
            category = PostCategory.CRIME if page % 5 == 0 else None
            began = time.perf_counter()
            found = queries.feed_of(reader, PostQuery(before, category), now=utc_now())
            times_ms.append((time.perf_counter() - began) * 1_000)
            if len(found) != queries.PAGE:
                raise AssertionError(f"a page of {len(found)}")
        values.append(sorted(times_ms)[math.ceil(0.95 * PAGES) - 1])
    value = statistics.median(values)
    return Result("neighbors.feed", value, "ms", None, None, "<= 100", value <= FEED_TARGET_MS, tuple(values))


BENCHES: dict[str, Callable[[], Result]] = {"neighbors.fanout": fanout, "neighbors.feed": feed}


def _author() -> Principal:
    """Somebody in the middle of a city of 160,000 addresses who follows five miles."""
    side = math.isqrt(ADDRESSES)
    step = CITY_SIDE_M / side
    corner = offset(offset(CITY, bearing=270, metres=CITY_SIDE_M / 2), bearing=180, metres=CITY_SIDE_M / 2)
    rows = (offset(corner, bearing=0, metres=step * row) for row in range(side))
    places = (offset(row, bearing=90, metres=step * column) for row in rows for column in range(side))
    freeze_partition(places, city="bench", now=utc_now())
    with connection.cursor() as cursor:
        cursor.execute(
            _PEOPLE.replace("'per_bench' || n", "'per_reader' || n").replace("'bench' || n", "'reader' || n"), [0]
        )
    reader = Principal(person=PersonId("per_reader0"), seats=frozenset({Seat(Role.OWNER)}), mfa_level=1)
    services.join(reader, Joining(CITY, MAX_FOLLOW_M, Tell.NONE), now=utc_now())
    Neighbor.objects.filter(person="per_reader0").update(joined_at="2020-01-01T00:00:00Z")
    return reader


def _pieces(author: Principal) -> list[str]:
    """What a neighbour who follows a mile around the author's cell follows."""
    return pieces_around(Neighbor.objects.get(person=author.person).cell, 1_600, published_names())


def _with_parents(cell: str) -> tuple[str, ...]:
    return choices_for(cell)
