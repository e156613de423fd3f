"""What a neighbour reads of themselves."""

from dataclasses import dataclass
from datetime import datetime

from consentry.core.principal import Principal
from consentry.neighbors.access import person_of
from consentry.neighbors.area import choices_for
from consentry.neighbors.models import FollowPiece, Neighbor
from consentry.neighbors.rules import is_new
from consentry.neighbors.types import Tell


@dataclass(frozen=True)
class Me:
    """One's own cell, where one may post, and the area one follows; `joined` is false, all else empty, before."""

    joined: bool
    cell: str
    choices: list[str]
    radius_m: int
    tell: Tell
    is_new: bool
    pieces: list[str]


def me_of(principal: Principal, *, now: datetime) -> Me:
    """The principal as a neighbour."""
    row = Neighbor.objects.filter(person=person_of(principal)).first()
    if row is None:
        return Me(False, "", [], 0, Tell.ALERTS, True, [])
    pieces = list(FollowPiece.objects.filter(neighbor=row).order_by("cell").values_list("cell", flat=True))
    young = is_new(row.joined_at, now)
    return Me(True, row.cell, list(choices_for(row.cell)), row.radius_m, Tell(row.tell), young, pieces)
