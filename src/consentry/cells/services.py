"""The only writer: freezes a city once a year, takes bands at a programme's start and then monthly."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import h3
from django.db import IntegrityError, transaction

from consentry.cells.events import PartitionFrozen
from consentry.cells.models import BandSnapshot, CellBand, Partition, PartitionCell
from consentry.cells.rules import ATTACHED, LEAF_RES, band_of, partition
from consentry.cells.types import FreezeReport
from consentry.core.announcements import announce
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.geo import Place

__all__ = ["bands_snapshot", "freeze_partition"]

FREEZE_DAYS = 300
SNAPSHOT_DAYS = 28
PROGRESS_EVERY = 10_000
BATCH = 5_000


def freeze_partition(
    places: Iterable[Place], *, city: str, now: datetime, progress: Callable[[int], None] | None = None
) -> FreezeReport:
    """Divide `city` into published cells from its residential addresses; `places` is read once, as a stream.

    Args:
        progress: called with the number of addresses read, each 10,000 and at the end.

    Raises Conflict (`partition-frozen`) within 300 days of the last freeze of this city, Malformed for a place off
    the earth or a city without addresses. Nothing is written unless all of it is.
    """
    leaves = _count_leaves(places, progress or (lambda _done: None))
    if not leaves:
        raise Malformed("a city without addresses has no cells")
    cells = partition(leaves)
    try:
        with transaction.atomic():
            made = _supersede(city, now)
            PartitionCell.objects.bulk_create(
                (PartitionCell(partition=made, **cell._asdict()) for cell in cells), batch_size=BATCH
            )
            announce(PartitionFrozen(city))
    except IntegrityError as error:
        raise Conflict("this city is being divided by somebody else now", kind="partition-frozen") from error
    attached = sum(cell.reason == ATTACHED for cell in cells)
    return FreezeReport(city, leaves.total(), len(cells) - attached, attached)


@transaction.atomic
def bands_snapshot(counts: Mapping[str, int], *, programme: str, now: datetime) -> bool:
    """Take the bands of `counts` (places with consenting cameras per published cell, `rules.count_places`).

    Kept are the bands, not the counts. False, and nothing changes, within 28 days of this programme's last snapshot.
    """
    since = now - timedelta(days=SNAPSHOT_DAYS)
    if BandSnapshot.objects.filter(programme=programme, taken_at__gt=since).exists():
        return False
    for held in Partition.objects.select_for_update().filter(superseded_at=None):
        known = set(held.cells.values_list("published", flat=True))
        snapshot = BandSnapshot.objects.create(partition=held, programme=programme, taken_at=now)
        rows = ((cell, band_of(count)) for cell, count in counts.items() if cell in known)
        CellBand.objects.bulk_create(
            CellBand(snapshot=snapshot, cell=cell, band=band) for cell, band in rows if band != "under_5"
        )
    return True


def _count_leaves(places: Iterable[Place], progress: Callable[[int], None]) -> Counter[str]:
    leaves: Counter[str] = Counter()
    done = 0
    for done, (lat, lon) in enumerate(places, start=1):
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise Malformed(f"address {done} is not on the earth")
        leaves[h3.latlng_to_cell(lat, lon, LEAF_RES)] += 1
        if done % PROGRESS_EVERY == 0:
            progress(done)
    progress(done)
    return leaves


def _supersede(city: str, now: datetime) -> Partition:
    held = Partition.objects.select_for_update().filter(city=city, superseded_at=None).first()
    if held is not None:
        if now - held.frozen_at < timedelta(days=FREEZE_DAYS):
            raise Conflict("this city was divided less than 300 days ago", kind="partition-frozen")
        held.superseded_at = now
        held.save(update_fields=["superseded_at"])
    return Partition.objects.create(city=city, frozen_at=now)
