"""What must be true before anybody may ask: a policy is published and this machine's gateway is registered."""

from datetime import datetime
from pathlib import Path

from django.conf import settings

from consentry.access import models
from consentry.access.publish import adopt_folder
from consentry.access.services.gateways import register_gateway
from consentry.cameras import queries as cameras
from consentry.cameras import services as camera_services
from consentry.kernel.canonical import from_b64, parse_object, to_b64
from consentry.kernel.errors import LimitReached, NotFound
from consentry.kernel.ids import GatewayId
from consentry.ledger import queries as ledger


def prepare(*, now: datetime) -> None:
    """Publish the policy file if it is new, and register the gateways of this data folder. Run at each start.

    Gateway n of the folder has the n-th of the addresses that are said.

    Raises Malformed when the policy file is broken: nobody looks until it is put right.
    """
    adopt_folder(now=now)
    for number, url in enumerate(settings.GATEWAY_ORIGINS, 1):
        folder = "gateway" if number == 1 else f"gateway-{number}"
        said = Path(settings.DATA) / folder / "registration.json"
        if said.exists():
            register_from_file(said, url, now=now)


def register_from_file(path: Path, url: str, *, now: datetime) -> GatewayId:
    """Register the gateway that wrote `registration.json`; its id."""
    said = parse_object(path.read_bytes(), max_bytes=4_096)
    gateway = GatewayId(str(said.get("gateway", "")))
    register_gateway(gateway, from_b64(str(said.get("public_key", "")), length=32), url, now=now)
    return gateway


def send_policies(now: datetime) -> int:
    """Send each published policy's log entry to every edge, once; edges count the 72 h by their own witnesses."""
    sent = 0
    for row in models.PolicyVersion.objects.filter(sent_to_edges=False).order_by("id"):
        place = ledger.find_place(f"policy:{row.pk}")
        if place is None:
            continue
        proof = ledger.prove(place.index)
        body = {
            "type": "policy", "entry": to_b64(ledger.read_entry(place.index)), "index": proof.index,
            "proof": [to_b64(step) for step in proof.hashes], "checkpoint": proof.checkpoint,
        }  # fmt: skip
        sent += sum(_send(edge.id, body, now) for edge in cameras.edges_for_gateway())
        models.PolicyVersion.objects.filter(pk=row.pk).update(sent_to_edges=True)
    return sent


def _send(edge: str, body: dict[str, object], now: datetime) -> int:
    try:
        camera_services.send_letter(edge, body, now=now)
    except (LimitReached, NotFound):
        return 0
    return 1
