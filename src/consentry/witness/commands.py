"""`consentry witness`: run a witness for one or more logs."""

import argparse
import logging
from pathlib import Path
from typing import Any

from aiohttp import web

from consentry.witness.server import build_app
from consentry.witness.settings import defaults_from_environment, settings_for


def add_commands(subparsers: Any) -> None:  # Any: argparse keeps the type of its subparsers private
    """Add the command."""
    parser = subparsers.add_parser("witness", help="cosign checkpoints of other people's logs")
    folder, logs, port = defaults_from_environment()
    parser.add_argument("--folder", type=Path, default=folder, required=folder is None, help="its key and memory")
    parser.add_argument("--log-vkey", action="append", required=not logs, help="a log's key or file; repeatable")
    parser.add_argument("--port", type=int, default=port, required=port is None)
    parser.add_argument("--name", help="make a key of this name if the folder has none")
    parser.set_defaults(run=run_witness)


def run_witness(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logs = arguments.log_vkey or defaults_from_environment()[1]
    settings = settings_for(arguments.folder, logs, port=arguments.port, name=arguments.name)
    for signer in settings.signers():
        logging.getLogger(__name__).info("witness %s", signer.verifier.vkey)
    web.run_app(build_app(settings), host=settings.host, port=settings.port, print=None, access_log=None)
    return 0
