"""Which gateway a look goes through: the one that the camera's edge is connected to, or one that is alive."""

from datetime import datetime, timedelta

from django.db import connection

from consentry.cameras.types import Camera
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import GatewayId

ALIVE_WITHIN = timedelta(seconds=30)

_GATEWAY = """
SELECT id FROM access_gateway AS g
ORDER BY (seen_at >= %(alive)s AND EXISTS (SELECT FROM access_edge_link WHERE edge = %(edge)s AND gateway_id = g.id))
  IS TRUE DESC, seen_at DESC NULLS LAST, id
LIMIT 1
"""


def gateway_for(camera: Camera, now: datetime) -> GatewayId:
    """The audience of tickets for `camera`; Unavailable when no gateway is registered."""
    with connection.cursor() as cursor:
        cursor.execute(_GATEWAY, {"alive": now - ALIVE_WITHIN, "edge": camera.edge or ""})
        found = cursor.fetchone()
    if found is None:
        raise Unavailable("no gateway is registered", kind="no-gateway")
    return GatewayId(found[0])
