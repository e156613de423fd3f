"""`consentry calls import` and `consentry calls watch`."""

import argparse
import sys
import time
from pathlib import Path

from consentry.agencies.queries import all_agencies
from consentry.incidents.files import import_file, take_new_files
from consentry.incidents.presets import get_preset, presets
from consentry.incidents.queries import feeds_of_agency, get_feed
from consentry.incidents.services import FeedPlan, Tally, add_feed
from consentry.incidents.types import Feed
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import AgencyId, FeedId

WATCH_EVERY_S = 2.0


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `calls` with `import` and `watch`; each sets `run(arguments) -> int`."""
    calls = subparsers.add_parser("calls", help="import dispatch calls from files")
    verbs = calls.add_subparsers(dest="verb", required=True)
    bring = verbs.add_parser("import", help="import a file of calls once")
    bring.add_argument("file", type=Path)
    bring.add_argument("--preset", choices=sorted(presets()), help="how a table is read")
    bring.add_argument("--data", type=Path, help="the data folder")
    _add_target(bring)
    bring.set_defaults(run=run_import)
    watch = verbs.add_parser("watch", help="import each new file of a folder once")
    watch.add_argument("folder", type=Path)
    watch.add_argument("--feed", required=True, help="id of the feed")
    watch.add_argument("--data", type=Path, help="the data folder")
    watch.set_defaults(run=run_watch)


def _add_target(parser: argparse.ArgumentParser) -> None:
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--feed", help="id of the feed that the calls belong to")
    target.add_argument("--agency", help="id or name, needed when there are several; its feed of the preset is made")


def run_import(arguments: argparse.Namespace) -> int:
    """Import one file and say what became of its rows; 1 when not one row could be taken."""
    path: Path = arguments.file
    if not path.is_file():
        raise Malformed(f"there is no file {path}")
    feed = get_feed(FeedId(arguments.feed)) if arguments.feed else _feed_of_preset(arguments)
    size = max(path.stat().st_size, 1)

    def show(tally: Tally, read_bytes: int) -> None:
        percent = min(100, read_bytes * 100 // size)
        sys.stderr.write(f"\r{percent:3d} %  {tally.rows:,} rows, {tally.reasons.total():,} in quarantine")
        sys.stderr.flush()

    tally = import_file(path, feed, preset=arguments.preset or "", clock=utc_now, progress=show)
    sys.stderr.write("\n")
    said = {**tally.outcomes, **{f"quarantined: {reason}": count for reason, count in tally.reasons.items()}}
    for word, count in sorted(said.items()):
        sys.stdout.write(f"{count:8,}  {word}\n")
    sys.stdout.write(f"feed {feed.id}\n")
    return 0 if tally.outcomes else 1


def _feed_of_preset(arguments: argparse.Namespace) -> Feed:
    if not arguments.preset:
        raise Malformed("say how the file is read (--preset), or which feed it belongs to (--feed)")
    preset, agency = get_preset(arguments.preset), _agency(arguments.agency)
    name = f"File import: {preset.name}"
    found = next((feed for feed in feeds_of_agency(agency) if feed.name == name), None)
    if found is None:
        found = add_feed(FeedPlan(agency=agency, name=name, kind="table", preset=preset.name))
    return found


def _agency(said: str | None) -> AgencyId:
    agencies = all_agencies()
    found = [agency for agency in agencies if said in (None, agency.id, agency.name)]
    if len(found) == 1:
        return found[0].id
    if not agencies:
        raise Malformed("there is no agency yet: make one first")
    names = ", ".join(agency.name for agency in agencies)
    raise Malformed(f"say which agency with --agency: {names}")


def run_watch(arguments: argparse.Namespace) -> int:
    """Look into the folder every two seconds until interrupted."""
    folder: Path = arguments.folder
    if not folder.is_dir():
        raise Malformed(f"there is no folder {folder}")
    while True:
        for name, outcome in take_new_files(folder, FeedId(arguments.feed), clock=utc_now).items():
            said = outcome if isinstance(outcome, str) else f"{outcome.rows} rows, {dict(outcome.outcomes)}"
            sys.stdout.write(f"{name}: {said}\n")
            sys.stdout.flush()
        time.sleep(WATCH_EVERY_S)
