"""What an owner hides in a picture: polygons that the edge burns in before the first byte leaves. docs/spec/mask.md.

Corners are in ten-thousandths of the picture's width and height, so that a mask holds for each size of one view. The
hash stands in the terms that the owner signs (`view_attested.mask_sha256`); it alone binds a mask to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consentry.kernel.canonical import sha256_of
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_MASK_CORNERS, MAX_MASK_POLYGONS

MASK_SPAN = 10_000
_FEWEST_CORNERS = 3

Corner = tuple[int, int]


@dataclass(frozen=True)
class Mask:
    """1 to 16 polygons of 3 to 32 corners `(x, y)`, each from 0 to 10,000 (left to right, top to bottom).

    Whatever lies inside any of them is hidden; where a polygon crosses itself, all that it encloses.
    """

    polygons: tuple[tuple[Corner, ...], ...]


def mask_record(mask: Mask) -> dict[str, Any]:
    """The JSON object of `mask`, as hashed, stored and sent (the value of canonical JSON, hence `Any`)."""
    return {"polygons": [[list(corner) for corner in polygon] for polygon in mask.polygons], "v": 1}


def mask_sha256(mask: Mask) -> str:
    """Lower-case hex SHA-256 of the canonical JSON of `mask`: its name in the terms."""
    return sha256_of(mask_record(mask)).hex()


def parse_mask(value: object) -> Mask:
    """Parse `mask_record`; Malformed for another shape, a corner outside the picture, none or too many."""
    if not isinstance(value, Mapping) or set(value) != {"polygons", "v"} or value["v"] != 1:
        raise Malformed("not a mask")
    polygons = value["polygons"]
    if not isinstance(polygons, list) or not 0 < len(polygons) <= MAX_MASK_POLYGONS:
        raise Malformed(f"a mask has 1 to {MAX_MASK_POLYGONS} polygons")
    return Mask(tuple(_polygon(polygon) for polygon in polygons))


def _polygon(value: object) -> tuple[Corner, ...]:
    if not isinstance(value, list) or not _FEWEST_CORNERS <= len(value) <= MAX_MASK_CORNERS:
        raise Malformed(f"a polygon of a mask has {_FEWEST_CORNERS} to {MAX_MASK_CORNERS} corners")
    return tuple(_corner(corner) for corner in value)


def _corner(value: object) -> Corner:
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("a corner is two numbers")
    x, y = (_number(item) for item in value)
    return x, y


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MASK_SPAN:
        raise Malformed(f"a corner's number is from 0 to {MASK_SPAN}")
    return value
