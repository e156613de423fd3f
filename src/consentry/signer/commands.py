"""`consentry signer`: runs the signer in this process."""

import argparse
import os

from consentry.signer.main import main


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `signer` to the command line."""
    parser = subparsers.add_parser("signer", help="sign tickets for what is in the log, and nothing else")
    parser.add_argument("--data", help="the data folder (default: CONSENTRY_DATA, else ./data)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.data:
        os.environ["CONSENTRY_DATA"] = arguments.data
    main()
    return 0
