"""A made-up town to attack: a dense core, suburbs, lanes, hamlets and stray farms; no address is a real one.

What the attacker of these tests has: every residential address (more than the bound asks for), everything that is
public, for as long as wished, and no idea which address is likelier than another.
"""

import os
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import h3
import numpy as np
from numpy.typing import NDArray

from consentry.cells.rules import LEAF_RES, SAME_PLACE_RES, holder_of, partition
from consentry.kernel.geo import Place

CENTRE = Place(39.96, -83.0)
METRES_PER_DEGREE = 111_195.0
# `./test --nightly`: six towns with twice the cameras, each attacked longer; one town and three guesses otherwise.
NIGHTLY = os.environ.get("CONSENTRY_NIGHTLY") == "1"
CAMERAS = 24_000 if NIGHTLY else 12_000
TOWNS = tuple(range(5, 11)) if NIGHTLY else (5,)
GUESSES = tuple(range(1, 21)) if NIGHTLY else (1, 2, 3)
ANSWERS = 1_000 if NIGHTLY else 60
# (addresses, east and north of the centre in m, reach in m)
QUARTERS = ((9_000, 0, 0, 900), (24_000, 800, -300, 4_500), (6_000, -3_000, 2_500, 2_500), (2_500, 0, 0, 12_000))
HAMLETS = ((7_500, 9_000, 60), (-9_500, -4_000, 23), (11_000, -8_000, 8), (-4_000, 11_000, 1))


@dataclass(frozen=True)
class Town:
    """`places`: float64[n, 2], lat and lon in degrees, one row an address, each on a parcel of its own.

    `leaves`: H3 cell of resolution 9 of each. `cameras`: rows of `places` that have a camera, each once.
    """

    places: NDArray[np.float64]
    leaves: list[str]
    cameras: NDArray[np.int64]

    def place(self, row: int) -> Place:
        """The address of a row."""
        return Place(float(self.places[row, 0]), float(self.places[row, 1]))

    def cells(self) -> list[str]:
        """The published cell of each address, by the rules of the partition."""
        held = {cell.h3: cell.published for cell in partition(Counter(self.leaves))}
        return [holder_of(leaf, held) for leaf in self.leaves]


@cache
def build_town(seed: int = 5) -> Town:
    """The same town for the same seed."""
    random = np.random.default_rng(seed)
    parts = [random.normal((east, north), reach / 2, (count, 2)) for count, east, north, reach in QUARTERS]
    parts += [random.normal((east, north), 120, (count, 2)) for east, north, count in HAMLETS]
    metres = np.concatenate(parts)
    lat = CENTRE.lat + metres[:, 1] / METRES_PER_DEGREE
    lon = CENTRE.lon + metres[:, 0] / (METRES_PER_DEGREE * np.cos(np.radians(CENTRE.lat)))
    parcels: dict[str, tuple[float, float]] = {}
    for one, other in zip(lat.tolist(), lon.tolist(), strict=True):
        parcels.setdefault(h3.latlng_to_cell(one, other, SAME_PLACE_RES), (one, other))
    places = np.array(list(parcels.values()))
    # Not the parcel's parent: H3 cells of two resolutions do not nest exactly on the ground.
    leaves = [h3.latlng_to_cell(one, other, LEAF_RES) for one, other in parcels.values()]
    cameras = np.sort(random.choice(len(places), CAMERAS, replace=False))
    return Town(places, leaves, cameras)


def inside(places: NDArray[np.float64], coordinates: Any) -> NDArray[np.bool_]:  # Any: GeoJSON MultiPolygon
    """Which of `places` lie in a drawn cell: even-odd rule over all its rings."""
    odd = np.zeros(len(places), dtype=np.bool_)
    lat, lon = places[:, 0], places[:, 1]
    for (lon_a, lat_a), (lon_b, lat_b) in (
        edge for polygon in coordinates for ring in polygon for edge in pairwise(ring)
    ):
        if lat_a != lat_b:
            crosses = (lat_a > lat) != (lat_b > lat)
            odd ^= crosses & (lon < lon_a + (lat - lat_a) * (lon_b - lon_a) / (lat_b - lat_a))
    return odd
