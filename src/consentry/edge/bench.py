"""Benchmarks of the edge (docs/design/benchmarks.md): processor time per relayed stream, plain and sealed."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from consentry.edge.bench_relay import SEALED
from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.media.bench_rig import RATE_HZ, copies_cost, cpu_s, make_stream_a, running, source

ROUNDS = 3
# A small PC in a shop; half a core here.
CAMERAS = 32
WINDOW_S, SETTLE_S = 6.0, 2.0
MOST, MOST_SEALED = 0.35, 1.2
REFERENCE = "ffmpeg -c copy"


def edge() -> Result:
    """Processor time per camera that is read, cached and relayed over a WebSocket, % of a core, 32 of them at once."""

    def once(urls: list[str]) -> tuple[float, float]:
        return _relay_costs(urls, ())[0], copies_cost(urls, WINDOW_S) / len(urls) * 100

    return _compare("media.edge", CAMERAS, once, (REFERENCE, MOST))


def sealed() -> Result:
    """The same with every unit sealed to its viewer, against plain units: two relays side by side, 16 cameras each."""

    def once(urls: list[str]) -> tuple[float, float]:
        plain, shut = _relay_costs(urls, (), (SEALED,))
        return shut, plain

    return _compare("media.sealed", CAMERAS // 2, once, ("the same, plain", MOST_SEALED))


BENCHES: dict[str, Callable[[], Result]] = {"media.edge": edge, "media.sealed": sealed}


def _compare(
    name: str, cameras: int, once: Callable[[list[str]], tuple[float, float]], against: tuple[str, float]
) -> Result:
    """Medians of the rounds' (ours, reference), each % of a core per camera; `against`: the reference, most ratio."""
    rounds = []
    with tempfile.TemporaryDirectory(prefix="consentry-media-") as folder:
        path = make_stream_a(Path(folder))
        for _ in range(ROUNDS):
            with source(path, cameras) as urls:
                rounds.append(once(urls))
    ours = tuple(one for one, _ in rounds)
    value, reference = statistics.median(ours), statistics.median(other for _, other in rounds)
    ratio, most = value / reference, against[1]
    target = f"ratio <= {most}"
    return Result(name, value, "% of a core", (against[0], reference), ratio, target, ratio <= most, ours)


def _relay_costs(urls: list[str], *kinds: tuple[str, ...]) -> list[float]:
    """% of a core per camera of relays, one for each of `kinds`, all at once; Unavailable when a picture is missing."""
    with ExitStack() as stack:
        relays = [stack.enter_context(_relaying(urls, words)) for words in kinds]
        time.sleep(SETTLE_S)
        before = [(cpu_s(relay.pid), _count(relay)) for relay in relays]
        began_s = time.monotonic()
        time.sleep(WINDOW_S)
        after, seconds = [(cpu_s(relay.pid), _count(relay)) for relay in relays], time.monotonic() - began_s
    got = [count - had for (_, count), (_, had) in zip(after, before, strict=True)]
    if min(got) < 0.98 * len(urls) * RATE_HZ * seconds:
        raise Unavailable(f"only {min(got)} pictures were relayed")
    used_s = [spent_s - had_s for (spent_s, _), (had_s, _) in zip(after, before, strict=True)]
    return [one_s / seconds / len(urls) * 100 for one_s in used_s]


@contextmanager
def _relaying(urls: list[str], words: tuple[str, ...]) -> "Iterator[subprocess.Popen[bytes]]":
    """A relay of these cameras to a sink of its own, once all of them play."""
    command = [sys.executable, "-m", "consentry.edge.bench_relay"]
    with (
        running([*command, "sink"], stdout=subprocess.PIPE) as receiver,
        running([*command, _line(receiver), *words, *urls], stdout=subprocess.PIPE) as relay,
    ):
        _line(relay)
        yield relay


def _line(process: "subprocess.Popen[bytes]") -> str:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise Unavailable("a measured process ended")
    return line.decode().strip()


def _count(relay: "subprocess.Popen[bytes]") -> int:
    """How many units it has written."""
    if relay.stdin is not None:
        relay.stdin.write(b"count\n")
        relay.stdin.flush()
    return int(_line(relay))
