"""What cells hands to other rooms."""

from dataclasses import dataclass
from typing import Literal

Band = Literal["under_5", "5_to_9", "10_or_more"]
Ring = tuple[tuple[float, float], ...]
Polygon = tuple[Ring, ...]


@dataclass(frozen=True)
class PublishedCell:
    """A cell as anyone may see it.

    `boundary`: polygons, each an outer ring and its holes of (lon, lat) in degrees, closed (GeoJSON order). They follow
    the leaves: an H3 parent's own outline overlaps its neighbours' leaves, and a map would show a place in two cells.
    """

    cell: str
    boundary: tuple[Polygon, ...]
    band: Band


@dataclass(frozen=True)
class FreezeReport:
    """What a freeze made: `addresses` taken in, `cells` published, `attached` H3 cells joined to a neighbour."""

    city: str
    addresses: int
    cells: int
    attached: int
