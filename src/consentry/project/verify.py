"""`consentry verify log | proof | bag`: what outsiders check with public keys only; each room adds its word."""

from typing import Any

from consentry.evidence.bag.commands import add_verifications as add_bag
from consentry.ledger.commands import add_verifications as add_log


def add_commands(subparsers: Any) -> None:  # Any: argparse keeps the type of its subparsers private
    """Add `verify` with the words of all rooms."""
    verify = subparsers.add_parser("verify", help="check the log, a proof or a bag of evidence with public keys only")
    kinds = verify.add_subparsers(dest="what", required=True)
    add_log(kinds)
    add_bag(kinds)
