"""The street network: a bent and thinned grid inside a coast road, so that it looks grown rather than drawn."""

import math
import random
from dataclasses import dataclass

from consentry.demo.ground import Point, inland_m, shore
from consentry.demo.names import AVENUES, STREETS

STREET_GAP_M, AVENUE_GAP_M = 112.0, 196.0
COAST_ROAD_M = 70.0
_TURN = math.radians(17)


@dataclass(frozen=True)
class Street:
    """One named line. `kind`: primary, secondary or residential (as on the basemap)."""

    name: str
    kind: str
    line: tuple[Point, ...]


@dataclass(frozen=True)
class Block:
    """A stretch of a street between two crossings; `number` is its hundred."""

    street: str
    number: int
    start: Point
    end: Point
    is_long: bool


def bend(u: float, v: float) -> Point:
    """From the straight grid (metres) to the bent one."""
    x = u + 46 * math.sin(v / 410 + 0.8) + 18 * math.sin(u / 230)
    y = v + 52 * math.sin(u / 480 - 0.4) + 16 * math.sin(v / 260 + 1.2)
    return Point(x * math.cos(_TURN) - y * math.sin(_TURN), x * math.sin(_TURN) + y * math.cos(_TURN))


def is_town(point: Point) -> bool:
    """May a street run here?"""
    return inland_m(point) > COAST_ROAD_M + 8


def lay_streets(rng: random.Random) -> tuple[tuple[Street, ...], tuple[Block, ...]]:
    """All streets and their blocks."""
    streets: list[Street] = []
    blocks: list[Block] = []
    reach = 17
    for column in range(-reach, reach + 1):
        corners = [bend(column * STREET_GAP_M, row * AVENUE_GAP_M) for row in range(-11, 12)]
        _add_line(streets, blocks, _plan(column, corners, rng, is_long=True))
    for row in range(-10, 11):
        corners = [bend(column * STREET_GAP_M, row * AVENUE_GAP_M) for column in range(-reach - 1, reach + 2)]
        _add_line(streets, blocks, _plan(row, corners, rng, is_long=False))
    streets.append(Street("Coast Road", "secondary", shore(COAST_ROAD_M)))
    return tuple(streets), tuple(blocks)


@dataclass(frozen=True)
class _Line:
    name: str
    kind: str
    corners: list[Point]
    gaps: frozenset[int]
    is_long: bool


def _plan(number: int, corners: list[Point], rng: random.Random, *, is_long: bool) -> _Line:
    """Long stretches run north (`Street`), short ones east (`Avenue`); a few stretches are left out."""
    if is_long:
        name = f"{STREETS[number % len(STREETS)]} Street"
        kind = "primary" if number == 0 else "residential"
    else:
        name = f"{AVENUES[number % len(AVENUES)]} Avenue"
        kind = "secondary" if number % 4 == 0 else "residential"
    share = 0.0 if kind != "residential" else 0.1
    gaps = frozenset(at for at in range(len(corners) - 1) if rng.random() < share)
    return _Line(name, kind, corners, gaps, is_long)


def _add_line(streets: list[Street], blocks: list[Block], line: _Line) -> None:
    run: list[Point] = []
    for at, (start, end) in enumerate(zip(line.corners, line.corners[1:], strict=False)):
        if at in line.gaps or not (is_town(start) and is_town(end)):
            _close(streets, line, run)
            run = []
            continue
        run = run or [start]
        run.append(end)
        blocks.append(Block(line.name, 100 * (at + 1), start, end, line.is_long))
    _close(streets, line, run)


def _close(streets: list[Street], line: _Line, run: list[Point]) -> None:
    if len(run) >= 2:
        streets.append(Street(line.name, line.kind, tuple(run)))
