"""Pure rules of the partition: how H3 leaf cells become published cells, what a band is, what counts as one place.

1. Leaves are H3 cells of resolution 9. From there up to resolution 7 (some 5 km²): a parent stays split only if each of
   its children that has addresses holds at least 50, or is itself split; else all its children merge into it.
2. What is still under 50 at resolution 7 (a farm, a mistyped address) is *attached* to the nearest published cell, so
   that one stray point cannot merge a whole city into one cell.
3. A city with no cell of 50 at all becomes one published cell, `small_city`, to which all others are attached.

Source: docs/design/privacy.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import h3
import numpy as np
from numpy.typing import NDArray

from consentry.cells.types import Band
from consentry.kernel.geo import EARTH_RADIUS_M, Place

LEAF_RES = 9
COARSEST_RES = 7
MIN_ADDRESSES = 50
ATTACHED, SMALL_CITY = "attached", "small_city"
SAME_PLACE_RES = 12


class FrozenCell(NamedTuple):
    """One H3 cell of a partition: `published` is itself, or the cell that it is attached to (`reason` says why)."""

    h3: str
    published: str
    addresses: int
    reason: str


class _Node(NamedTuple):
    """A cell on the way up: addresses inside, and the cells it stays split into (empty: it is whole)."""

    addresses: int
    parts: tuple[tuple[str, int], ...]

    @property
    def settled(self) -> bool:
        return bool(self.parts) or self.addresses >= MIN_ADDRESSES


def partition(leaves: Mapping[str, int]) -> list[FrozenCell]:
    """The partition of a city from `leaves` (H3 resolution 9 → residential addresses, each ≥ 1), sorted by H3 cell."""
    nodes = {cell: _Node(count, ()) for cell, count in leaves.items()}
    for res in range(LEAF_RES - 1, COARSEST_RES - 1, -1):
        nodes = _merge_up(nodes, res)
    whole: list[tuple[str, int]] = []
    sparse: list[tuple[str, int]] = []
    for cell, node in nodes.items():
        if node.settled:
            whole.extend(node.parts or ((cell, node.addresses),))
        else:
            sparse.append((cell, node.addresses))
    return sorted(_attach(sorted(whole), sorted(sparse)))


def band_of(count: int) -> Band:
    """The band of `count` consenting places; ValueError for a negative one."""
    if count < 0:
        raise ValueError("a count is not negative")
    if count < 5:
        return "under_5"
    return "5_to_9" if count < 10 else "10_or_more"


def count_places(cameras: Iterable[tuple[str, str, Place]]) -> dict[str, int]:
    """Places with cameras per cell, from (cell, owner, place): five cameras of one household count once.

    Cameras are one place when they share the owner or lie in one H3 cell of resolution 12 (some 300 m², a parcel);
    that may count two neighbours as one, never one as two.
    """
    per_cell: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for cell, owner, place in cameras:
        per_cell[cell].append((f"o{owner}", f"p{h3.latlng_to_cell(place.lat, place.lon, SAME_PLACE_RES)}"))
    return {cell: _groups(pairs) for cell, pairs in per_cell.items()}


def holder_of(leaf: str, published: Mapping[str, str]) -> str:
    """The published cell of a `leaf` that has addresses, from `published` (H3 cell → published cell)."""
    return next(
        published[cell] for res in range(LEAF_RES, -1, -1) if (cell := h3.cell_to_parent(leaf, res)) in published
    )


def nearest(place: Place, cells: Sequence[str], centres: NDArray[np.float64]) -> tuple[str, float]:
    """The cell of `cells` nearest to `place` and the metres to its rim (0 inside, roughly).

    `centres`: float64[len(cells), 3], degrees lat, degrees lon, radius in metres (`centres_of`).
    """
    lat, lon = np.radians(centres[:, 0]), np.radians(centres[:, 1])
    lat_0, lon_0 = np.radians(place.lat), np.radians(place.lon)
    h = np.sin((lat - lat_0) / 2) ** 2 + np.cos(lat_0) * np.cos(lat) * np.sin((lon - lon_0) / 2) ** 2
    rim_m = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0))) - centres[:, 2]
    best = int(np.argmin(rim_m))
    return cells[best], max(0.0, float(rim_m[best]))


def centres_of(cells: Sequence[str]) -> NDArray[np.float64]:
    """float64[len(cells), 3]: centre (degrees lat, lon) and radius (metres) of each cell."""
    rows = [(*h3.cell_to_latlng(cell), h3.average_hexagon_edge_length(h3.get_resolution(cell), "m")) for cell in cells]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def _merge_up(nodes: Mapping[str, _Node], res: int) -> dict[str, _Node]:
    families: dict[str, list[tuple[str, _Node]]] = defaultdict(list)
    for cell, node in nodes.items():
        families[h3.cell_to_parent(cell, res)].append((cell, node))
    return {parent: _joined(children) for parent, children in families.items()}


def _joined(children: list[tuple[str, _Node]]) -> _Node:
    total = sum(node.addresses for _, node in children)
    if not all(node.settled for _, node in children):
        return _Node(total, ())
    parts = (part for cell, node in children for part in (node.parts or ((cell, node.addresses),)))
    return _Node(total, tuple(parts))


def _attach(whole: list[tuple[str, int]], sparse: list[tuple[str, int]]) -> list[FrozenCell]:
    frozen = [FrozenCell(cell, cell, count, "") for cell, count in whole]
    if not whole and sparse:
        main = max(sparse, key=lambda item: (item[1], item[0]))
        frozen = [FrozenCell(main[0], main[0], main[1], SMALL_CITY)]
        sparse = [item for item in sparse if item != main]
    targets = [cell.h3 for cell in frozen]
    centres = centres_of(targets)
    for cell, count in sparse:
        published, _ = nearest(Place(*h3.cell_to_latlng(cell)), targets, centres)
        frozen.append(FrozenCell(cell, published, count, ATTACHED))
    return frozen


def _groups(pairs: list[tuple[str, str]]) -> int:
    """Connected groups of a bipartite graph owner – place (union-find)."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for owner, place in pairs:
        parent[root(owner)] = root(place)
    return len({root(name) for pair in pairs for name in pair})
