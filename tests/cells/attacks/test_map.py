"""Attacks on the public map: what anyone fetches, however often, from wherever, under whatever cameras there are.

The proof behind most of them: the answer is the same, byte for byte, for every way in which the cameras could lie
inside their cells. Who sees the same under every hypothesis can prefer none, so each camera stays at one of at least
50 addresses, each as likely.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import numpy as np
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from numpy.typing import NDArray
from pytest_django import DjangoDbBlocker
from tests.cells.attacks.town import ANSWERS, GUESSES, TOWNS, Town, build_town, inside

from consentry.cells.models import BandSnapshot
from consentry.cells.queries import cell_of, widen_area
from consentry.cells.rules import MIN_ADDRESSES, count_places
from consentry.cells.services import bands_snapshot, freeze_partition
from consentry.cells.types import Area
from consentry.kernel.geo import Place, offset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=TOWNS)
def town(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Town]:
    """A town, frozen once for all tests of this file; at night one after the other."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = build_town(request.param)
        freeze_partition((found.place(row) for row in range(len(found.places))), city="town", now=NOW)
        yield found
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def cells(town: Town) -> list[str]:
    """The published cell of each address."""
    return town.cells()


def shown(counts: dict[str, int], *, at: datetime = NOW) -> bytes:
    """What the public map says after a snapshot of `counts`; the snapshot is taken back."""
    with transaction.atomic():
        assert bands_snapshot(counts, programme="", now=at)
        answer = Client(SERVER_NAME="localhost").get("/api/cells")
        transaction.set_rollback(True)
    assert answer.status_code == 200
    return answer.content


def counted(town: Town, cells: list[str], rows: NDArray[np.int64], *, each: int = 1) -> dict[str, int]:
    """Places with cameras per cell when the addresses `rows` have `each` camera of one owner."""
    return count_places((cells[row], f"per_{row}", town.place(row)) for row in rows.tolist() for _ in range(each))


def moved(cells: list[str], rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """As many cameras in each cell as `rows` has, at other addresses of the cell."""
    random, homes = np.random.default_rng(seed), np.array(cells)
    wanted = Counter(cells[row] for row in rows.tolist())
    return np.concatenate(
        [random.choice(np.flatnonzero(homes == cell), n, replace=False) for cell, n in wanted.items()]
    )


def features(body: bytes) -> list[dict[str, Any]]:
    """The cells of an answer."""
    return list(json.loads(body)["features"])


def test_the_town_is_what_the_bound_asks_for(town: Town, cells: list[str]) -> None:
    assert len(town.cameras) >= 10_000
    resolutions = {h3.get_resolution(cell) for cell in cells}
    assert resolutions == {7, 8, 9}, "cells of every size, and attached ones"
    sample = range(0, len(cells), 977)
    assert [cell_of(town.place(row)) for row in sample] == [cells[row] for row in sample]


def test_every_camera_stays_at_one_of_fifty_addresses_in_what_is_drawn(town: Town, cells: list[str]) -> None:
    drawn = features(shown(counted(town, cells, town.cameras)))
    within = np.stack([inside(town.places, cell["geometry"]["coordinates"]) for cell in drawn])
    assert within.sum(axis=0).max() == 1, "no address lies in two drawn cells, of one size or of two"
    assert within.sum(axis=1).min() >= MIN_ADDRESSES
    names = [cell["id"] for cell in drawn]
    candidates = {name: int(count) for name, count in zip(names, within.sum(axis=1), strict=True)}
    likeliest = max(1 / candidates[cells[row]] for row in town.cameras.tolist())
    assert likeliest <= 1 / MIN_ADDRESSES


@pytest.mark.parametrize("seed", GUESSES)
def test_the_map_is_the_same_wherever_in_its_cell_each_camera_stands(town: Town, cells: list[str], seed: int) -> None:
    elsewhere = moved(cells, town.cameras, seed)
    assert len(set(elsewhere.tolist()) - set(town.cameras.tolist())) > 5_000
    assert shown(counted(town, cells, town.cameras)) == shown(counted(town, cells, elsewhere))


def test_averaging_many_answers_gives_the_one_answer(town: Town, cells: list[str]) -> None:
    bands_snapshot(counted(town, cells, town.cameras), programme="", now=NOW)
    first = Client(SERVER_NAME="localhost").get("/api/cells")
    for turn in range(ANSWERS):
        again = Client(SERVER_NAME="localhost", HTTP_USER_AGENT=f"robot {turn}", REMOTE_ADDR=f"192.0.2.{turn % 256}")
        answer = again.get("/api/cells", {"t": turn})
        assert (answer.content, answer["ETag"]) == (first.content, first["ETag"])
    for _ in range(10):
        tagged = Client(SERVER_NAME="localhost").get("/api/cells", headers={"If-None-Match": first["ETag"]})
        assert (tagged.status_code, tagged.content) == (304, b"")


def test_no_circle_box_or_zoom_is_taken(town: Town, cells: list[str]) -> None:
    bands_snapshot(counted(town, cells, town.cameras), programme="", now=NOW)
    client = Client(SERVER_NAME="localhost")
    plain = client.get("/api/cells").content
    for row in town.cameras[::400].tolist():
        lat, lon = town.place(row)
        asked = {
            "lat": lat,
            "lon": lon,
            "radius": 50,
            "radius_m": 50,
            "bbox": f"{lon},{lat},{lon},{lat}",
            "res": 12,
            "z": 20,
        }
        assert client.get("/api/cells", asked).content == plain


def test_five_cameras_at_one_parcel_look_like_one(town: Town, cells: list[str]) -> None:
    some = town.cameras[:2_000]
    assert shown(counted(town, cells, some)) == shown(counted(town, cells, some, each=5))
    parcel = town.place(int(some[0]))
    strangers = [(cells[int(some[0])], f"per_x{turn}", parcel) for turn in range(5)]
    assert count_places(strangers) == {cells[int(some[0])]: 1}, "nor do five people at one door"


def test_one_home_more_changes_whole_cells_and_mostly_nothing(town: Town, cells: list[str]) -> None:
    homes, some = Counter(cells), town.cameras[:3_000]
    before = {cell["id"]: cell["properties"]["band"] for cell in features(shown(counted(town, cells, some)))}
    for row in town.cameras[3_000::300].tolist():
        now_there = counted(town, cells, np.append(some, row))
        after = {cell["id"]: cell["properties"]["band"] for cell in features(shown(now_there))}
        changed = {cell for cell, band in after.items() if before[cell] != band}
        assert changed <= {cells[row]}
        assert homes[cells[row]] >= MIN_ADDRESSES


def test_joining_and_leaving_between_two_snapshots_is_not_seen(town: Town, cells: list[str]) -> None:
    bands_snapshot(counted(town, cells, town.cameras[:3_000]), programme="prg_a", now=NOW)
    client = Client(SERVER_NAME="localhost")
    plain = client.get("/api/cells").content
    for day in range(28):
        for programme in ("", "prg_a", "prg_b"):
            bands_snapshot(counted(town, cells, town.cameras[day * 50 :: 7]), programme=programme,
                           now=NOW + timedelta(days=day, hours=3))  # fmt: skip
        assert client.get("/api/cells").content == plain
    assert BandSnapshot.objects.count() == 1


def test_a_widened_area_reads_no_camera_and_two_of_them_differ_by_fifty_addresses(town: Town, cells: list[str]) -> None:
    homes, areas = Counter(cells), []
    with CaptureQueriesContext(connection) as caught:
        for metres in range(0, 3_000, 75):
            for area_sq_m in (20_000, 259_000):
                asked = Area.around(offset(Place(39.96, -83.0), bearing=70, metres=metres), area_sq_m=area_sq_m)
                areas.append(frozenset(widen_area(asked).cells))
    assert not [query["sql"] for query in caught if "camera" in query["sql"] or "consent_" in query["sql"]]
    pieces = {one - other for one in areas for other in areas} | {one & other for one in areas for other in areas}
    assert min(sum(homes[cell] for cell in piece) for piece in pieces if piece) >= MIN_ADDRESSES


def test_work_and_bytes_do_not_tell_where_a_camera_stands(town: Town, cells: list[str]) -> None:
    def cost(counts: dict[str, int]) -> tuple[int, int]:
        with transaction.atomic():
            bands_snapshot(counts, programme="", now=NOW)
            with CaptureQueriesContext(connection) as caught:
                size = len(Client(SERVER_NAME="localhost").get("/api/cells").content)
            transaction.set_rollback(True)
        return len(caught), size

    shown({})
    rows = town.cameras[:4_000]
    costs = {cost(counted(town, cells, moved(cells, rows, seed))) for seed in (0, *GUESSES, 99)}
    assert len(costs) == 1
    lookups = set()
    for row in town.cameras[::300].tolist():
        with CaptureQueriesContext(connection) as caught:
            cell_of(town.place(row))
        lookups.add(len(caught))
    assert len(lookups) == 1
