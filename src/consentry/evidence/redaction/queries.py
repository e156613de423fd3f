"""Reads of redactions: whose they are is checked by `access_redaction`, what was found is read once and remembered."""

import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from consentry.accounts import queries as accounts
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import HANDLERS, READERS, access_item
from consentry.evidence.redact.original import Original, Part, StreamReader
from consentry.evidence.redact.plan import parse_plan, with_edits
from consentry.evidence.redact.types import Plan, Review
from consentry.evidence.redaction.rules import Found
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, NotFound
from consentry.kernel.ids import ItemId, PersonId
from consentry.kernel.item_journal import SegmentLine

# A plan of two hours takes some hundred megabytes; people work at few at once.
MOST_REMEMBERED = 4
_remembered: "OrderedDict[str, Found]" = OrderedDict()
_turn = threading.Lock()


@dataclass(frozen=True)
class Seen:
    """How one range stands. `reviewer`: the name of who looked at it as it would go out now; empty: nobody yet."""

    start: int
    end: int
    sha256: str
    reviewer: str
    reviewed_at: datetime | None


def access_redaction(principal: Principal, redaction: str, *, lock: bool = False) -> models.Redaction:
    """A redaction of an item that `principal` works with; `lock` holds its row until the transaction ends."""
    rows = models.Redaction.objects.defer("found").select_related("item")
    if lock:
        rows = rows.select_for_update(no_key=True, of=("self",))
    row = rows.filter(id=redaction, item__agency__in=principal.agencies(*HANDLERS)).first()
    if row is None:
        raise NotFound("no such redaction")
    return row


def redactions_of(principal: Principal, item: str) -> list[models.Redaction]:
    """The item's redactions, newest first, for all who may read of it."""
    row = access_item(principal, item, roles=READERS)
    return list(row.redactions.defer("found", "edits").order_by("-made_at", "id")[:100])


def found_of(row: models.Redaction) -> Found:
    """What was found in the original. Conflict `redaction-state`: nothing yet, or nothing any more."""
    if row.state not in ("open", "releasing", "released"):
        raise Conflict("this redaction is not open", kind="redaction-state")
    with _turn:
        found = _remembered.pop(row.id, None)
        if found is None:
            packed = models.Redaction.objects.values_list("found", flat=True).get(id=row.id)
            found = Found(parse_plan(json.loads(zlib.decompress(bytes(packed)))))
        _remembered[row.id] = found
        while len(_remembered) > MOST_REMEMBERED:
            _remembered.popitem(last=False)
    return found


def plan_of(row: models.Redaction, found: Found) -> Plan:
    """The plan as people changed it, without reviews."""
    return with_edits(found.plan, json.loads(bytes(row.edits))) if row.edits else found.plan


def reviewed_plan(row: models.Redaction, found: Found) -> Plan:
    """The plan with those reviews that name what would go out now."""
    plan = plan_of(row, found)
    looks = valid_looks(row, found, found.all_shown(plan))
    return replace(plan, reviews=tuple(
        Review(look.start, look.end, look.person, to_ms(look.reviewed_at), look.sha256)
        for look in looks if look.reviewed_at is not None
    ))  # fmt: skip


def valid_looks(row: models.Redaction, found: Found, shown: Sequence[str]) -> list[models.RedactionLook]:
    """Reviews that hold, by place in the film, the first reviewer's of each range."""
    now = {(start, end): sha256 for (start, end), sha256 in zip(found.ranges, shown, strict=True)}
    rows = row.looks.exclude(reviewed_at=None).order_by("start", "reviewed_at", "id")
    held: dict[tuple[int, int], models.RedactionLook] = {}
    for look in rows:
        if now.get((look.start, look.end)) == look.sha256:
            held.setdefault((look.start, look.end), look)
    return list(held.values())


def seen_of(row: models.Redaction, found: Found, plan: Plan) -> list[Seen]:
    """Every range of the film in order, and who looked at it."""
    shown = found.all_shown(plan)
    looks = {(look.start, look.end): look for look in valid_looks(row, found, shown)}
    names = accounts.names_of([PersonId(look.person) for look in looks.values()])
    seen = []
    for (start, end), sha256 in zip(found.ranges, shown, strict=True):
        look = looks.get((start, end))
        name = "" if look is None else names.get(PersonId(look.person), look.person)
        seen.append(Seen(start, end, sha256, name, look.reviewed_at if look else None))
    return seen


def pictures_in(item: models.Item) -> Sequence[SegmentLine]:
    """The segments that are films, in order of time."""
    return [line for line in open_vault().lines_of(ItemId(item.id)) if line.media_type.startswith("video/")]


def original_of(item: models.Item) -> Original:
    """The item as the engine reads it: piece by piece out of the vault, never written anywhere in the clear."""
    lines = pictures_in(item)
    name = ItemId(item.id)
    parts = (
        Part(
            StreamReader(line.size_bytes, partial(open_vault().open_segment, name, line.number)),
            line.sha256, line.start_us - lines[0].start_us,
        )
        for line in lines
    )  # fmt: skip
    return Original(item.id, tuple(parts))
