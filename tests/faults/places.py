"""Finds places in what a server says: exact ones of homes in any usual form, and any that is finer than a cell."""

import re
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import h3

from consentry.kernel.geo import Place

NEAR_DEG = 0.00015  # some 15 m
FINE_DECIMALS = 4  # four decimals of a degree are 11 m; the block grid of calls has three
_NUMBER = re.compile(r"-?\d{1,3}\.\d+")
_CELL = re.compile(r"(?<![0-9a-fA-F])8[0-9a-fA-F]{14}(?![0-9a-fA-F])")


@dataclass(frozen=True)
class Answer:
    """What one request brought: where it was asked, header lines, body."""

    at: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Headers and body, byte by byte."""
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        return "\n".join([self.at, *lines, self.body.decode("latin-1")])


@dataclass(frozen=True)
class Finder:
    """`secrets`: exact places of homes. `shown`: (lon, lat) that anyone may see: corners of published cells.

    `cells`: published cells. `box_deg`: how far around the secrets a pair of numbers counts as a place at all.
    """

    secrets: Collection[Place]
    shown: frozenset[tuple[float, float]] = field(default_factory=frozenset)
    cells: frozenset[str] = field(default_factory=frozenset)
    box_deg: float = 0.3

    def leaks(self, answer: Answer) -> list[str]:
        """What in `answer` is finer than a cell, in words; the empty list is what the tests want."""
        found = [*self._cells(answer.text), *self._written(answer)]
        for one, other in pairwise(_NUMBER.findall(answer.text)):
            for lat, lon in ((one, other), (other, one)):
                found += self._pair(lat, lon)
        return sorted({f"{answer.at}: {what}" for what in found})

    def _pair(self, lat: str, lon: str) -> Iterator[str]:
        place = Place(float(lat), float(lon))
        if any(_near(place, secret, NEAR_DEG) for secret in self.secrets):
            yield f"the place {lat}, {lon} of a home"
        elif self._is_fine(lat, lon) and any(_near(place, secret, self.box_deg) for secret in self.secrets):
            yield f"the place {lat}, {lon}, which no published cell has as a corner"

    def _is_fine(self, lat: str, lon: str) -> bool:
        """More decimals than the block grid, and not coordinates of corners, which lists pair crosswise."""
        return min(_decimals(lat), _decimals(lon)) >= FINE_DECIMALS and not (
            float(lat) in self._shown_lat and float(lon) in self._shown_lon
        )

    @cached_property
    def _shown_lat(self) -> frozenset[float]:
        return frozenset(lat for _, lat in self.shown)

    @cached_property
    def _shown_lon(self) -> frozenset[float]:
        return frozenset(lon for lon, _ in self.shown)

    def _cells(self, text: str) -> Iterator[str]:
        for cell in _CELL.findall(text):
            if h3.is_valid_cell(cell.lower()) and cell.lower() not in self.cells:
                yield f"the cell {cell}, which is not published"

    def _unless_shown(self, found: re.Match[str]) -> str:
        number = float(found[0])
        return "" if number in self._shown_lat or number in self._shown_lon else found[0]

    def _written(self, answer: Answer) -> Iterator[str]:
        # A corner of a published cell may share its first digits with a home.
        text = _NUMBER.sub(self._unless_shown, answer.text)
        raw = answer.text.encode("latin-1", "replace")
        for number in (number for secret in self.secrets for number in secret):
            digits = f"{abs(number):.7f}"
            whole = [str(round(abs(number) * 10**power)) for power in (5, 6, 7)]
            if digits[:-3] in text or any(re.search(rf"(?<!\d){form}", text) for form in whole):
                yield f"{number} of a home, written out"
            if any(struct.pack(form, number) in raw for form in ("<d", ">d")):
                yield f"{number} of a home, as eight bytes"


def _near(place: Place, other: Place, degrees: float) -> bool:
    return abs(place.lat - other.lat) < degrees and abs(place.lon - other.lon) < degrees


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])
