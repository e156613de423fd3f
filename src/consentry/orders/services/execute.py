"""Execute a reviewed order: once, by a supervisor with their second factor, on what is stored at that moment."""

from datetime import datetime

from django.db import transaction

from consentry.cameras import queries as cameras
from consentry.core.announcements import announce
from consentry.core.principal import Principal
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, Unavailable
from consentry.kernel.ids import CameraId, ItemId
from consentry.ledger.queries import find_place
from consentry.ledger.services import append
from consentry.orders import models
from consentry.orders.access import EXECUTERS, access_order, require_fresh_factor
from consentry.orders.events import OrderExecuted
from consentry.orders.queries import executed_key, order_of
from consentry.orders.records import commit_to
from consentry.orders.rules import tell_at
from consentry.orders.services.draw import require_living
from consentry.orders.services.note import doer_of, note
from consentry.orders.services.serve import serve
from consentry.orders.types import Order


@transaction.atomic
def execute_order(principal: Principal, order: str, *, now: datetime) -> None:
    """Do what the order says on what is stored: holds, joined items, opened identities; owners are served.

    Consent is not asked: an order stands beside it, and neither changes the other.

    Raises: NotFound. NotSignedIn `factor-again`. Conflict `order-over` (also: executed already), `order-unreviewed`.
    Unavailable `not-logged`: its `order.receive` is not in the log yet.
    """
    row = access_order(principal, order, roles=EXECUTERS, lock=True)
    require_fresh_factor(principal, now)
    require_living(row, now)
    if row.kind != "exigent" and row.state != "reviewed":
        raise Conflict("two people must review this first", kind="order-unreviewed")
    received = find_place(row.id)
    if received is None:
        raise Unavailable("this order is not in the log yet", kind="not-logged")
    row.state, row.executed_at, row.executed_by = "executed", now, principal.person or ""
    row.save(update_fields=["state", "executed_at", "executed_by"])
    told = tell_at(row.kind, row.seal_until, now)
    _log_executed(row, received.index, told, now)
    note(row, "executed", doer_of(principal, row), now=now)
    _serve_owners(row, told, now)
    announce(OrderExecuted(order_of(row, now=now), principal, told, now))


def note_yield(order: Order, line: int, word: str, item: ItemId | str = "") -> None:
    """Keep what executing `line` of `order` found; called by the rooms that looked, in the same transaction."""
    models.Yielded.objects.create(line=models.Line.objects.get(order=order.id, number=line), word=word, item=item)


def require_logged(row: models.Order) -> None:
    """Log before look: nothing that an order opens is shown before its `order.execute` is durable.

    Conflict `order-unexecuted`. Unavailable `not-logged`: in a moment.
    """
    if row.state != "executed":
        raise Conflict("this order is not executed", kind="order-unexecuted")
    if find_place(executed_key(row.id)) is None:
        raise Unavailable("this order is not in the log yet", kind="not-logged")


@transaction.atomic
def note_identity_read(principal: Principal, order: str, *, now: datetime) -> Order:
    """Somebody is about to read who stands behind the answers that an order names: it is written down first.

    Raises as `require_logged`; NotFound.
    """
    row = access_order(principal, order, roles=EXECUTERS)
    require_logged(row)
    note(row, "identity_read", doer_of(principal, row), now=now)
    return order_of(row, now=now)


def _log_executed(row: models.Order, index: int, told: datetime, now: datetime) -> None:
    """`order.execute` of the entry at `index`; `seal_until`: until when those concerned are not told, 0 for no seal."""
    fields: dict[str, str | int] = {
        "agency": row.agency, "commit": commit_to(row), "index": index,
        "seal_until": to_ms(told) if told > now else 0,
    }  # fmt: skip
    append("order.execute", fields, key=executed_key(row.id))


def _serve_owners(row: models.Order, told: datetime, now: datetime) -> None:
    """Recordings at a home are opened by nobody but its owner: so the owner is asked for them, under the order."""
    lines = list(models.Line.objects.filter(order=row, target="camera").order_by("number"))
    found = cameras.get_cameras(line.about for line in lines)
    for line in lines:
        camera = found.get(CameraId(line.about))
        if camera is not None and camera.owner is not None:
            serve(line, camera.owner, camera.id, tell_at=told, now=now)
            models.Yielded.objects.create(line=line, word="served")
