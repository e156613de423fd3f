"""GET /api/cells: the same for everybody."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from consentry.cells.queries import cell_of
from consentry.cells.services import bands_snapshot, freeze_partition
from consentry.kernel.geo import Place, offset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CENTRE = Place(39.96, -83.0)


def test_anyone_reads_cells_as_geojson_with_bands_and_nothing_else(client: Client) -> None:
    homes = [offset(CENTRE, bearing=turn, metres=30) for turn in range(60)]
    freeze_partition(homes, city="testville", now=NOW)
    bands_snapshot({cell_of(CENTRE): 6}, programme="prg_a", now=NOW)
    answer = client.get("/api/cells")
    assert answer.status_code == 200
    feature = next(found for found in answer.json()["features"] if found["id"] == cell_of(CENTRE))
    assert feature["properties"] == {"cell": cell_of(CENTRE), "band": "5_to_9"}
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["geometry"]["coordinates"][0][0][0] == feature["geometry"]["coordinates"][0][0][-1]


def test_an_unchanged_answer_is_not_sent_again(client: Client) -> None:
    freeze_partition([CENTRE] * 60, city="testville", now=NOW)
    tag = client.get("/api/cells")["ETag"]
    again = client.get("/api/cells", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_without_a_city_the_answer_is_empty(client: Client) -> None:
    assert client.get("/api/cells").json() == {"type": "FeatureCollection", "features": []}
