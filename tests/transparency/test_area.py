"""Was this place looked at? Whole days, bands of five, one published cell, from what the log reveals."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import h3
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.cameras.stage import CENTRE, freeze_city
from tests.ledger.conftest import PRIVATE, PUBLIC

from consentry.cells.queries import cell_of
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Malformed
from consentry.ledger import services
from consentry.ledger.sequencer.loop import Sequencer
from consentry.transparency.queries import looks_in_area
from consentry.transparency.rules import band_per_day, days_between

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)


@given(st.lists(st.integers(0, 86_399_999), max_size=12))
def test_a_day_says_a_band_of_five_that_holds_the_count(times: list[int]) -> None:
    start = to_ms(datetime(2026, 11, 20, tzinfo=UTC))
    (day,) = band_per_day([DAY], [start + time for time in times], NOW)
    assert day.at_least <= len(times) <= day.at_most == day.at_least + 4
    assert day.at_least % 5 == 0


def test_one_to_four_looks_say_the_same_as_none() -> None:
    noon = to_ms(datetime(2026, 11, 20, 12, tzinfo=UTC))
    said = {band_per_day([DAY], [noon + number for number in range(count)], NOW)[0] for count in range(5)}
    assert len(said) == 1


def test_looks_are_counted_on_the_day_in_which_they_began() -> None:
    midnight = to_ms(datetime(2026, 11, 21, tzinfo=UTC))
    days = band_per_day([DAY, DAY + timedelta(days=1)], [*[midnight - 1] * 5, *[midnight] * 10], NOW)
    assert [(day.at_least, day.at_most) for day in days] == [(5, 9), (10, 14)]


def test_a_day_is_final_when_every_look_of_it_must_be_revealed() -> None:
    assert not band_per_day([NOW.date() - timedelta(days=31)], [], NOW)[0].is_final
    assert band_per_day([NOW.date() - timedelta(days=32)], [], NOW)[0].is_final


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        (DAY, DAY - timedelta(days=1), "days"),
        (DAY - timedelta(days=31), DAY, "days"),
        (date(1, 1, 1), date(9999, 12, 31), "days"),
        (NOW.date(), NOW.date(), "day-not-over"),
        (DAY, NOW.date() + timedelta(days=1), "day-not-over"),
    ],
)
def test_days_that_are_not_over_and_endless_spans_are_refused(first: date, last: date, kind: str) -> None:
    with pytest.raises(Malformed) as refused:
        days_between(first, last, NOW)
    assert refused.value.kind == kind


def _looks(count: int, cell: str, sequencer: Sequencer, **changes: str) -> None:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    for number in range(count):
        key = f"{cell}:{number}:{sorted(changes.values())}"
        services.commit_look({**PUBLIC, "cell": cell, "decision": "allow", **changes}, {**PRIVATE}, key=key, now=at)
        sequencer.integrate()
        services.reveal_look(key, now=at + timedelta(hours=1))
    sequencer.integrate()


@pytest.mark.django_db(transaction=True)
def test_revealed_looks_of_the_cell_and_of_its_ground_in_other_freezes_are_counted(
    sequencer: Sequencer, data: Path
) -> None:
    freeze_city()
    cell = cell_of(CENTRE)
    inner = sorted(h3.cell_to_children(cell, 9))[0] if h3.get_resolution(cell) < 9 else h3.cell_to_parent(cell, 8)
    _looks(3, cell, sequencer)
    _looks(4, inner, sequencer)
    _looks(9, "8844c0a305fffff", sequencer)
    services.commit_look(
        {**PUBLIC, "cell": cell, "decision": "allow"}, PRIVATE, key="sealed", now=datetime(2026, 11, 20, 9, tzinfo=UTC)
    )
    sequencer.integrate()
    (day,) = looks_in_area(cell, DAY, DAY, now=NOW)
    assert (day.at_least, day.at_most, day.is_final) == (5, 9, False)


@pytest.mark.django_db(transaction=True)
def test_what_was_refused_is_no_look(sequencer: Sequencer, data: Path) -> None:
    freeze_city()
    _looks(6, cell_of(CENTRE), sequencer, decision="deny")
    (day,) = looks_in_area(cell_of(CENTRE), DAY, DAY, now=NOW)
    assert day.at_least == 0


@pytest.mark.django_db
def test_anyone_asks_for_a_published_cell_and_nothing_finer(client: Client) -> None:
    freeze_city()
    cell, yesterday = cell_of(CENTRE), (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    asked = {"first": yesterday, "last": yesterday}
    answer = client.get(f"/api/public/cells/{cell}/looks", asked)
    assert answer.status_code == 200
    assert answer.json() == {
        "cell": cell, "days": [{"day": yesterday, "at_least": 0, "at_most": 4, "is_final": False}],
    }  # fmt: skip
    finer = h3.latlng_to_cell(*CENTRE, 11)
    for wrong in (finer, h3.cell_to_parent(cell, 5), "x", "8" * 400):
        assert client.get(f"/api/public/cells/{wrong}/looks", asked).status_code == 404
    for days in ({}, {"first": yesterday}, {"first": "2026-02-30", "last": yesterday}, {"first": "x", "last": "y"}):
        assert client.get(f"/api/public/cells/{cell}/looks", days).status_code == 400
