"""`consentry demo-seed` and `consentry demo-homes`: the made-up city and its homes."""

import argparse
from pathlib import Path


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both."""
    seed = subparsers.add_parser("demo-seed", help="tables, policy, then Port Meridian; again changes nothing")
    homes = subparsers.add_parser("demo-homes", help="run the edges of the demo's homes")
    for parser, act in ((seed, run_seed), (homes, run_homes)):
        parser.add_argument("--data")
        parser.add_argument("--cameras", type=int, default=8554, help="port where demo-cameras plays")
        parser.set_defaults(run=act)


def run_seed(arguments: argparse.Namespace) -> int:
    """Settle, seed, and draw the basemap if there is none yet."""
    from django.conf import settings

    from consentry.demo.basemap import features
    from consentry.demo.city import NAME, build_city
    from consentry.demo.seed import seed
    from consentry.kernel.clock import utc_now
    from consentry.project.city.basemap import build_basemap
    from consentry.project.settle import settle

    settle()
    seed(utc_now(), cameras_url=f"rtsp://127.0.0.1:{arguments.cameras}")
    folder = Path(settings.DATA) / "city"
    if not (folder / "city.json").exists():
        build_basemap(features(build_city()), folder, name=NAME, attribution="Port Meridian is made up")
    return 0


def run_homes(arguments: argparse.Namespace) -> int:
    """Run the homes until told to stop."""
    from consentry.demo.homes import run

    return run(f"rtsp://127.0.0.1:{arguments.cameras}")
