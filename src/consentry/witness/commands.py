"""`consentry witness`: run a witness for one or more logs."""

import argparse
import logging
from pathlib import Path
from typing import Any

from aiohttp import web

from consentry.witness.server import build_app
from consentry.witness.settings import settings_for


def add_commands(subparsers: Any) -> None:  # Any: argparse keeps the type of its subparsers private
    """Add the command."""
    parser = subparsers.add_parser("witness", help="cosign checkpoints of other people's logs")
    parser.add_argument("--folder", type=Path, required=True, help="the witness's own folder: key and memory")
    parser.add_argument("--log-vkey", action="append", required=True, help="a log's key or file; repeatable")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", help="make a key of this name if the folder has none")
    parser.set_defaults(run=run_witness)


def run_witness(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = settings_for(arguments.folder, arguments.log_vkey, port=arguments.port, name=arguments.name)
    logging.getLogger(__name__).info("witness %s", settings.signer.verifier.vkey)
    web.run_app(build_app(settings), host=settings.host, port=settings.port, print=None, access_log=None)
    return 0
