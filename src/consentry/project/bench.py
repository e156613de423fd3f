"""`consentry bench NAME --json`: one name, one unit, one target (docs/design/benchmarks.md)."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path

from consentry.kernel.bench import Result, this_machine
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotFound
from consentry.project.postgres import Cluster

ROOT = Path(__file__).resolve().parents[3]
# Modules that offer `BENCHES: dict[str, Callable[[], Result]]`; all of them may use the scratch database.
MODULES = (
    "consentry.access.bench",
    "consentry.cameras.bench",
    "consentry.core.bench",
    "consentry.edge.bench",
    "consentry.edge.bench_picture",
    "consentry.edge.bench_ring",
    "consentry.evidence.bag.bench",
    "consentry.evidence.bench_store",
    "consentry.evidence.redact.bench",
    "consentry.evidence.bench_vault",
    "consentry.gateway.bench",
    "consentry.ledger.bench",
    "consentry.neighbors.bench",
    "consentry.project.story.bench",
    "consentry.project.up.bench",
    "consentry.requests.bench",
)

# An hour and more: measured when asked for by its whole name.
LONG = frozenset({"media.soak"})


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bench`."""
    bench = subparsers.add_parser("bench", help="measure against the targets; --all writes docs/benchmarks.md")
    bench.add_argument("name", nargs="?", help="a name of docs/design/benchmarks.md; with --all how they begin")
    bench.add_argument("--all", action="store_true", help="run all (or all that begin so) and write the table")
    bench.add_argument("--json", action="store_true", help="print JSON")
    bench.set_defaults(run=run_bench)


def run_bench(arguments: argparse.Namespace) -> int:
    """0 when all that was measured met its target, else 3; a missed target is printed as missed."""
    with scratch_platform():
        benches = {name: bench for module in MODULES for name, bench in import_module(module).BENCHES.items()}
        if not arguments.all:
            return 0 if _measure(benches, arguments.name or "", as_json=arguments.json).met else 3
    begins = arguments.name or ""
    page, met = ROOT / "docs" / "benchmarks.md", True
    for name in sorted(name for name in benches if name.startswith(begins) and (name not in LONG or name == begins)):
        result = _measure_apart(name)
        met = met and isinstance(result, Result) and result.met
        # Written after each one: some take minutes, and a run that breaks off keeps what it measured.
        page.write_text(table([result], on=utc_now(), before=page.read_text()))
    return 0 if met else 3


def _measure_apart(name: str) -> "Result | Unmeasured":
    """One benchmark in a process and on a database of its own: each may leave both as it likes."""
    command = [sys.executable, "-m", "consentry.project.cli", "bench", name, "--json"]
    last = ""
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen(command, stdout=said, stderr=subprocess.PIPE, text=True) as running:
            # Passed on as it comes: an hour's benchmark says each minute how it goes.
            for line in running.stderr or ():
                sys.stderr.write(line)
                last = line.strip() or last
        said.seek(0)
        text = said.read()
    sys.stdout.write(text)
    sys.stdout.flush()
    try:
        return Result.from_json(json.loads(text))
    except ValueError:
        return Unmeasured(name, last or f"it ended with {running.returncode}")


@contextmanager
def scratch_platform() -> Iterator[Path]:
    """A data folder with a durable PostgreSQL and all tables, Django ready; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        cluster = Cluster(folder)
        cluster.start()
        os.environ.update(CONSENTRY_DATA=name, DATABASE_URL=cluster.url)
        try:
            from consentry.project.django_ready import prepare_django

            prepare_django()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            call_command("createcachetable", verbosity=0)
            # As the web process does.
            from consentry.kernel.steady import hold_what_is_loaded

            hold_what_is_loaded()
            yield folder
        finally:
            cluster.stop()


@dataclass(frozen=True)
class Unmeasured:
    """A benchmark that gave no figure, and why."""

    name: str
    why: str


def table(results: Sequence[Result | Unmeasured], *, on: datetime, before: str = "") -> str:
    """The page `docs/benchmarks.md`; what could not be measured stands there with its reason.

    Rows of the page `before` that were not measured again stay, with their date.
    """
    head = "# Benchmarks: what was measured\n\n`consentry bench --all` writes this page, "
    head += "[docs/design/benchmarks.md](design/benchmarks.md) holds the targets.\n"
    lines = [f"\nMachine: {this_machine()}. Medians of three rounds or more.\n"]
    lines.append("| name | value | unit | reference | ratio | target | met | date |\n|---|---|---|---|---|---|---|---|")
    rows = {row.split("`")[1]: row for row in before.splitlines() if row.startswith("| `")}
    rows |= {result.name: f"| {' | '.join(_cells(result))} | {on:%Y-%m-%d} |" for result in results}
    return head + "\n".join([*lines, *(row for _, row in sorted(rows.items()))]) + "\n"


def _cells(result: Result | Unmeasured) -> tuple[str, ...]:
    if isinstance(result, Unmeasured):
        return (f"`{result.name}`", "", "", "", "", "", f"**not measured**: {result.why}")
    reference = "" if result.reference is None else f"{result.reference[0]}: {_figure(result.reference[1])}"
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    met = "yes" if result.met else "**missed**"
    return (f"`{result.name}`", _figure(result.value), result.unit, reference, ratio, result.target, met)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.4g}"


def _measure(benches: dict[str, Callable[[], Result]], name: str, *, as_json: bool) -> Result:
    if name not in benches:
        raise NotFound(f"no benchmark {name!r}; there are: {', '.join(sorted(benches))}")
    sys.stderr.write(f"  {name} …\n")
    result = benches[name]()
    said = (
        json.dumps(result.as_json()) if as_json else f"{name}: {result.value:.4g} {result.unit}, target {result.target}"
    )
    sys.stdout.write(said + ("" if as_json or result.met else "  MISSED") + "\n")
    sys.stdout.flush()
    return result
