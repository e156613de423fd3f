"""`consentry demo-cameras` and `consentry demo-dispatch`."""

import argparse

from consentry.demo import cameras


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both; each sets `run(arguments) -> int`."""
    play = subparsers.add_parser("demo-cameras", help="play the demo city's ten cameras over RTSP on loopback")
    play.add_argument("--port", type=int, required=True)
    play.add_argument("--data", help="the data folder (not used)")
    play.set_defaults(run=lambda arguments: cameras.run(arguments.port))
    calls = subparsers.add_parser("demo-dispatch", help="push made-up calls through the feed's own door")
    calls.add_argument("--server", help="where the web process listens, else as the demo runs it")
    calls.add_argument("--data", help="the data folder")
    calls.set_defaults(run=_dispatch)


def _dispatch(arguments: argparse.Namespace) -> int:
    from consentry.demo.dispatch import run

    return run(arguments.server)
