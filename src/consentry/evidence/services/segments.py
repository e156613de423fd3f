"""Take a gateway's segments into the vault: streamed, bounded, told twice taken once."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from consentry.core.outbox import tell
from consentry.evidence import models
from consentry.evidence.types import SegmentSaid
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, Malformed, NotFound, Untrusted
from consentry.kernel.ids import GatewayId, ItemId
from consentry.kernel.item import SegmentSpan
from consentry.kernel.limits import MAX_VAULT_SEGMENT_BYTES

# A segment ends at a key frame after the mark did; a camera's clock may be 2 s off.
MARK_GRACE = timedelta(seconds=30)


@transaction.atomic
def take_segment(gateway: GatewayId, said: SegmentSaid, pieces: Iterable[bytes], *, now: datetime) -> bytes:
    """The vault's signed acknowledgement of a segment of a mark at `gateway`; the same segment, the same answer.

    Holds the item's row, so that two uploads of one segment are taken one after the other; never the mark's, since the
    end of a look writes there and must not wait for a disk.

    Raises:
        NotFound: no such recording of this camera at this gateway.
        Untrusted `keep-time`: older than the grant, or of after the mark; `segment-other`: told otherwise than before.
        Conflict `item-closed`: it came after the item was closed; the gateway keeps it.
        Malformed, Unavailable: as `Vault.take_segment` says.
    """
    mark = models.Mark.objects.filter(recording=said.recording, gateway=gateway).first()
    if mark is None or mark.camera != said.camera:
        raise NotFound("no such recording of this camera at this gateway")
    _check_time(mark, said, now)
    vault, item = open_vault(), models.Item.objects.select_for_update(no_key=True).get(id=mark.item_id)
    lines = vault.lines_of(ItemId(item.id))
    origin = _origin(gateway, said)
    known = next((line for line in lines if _same_place(line.origin, origin)), None)
    if known is not None and (known.sha256 != said.sha256 or dict(known.origin) != origin):
        raise Untrusted("a segment is told otherwise than before", kind="segment-other")
    if known is None and item.state != "open":
        raise Conflict("this item is closed", kind="item-closed")
    span = SegmentSpan(
        known.number if known else len(lines), said.start_us, said.end_us, "video/mp4", said.size_bytes, said.sha256,
        origin,
    )  # fmt: skip
    acknowledgement = vault.take_segment(ItemId(item.id), span, pieces)
    if item.segments < span.number + 1:
        _count(item, said, span.number + 1)
    return acknowledgement


def _count(item: models.Item, said: SegmentSaid, segments: int) -> None:
    item.segments, item.size_bytes = segments, item.size_bytes + said.size_bytes
    item.start_us = said.start_us if item.start_us is None else min(item.start_us, said.start_us)
    item.end_us = said.end_us if item.end_us is None else max(item.end_us, said.end_us)
    item.save(update_fields=["segments", "size_bytes", "start_us", "end_us"])
    tell(f"agency:{item.agency}", "item.changed", item.id)


def _check_time(mark: models.Mark, said: SegmentSaid, now: datetime) -> None:
    """The gateway kept within the mark by itself; what it brings is held against the mark again."""
    if said.size_bytes > MAX_VAULT_SEGMENT_BYTES or said.start_us > said.end_us:
        raise Malformed("this segment is too large, or ends before it begins")
    latest = min(mark.ended_at or now, now) + MARK_GRACE
    if said.start_us < mark.from_us or said.start_us > to_ms(latest) * 1_000:
        raise Untrusted("this segment is not of the look that was kept", kind="keep-time")


def _origin(gateway: GatewayId, said: SegmentSaid) -> dict[str, object]:
    told = asdict(said)
    kept = ("recording", "run", "number", "previous", "recovered")
    return {"gateway": gateway, **{name: told[name] for name in kept}}


def _same_place(one: object, other: dict[str, object]) -> bool:
    return isinstance(one, dict) and all(one.get(name) == other[name] for name in ("gateway", "run", "number"))
