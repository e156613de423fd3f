"""How soon nothing comes any more after a look is revoked: `media.revoke`, `media.revoke_slow`."""

import statistics

from consentry.gateway.bench.plan import Plan
from consentry.gateway.bench.rig import readers, stream_a, worker
from consentry.kernel.bench import Result
from consentry.media.bench_rig import source

ROUNDS = 5
VIEWERS = 100
# The benchmark's own clock: monotonic time is one for all processes of a machine.


def revoke() -> Result:
    """100 viewers revoked at once → the last byte at any of them, ms, farewells included."""
    return _revoke("media.revoke", 50)


def revoke_slow() -> Result:
    """The same beside one that stopped reading → its line is reset and the last byte of the others has come, ms."""
    return _revoke("media.revoke_slow", 500, "stalled")


def _revoke(name: str, most_ms: int, *words: str) -> Result:
    values = []
    with stream_a() as path:
        for _ in range(ROUNDS):
            with source(path, 1) as urls, worker(Plan(urls, serve=True)) as (asked, port):
                with readers(port, VIEWERS, *words) as viewers:
                    ended = asked.ask("end")
                    last = viewers.hear()
                values.append(1_000 * max(0.0, max(last["last_s"], last["stalled_s"] or 0.0) - ended["at_s"]))
    value = statistics.median(values)
    return Result(name, value, "ms", None, None, f"<= {most_ms}", value <= most_ms, tuple(values))
