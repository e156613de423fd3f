"""`consentry demo-seed` and `consentry demo-homes`: the made-up city and its homes."""

import argparse
import os
from pathlib import Path

from consentry.project.django_ready import prepare_django


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both."""
    seed = subparsers.add_parser("demo-seed", help="tables, policy, then Port Meridian; again changes nothing")
    homes = subparsers.add_parser("demo-homes", help="run the edges of the demo's homes")
    for parser, act in ((seed, run_seed), (homes, run_homes)):
        parser.add_argument("--data", type=Path)
        parser.add_argument("--cameras", type=int, default=8554, help="port where demo-cameras plays")
        parser.set_defaults(run=act)
    seed.add_argument("--settled", default="", help=argparse.SUPPRESS)


def run_seed(arguments: argparse.Namespace) -> int:
    """Settle, seed, and draw the basemap if there is none yet."""
    from django.conf import settings

    from consentry.demo.basemap import features
    from consentry.demo.city import NAME, build_city
    from consentry.demo.homes import HUNG
    from consentry.demo.seed import seed
    from consentry.kernel.clock import utc_now
    from consentry.project.city.basemap import build_basemap
    from consentry.project.settle import note_settled, settle

    settle()
    seed(utc_now(), cameras_url=f"rtsp://127.0.0.1:{arguments.cameras}")
    folder = Path(settings.DATA) / "city"
    if not (folder / "city.json").exists():
        build_basemap(features(build_city()), folder, name=NAME, attribution="Port Meridian is made up")
    # Homes that were hung for another database must pair anew.
    (Path(settings.DATA) / "homes" / HUNG).unlink(missing_ok=True)
    note_settled(arguments.settled)
    return 0


def run_homes(arguments: argparse.Namespace) -> int:
    """Run the homes until told to stop; hang them first unless that is done. Django comes only for that."""
    from consentry.demo.homes import find_hung, note_hung, run

    folder = (arguments.data or Path(os.environ.get("CONSENTRY_DATA", "data"))).resolve() / "homes"
    cameras_url = f"rtsp://127.0.0.1:{arguments.cameras}"
    homes = find_hung(folder, cameras_url)
    if not homes:
        prepare_django(arguments.data)
        from consentry.demo.hanging import hang_homes

        homes = hang_homes(folder, cameras_url)
        note_hung(folder, homes, cameras_url)
    return run(homes, folder / "ready")
