"""The page of the benchmarks: what was missed or not measured stands there as such."""

from datetime import UTC, datetime

from consentry.kernel.bench import Result
from consentry.project.bench import Unmeasured, table


def test_the_page_says_met_missed_and_not_measured() -> None:
    results = [
        Result("ask", 102.4, "ms", None, None, "<= 50", False, (100.0, 102.4, 110.0)),
        Result("ledger.durable", 6.8, "ms", ("fsync", 5.6), 1.214, "ratio <= 1.3", True, (6.7, 6.8, 6.9)),
        Unmeasured("stop", "the platform did not start"),
    ]
    rows = [line for line in table(results, on=datetime(2026, 11, 23, tzinfo=UTC)).splitlines() if "`" in line][1:]
    assert rows == [
        "| `ask` | 102.4 | ms |  |  | <= 50 | **missed** |",
        "| `ledger.durable` | 6.8 | ms | fsync: 5.6 | 1.21 | ratio <= 1.3 | yes |",
        "| `stop` |  |  |  |  |  | **not measured**: the platform did not start |",
    ]
