"""Counts consenting places per published cell and hands them to `cells`, which keeps bands only."""

from datetime import datetime

from consentry.agencies.queries import active_programmes
from consentry.cameras.queries import get_cameras
from consentry.cells.rules import count_places
from consentry.cells.services import bands_snapshot
from consentry.consent.queries import given_cameras


def snapshot_bands(programme: str, *, now: datetime) -> bool:
    """Take the bands of all programmes that run, together; False when every city has some of the last 28 days.

    `programme`: whose start is the occasion, or empty when a month is over.
    """
    running = active_programmes(now)
    cameras = get_cameras(camera for found in running for camera in given_cameras(found.id, now))
    counts = count_places((camera.cell, str(camera.owner), camera.place) for camera in cameras.values())
    return bands_snapshot(counts, programme=programme, now=now)
