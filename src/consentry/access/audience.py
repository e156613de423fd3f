"""Which gateway a look goes through: a living one that reads the city camera, or that the camera's edge dialled."""

from django.db import connection
from django.db.models import DateTimeField, Func

from consentry.cameras.types import Camera
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import GatewayId

# All viewers of a camera go to one of the gateways that can show it, so that it leaves its home once; which one depends
# on camera and gateway alone, which spreads the cameras. While nobody lives: who spoke last, for it may be back first.
_GATEWAY = """
WITH known AS (
  SELECT g.id, g.seen_at, g.alive_until > clock_timestamp() IS TRUE AS alive,
    EXISTS (SELECT FROM access_camera_lease WHERE camera = %(camera)s AND gateway_id = g.id)
    OR EXISTS (SELECT FROM access_edge_link WHERE edge = %(edge)s AND gateway_id = g.id) AS has_it
  FROM access_gateway AS g
)
SELECT id, alive AND has_it FROM known
ORDER BY alive AND has_it DESC, alive DESC, CASE WHEN alive THEN NULL ELSE seen_at END DESC NULLS LAST,
  md5(id || %(camera)s)
LIMIT 1
"""


class ClockTimestamp(Func):
    """The clock of the database now, also inside a transaction that is long."""

    function = "clock_timestamp"
    output_field = DateTimeField()


def gateway_for(camera: Camera) -> GatewayId:
    """The audience of tickets for `camera`; Unavailable when no gateway is registered."""
    return _best(camera)[0]


def find_gateway_with(camera: Camera) -> GatewayId | None:
    """A living gateway that can show `camera` now, or None."""
    gateway, can_show = _best(camera)
    return gateway if can_show else None


def _best(camera: Camera) -> tuple[GatewayId, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_GATEWAY, {"camera": camera.id, "edge": camera.edge or ""})
        found = cursor.fetchone()
    if found is None:
        raise Unavailable("no gateway is registered", kind="no-gateway")
    return GatewayId(found[0]), bool(found[1])
