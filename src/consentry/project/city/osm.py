"""Reads an OpenStreetMap extract (`.osm.pbf`): what we draw, and where residential addresses are."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import osmium
from osmium.osm import Area, Node, Way

from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place

Feature = dict[str, object]
Take = Callable[[str, Mapping[str, object]], None]
Progress = Callable[[int, int], None]

KEYS = ("highway", "building", "natural", "waterway", "leisure", "landuse", "place", "addr:housenumber")
_ROADS = (
    "motorway trunk primary secondary tertiary unclassified residential living_street service pedestrian footway path "
    "cycleway track steps road busway"
)
ROADS = frozenset(_ROADS.split())
PARKS = {
    "leisure": {"park", "garden", "golf_course", "nature_reserve", "playground"},
    "landuse": {"forest", "grass", "cemetery", "recreation_ground", "village_green", "meadow"},
    "natural": {"wood", "scrub", "grassland"},
}
STREAMS = frozenset({"river", "stream", "canal"})
PLACES = frozenset({"city", "town", "village", "suburb", "quarter", "neighbourhood"})
NOT_A_HOME = ("shop", "office", "amenity", "tourism", "industrial", "craft", "man_made", "leisure")
_NOT_RESIDENTIAL = (
    "commercial retail industrial warehouse office school church hospital hotel garage garages shed public civic "
    "university government supermarket"
)
NOT_RESIDENTIAL = frozenset(_NOT_RESIDENTIAL.split())


@dataclass
class OsmReading:
    """What was found: the biggest place's name, residential addresses, whether outlines of relations were read."""

    city: str = ""
    homes: list[Place] = field(default_factory=list)
    has_relations: bool = True
    skipped: int = 0


def read_osm(path: Path, take: Take, progress: Progress = lambda _done, _total: None) -> OsmReading:
    """Hand every feature that we draw to `take`; `progress(done, total)` counts tagged objects.

    An extract whose ways are not sorted by id is read without relations (no lakes with islands, say).
    Raises Malformed when the file is not an OpenStreetMap file.
    """
    try:
        total, is_sorted = _count(path)
        reading = OsmReading(has_relations=is_sorted)
        source = osmium.FileProcessor(str(path))
        source = source.with_areas() if is_sorted else source.with_locations()
        for done, item in enumerate(source.with_filter(osmium.filter.KeyFilter(*KEYS)), start=1):
            try:
                _read_item(item, take, reading)
            except osmium.InvalidLocationError:
                reading.skipped += 1
            if done % 1_000 == 0:
                progress(min(done, total), total)
    except RuntimeError as error:
        raise Malformed(f"{path.name} cannot be read as OpenStreetMap data") from error
    progress(total, total)
    return reading


def _count(path: Path) -> tuple[int, bool]:
    total, last_way, is_sorted = 0, 0, True
    for item in osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter(*KEYS)):
        total += 1
        if isinstance(item, Way):
            is_sorted = is_sorted and item.id > last_way
            last_way = item.id
    return total, is_sorted


def _read_item(item: object, take: Take, reading: OsmReading) -> None:
    if isinstance(item, Node):
        tags = dict(item.tags)
        _read_place(tags, item, take, reading)
        if _is_home(tags):
            reading.homes.append(Place(item.location.lat, item.location.lon))
    elif isinstance(item, Way):
        tags = dict(item.tags)
        _read_line(tags, item, take)
        if not reading.has_relations and item.is_closed() and len(item.nodes) >= 4:
            _read_outline(tags, [[_ring(item.nodes)]], take, reading)
    elif isinstance(item, Area):
        _read_outline(dict(item.tags), list(_polygons(item)), take, reading)


def _read_place(tags: Mapping[str, str], node: Node, take: Take, reading: OsmReading) -> None:
    if tags.get("place") not in PLACES or not tags.get("name"):
        return
    if tags["place"] in ("city", "town") and (not reading.city or tags["place"] == "city"):
        reading.city = tags["name"]
    point = {"type": "Point", "coordinates": [round(node.location.lon, 6), round(node.location.lat, 6)]}
    take("names", _feature(point, {"name": tags["name"], "kind": tags["place"]}))


def _read_line(tags: Mapping[str, str], way: Way, take: Take) -> None:
    kind = tags.get("highway", "").removesuffix("_link")
    if kind in ROADS and tags.get("area") != "yes":
        said = {"kind": kind} | ({"name": tags["name"]} if tags.get("name") else {})
        take("roads", _feature(_line(way), said))
    elif tags.get("waterway") in STREAMS:
        take("water", _feature(_line(way), {"kind": tags["waterway"]}))


def _read_outline(
    tags: Mapping[str, str], polygons: list[list[list[list[float]]]], take: Take, reading: OsmReading
) -> None:
    if not polygons:
        return
    shape: dict[str, object] = {"type": "MultiPolygon", "coordinates": polygons}
    if tags.get("building", "no") != "no":
        take("buildings", _feature(shape, {}))
    elif tags.get("natural") == "water" or tags.get("waterway") == "riverbank" or tags.get("landuse") == "reservoir":
        take("water", _feature(shape, {"kind": "water"}))
    elif any(tags.get(key) in kinds for key, kinds in PARKS.items()):
        take("parks", _feature(shape, {"kind": "park"}))
    if _is_home(tags):
        lon, lat = polygons[0][0][0]
        reading.homes.append(Place(lat, lon))


def _is_home(tags: Mapping[str, str]) -> bool:
    """A house number that stands on nothing but a dwelling."""
    if not tags.get("addr:housenumber") or any(key in tags for key in NOT_A_HOME):
        return False
    return tags.get("building") not in NOT_RESIDENTIAL


def _polygons(area: Area) -> Iterator[list[list[list[float]]]]:
    for outer in area.outer_rings():
        yield [_ring(outer), *(_ring(inner) for inner in area.inner_rings(outer))]


def _ring(nodes: osmium.osm.NodeRefList) -> list[list[float]]:
    return [[round(node.lon, 6), round(node.lat, 6)] for node in nodes]


def _line(way: Way) -> dict[str, object]:
    return {"type": "LineString", "coordinates": _ring(way.nodes)}


def _feature(geometry: Mapping[str, object], properties: Mapping[str, str]) -> Feature:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
