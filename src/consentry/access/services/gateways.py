"""Gateways: registration by key, and which edges are connected where."""

from datetime import datetime

from django.db import transaction

from consentry.access import models
from consentry.access.audience import ClockTimestamp
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.ids import EdgeId, GatewayId, bytes_of_id
from consentry.kernel.limits import MAX_FIELD_CHARS

KEY_BYTES = 32


@transaction.atomic
def register_gateway(gateway: GatewayId, public_key: bytes, url: str, *, now: datetime) -> None:
    """Register a gateway by its Ed25519 key (32 bytes) and address (ws or wss); the same again updates the address.

    Conflict when the id is registered with another key: that needs a person to remove the old one first.
    """
    bytes_of_id(gateway)
    if len(public_key) != KEY_BYTES or not url.startswith(("ws://", "wss://")) or len(url) > MAX_FIELD_CHARS:
        raise Malformed("a gateway has a key of 32 bytes and a ws:// or wss:// address")
    row, made = models.Gateway.objects.get_or_create(
        id=gateway, defaults={"public_key": public_key, "url": url, "registered_at": now}
    )
    if bytes(row.public_key) != public_key:
        raise Conflict("this gateway is registered with another key", kind="gateway-key")
    if not made and row.url != url:
        row.url = url
        row.save(update_fields=["url"])


@transaction.atomic
def see_edge(gateway: GatewayId, edge: EdgeId, *, online: bool, now: datetime) -> bool:
    """`edge` is connected to `gateway` now, or no longer; False while it is connected to another living gateway."""
    if online:
        models.EdgeLink.objects.update_or_create(edge=edge, gateway_id=gateway, defaults={"seen_at": now})
        return True
    gone, _ = models.EdgeLink.objects.filter(edge=edge, gateway=gateway).delete()
    return (
        gone > 0 and not models.EdgeLink.objects.filter(edge=edge, gateway__alive_until__gt=ClockTimestamp()).exists()
    )
