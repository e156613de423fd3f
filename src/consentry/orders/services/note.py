"""What every step of this room writes beside its own: one line of what was done, and the pages of the agency wake."""

from dataclasses import dataclass
from datetime import datetime

from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.canonical import canonical_json
from consentry.kernel.clock import to_ms
from consentry.ledger.services import append
from consentry.orders import models
from consentry.orders.access import READERS, role_in
from consentry.orders.records import commit_to, order_record


@dataclass(frozen=True)
class Doer:
    """Who does something, in which role; the platform itself, or an owner, when empty."""

    person: str = ""
    role: str = ""


def doer_of(principal: Principal, row: models.Order) -> Doer:
    """Who acts on `row`, in the role of the agency that counts most here; Refused `role` for nobody of it."""
    return Doer(principal.person or "", role_in(principal, row.agency, *READERS).value)


def note(row: models.Order, kind: str, doer: Doer, *, now: datetime, why: str = "") -> None:
    """Add a line to what was done with the order, and tell its agency's pages."""
    models.Act.objects.create(order=row, at=now, kind=kind, person=doer.person, role=doer.role, why=why)
    tell(f"agency:{row.agency}", "order.changed", row.id)


def freeze(row: models.Order, *, now: datetime) -> None:
    """From now on nothing of what it says changes: the ledger's entries commit to this record."""
    lines = list(models.Line.objects.filter(order=row).order_by("number"))
    row.record, row.frozen_at = canonical_json(order_record(row, lines)).decode(), now
    row.save(update_fields=["record", "frozen_at"])


def log_received(row: models.Order) -> None:
    """`order.receive`: an instrument of this kind came, and until when it is under a seal (0: none)."""
    seal_ms = 0 if row.seal_until is None else to_ms(row.seal_until)
    fields: dict[str, str | int] = {
        "agency": row.agency, "commit": commit_to(row), "instrument": row.kind, "seal_until": seal_ms,
    }  # fmt: skip
    append("order.receive", fields, key=row.id)
