"""A 5 by 7 dot font for the burnt-in name and clock, and the way to read the clock back from a picture."""

from datetime import UTC, datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

# Five columns per glyph, lowest bit on top.
_COLUMNS = {
    " ": "0000000000", "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2141454B31", "4": "1814127F10",
    "5": "2745454539", "6": "3C4A494930", "7": "0171090503", "8": "3649494936", "9": "064949291E", "A": "7E1111117E",
    "B": "7F49494936", "C": "3E41414122", "D": "7F4141221C", "E": "7F49494941", "F": "7F09090901", "G": "3E4149497A",
    "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01", "K": "7F08142241", "L": "7F40404040", "M": "7F020C027F",
    "N": "7F0408107F", "O": "3E4141413E", "P": "7F09090906", "Q": "3E4151215E", "R": "7F09192946", "S": "4649494931",
    "T": "01017F0101", "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543", ":": "0036360000", ".": "0060600000", "-": "0808080808", ",": "0050300000",
}  # fmt: skip
SCALE = 2
CELL_W, CELL_H = 6 * SCALE, 7 * SCALE
BAR_H = CELL_H + 8
TEXT_Y = 4
LIT, DARK = 225, 24
CLOCK_CHARS = len("2026-11-22 20:00:00.000")
_CLOCK_ALPHABET = "0123456789"


@cache
def glyph(char: str) -> NDArray[np.uint8]:
    """Luma of one cell, uint8[14, 12]; a blank for a character that the font lacks."""
    dots = np.zeros((7, 6), dtype=bool)
    for column, bits in enumerate(bytes.fromhex(_COLUMNS.get(char.upper(), _COLUMNS[" "]))):
        dots[:, column] = [(bits >> row) & 1 for row in range(7)]
    big = np.kron(dots, np.ones((SCALE, SCALE), dtype=bool))
    return np.where(big, LIT, DARK).astype(np.uint8)


def write_text(luma: NDArray[np.uint8], text: str, x: int, y: int = TEXT_Y) -> None:
    """Write `text` into uint8[height, width] at column `x`, row `y`; what does not fit is left out."""
    for index, char in enumerate(text):
        left = x + index * CELL_W
        if left + CELL_W > luma.shape[1]:
            return
        luma[y : y + CELL_H, left : left + CELL_W] = glyph(char)


def clock_x(width: int) -> int:
    """Where the clock begins in a picture of `width` pixels (right-aligned)."""
    return width - CLOCK_CHARS * CELL_W - 6


def clock_text(at_us: int) -> str:
    """UTC with milliseconds for microseconds since 1970."""
    moment = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{at_us // 1_000 % 1_000:03d}"


def read_clock(luma: NDArray[np.uint8]) -> int:
    """Microseconds since 1970 burnt into uint8[height, width]; ValueError when it is no clock of ours."""
    at, text = clock_x(luma.shape[1]), ""
    for index, sample in enumerate("0000-00-00 00:00:00.000"):
        if sample != "0":
            text += sample
            continue
        left = at + index * CELL_W
        cell = luma[TEXT_Y : TEXT_Y + CELL_H, left : left + CELL_W].astype(np.int32)
        text += min(_CLOCK_ALPHABET, key=lambda char: int(np.abs(cell - glyph(char)).sum()))
    moment = datetime.strptime(text + "+0000", "%Y-%m-%d %H:%M:%S.%f%z")
    return round(moment.timestamp() * 1_000) * 1_000
