"""`consentry verify bag`: the check of an exported bag, offline, by keys that came another way."""

import argparse
from pathlib import Path
from typing import Any

from consentry.evidence.bag.check.by_hand import check_bag


def add_verifications(kinds: Any) -> None:  # Any: argparse keeps the type of its subparsers private
    """Add `verify bag`."""
    bag = kinds.add_parser("bag", help="check an exported bag of evidence: zip file, or the folder unpacked from it")
    bag.add_argument("file", type=Path)
    bag.add_argument(
        "--trust", type=Path, required=True, help="file with the vault's, log's, witnesses' keys and roots"
    )
    bag.add_argument("--policy", type=Path, help="the log's file `policy`, if it is not in the trust file")
    bag.set_defaults(run=run_verify_bag)


def run_verify_bag(arguments: argparse.Namespace) -> int:
    """0 all holds; 3 holds, but log or time-stamps could not be checked; 1 refused in a layer; 2 called wrongly."""
    return check_bag(arguments.file, [path for path in (arguments.trust, arguments.policy) if path])
