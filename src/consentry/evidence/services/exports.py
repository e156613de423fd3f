"""An item leaves as a bag: drafted and sealed by the worker, logged, proven, stamped, then fetched in ranges.

Each step may be repeated after a crash; a draft that broke off is drafted again in the same folder.
"""

import logging
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from consentry.agencies import queries as agencies
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import HANDLERS, access_item, doer_of
from consentry.evidence.bag.check.fault import BagFault
from consentry.evidence.bag.check.item_form import MANIFEST_TYPE, parse_item
from consentry.evidence.bag.check.strict import open_envelope
from consentry.evidence.bag.check.tags import SEAL
from consentry.evidence.bag.from_vault import VaultSegments, bag_item
from consentry.evidence.bag.make import draft_bag, finish_bag, open_bag
from consentry.evidence.bag.player import make_player
from consentry.evidence.bag.shelf import Shelf
from consentry.evidence.bag.types import LANGUAGES, BagItem, ExportOrder, PlayerCopy
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.custody_events import events_of
from consentry.evidence.label_file import label_key
from consentry.evidence.rules import OPENING_LASTS, byte_range
from consentry.evidence.services.play import ServedFile
from consentry.evidence.stamps.ask import Authority, stamp
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_vault, vault_signer
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Unavailable
from consentry.kernel.ids import AgencyId, ExportId, ItemId, new_id
from consentry.kernel.limits import MAX_EXPORTS_PER_ITEM
from consentry.ledger import queries as ledger_reads
from consentry.ledger import services as ledger

logger = logging.getLogger(__name__)
FOLDER, AT_ONCE = "vault-exports", 5
KEPT_FOR = timedelta(days=7)
WAITS_FOR = timedelta(days=1)
_HERE = ("logging", "ready", "waiting")
SALT_BYTES = 32


@transaction.atomic
def begin_export(principal: Principal, item: str, recipient: str, language: str, *, now: datetime) -> models.Export:
    """Ask for a bag of a sealed item, for somebody. NotFound; Malformed: for nobody; Conflict `item-not-sealed`."""
    if not recipient.strip():
        raise Malformed("an export is for somebody")
    row = access_item(principal, item, roles=HANDLERS, lock=True)
    doer = doer_of(principal, row.agency, *HANDLERS)
    return _begin(row, models.Export(recipient=recipient.strip(), person=doer.person, language=language), doer, now)


@transaction.atomic
def begin_disclosed_export(place: models.DisclosedItem, language: str, *, now: datetime) -> models.Export:
    """The recipient of a disclosure asks for the bag; asked again, it is the same one. The opening was checked."""
    row = models.Item.objects.select_for_update(no_key=True).get(id=place.item_id)
    running = models.Export.objects.filter(item=row, disclosure=place.disclosure, state__in=_HERE).first()
    wished = models.Export(disclosure=place.disclosure, recipient=place.disclosure.recipient, language=language)
    return running or _begin(row, wished, Doer(), now)


def advance_exports(authority: Authority | None, now: datetime) -> int:
    """The worker's step: draft what waits, finish what is logged, remove what is over. How many became ready."""
    _remove_over(now)  # first, as it makes room for the others
    for row in _some("waiting"):
        _tried(row, partial(_draft, row, authority, now), now)
    return sum(_tried(row, partial(_finish, row, authority, now), now) for row in _some("logging"))


@transaction.atomic
def fetch_export(principal: Principal, export: str, wanted: str, *, now: datetime) -> ServedFile:
    """The bag or a range of it, for who works with the item; who fetched it stands in custody, once an hour.

    Raises: NotFound, also for a recipient's bag. Conflict `export-not-ready`. Malformed `range`.
    """
    row = models.Export.objects.select_related("item").filter(id=export, disclosure=None).first()
    if row is None or row.item.agency not in principal.agencies(*HANDLERS):
        raise NotFound("no such export")
    served = serve_export(row, wanted)
    lately = row.item.acts.filter(kind="downloaded", about=row.id, at__gt=now - OPENING_LASTS)
    if not lately.filter(person=principal.person or "").exists():
        doer = doer_of(principal, row.item.agency, *HANDLERS)
        note_act(row.item, Deed("downloaded", why=row.recipient, about=row.id), doer, now=now)
    return served


def serve_export(row: models.Export, wanted: str) -> ServedFile:
    """The bag or a range of it; whose it is was checked. Conflict `export-not-ready`; Malformed `range`."""
    if row.state != "ready":
        raise Conflict("this export is not ready", kind="export-not-ready")
    layout = open_bag(folder_of(row), VaultSegments(open_vault(), ItemId(row.item_id)))
    size_bytes = layout.size_bytes
    part = byte_range(wanted, size_bytes)
    start, end = part or (0, size_bytes)
    pieces = _first(layout.pieces(start), end - start)
    return ServedFile("application/zip", size_bytes, start, end, "", part is not None, pieces)


def folder_of(row: models.Export) -> Path:
    """Where its files lie; the copy for players lies there in the clear."""
    return Path(settings.DATA) / FOLDER / row.id


def _begin(item: models.Item, row: models.Export, doer: Doer, now: datetime) -> models.Export:
    if item.state != "sealed":
        raise Conflict("only sealed items leave", kind="item-not-sealed")
    if row.language not in LANGUAGES or len(row.recipient) > 200:
        raise Malformed("a bag is in en, es or fr, for somebody with a short name")
    if models.Export.objects.filter(item=item, state__in=_HERE).count() >= MAX_EXPORTS_PER_ITEM:
        raise LimitReached("so many bags of this item lie here already", kind="exports-full")
    row.id, row.item, row.asked_at, row.state = new_id("export"), item, now, "waiting"
    row.salt = secrets.token_bytes(SALT_BYTES)
    row.save(force_insert=True)
    deed = Deed("exported", why=row.recipient, about=row.id, ledger_key=f"export:{row.id}")
    note_act(item, deed, doer, now=now)
    return row


def _draft(row: models.Export, authority: Authority | None, now: datetime) -> bool:
    vault, signer = open_vault(), vault_signer()
    events = events_of(row.item)
    item = bag_item(vault, ItemId(row.item_id), events)
    agency = agencies.get_agency(AgencyId(row.item.agency)).name
    order = ExportOrder(
        export=ExportId(row.id), made_ms=max(to_ms(now), events[-1].t_ms), salt=bytes(row.salt),
        recipient=row.recipient, agency_name=agency, language=row.language, stamped=authority is not None,
        known=vault.verifiers[1:],
    )  # fmt: skip
    folder = folder_of(row)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    player, why = _player(folder, item, order, agency)
    draft = draft_bag(folder, item, order, signer, player)
    with transaction.atomic():
        ledger.append("export.create", {"agency": row.item.agency, "commit": draft.commit}, key=f"export:{row.id}")
        row.state, row.why, row.is_stamped = "logging", why, order.stamped
        row.save(update_fields=["state", "why", "is_stamped"])
    return False


def _player(folder: Path, item: BagItem, order: ExportOrder, agency: str) -> tuple[PlayerCopy | None, str]:
    verifiers = (vault_signer().verifier, *order.known)
    form = parse_item(open_envelope(item.manifest, MANIFEST_TYPE, verifiers, "manifest"))
    try:
        return make_player(folder, item, form, label_key(agency)), ""
    except Unavailable as error:
        return None, str(error)


def _finish(row: models.Export, authority: Authority | None, now: datetime) -> bool:
    """Both proofs under one witnessed checkpoint, the seal's time-stamp, then it is ready."""
    places = [ledger_reads.find_place(key) for key in (row.item_id, f"export:{row.id}")]
    if any(place is None for place in places):
        return False
    item_proof, export_proof = ledger_reads.prove_together(*(place.index for place in places if place is not None))
    reply = None
    if row.is_stamped:
        if authority is None:
            raise Unavailable("no time-stamping authority is set any more", kind="stamp-none")
        reply, _ = stamp(Shelf(folder_of(row)).path(SEAL).read_bytes(), authority)
    finish_bag(folder_of(row), item_proof, export_proof, reply)
    row.state, row.ready_at, row.ends_at = "ready", now, now + KEPT_FOR
    row.save(update_fields=["state", "ready_at", "ends_at"])
    return True


def _tried(row: models.Export, step: Callable[[], bool], now: datetime) -> bool:
    """Did the step end? What is missing now may come: it waits, a day at most. One that fails stops no other."""
    try:
        return bool(step())
    except (Unavailable, NotFound, OSError) as error:
        logger.warning("export %s waits: %s", row.id, error)
        if now - row.asked_at >= WAITS_FOR:
            _give_up(row, error)
    except (BagFault, ConsentryError) as error:
        _give_up(row, error)
    return False


def _give_up(row: models.Export, error: Exception) -> None:
    logger.error("export %s failed: %s", row.id, error)
    models.Export.objects.filter(id=row.id).update(state="failed", why=str(error)[:500])
    shutil.rmtree(folder_of(row), ignore_errors=True)


def _remove_over(now: datetime) -> None:
    """Folders of bags whose week is over, whose item is destroyed, or whose disclosure has ended."""
    ended = Q(disclosure__revoked_at__isnull=False) | Q(disclosure__expires_at__lte=now)
    over = Q(ends_at__lte=now) | Q(item__state__in=("shredding", "shredded")) | ended
    for row in models.Export.objects.filter(over).exclude(state="gone").order_by("id")[:AT_ONCE]:
        shutil.rmtree(folder_of(row), ignore_errors=True)
        models.Export.objects.filter(id=row.id).update(state="gone")


def _some(state: str) -> list[models.Export]:
    rows = models.Export.objects.select_related("item").filter(state=state, item__state="sealed")
    return list(rows.order_by("asked_at", "id")[:AT_ONCE])


def _first(pieces: Iterator[bytes], size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return
