"""Areas of cells: what a radius around one's cell holds, where a post may be placed, which cells a drawn area touches.

Pure. Everything starts from published cells (H3 resolution 7 to 9), never from a home's point. A *piece* is a cell that
stands for all published cells inside it; a followed area is kept as few pieces.
"""

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import h3

from consentry.kernel.geo import Place, distance_m, offset

# Some 36 km²: no post is placed wider.
WIDEST_RES = 6
EARTH_M_PER_DEGREE = 111_195.0


def choices_for(cell: str) -> tuple[str, ...]:
    """Where the author of `cell` may place a post: the cell, then each parent up to the widest."""
    return (cell, *ancestors(cell))


def ancestors(cell: str) -> tuple[str, ...]:
    """Parents of `cell`, next first, up to the widest resolution of a post."""
    return tuple(h3.cell_to_parent(cell, res) for res in range(h3.get_resolution(cell) - 1, WIDEST_RES - 1, -1))


def is_cell(name: str) -> bool:
    """Is `name` an H3 cell in which posts may lie?"""
    return h3.is_valid_cell(name) and h3.get_resolution(name) >= WIDEST_RES


def pieces_around(cell: str, radius_m: int, published: Collection[str]) -> list[str]:
    """The published cells whose centres lie within `radius_m` of the centre of `cell`, as few pieces; sorted."""
    centre = Place(*h3.cell_to_latlng(cell))
    inside = {name for name in published if distance_m(centre, Place(*h3.cell_to_latlng(name))) <= radius_m}
    return compact(inside | {cell}, published)


def compact(inside: Iterable[str], published: Collection[str]) -> list[str]:
    """As few cells as stand for exactly the published cells `inside`: a parent all of whose cells are replaces them."""
    left, pieces = set(inside), set[str]()
    for res in (7, 8):
        families: dict[str, set[str]] = defaultdict(set)
        for name in published:
            if h3.get_resolution(name) > res:
                families[h3.cell_to_parent(name, res)].add(name)
        for parent, children in families.items():
            if len(children) > 1 and children <= left:
                left -= children
                pieces.add(parent)
    return sorted(pieces | left)


def outline_of(cell: str) -> tuple[tuple[float, float], ...]:
    """The corners of a cell (lat, lon), closed."""
    corners = [(round(lat, 6), round(lon, 6)) for lat, lon in h3.cell_to_boundary(cell)]
    return (*corners, corners[0])


def cells_in_polygon(corners: Sequence[Place], published: Collection[str]) -> list[str]:
    """The published cells that the polygon (first corner again at the end) touches; sorted."""
    rough = [name for name in published if _may_touch(name, corners)]
    return sorted(name for name in rough if _touches(name, corners))


def area_sq_m(corners: Sequence[Place]) -> float:
    """The area of a small polygon in square metres (shoelace on a plane through its first corner)."""
    flat = _flat(corners, corners[0])
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(flat))) / 2


def crosses_itself(corners: Sequence[Place]) -> bool:
    """Do two sides of the closed polygon cross?"""
    flat = _flat(corners, corners[0])
    sides = list(itertools.pairwise(flat))
    return any(
        _cross(*one, *other)
        for at, one in enumerate(sides)
        for number, other in enumerate(sides[at + 2 :], at + 2)
        if not (at == 0 and number == len(sides) - 1)
    )


def _may_touch(cell: str, corners: Sequence[Place]) -> bool:
    centre, reach = Place(*h3.cell_to_latlng(cell)), h3.average_hexagon_edge_length(h3.get_resolution(cell), "m") * 1.3
    box = (
        offset(centre, bearing=0, metres=reach).lat - centre.lat,
        offset(centre, bearing=90, metres=reach).lon - centre.lon,
    )
    lats, lons = [corner.lat for corner in corners], [corner.lon for corner in corners]
    return (
        min(lats) - box[0] <= centre.lat <= max(lats) + box[0]
        and min(lons) - box[1] <= centre.lon <= max(lons) + box[1]
    )


def _touches(cell: str, corners: Sequence[Place]) -> bool:
    outline = [Place(*corner) for corner in outline_of(cell)]
    if any(_holds(corners, corner) for corner in outline) or any(_holds(outline, corner) for corner in corners):
        return True
    mine, theirs = _flat(outline, corners[0]), _flat(corners, corners[0])
    return any(_cross(*one, *other) for one in itertools.pairwise(mine) for other in itertools.pairwise(theirs))


def _holds(corners: Sequence[Place], place: Place) -> bool:
    """Does the closed polygon hold `place` (ray casting)?"""
    inside = False
    for one, other in itertools.pairwise(corners):
        if (one.lat > place.lat) != (other.lat > place.lat):
            at = one.lon + (place.lat - one.lat) / (other.lat - one.lat) * (other.lon - one.lon)
            inside ^= place.lon < at
    return inside


def _flat(corners: Sequence[Place], origin: Place) -> list[tuple[float, float]]:
    east = distance_m(origin, Place(origin.lat, origin.lon + 0.01)) / 0.01
    return [((corner.lon - origin.lon) * east, (corner.lat - origin.lat) * EARTH_M_PER_DEGREE) for corner in corners]


_Point = tuple[float, float]


def _cross(a: _Point, b: _Point, c: _Point, d: _Point) -> bool:
    def side(p: _Point, q: _Point, r: _Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
