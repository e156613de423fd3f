"""Who reads which city camera: leases on cameras that count while their gateway lives, by the clock of the database.

A gateway lives for `GATEWAY_ALIVE_MS` after each request that it signed. What a gateway is *sent* says nothing: a
frozen one goes on taking bytes. One row per gateway is renewed, not one per camera. Each change of holder raises the
camera's epoch, and what is reported under an older one counts nothing.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from consentry.access import models
from consentry.access.sharing import moves
from consentry.core.outbox import tell
from consentry.kernel.ids import CameraId, GatewayId
from consentry.kernel.limits import GATEWAY_ALIVE_MS

_ALIVE: Final = """
UPDATE access_gateway SET seen_at = clock_timestamp(),
  alive_since = CASE WHEN alive_until > clock_timestamp() THEN alive_since ELSE clock_timestamp() END,
  alive_until = clock_timestamp() + %(ms)s * interval '1 millisecond' WHERE id = %(gateway)s
"""
# Only one at a time shares out; whoever waited then sees what the other did, as each statement reads afresh.
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('consentry-camera-leases', 0))"
_LIVING: Final = "SELECT id FROM access_gateway WHERE alive_until > clock_timestamp()"
# Was there one to hear the others all the time? After a restart of the web or the database all were silent, and who is
# heard first must not take what the others are about to hold again.
_HEARD: Final = """
SELECT count(*) > 0 FROM access_gateway
WHERE alive_until > clock_timestamp() AND alive_since < clock_timestamp() - %(ms)s * interval '1 millisecond'
"""
_HELD: Final = "SELECT camera, gateway_id FROM access_camera_lease"
_WATCHED: Final = """
SELECT DISTINCT g.camera FROM access_session AS s JOIN access_grant AS g ON g.id = s.grant_id
WHERE s.ended_at IS NULL AND g.klass = 'public'
"""
# Is a lease held by the dead, or is somebody's share far from another's? Counts alone, so that it is cheap each second.
_UNSETTLED: Final = """
WITH share AS (
  SELECT g.id, g.alive_until > clock_timestamp() IS TRUE AS alive, count(l.camera) AS held
  FROM access_gateway AS g LEFT JOIN access_camera_lease AS l ON l.gateway_id = g.id GROUP BY g.id
)
SELECT bool_or(alive) AND (
  bool_or(NOT alive AND held > 0) OR max(held) FILTER (WHERE alive) - min(held) FILTER (WHERE alive) > 1
) FROM share
"""
_TAKE: Final = """
INSERT INTO access_camera_lease AS l (camera, gateway_id, epoch)
SELECT camera, gateway, 1 FROM unnest(%s::text[], %s::text[]) AS wanted (camera, gateway)
ON CONFLICT (camera) DO UPDATE SET gateway_id = excluded.gateway_id, epoch = l.epoch + 1
"""


def see_gateway(gateway: GatewayId) -> None:
    """A gateway proved with its key that it lives."""
    with connection.cursor() as cursor:
        cursor.execute(_ALIVE, {"gateway": gateway, "ms": GATEWAY_ALIVE_MS})


def is_unsettled() -> bool:
    """Should `share_out` be asked, as far as counts tell?"""
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED)
        (found,) = cursor.fetchone()
    return bool(found)


@transaction.atomic
def share_out(cameras: Iterable[CameraId]) -> int:
    """Give each of the city's `cameras` a living holder and even the shares out. Returns how many moved.

    Every gateway is told by an event, and then takes its state anew. The silent lose theirs only to somebody who lived
    all the time in which they were silent.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        living, watched = ([row[0] for row in _rows(cursor, query)] for query in (_LIVING, _WATCHED))
        held = dict(_rows(cursor, _HELD))
        cursor.execute(_HEARD, {"ms": GATEWAY_ALIVE_MS})
        (heard,) = cursor.fetchone()
        if not heard:
            cameras = [camera for camera in cameras if camera not in held]
        found = moves(cameras, held, living, watched)
        if found:
            cursor.execute(_TAKE, [list(found), list(found.values())])
            tell("gateway:*", "state.changed", "leases")
    return len(found)


@transaction.atomic
def take_leases(gateway: GatewayId, cameras: Collection[CameraId]) -> None:
    """`gateway` holds these cameras now, as they push to it."""
    if not cameras:
        return
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        cursor.execute(_TAKE, [list(cameras), [gateway] * len(cameras)])
    tell("gateway:*", "state.changed", "leases")


def leases_of(gateway: GatewayId) -> dict[CameraId, int]:
    """The city cameras that `gateway` holds, with their epochs."""
    rows = models.CameraLease.objects.filter(gateway=gateway).values_list("camera", "epoch")
    return {CameraId(camera): epoch for camera, epoch in rows}


def _rows(cursor: CursorWrapper, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())
