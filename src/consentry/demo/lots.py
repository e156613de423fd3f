"""What stands along the streets: homes and shops with their footprints, and parks that keep some ground free."""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

from consentry.demo.ground import Point, Ring, along, between
from consentry.demo.names import PARKS
from consentry.demo.streets import Block, bend

SETBACK_M = 17.0
HARBOUR = Point(-520.0, -860.0)
DOWNTOWN_M = 420.0


@dataclass(frozen=True)
class Building:
    """A footprint; `address` is empty for sheds and halls, `is_home` counts as a residential address."""

    ring: Ring
    door: Point
    address: str
    block: str
    is_home: bool
    faces_deg: float


@dataclass(frozen=True)
class Park:
    """Open ground with a name."""

    name: str
    ring: Ring
    centre: Point
    reach_m: float


def lay_parks() -> tuple[Park, ...]:
    """Five parks at fixed spots of the bent grid."""
    spots = ((-700.0, 560.0), (620.0, 760.0), (880.0, -420.0), (-60.0, -300.0), (-1_050.0, -250.0))
    named = zip(PARKS, spots, strict=True)
    return tuple(_park(name, bend(u, v), 150.0 + 25 * (at % 3)) for at, (name, (u, v)) in enumerate(named))


def _park(name: str, centre: Point, reach_m: float) -> Park:
    ring = []
    for step in range(36):
        angle = 2 * math.pi * step / 36
        away = reach_m * (0.8 + 0.14 * math.sin(3 * angle + centre.x) + 0.06 * math.sin(5 * angle))
        ring.append(Point(centre.x + away * math.cos(angle), centre.y + away * math.sin(angle)))
    return Park(name, (*ring, ring[0]), centre, reach_m)


def lay_buildings(blocks: Iterable[Block], parks: tuple[Park, ...], rng: random.Random) -> tuple[Building, ...]:
    """Buildings on both sides of every block, none in a park; shops near the harbour, homes elsewhere."""
    return tuple(
        building for block in blocks for building in _along_block(block, rng) if not _in_a_park(building.door, parks)
    )


def _along_block(block: Block, rng: random.Random) -> Iterable[Building]:
    length = between(block.start, block.end)
    margin, lot = (22.0, 12.8) if block.is_long else (42.0, 12.8)
    is_town = between(block.start, HARBOUR) < DOWNTOWN_M
    lot = 26.0 if is_town else lot
    count = int((length - 2 * margin) / lot)
    for side in (1, -1):
        for at in range(count):
            if not is_town and rng.random() < 0.05:
                continue
            spot = margin + (at + 0.5) * lot
            yield _building(block, spot, side, number=block.number + 2 * at + (1 if side > 0 else 2), is_town=is_town)


def _building(block: Block, spot: float, side: int, *, number: int, is_town: bool) -> Building:
    front, depth = SETBACK_M - 5.0, 15.0 if is_town else 10.5
    half = 11.5 if is_town else 4.5
    corners = [(spot - half, front), (spot + half, front), (spot + half, front + depth), (spot - half, front + depth)]
    ring = tuple(along(block.start, block.end, metres, side * aside) for metres, aside in corners)
    door = along(block.start, block.end, spot, side * front)
    kerb = along(block.start, block.end, spot, 0.0)
    return Building(
        ring=(*ring, ring[0]),
        door=door,
        address=f"{number} {block.street}",
        block=f"{block.number} block of {block.street}",
        is_home=not is_town,
        faces_deg=math.degrees(math.atan2(kerb.x - door.x, kerb.y - door.y)) % 360,
    )


def _in_a_park(point: Point, parks: tuple[Park, ...]) -> bool:
    return any(between(point, park.centre) < park.reach_m for park in parks)
