"""Which gateway a look goes through: the one that the camera's edge is connected to, or one that is alive."""

from datetime import datetime, timedelta

from django.db.models import F

from consentry.access import models
from consentry.cameras.types import Camera
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import GatewayId

ALIVE_WITHIN = timedelta(seconds=30)


def gateway_for(camera: Camera, now: datetime) -> GatewayId:
    """The audience of tickets for `camera`; Unavailable when no gateway is registered."""
    if camera.edge is not None:
        link = models.EdgeLink.objects.filter(edge=camera.edge, gateway__seen_at__gte=now - ALIVE_WITHIN).first()
        if link is not None:
            return GatewayId(link.gateway_id)
    newest = models.Gateway.objects.order_by(F("seen_at").desc(nulls_last=True), "id").first()
    if newest is None:
        raise Unavailable("no gateway is registered", kind="no-gateway")
    return GatewayId(newest.id)
