"""What is made next: from where somebody looks on, then what was left out; pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.evidence.named.rules import Gap, gaps_in, is_made, next_gap

S = 1_000_000


@pytest.mark.parametrize(
    ("made", "ended_us", "wanted_us", "gap"),
    [
        ([], None, 0, Gap(0, 0)),
        ([], None, 605 * S, Gap(600 * S, 0)),
        ([(0, 6 * S)], None, 2 * S, Gap(6 * S, 0)),
        ([(0, 6 * S), (600 * S, 606 * S)], None, 601 * S, Gap(606 * S, 0)),
        ([(0, 6 * S), (600 * S, 606 * S)], 606 * S, 601 * S, Gap(6 * S, 600 * S)),
        ([(0, 6 * S), (600 * S, 606 * S)], None, 9 * S, Gap(6 * S, 600 * S)),
        ([(0, 6 * S), (600 * S, 606 * S)], None, 13 * S, Gap(12 * S, 600 * S)),
        ([(600 * S, 606 * S)], 606 * S, 604 * S, Gap(0, 600 * S)),
        ([(0, 606 * S)], 606 * S, 604 * S, None),
    ],
)
def test_it_is_made_from_where_somebody_looks(
    made: list[tuple[int, int]], ended_us: int | None, wanted_us: int, gap: Gap | None
) -> None:
    assert next_gap(made, ended_us, wanted_us) == gap


@given(st.sets(st.integers(0, 60), max_size=20), st.lists(st.integers(0, 61 * 6), min_size=1, max_size=40))
def test_wherever_people_go_all_is_made_once(there: set[int], wanted_s: list[int]) -> None:
    length_us = 61 * 6 * S
    made = [(6 * one * S, 6 * (one + 1) * S) for one in sorted(there)]
    for turn in range(1_000):
        gap = next_gap(made, length_us, wanted_s[turn % len(wanted_s)] * S)
        if gap is None:
            break
        end_us = min(gap.from_us + 6 * S, gap.until_us or length_us)
        assert not any(from_us < end_us and gap.from_us < until_us for from_us, until_us in made)
        made = sorted([*made, (gap.from_us, end_us)])
    assert list(gaps_in(made, length_us)) == []
    assert all(is_made(made, length_us, second * S) for second in range(61 * 6))
