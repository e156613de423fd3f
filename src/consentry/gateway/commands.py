"""`consentry gateway`: runs the gateway in this process."""

import argparse
import os

from consentry.gateway.main import run


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `gateway` to the command line."""
    parser = subparsers.add_parser("gateway", help="take pictures from edges and city cameras, show them to viewers")
    parser.add_argument("--data", help="the data folder (default: CONSENTRY_DATA, else ./data)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.data:
        os.environ["CONSENTRY_DATA"] = arguments.data
    run()
    return 0
