"""A year of calls replayed: what the public log tells of looks, joined with a public dispatch feed of exact blocks."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.access.stage import Stage, integrate, make_stage
from tests.cameras.stage import CENTRE
from tests.cells.attacks.town import NIGHTLY, TOWNS, build_town
from tests.conftest import SHARED

from consentry.access.gather import distance_to
from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.types import Camera
from consentry.cells.models import Partition
from consentry.cells.queries import block_of, published_cells
from consentry.cells.rules import MIN_ADDRESSES
from consentry.cells.services import freeze_partition
from consentry.incidents.services import close_call
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place, offset
from consentry.ledger.models import LedgerEntry, LookRecord
from consentry.ledger.services import reveal_due

pytestmark = pytest.mark.django_db
CALLS = 2_000 if NIGHTLY else 400


@pytest.fixture
def stage(tmp_path: Path, db: None) -> Stage:
    """A programme, an open burglary and three homes around it, each at another place."""
    found = make_stage(tmp_path, homes=1, place=offset(CENTRE, bearing=10, metres=40))
    for turn, metres in ((130, 170), (250, 260)):
        found.add_home(place=offset(CENTRE, bearing=turn, metres=metres))
    return found


def made_up_calls(seed: int) -> list[Place]:
    """Calls of a year on the block grid, where people of the town with this seed live."""
    town, random = build_town(seed), np.random.default_rng(11)
    rows = random.choice(len(town.places), CALLS, replace=False)
    return [Place(round(lat, 3), round(lon, 3)) for lat, lon in town.places[rows].tolist()]


def real_calls(_: int) -> list[Place]:
    """A real county's calls, moved so that their middle is the town's."""
    path = SHARED / "calls" / "montgomery_pa_911_3051.csv"
    if not path.is_file():
        pytest.skip("the shared test data is not here")
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [(float(row[0]), float(row[1])) for row in csv.reader(stream) if row and row[0] and row[1]]
    lat, lon = np.median(np.array(rows), axis=0)
    return [Place(round(CENTRE.lat + one - lat, 3), round(CENTRE.lon + other - lon, 3)) for one, other in rows]


def test_a_revealed_look_says_the_same_whichever_camera_it_was(stage: Stage) -> None:
    ask = stage.ask(views=3)
    assert len(ask.sessions) == 3
    said = [LookRecord.objects.get(entry__key=session.id).public for session in ask.sessions]
    assert said[0] == said[1] == said[2]
    sizes = {len(bytes(LedgerEntry.objects.get(key=session.id).entry)) for session in ask.sessions}
    assert len(sizes) == 1


def test_a_look_names_the_calls_cell_and_never_the_cameras(stage: Stage) -> None:
    plain = LookRecord.objects.get(entry__key=stage.ask().sessions[0].id).public
    CameraRow.objects.update(cell="89283082803ffff")
    moved = LookRecord.objects.get(entry__key=stage.ask(incident=stage.call()).sessions[0].id).public
    assert moved["cell"] == plain["cell"] != "89283082803ffff"


def test_the_log_of_many_calls_asks_and_closings_holds_no_place_but_cells(stage: Stage) -> None:
    for turn in range(6):
        call = stage.call(place=offset(CENTRE, bearing=60 * turn, metres=100))
        stage.ask(incident=call, views=2)
        close_call(call, now=utc_now())
    integrate()
    reveal_due(utc_now())
    integrate()
    entries = [json.loads(bytes(row.entry)) for row in LedgerEntry.objects.all()]
    assert Counter(entry["kind"] for entry in entries)["look.reveal"] == 12
    text = json.dumps(entries)
    for home in stage.homes:
        assert home.camera.id not in text
        assert not [number for number in home.camera.place if f"{number:.3f}" in text]
    cells = {entry["public"]["cell"] for entry in entries if entry["kind"] == "look.reveal"}
    assert cells <= {cell.cell for cell in published_cells()}


def possible(camera: Camera, calls: list[Place], homes: NDArray[np.float64]) -> Counter[bytes]:
    """How many of `homes` the camera may stand at, for each story that a year of `calls` can tell of it.

    A story says of each call how far it is said to be, in steps of 100 m: more than the log tells, which is only
    whether the camera opened.
    """
    stories = Counter[bytes]()
    for lat, lon in homes.tolist():
        stood = camera._replace(place=Place(lat, lon), block=block_of(Place(lat, lon)))
        stories[bytes(min(distance_to(stood, call) // 100, 255) for call in calls)] += 1
    return stories


@pytest.mark.parametrize("seed", TOWNS)
@pytest.mark.parametrize("calls", [made_up_calls, real_calls])
def test_a_year_of_calls_leaves_fifty_addresses_for_a_camera_that_is_alone(
    stage: Stage, calls: Callable[[int], list[Place]], seed: int
) -> None:
    town = build_town(seed)
    Partition.objects.update(superseded_at=utc_now())
    freeze_partition((town.place(row) for row in range(len(town.places))), city="town", now=utc_now())
    cells = town.cells()
    homes = Counter(cells)
    around = Counter(cells[row] for row in town.cameras.tolist()).most_common()
    for cell, _ in around[:3] + around[len(around) // 2 :][:3]:
        rows = [row for row, other in enumerate(cells) if other == cell]
        camera = stage.homes[0].camera._replace(cell=cell)
        assert homes[cell] >= MIN_ADDRESSES
        assert min(possible(camera, calls(seed)[:CALLS], town.places[rows]).values()) >= MIN_ADDRESSES
