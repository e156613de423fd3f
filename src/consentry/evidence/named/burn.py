"""Burning a mark into pictures: a dark strip with the name at the lower edge, and the name faintly all over.

The strip is for people who read it; what lies over the picture is for a copy whose lower edge was cut off. It changes
brightness alone, darker on light and lighter on dark, so that what is shown stays to be recognised.
"""

from typing import TYPE_CHECKING

import av
import numpy as np

from consentry.evidence.named.mark import Mark
from consentry.evidence.redact.decode import pixels_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    Alpha = NDArray[np.uint8]

STRIP_LUMA, LETTER_LUMA, NO_COLOUR = 32, 225, 128
# Of the picture's height: the strip, and a line of what lies over it.
_STRIP, _LINE = 12, 16
_MIDDLE = 128
FAINT_LEVELS = 28
_LETTER = 128  # from this opacity on a pixel counts as a letter's


class Burner:
    """Burns one mark into pictures of one size; owns what it made of the mark for that size."""

    def __init__(self, mark: Mark, width_px: int, height_px: int) -> None:
        """`width_px`, `height_px`: even."""
        self.size_px = width_px, height_px
        alpha = np.frombuffer(mark.alpha, np.uint8).reshape(mark.height_px, mark.width_px)
        strip = scaled(alpha, max(height_px // _STRIP, 16), width_px)
        self.strip_top = height_px - strip.shape[0]
        self._strip = np.full((strip.shape[0], width_px), STRIP_LUMA, np.uint8)
        self._strip[:, : strip.shape[1]] = STRIP_LUMA + (
            strip.astype(np.uint16) * (LETTER_LUMA - STRIP_LUMA) // 255
        ).astype(np.uint8)  # fmt: skip
        self._rows, self._columns = np.nonzero(self._all_over(alpha))

    def burn(self, frame: "VideoFrame") -> None:
        """Burn it into `frame` (4:2:0, 8 bits, of this burner's size)."""
        frame.make_writable()  # the decoder predicts from its own copy
        luma = pixels_of(frame, 0)
        under = luma[self._rows, self._columns]
        luma[self._rows, self._columns] = np.where(under < _MIDDLE, under + FAINT_LEVELS, under - FAINT_LEVELS)
        width, height = self.size_px
        luma[self.strip_top : height, :width] = self._strip
        for plane in (1, 2):
            pixels_of(frame, plane)[self.strip_top // 2 : height // 2, : width // 2] = NO_COLOUR

    def _all_over(self, alpha: "Alpha") -> "NDArray[np.bool_]":
        """Where letters lie over the picture: the mark again and again, every second row shifted by half."""
        width, height = self.size_px
        one = scaled(alpha, max(height // _LINE, 12), width) >= _LETTER
        across, down = one.shape[1] * 2, one.shape[0] * 3
        tile = np.zeros((down * 2, across), np.bool_)
        tile[: one.shape[0], : one.shape[1]] = one
        tile[down : down + one.shape[0], : one.shape[1]] = one
        tile[down:] = np.roll(tile[down:], across // 2, axis=1)
        times = -(-height // tile.shape[0]), -(-width // tile.shape[1])
        return np.tile(tile, times)[:height, :width]


def scaled(alpha: "Alpha", height_px: int, most_px: int) -> "Alpha":
    """`alpha` at `height_px` rows, fewer where it would be wider than `most_px`; even sides, uint8[height, width]."""
    height, width = alpha.shape
    share = min(height_px / height, most_px / width)
    size = max(int(width * share) // 2 * 2, 2), max(int(height * share) // 2 * 2, 2)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(alpha), format="gray")
    small = frame.reformat(*size, "gray", interpolation="AREA")
    return pixels_of(small, 0)[: size[1], : size[0]].copy()
