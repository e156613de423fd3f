"""The name as a small picture of letters, drawn once by us; the child that burns it in needs no font and no text.

The font is Bitstream Vera as it comes with reportlab, as in the reports. A letter that it lacks is shown as `?`; the
disclosure's id stands below the name and is never ambiguous.
"""

import struct
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont

from consentry.evidence.bag.report.pdf import pdf_letters
from consentry.kernel.errors import Malformed

NAME_PX, ID_PX, _GAP_PX = 40, 26, 8
_LINE_CHARS, _MOST_LINES = 40, 3
_MOST_PX = 2_048
_HEAD = struct.Struct(">HH")


@dataclass(frozen=True, slots=True)
class Mark:
    """How opaque each pixel of the letters is: `alpha` uint8[height, width] row by row, 255 inside a letter."""

    width_px: int
    height_px: int
    alpha: bytes

    def pack(self) -> bytes:
        """As it goes to the child."""
        return _HEAD.pack(self.width_px, self.height_px) + self.alpha


def parse_mark(data: bytes) -> Mark:
    """The same mark again; Malformed when it is none."""
    if len(data) < _HEAD.size:
        raise Malformed("no mark")
    width, height = _HEAD.unpack_from(data)
    alpha = data[_HEAD.size :]
    if not width or not height or len(alpha) != width * height:
        raise Malformed("no mark")
    return Mark(width, height, alpha)


def mark_of(name: str, number: str) -> Mark:
    """Lines of `name`, and `number` (the disclosure's id) below it."""
    lines = [(line, NAME_PX) for line in lines_of(name)] + [(number, ID_PX)]
    wide = max(int(_font(size).getlength(text)) for text, size in lines) + 2 * _GAP_PX
    high = sum(size + _GAP_PX for _, size in lines) + 2 * _GAP_PX
    picture = Image.new("L", (min(wide, _MOST_PX), high), 0)
    draw, top = ImageDraw.Draw(picture), _GAP_PX
    for text, size in lines:
        draw.text((_GAP_PX, top), text, fill=255, font=_font(size))
        top += size + _GAP_PX
    return Mark(picture.width, picture.height, picture.tobytes())


def lines_of(name: str) -> list[str]:
    """The name in at most three lines, letters that cannot be drawn as `?`; a longer one ends in an ellipsis."""
    known = pdf_letters() - {ord("\n")}
    drawn = "".join(one if ord(one) in known else "?" for one in " ".join(name.split()))
    return textwrap.wrap(drawn, _LINE_CHARS, max_lines=_MOST_LINES, placeholder="…") or ["?"]


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    path = Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf"
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)
