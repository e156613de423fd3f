"""A release: rendered, read back, sealed as a new item with its plan beside it, in one transaction with its rows.

The original's row is locked before the redaction's; under both nothing can be destroyed or thrown away meanwhile.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from consentry.evidence import models
from consentry.evidence.custody import Deed, note_act, settle_retention
from consentry.evidence.redact.original import FileReader
from consentry.evidence.redact.plan import PLAN_TYPE, derivation, plan_bytes
from consentry.evidence.redact.range_film import end_us
from consentry.evidence.redact.service import RenderedFile, check_rendered, render_release
from consentry.evidence.redact.types import Plan
from consentry.evidence.redaction.queries import found_of, original_of, pictures_in, reviewed_plan, valid_looks
from consentry.evidence.redaction.rules import derivative_base, joined
from consentry.evidence.services.begin import begin_item
from consentry.evidence.types import Doer, NewItem, Retention
from consentry.evidence.vault_door import open_vault
from consentry.kernel.errors import Conflict
from consentry.kernel.ids import AgencyId, ItemId
from consentry.kernel.item import SegmentSpan

_PIECE_BYTES = 1_048_576


def render(
    row: models.Redaction, file: BinaryIO, progress: Callable[[int, int], None]
) -> tuple[Plan, RenderedFile]:  # fmt: skip
    """Write what goes out into `file`; a fresh child reads it back. Errors as the engine's; nothing is sealed."""
    plan = reviewed_plan(row, found_of(row))
    made = render_release(original_of(row.item), plan, file, lambda done, of: progress(done, 2 * of))
    file.flush()
    check_rendered(plan, FileReader(file), lambda done, of: progress(of + done, 2 * of))
    return plan, made


def seal(row: models.Redaction, plan: Plan, made: RenderedFile, file: BinaryIO, *, now: datetime) -> models.Item:
    """The derivative as an item that closes by itself; in the caller's transaction, `row.planned` is its id."""
    original = models.Item.objects.get(id=row.item_id)
    doer = Doer(row.released_by, row.released_role)
    item = begin_item(_new(original, plan, row, now), doer, now=now)
    beside, begin_us = plan_bytes(plan), pictures_in(original)[0].start_us
    until_us = begin_us + end_us(plan.frames, plan.frames.count)
    vault, name = open_vault(), ItemId(item.id)
    film = SegmentSpan(0, begin_us + plan.frames.at_us[0], until_us, made.media_type, made.size_bytes, made.sha256, {})
    vault.take_segment(name, film, _pieces_of(file))
    said = hashlib.sha256(beside).hexdigest()
    vault.take_segment(name, SegmentSpan(1, film.start_us, until_us, PLAN_TYPE, len(beside), said, {}), [beside])
    # From here on nobody destroys the original, and nobody waited while a long film was sealed.
    original = models.Item.objects.select_for_update(no_key=True).get(id=row.item_id)
    if original.state != "sealed":
        raise Conflict("the original is destroyed", kind="item-not-sealed")
    item.segments, item.size_bytes, item.state = 2, made.size_bytes + len(beside), "closing"
    item.start_us, item.end_us = film.start_us, until_us
    item.save(update_fields=["segments", "size_bytes", "state", "start_us", "end_us"])
    _join_cases(original, item, doer, now)
    _tell_custody(row, original, item, now)
    return item


def _new(original: models.Item, plan: Plan, row: models.Redaction, now: datetime) -> NewItem:
    base = derivative_base(Retention(original.base_until, original.base_reason), now=now)
    return NewItem(
        agency=AgencyId(original.agency), kind="derivative", source={}, base=base,
        retention_class=original.retention_class, name=original.name, camera=original.camera, cell=original.cell,
        incident=original.incident, programme=original.programme, media_type="video/mp4",
        original=ItemId(original.id), derivation=derivation(plan), item=ItemId(row.planned),
    )  # fmt: skip


def _join_cases(original: models.Item, item: models.Item, doer: Doer, now: datetime) -> None:
    """It belongs to the cases of its original, and is kept as long as they keep theirs."""
    for place in original.places.order_by("id"):
        models.CaseItem.objects.create(case_id=place.case_id, item=item, added_by=doer.person, added_at=now)
        note_act(item, Deed("case_added", about=place.case_id), doer, now=now)
    settle_retention(item, now=now)


def _tell_custody(row: models.Redaction, original: models.Item, item: models.Item, now: datetime) -> None:
    """Who looked at which frames stands with both, then that the one was made from the other."""
    found = found_of(row)
    ranges: dict[Doer, list[tuple[int, int]]] = defaultdict(list)
    for look in valid_looks(row, found, found.all_shown(reviewed_plan(row, found))):
        ranges[Doer(look.person, look.role)].append((look.start, look.end))
    for who, seen in ranges.items():
        for one in (original, item):
            note_act(one, Deed("reviewed", why=joined(seen), about=row.id), who, now=now)
    doer = Doer(row.released_by, row.released_role)
    note_act(original, Deed("redacted", about=item.id, ledger_key=item.id), doer, now=now)


def _pieces_of(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        yield piece
