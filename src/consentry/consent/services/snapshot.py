"""Counts consenting places per published cell and hands them to `cells`, which keeps bands only."""

from datetime import datetime

from consentry.cameras.queries import get_cameras
from consentry.cells.rules import count_places
from consentry.cells.services import bands_snapshot
from consentry.consent.queries import given_cameras
from consentry.kernel.ids import ProgrammeId


def snapshot_bands(programme: ProgrammeId, *, now: datetime) -> bool:
    """Take the bands of `programme`: at its start, then monthly; False when the last are less than 28 days old."""
    cameras = get_cameras(given_cameras(programme, now))
    counts = count_places((camera.cell, str(camera.owner), camera.place) for camera in cameras.values())
    return bands_snapshot(counts, programme=programme, now=now)
