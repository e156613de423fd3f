"""The demo city as GeoJSON features, layer by layer, for the same basemap pipeline that real cities use."""

from collections.abc import Iterable, Iterator

from consentry.demo.city import City, quarters
from consentry.demo.ground import Point, shore, to_place

# A GeoJSON feature; its members are of many types by its own format.
Feature = dict[str, object]

SEA_RING = tuple(Point(x * 9_000.0, y * 9_000.0) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)))


def features(city: City) -> Iterator[tuple[str, Feature]]:
    """(layer, feature) of everything that is drawn: water, parks, buildings, roads, names."""
    yield "water", _polygon((SEA_RING, shore()), {"kind": "sea"})
    for park in city.parks:
        yield "parks", _polygon((park.ring,), {"kind": "park"})
        yield "names", _point(park.centre, {"name": park.name, "kind": "park"})
    for building in city.buildings:
        yield "buildings", _polygon((building.ring,), {})
    for street in city.streets:
        line = {"type": "LineString", "coordinates": _coordinates(street.line)}
        yield "roads", {"type": "Feature", "geometry": line, "properties": {"name": street.name, "kind": street.kind}}
    for name, place in quarters():
        point = {"type": "Point", "coordinates": [place.lon, place.lat]}
        yield "names", {"type": "Feature", "geometry": point, "properties": {"name": name, "kind": "quarter"}}


def _polygon(rings: Iterable[Iterable[Point]], properties: dict[str, str]) -> Feature:
    shape = {"type": "Polygon", "coordinates": [_coordinates(ring) for ring in rings]}
    return {"type": "Feature", "geometry": shape, "properties": properties}


def _point(point: Point, properties: dict[str, str]) -> Feature:
    shape = {"type": "Point", "coordinates": _coordinates((point,))[0]}
    return {"type": "Feature", "geometry": shape, "properties": properties}


def _coordinates(points: Iterable[Point]) -> list[list[float]]:
    places = (to_place(point) for point in points)
    return [[place.lon, place.lat] for place in places]
