"""The only writer: freezes a city once a year, takes bands of all programmes together, at most one in 28 days."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import h3
from django.db import IntegrityError, transaction

from consentry.cells.blocks import FINE_RES, FrozenBlock, cut
from consentry.cells.events import PartitionFrozen
from consentry.cells.models import BandSnapshot, Block, BlockCell, CellBand, Partition, PartitionCell, StagedLeaf
from consentry.cells.rules import ATTACHED, LEAF_RES, FrozenCell, band_of, holder_of, partition
from consentry.cells.types import FreezeReport
from consentry.core.announcements import announce
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.geo import Place

__all__ = ["are_bands_due", "bands_snapshot", "freeze_partition", "refreeze_due", "stage_addresses"]

# By hand after 300 days at the earliest; by the schedule when the year is over.
FREEZE_DAYS = 300
YEAR_DAYS = 365
SNAPSHOT_DAYS = 28
PROGRESS_EVERY = 10_000
BATCH = 5_000

# Addresses per (leaf of resolution 9, fine cell of resolution 11): the two do not nest exactly on the ground.
Homes = Counter[tuple[str, str]]


def freeze_partition(
    places: Iterable[Place], *, city: str, now: datetime, progress: Callable[[int], None] | None = None
) -> FreezeReport:
    """Divide `city` into published cells, and these into blocks, from its residential addresses.

    `places` is read once, as a stream.

    Args:
        progress: called with the number of addresses read, each 10,000 and at the end.

    Raises Conflict (`partition-frozen`) within 300 days of the last freeze of this city, Malformed for a place off
    the earth or a city without addresses. Nothing is written unless all of it is.
    """
    homes = _count_homes(places, progress or (lambda _done: None))
    return _freeze(homes, city, now)


@transaction.atomic
def stage_addresses(places: Iterable[Place], *, city: str, now: datetime) -> int:
    """Keep how many addresses lie in each fine cell of `city` until its year is over; replaces what was staged before.

    Returns the number of addresses. Raises Malformed for a place off the earth or a list without addresses.
    """
    homes = _count_homes(places, lambda _done: None)
    StagedLeaf.objects.filter(city=city).delete()
    rows = (
        StagedLeaf(city=city, h3=leaf, fine=fine, addresses=count, staged_at=now)
        for (leaf, fine), count in sorted(homes.items())
    )
    StagedLeaf.objects.bulk_create(rows, batch_size=BATCH)
    return homes.total()


def refreeze_due(now: datetime) -> list[FreezeReport]:
    """Divide anew each city whose year is over and that has newer addresses; each in a transaction of its own.

    Waits until its bands are due too: bands of the old and of the new cells over the same cameras, told apart from
    each other, would say what neither says alone.
    """
    held = Partition.objects.filter(superseded_at=None, frozen_at__lte=now - timedelta(days=YEAR_DAYS))
    staged = set(StagedLeaf.objects.order_by().values_list("city", flat=True).distinct())
    due = [city for city in held.order_by("city").values_list("city", flat=True) if city in staged]
    return [report for city in due if (report := _refreeze(city, now)) is not None]


def are_bands_due(city: str, now: datetime) -> bool:
    """Were the last bands of `city`, of whichever freeze, taken 28 days ago or earlier?"""
    since = now - timedelta(days=SNAPSHOT_DAYS)
    return not BandSnapshot.objects.filter(partition__city=city, taken_at__gt=since).exists()


@transaction.atomic
def bands_snapshot(counts: Mapping[str, int], *, programme: str, now: datetime) -> bool:
    """Take the bands of `counts` (places per published cell with a consent under any programme, `count_places`).

    Kept are the bands, not the counts. Per city one snapshot for all programmes: two populations that are shown apart
    could be subtracted. False, and nothing changes, where every city has bands of the last 28 days.

    Args:
        programme: whose start is the occasion, or empty.
    """
    taken = False
    for held in Partition.objects.select_for_update().filter(superseded_at=None).order_by("id"):
        if are_bands_due(held.city, now):
            _take_bands(held, counts, programme, now)
            taken = True
    return taken


def _take_bands(held: Partition, counts: Mapping[str, int], programme: str, now: datetime) -> None:
    known = set(held.cells.values_list("published", flat=True))
    snapshot = BandSnapshot.objects.create(partition=held, programme=programme, taken_at=now)
    rows = ((cell, band_of(count)) for cell, count in counts.items() if cell in known)
    CellBand.objects.bulk_create(
        CellBand(snapshot=snapshot, cell=cell, band=band) for cell, band in rows if band != "under_5"
    )


@transaction.atomic
def _refreeze(city: str, now: datetime) -> FreezeReport | None:
    staged = StagedLeaf.objects.select_for_update().filter(city=city)
    homes = Homes({(leaf, fine): count for leaf, fine, count in staged.values_list("h3", "fine", "addresses")})
    if not homes or not are_bands_due(city, now):
        return None
    report = _freeze(homes, city, now)
    staged.delete()
    return report


def _freeze(homes: Homes, city: str, now: datetime) -> FreezeReport:
    leaves = Counter[str]()
    for (leaf, _), count in homes.items():
        leaves[leaf] += count
    cells = partition(leaves)
    try:
        with transaction.atomic():
            made = _supersede(city, now)
            PartitionCell.objects.bulk_create(
                (PartitionCell(partition=made, **cell._asdict()) for cell in cells), batch_size=BATCH
            )
            for published, found in _blocks(homes, cells):
                _keep_blocks(made, published, found)
            announce(PartitionFrozen(city))
    except IntegrityError as error:
        raise Conflict("this city is being divided by somebody else now", kind="partition-frozen") from error
    attached = sum(cell.reason == ATTACHED for cell in cells)
    return FreezeReport(city, leaves.total(), len(cells) - attached, attached)


def _blocks(homes: Homes, cells: list[FrozenCell]) -> Iterable[tuple[str, list[FrozenBlock]]]:
    """The blocks of each published cell, in order."""
    held = {cell.h3: cell.published for cell in cells}
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    for (leaf, fine), count in homes.items():
        inside[holder_of(leaf, held)][fine] += count
    return ((published, cut(inside[published])) for published in sorted(inside))


def _keep_blocks(made: Partition, published: str, found: list[FrozenBlock]) -> None:
    rows = Block.objects.bulk_create(
        Block(
            partition=made, published=published, lat=block.middle.lat, lon=block.middle.lon, radius_m=block.radius_m,
            addresses=addresses,
        )
        for block, _, addresses in found
    )  # fmt: skip
    BlockCell.objects.bulk_create(
        (BlockCell(block=row, h3=fine) for row, frozen in zip(rows, found, strict=True) for fine in frozen.fine),
        batch_size=BATCH,
    )


def _count_homes(places: Iterable[Place], progress: Callable[[int], None]) -> Homes:
    homes = Homes()
    done = 0
    for done, (lat, lon) in enumerate(places, start=1):
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise Malformed(f"address {done} is not on the earth")
        homes[h3.latlng_to_cell(lat, lon, LEAF_RES), h3.latlng_to_cell(lat, lon, FINE_RES)] += 1
        if done % PROGRESS_EVERY == 0:
            progress(done)
    progress(done)
    if not homes:
        raise Malformed("a city without addresses has no cells")
    return homes


def _supersede(city: str, now: datetime) -> Partition:
    held = Partition.objects.select_for_update().filter(city=city, superseded_at=None).first()
    if held is not None:
        if now - held.frozen_at < timedelta(days=FREEZE_DAYS):
            raise Conflict("this city was divided less than 300 days ago", kind="partition-frozen")
        held.superseded_at = now
        held.save(update_fields=["superseded_at"])
    return Partition.objects.create(city=city, frozen_at=now)
