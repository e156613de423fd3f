"""Tell paired edges of rotated keys: one letter each, in order, once the rotation has its witnesses in the log."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.services.letters import post_letter
from consentry.core.outbox import tell
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import LimitReached, NotFound
from consentry.kernel.rotation import Rotation
from consentry.ledger import queries as ledger

MAX_AT_ONCE = 1_000
ASK_AGAIN = timedelta(days=1)
# The job runs each minute; what began or ended since the last run must reach the gateways.
TELL_GATEWAYS_MS = 120_000


def entry_key(number: int) -> str:
    """The key under which rotation `number` stands in the ledger's inbox."""
    return f"key.rotate:{number}"


def send_rotations(now: datetime) -> int:
    """Post what edges lack, at most 1,000 letters a run; how many. An edge that refused is asked again each day."""
    rotations, sent = ledger.key_folder().rotations(), 0
    now_ms = to_ms(now)
    if any(0 <= now_ms - at < TELL_GATEWAYS_MS for item in rotations for at in (item.starts_ms, item.ends_ms)):
        tell("gateway:*", "state.changed", "keys")
    for rotation in rotations:
        body = _letter(rotation)
        if body is None:
            break
        for edge in _edges_before(rotation.number, now)[: MAX_AT_ONCE - sent]:
            sent += _post(edge, body, now)
    return sent


def _letter(rotation: Rotation) -> dict[str, object] | None:
    """None while the rotation is not in the log under a checkpoint with its witnesses."""
    place = ledger.find_place(entry_key(rotation.number))
    if place is None:
        return None
    try:
        proof = ledger.prove(place.index, witnessed=True)
    except NotFound:
        return None
    return {
        "type": "keys", "entry": to_b64(ledger.read_entry(place.index)), "index": proof.index,
        "proof": [to_b64(step) for step in proof.hashes], "checkpoint": proof.checkpoint,
    }  # fmt: skip


def _edges_before(number: int, now: datetime) -> list[str]:
    """Edges whose next rotation this is and to which no letter with it is on its way or was refused of late."""
    letters = LetterRow.objects.filter(edge=OuterRef("id"), kind="keys")
    lately = Q(written_at__gt=now - ASK_AGAIN, written_at__gte=OuterRef("paired_at"))
    pending = letters.filter(Q(delivered_at=None) | (~Q(refused="") & lately))
    rows = EdgeRow.objects.filter(removed_at=None, rotation=number - 1).exclude(Exists(pending))
    return list(rows.order_by("id").values_list("id", flat=True))


@transaction.atomic
def _post(edge: str, body: dict[str, object], now: datetime) -> int:
    try:
        post_letter(edge, body, now=now)
    except LimitReached:
        return 0
    return 1
