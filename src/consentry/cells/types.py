"""What cells hands to other rooms."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal, NamedTuple, Self

from consentry.kernel.geo import Place, offset

Band = Literal["under_5", "5_to_9", "10_or_more"]
Ring = tuple[tuple[float, float], ...]
Polygon = tuple[Ring, ...]


class Block(NamedTuple):
    """Where the distances of a group of 50 or more addresses are measured from; for the server's own reckoning.

    `middle`: of its addresses; `radius_m`: no address of the block lies further from there.
    """

    middle: Place
    radius_m: int


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
class Area:
    """What somebody asks about, before it is widened. `ring`: corners of one polygon, closed or not, in any turn."""

    ring: tuple[Place, ...]

    @classmethod
    def around(cls, centre: Place, *, area_sq_m: float) -> Self:
        """A regular polygon of 24 corners of about `area_sq_m` around `centre`; ValueError for less than 1 m²."""
        if not area_sq_m >= 1:
            raise ValueError("an area has at least 1 square metre")
        radius_m = sqrt(area_sq_m / pi)
        return cls(tuple(offset(centre, bearing=15.0 * turn, metres=radius_m) for turn in range(24)))


@dataclass(frozen=True)
class WidenedArea:
    """An area in whole published cells that hold at least 50 addresses together; safe to show to anyone.

    `cells`: published cells, sorted; what a camera's own `cell` is looked up in. `boundary`: their common outline,
    as in `PublishedCell`.
    """

    cells: tuple[str, ...]
    boundary: tuple[Polygon, ...]


@dataclass(frozen=True)
class FreezeReport:
    """What a freeze made: `addresses` taken in, `cells` published, `attached` H3 cells joined to a neighbour."""

    city: str
    addresses: int
    cells: int
    attached: int
