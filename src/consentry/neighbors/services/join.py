"""Joining: one's cell from a place that is not kept, and the area that one follows."""

from datetime import datetime, timedelta

import h3
from django.db import transaction

from consentry.cells.queries import cell_of, published_names
from consentry.core.principal import Principal
from consentry.kernel.errors import LimitReached, Malformed
from consentry.kernel.geo import Place
from consentry.kernel.limits_residents import MAX_FOLLOW_M, MIN_FOLLOW_M, MOVES_PER_MONTH
from consentry.neighbors.access import access_neighbor, person_of
from consentry.neighbors.area import pieces_around
from consentry.neighbors.models import FollowPiece, Neighbor
from consentry.neighbors.types import Joining, Tell

MONTH = timedelta(days=30)


@transaction.atomic
def join(principal: Principal, joining: Joining, *, now: datetime) -> str:
    """Join, or move to another cell. The place chooses the published cell and is forgotten. Returns the cell.

    Raises:
        Malformed: `outside-city`, or a radius out of bounds. Unavailable: `no-partition`.
        LimitReached: `moves`, more than three moves in 30 days (who moves daily reads every quarter as their own).
    """
    radius_m = _checked(joining.radius_m)
    cell, person = cell_of(joining.place), person_of(principal)
    Neighbor.objects.get_or_create(
        person_id=person,
        defaults={"cell": cell, "radius_m": radius_m, "tell": joining.tell, "joined_at": now, "moves_from": now},
    )
    row = access_neighbor(principal, lock=True)
    if row.cell != cell:
        _count_move(row, now)
    row.cell, row.radius_m, row.tell = cell, radius_m, joining.tell
    row.save()
    _follow(row)
    return cell


@transaction.atomic
def change_follow(principal: Principal, *, radius_m: int, tell: Tell) -> None:
    """Follow further or nearer, be told more or less. Refused before joining, Malformed for a radius out of bounds."""
    row = access_neighbor(principal, lock=True)
    row.radius_m, row.tell = _checked(radius_m), tell
    row.save(update_fields=["radius_m", "tell"])
    _follow(row)


@transaction.atomic
def leave(principal: Principal) -> None:
    """Follow nothing and be told nothing any more; one's posts stay until one withdraws them."""
    access_neighbor(principal, lock=True).delete()


@transaction.atomic
def renew_areas() -> int:
    """After a city was divided anew: everybody's cell and area in the new cells. Returns how many neighbours."""
    published, count = published_names(), 0
    for row in Neighbor.objects.select_for_update().iterator():
        if row.cell not in published:
            try:
                row.cell = cell_of(Place(*h3.cell_to_latlng(row.cell)))
            except Malformed:
                continue  # their city is gone; they keep what they had
            row.save(update_fields=["cell"])
        _follow(row)
        count += 1
    return count


def _follow(row: Neighbor) -> None:
    FollowPiece.objects.filter(neighbor=row).delete()
    pieces = pieces_around(row.cell, row.radius_m, published_names())
    FollowPiece.objects.bulk_create([FollowPiece(neighbor=row, cell=piece) for piece in pieces])


def _count_move(row: Neighbor, now: datetime) -> None:
    if now - row.moves_from >= MONTH:
        row.moves, row.moves_from = 0, now
    if row.moves >= MOVES_PER_MONTH:
        raise LimitReached(f"at most {MOVES_PER_MONTH} moves in 30 days", kind="moves")
    row.moves += 1


def _checked(radius_m: int) -> int:
    if not MIN_FOLLOW_M <= radius_m <= MAX_FOLLOW_M:
        raise Malformed(f"an area reaches {MIN_FOLLOW_M} to {MAX_FOLLOW_M} m", kind="radius")
    return radius_m
