"""An hour with 50 cameras and viewers: does delay drift, does memory grow, is a picture lost? `media.soak`."""

import os
import statistics
import sys
import time

from consentry.gateway.bench.plan import Mark, Plan
from consentry.gateway.bench.rig import readers, stream_a, worker
from consentry.kernel.bench import Result
from consentry.media.bench_rig import resident_bytes, source

CAMERAS, VIEWERS = 50, 10
MINUTES = int(os.environ.get("CONSENTRY_SOAK_MIN", "60"))
MINUTE_S = 60.0
# Pools and caches fill in the first minute; what grows after that grows for ever.
WARM_S = 60.0
MOST_DRIFT_MS, MOST_GROWTH, ENDS_MIN = 20.0, 0.05, 5


def soak() -> Result:
    """Drift of the p95 delay between the first and the last minutes, ms; memory and lost pictures in the target."""
    with (
        stream_a() as path,
        source(path, CAMERAS) as urls,
        worker(Plan(urls, serve=True)) as (asked, port),
        readers(port, VIEWERS),
    ):
        time.sleep(WARM_S)
        asked.mark()
        held_bytes, minutes = resident_bytes(asked.pid), []
        for number in range(MINUTES):
            time.sleep(MINUTE_S)
            minutes.append(asked.mark())
            sys.stderr.write(f"  minute {number + 1} of {MINUTES}: p95 {minutes[-1].p95_ms:.1f} ms\n")
        growth = resident_bytes(asked.pid) / held_bytes - 1
    return _judge(minutes, growth)


def _judge(minutes: list[Mark], growth: float) -> Result:
    ends = max(1, min(ENDS_MIN, len(minutes) // 2))
    first, last = (statistics.median(mark.p95_ms for mark in some) for some in (minutes[:ends], minutes[-ends:]))
    drift_ms, lost = last - first, sum(mark.lost for mark in minutes)
    target = (
        f"<= {MOST_DRIFT_MS:.0f}, memory <= +5 % (was {growth:+.1%}), nothing lost (were {lost}), "
        f"{len(minutes)} of 60 min"
    )
    met = drift_ms <= MOST_DRIFT_MS and growth <= MOST_GROWTH and lost == 0 and len(minutes) >= 60
    return Result("media.soak", drift_ms, "ms", None, None, target, met, tuple(mark.p95_ms for mark in minutes))
