"""Advisory locks of PostgreSQL that order opening and ending of grants on a camera; held until the transaction ends.

Who opens holds the incident's row, then the consents, then takes each camera's lock, and only *then* reads consent and
state. Who ends runs inside the transaction that withdrew, paused or stopped (and so holds those rows), and takes the
same lock before it looks for open grants. Either the opener sees the withdrawal, or the ender sees the grant; there is
no third order. Cameras are locked in sorted order, so that nobody waits in a circle.
"""

import hashlib
from collections.abc import Iterable

from django.db import connection

# One by one, in the order of the array.
_LOCK = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key"


def lock_cameras(cameras: Iterable[str]) -> None:
    """Be alone with each camera."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [[_key(camera) for camera in sorted(set(cameras))]])


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(b"consentry-access\n" + name.encode()).digest()[:8], "big", signed=True)
