"""Half-open spans of time: [start, end)."""

from datetime import datetime, timedelta
from typing import NamedTuple


class Span(NamedTuple):
    """[start, end), both aware UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is; never negative for a span made by `span`."""
        return self.end - self.start

    def contains(self, moment: datetime) -> bool:
        """Is `moment` inside? The end is not."""
        return self.start <= moment < self.end

    def overlaps(self, other: "Span") -> bool:
        """Do the two share an instant?"""
        return self.start < other.end and other.start < self.end


def span(start: datetime, end: datetime) -> Span:
    """A span; ValueError when it ends before it starts."""
    if end < start:
        raise ValueError("a span ends after it starts")
    return Span(start, end)
