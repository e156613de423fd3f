"""Which pixels a mask hides, computed once per picture size; pure. It errs outwards, never inwards.

Works on cells of 2 × 2 pixels, the grain of the colour planes: a cell that a polygon touches anywhere is hidden whole,
so no colour of what is behind shows at an edge.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consentry.kernel.mask import MASK_SPAN, Mask

Point = tuple[float, float]
Segment = tuple[Point, Point]


@dataclass(frozen=True)
class Span:
    """Pixels [start, end) of one row of one plane."""

    row: int
    start: int
    end: int


@dataclass(frozen=True)
class Hidden:
    """The hidden spans of the brightness plane and of each of the two colour planes (4:2:0, half as wide and high)."""

    luma: tuple[Span, ...]
    chroma: tuple[Span, ...]


def hidden_spans(mask: Mask, width_px: int, height_px: int) -> Hidden:
    """What `mask` hides of a picture of this size."""
    wide, high = (width_px + 1) // 2, (height_px + 1) // 2
    rows: dict[int, list[tuple[int, int]]] = {}
    for polygon in mask.polygons:
        corners = [(x * width_px / MASK_SPAN / 2, y * height_px / MASK_SPAN / 2) for x, y in polygon]
        for row, start, end in _touched(corners, wide, high):
            rows.setdefault(row, []).append((start, end))
    chroma = tuple(
        Span(row, start, end) for row, pairs in sorted(rows.items()) for start, end in _joined(pairs)
    )  # fmt: skip
    luma = tuple(
        Span(row, 2 * span.start, min(2 * span.end, width_px))
        for span in chroma for row in (2 * span.row, 2 * span.row + 1) if row < height_px
    )  # fmt: skip
    return Hidden(luma, chroma)


def _touched(corners: list[Point], wide: int, high: int) -> Iterator[tuple[int, int, int]]:
    """(row, start, end) of the cells that the polygon touches: all that an edge crosses, and all inside."""
    segments = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    lowest, highest = min(y for _, y in corners), max(y for _, y in corners)
    # What lies on the far border touches the last cells.
    for row in range(max(0, min(math.floor(lowest), high - 1)), min(high, math.floor(highest) + 1)):
        for left, right in (*_edges_in(segments, row), *_inside_at(segments, row + 0.5)):
            start, end = max(0, min(math.floor(left), wide - 1)), min(wide, math.floor(right) + 1)
            if start < end:
                yield row, start, end


def _edges_in(segments: Iterable[Segment], row: int) -> Iterator[tuple[float, float]]:
    """How far each edge reaches to the left and to the right between `row` and `row + 1`."""
    for (x0, y0), (x1, y1) in segments:
        if max(y0, y1) < row or min(y0, y1) > row + 1:
            continue
        if y0 == y1:
            yield min(x0, x1), max(x0, x1)
            continue
        crossed = [x0 + (min(max(y, row), row + 1) - y0) * (x1 - x0) / (y1 - y0) for y in (y0, y1)]
        yield min(crossed), max(crossed)


def _inside_at(segments: Iterable[Segment], y: float) -> Iterator[tuple[float, float]]:
    """Where the line at `y` is inside: wherever the edges wind around it at all, so a crossed polygon has no hole."""
    crossings = sorted(
        (x0 + (y - y0) * (x1 - x0) / (y1 - y0), 1 if y1 > y0 else -1)
        for (x0, y0), (x1, y1) in segments if (y0 <= y) != (y1 <= y)
    )  # fmt: skip
    winding, since = 0, 0.0
    for x, turn in crossings:
        if winding == 0:
            since = x
        winding += turn
        if winding == 0:
            yield since, x


def _joined(pairs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same cells as few spans, from left to right."""
    pairs.sort()
    start, end = pairs[0]
    for next_start, next_end in pairs[1:]:
        if next_start > end:
            yield start, end
            start, end = next_start, next_end
        end = max(end, next_end)
    yield start, end
