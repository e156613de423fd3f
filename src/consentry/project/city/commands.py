"""`consentry city import FILE.osm.pbf`."""

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.conf import settings

from consentry.cells.queries import has_partition
from consentry.cells.services import freeze_partition, stage_addresses
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.geo import Place
from consentry.project.city.basemap import OSM_ATTRIBUTION, build_basemap
from consentry.project.city.osm import OsmReading, read_osm

BAR_CHARS = 28
MIN_ADDRESSES = 50


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `city import`; it sets `run(arguments) -> int`."""
    verbs = subparsers.add_parser("city", help="the city's own map and cells").add_subparsers(required=True)
    bring = verbs.add_parser("import", help="roads, water, parks, names and addresses from OpenStreetMap")
    bring.add_argument("file", type=Path, help="an extract, .osm.pbf")
    bring.add_argument("--name", help="the city's name (else the biggest place in the file)")
    bring.add_argument("--addresses", type=Path, help="CSV of residential addresses with columns lat, lon")
    bring.add_argument("--data", type=Path, help="the data folder")
    bring.set_defaults(run=run_import)


def run_import(arguments: argparse.Namespace) -> int:
    """Build the basemap, then divide the city into cells when there are addresses; says what was found."""
    path: Path = arguments.file
    if not path.is_file():
        raise Malformed(f"there is no file {path}")
    found: list[tuple[str, Mapping[str, object]]] = []
    bar = Bar(f"reading {path.name}")
    reading = read_osm(path, lambda layer, feature: found.append((layer, feature)), bar.show_part)
    bar.end()
    name = arguments.name or reading.city or path.name.split(".")[0].replace("_", " ").title()
    bar = Bar("drawing the map")
    city = build_basemap(
        found, Path(settings.DATA) / "city", name=name, attribution=OSM_ATTRIBUTION, percent=bar.show_percent
    )
    bar.end()
    _say(f"{city.name}: {len(found):,} features, {len(reading.homes):,} residential addresses")
    if not reading.has_relations:
        _say("the file's ways are not sorted by id, so relations (lakes with islands, say) were left out")
    _divide(arguments, city.name, reading)
    return 0


def _divide(arguments: argparse.Namespace, city: str, reading: OsmReading) -> None:
    homes = list(_addresses(arguments.addresses)) if arguments.addresses else reading.homes
    if len(homes) < MIN_ADDRESSES:
        _say("too few addresses to divide the city into cells: give a CSV of residential addresses with --addresses")
        return
    if has_partition(city):
        stage_addresses(homes, city=city, now=utc_now())
        _say("the cells stay frozen for a year; these addresses wait until it is over")
        return
    try:
        report = freeze_partition(homes, city=city, now=utc_now())
    except Conflict as error:
        _say(str(error))
        return
    _say(f"{report.cells:,} cells of at least 50 homes each")


def _addresses(path: Path) -> Iterator[Place]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        for row in csv.DictReader(stream):
            try:
                yield Place(float(row["lat"]), float(row["lon"]))
            except (KeyError, TypeError, ValueError) as error:
                raise Malformed(f"{path.name} needs the columns lat and lon, in degrees") from error


class Bar:
    """A progress bar on stderr; nothing but the last state when it is not a terminal."""

    def __init__(self, label: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._label, self._now_s, self._shown_s, self._percent = label, now_s, 0.0, 0

    def show_part(self, done: int, total: int) -> None:
        """`done` of `total` things."""
        self.show_percent(100 * done // max(total, 1))

    def show_percent(self, percent: int) -> None:
        """0 to 100; drawn at most ten times a second, and only on a terminal."""
        self._percent = percent
        if sys.stderr.isatty() and self._now_s() - self._shown_s > 0.1:
            self._shown_s = self._now_s()
            self._draw()

    def end(self) -> None:
        """Draw the last state and go to the next line."""
        self._draw()
        sys.stderr.write("\n")
        sys.stderr.flush()

    def _draw(self) -> None:
        full = BAR_CHARS * self._percent // 100
        sys.stderr.write(f"\r{self._label:<28} [{'#' * full}{'.' * (BAR_CHARS - full)}] {self._percent:3d} %")
        sys.stderr.flush()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
