"""Painting covers into a decoded picture: one grey, whole cells of 2 × 2 pixels, the grain of the colour planes."""

from typing import TYPE_CHECKING

import numpy as np

from consentry.evidence.redact.decode import pixels_of
from consentry.evidence.redact.types import Box
from consentry.kernel.mask import MASK_SPAN, Mask
from consentry.media.mask_area import hidden_spans

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from consentry.evidence.redact.cover import Cover

# One grey for all that is hidden, in both ranges of brightness.
HIDDEN_LUMA, HIDDEN_CHROMA = 64, 128
_LEVELS = (HIDDEN_LUMA, HIDDEN_CHROMA, HIDDEN_CHROMA)
OUTLINE_LUMA = 235
# Levels that coding may put a hidden pixel off: at most 6 were seen, at the border of a cover that moves.
CODING_NOISE = 16


def burn_in(frame: "VideoFrame", cover: "Cover") -> None:
    """Hide what `cover` names in `frame` (4:2:0, 8 bits, even sides)."""
    frame.make_writable()  # the decoder predicts from its own copy
    cells = [cells_of(box, frame.width, frame.height) for box in cover.boxes]
    spans = hidden_spans(Mask(cover.polygons), frame.width, frame.height) if cover.polygons else None
    for at, level in enumerate(_LEVELS):
        pixels, grain = pixels_of(frame, at), 1 if at else 2
        for left, top, right, bottom in cells:
            pixels[grain * top : grain * bottom, grain * left : grain * right] = level
        for span in () if spans is None else (spans.chroma if at else spans.luma):
            pixels[span.row, span.start : span.end] = level


def is_covered(frame: "VideoFrame", cover: "Cover") -> bool:
    """Is all that `cover` names of the one colour, but for the noise of coding?"""
    cells = [cells_of(box, frame.width, frame.height) for box in cover.boxes]
    spans = hidden_spans(Mask(cover.polygons), frame.width, frame.height) if cover.polygons else None
    for at, level in enumerate(_LEVELS):
        pixels, grain = pixels_of(frame, at), 1 if at else 2
        hidden = [
            pixels[grain * top : grain * bottom, grain * left : grain * right] for left, top, right, bottom in cells
        ]
        if spans is not None:
            hidden += [pixels[span.row, span.start : span.end] for span in (spans.chroma if at else spans.luma)]
        if any(np.abs(part.astype(np.int16) - level).max(initial=0) > CODING_NOISE for part in hidden):
            return False
    return True


def outline(frame: "VideoFrame", cover: "Cover") -> None:
    """Draw thin lines around what would be hidden, for whoever reviews; what is inside stays to be seen."""
    frame.make_writable()
    pixels = pixels_of(frame, 0)
    boxes = [*cover.boxes, *(_around(polygon) for polygon in cover.polygons)]
    for left, top, right, bottom in (cells_of(box, frame.width, frame.height) for box in boxes):
        for row in (2 * top, 2 * bottom - 2):
            pixels[row : row + 2, 2 * left : 2 * right] = OUTLINE_LUMA
        for column in (2 * left, 2 * right - 2):
            pixels[2 * top : 2 * bottom, column : column + 2] = OUTLINE_LUMA


def cells_of(box: Box, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """The cells [left, right) × [top, bottom) that `box` touches, at least one each way."""
    wide, high = width_px // 2, height_px // 2
    left, top = min(box.left * wide // MASK_SPAN, wide - 1), min(box.top * high // MASK_SPAN, high - 1)
    right, bottom = -(-box.right * wide // MASK_SPAN), -(-box.bottom * high // MASK_SPAN)
    return left, top, min(max(right, left + 1), wide), min(max(bottom, top + 1), high)


def _around(polygon: tuple[tuple[int, int], ...]) -> Box:
    across, down = [x for x, _ in polygon], [y for _, y in polygon]
    return Box(min(across), min(down), max(across), max(down))
