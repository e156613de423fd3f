"""What cells hands to other rooms."""

from dataclasses import dataclass
from typing import Literal

Band = Literal["under_5", "5_to_9", "10_or_more"]
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class PublishedCell:
    """A cell as anyone may see it.

    `boundary`: rings of (lon, lat) in degrees, one closed ring per H3 cell that belongs to it (GeoJSON order).
    """

    cell: str
    boundary: tuple[Ring, ...]
    band: Band


@dataclass(frozen=True)
class FreezeReport:
    """What a freeze made: `addresses` taken in, `cells` published, `attached` H3 cells joined to a neighbour."""

    city: str
    addresses: int
    cells: int
    attached: int
