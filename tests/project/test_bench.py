"""The page of the benchmarks: what was missed or not measured stands there as such."""

import json
from datetime import UTC, datetime

import pytest

from consentry.kernel.bench import Result
from consentry.project.bench import Unmeasured, table


def test_a_result_comes_back_from_its_json() -> None:
    for reference, ratio in ((None, None), (("fsync", 5.6), 1.2)):
        made = Result("x", 1.5, "ms", reference, ratio, "<= 2", True, (1.0, 1.5, 2.0))
        assert Result.from_json(json.loads(json.dumps(made.as_json()))) == made
    for broken in ({}, {"name": "x"}, {**made.as_json(), "more": 1}):
        with pytest.raises(ValueError, match="not a benchmark's result"):
            Result.from_json(broken)


def test_the_page_says_met_missed_and_not_measured() -> None:
    results = [
        Result("ledger.proof", 24_537.2, "1/s", None, None, ">= 10000", True, (24_537.2,)),
        Result("ask", 102.4, "ms", None, None, "<= 50", False, (100.0, 102.4, 110.0)),
        Result("ledger.durable", 6.8, "ms", ("fsync", 5.6), 1.214, "ratio <= 1.3", True, (6.7, 6.8, 6.9)),
        Unmeasured("stop", "the platform did not start"),
    ]
    rows = [line for line in table(results, on=datetime(2026, 11, 23, tzinfo=UTC)).splitlines() if "`" in line][1:]
    assert rows == [
        "| `ask` | 102.4 | ms |  |  | <= 50 | **missed** | 2026-11-23 |",
        "| `ledger.durable` | 6.8 | ms | fsync: 5.6 | 1.21 | ratio <= 1.3 | yes | 2026-11-23 |",
        "| `ledger.proof` | 24,537 | 1/s |  |  | >= 10000 | yes | 2026-11-23 |",
        "| `stop` |  |  |  |  |  | **not measured**: the platform did not start | 2026-11-23 |",
    ]


def test_what_is_not_measured_again_stays_with_its_date() -> None:
    old = [Result("ask", 40.0, "ms", None, None, "<= 50", True, (40.0,)), Unmeasured("stop", "no browser")]
    before = table(old, on=datetime(2026, 11, 23, tzinfo=UTC))
    again = Result("stop", 20.0, "ms", None, None, "<= 500", True, (20.0,))
    page = table([again], on=datetime(2026, 11, 24, tzinfo=UTC), before=before)
    assert "| `ask` | 40 | ms |  |  | <= 50 | yes | 2026-11-23 |" in page
    assert [line for line in page.splitlines() if "`stop`" in line] == [
        "| `stop` | 20 | ms |  |  | <= 500 | yes | 2026-11-24 |"
    ]
