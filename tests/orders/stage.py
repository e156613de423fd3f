"""An agency with people who draw, review and execute orders, homes around it, and a court's document."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.access.stage import Stage, integrate, make_stage, staff
from tests.consent.stage import Scene
from tests.evidence.stage import give_vault_key
from tests.evidence.stage import work as work_vault

from consentry.core.announcements import _handlers
from consentry.core.principal import Principal
from consentry.evidence import handlers as evidence
from consentry.evidence import services as evidence_services
from consentry.evidence.types import Doer, NewItem, Retention
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import AgencyId, ItemId, OrderId
from consentry.kernel.item import SegmentSpan
from consentry.kernel.roles import Role
from consentry.orders import models, services
from consentry.orders.events import OrderDrawn, OrderExecuted
from consentry.orders.types import Line, NewOrder
from consentry.requests import handlers as requests

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PDF = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
)
SEATS = {"manager": Role.MANAGER, "first": Role.SUPERVISOR, "second": Role.SUPERVISOR, "auditor": Role.AUDITOR}


@dataclass
class Court:
    """A stage with its agency's people, who have just given their second factor."""

    stage: Stage
    people: dict[str, Principal] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Principal:
        return self.people[name]

    @property
    def home(self) -> Scene:
        """The first home."""
        return self.stage.homes[0]

    def new(self, *lines: Line, now: datetime | None = None, **changes: Any) -> NewOrder:
        """A search warrant for the first home's camera, or for `lines`."""
        moment = now or utc_now()
        return new_order(self.stage.agency.id, *(lines or (camera_line(self.home.camera.id, moment),)), now=moment,
                         **changes)  # fmt: skip

    def draw(self, *lines: Line, who: str = "manager", now: datetime | None = None, **changes: Any) -> OrderId:
        """Drawn, with its document."""
        moment = now or utc_now()
        made = services.draw_order(at(self[who], moment), self.new(*lines, now=moment, **changes), now=moment)
        if changes.get("kind") != "exigent":
            services.put_document(self["manager"], made, PDF, now=moment)
        return made

    def review(self, order: OrderId, *, now: datetime | None = None) -> None:
        """Two supervisors agree, and it stands in the log."""
        moment = now or utc_now()
        for name in ("first", "second"):
            services.review_order(at(self[name], moment), order, agrees=True, why="", now=moment)
        integrate()

    def execute(self, order: OrderId, *, now: datetime | None = None) -> None:
        """A supervisor executes it, and that stands in the log."""
        moment = now or utc_now()
        services.execute_order(at(self["first"], moment), order, now=moment)
        integrate()

    def executed(self, *lines: Line, now: datetime | None = None, **changes: Any) -> OrderId:
        """Drawn, reviewed and executed."""
        order = self.draw(*lines, now=now, **changes)
        self.review(order, now=now)
        self.execute(order, now=now)
        return order

    def item(self, *, camera: str = "", start: datetime | None = None) -> str:
        """A sealed item of the vault: ten minutes of a camera, kept for 30 days."""
        moment, now = start or utc_now() - 2 * HOUR, utc_now()
        new = NewItem(
            agency=self.stage.agency.id, kind="look", source={"camera": camera}, camera=camera,
            retention_class="days-30", base=Retention(now + 30 * DAY, "programme"),
        )  # fmt: skip
        item, span = evidence_services.begin_item(new, Doer(), now=now), (us(moment), us(moment) + 600_000_000)
        said = SegmentSpan(0, *span, "video/mp4", 1, hashlib.sha256(b"x").hexdigest(), {})
        open_vault().take_segment(ItemId(item.id), said, [b"x"])
        item.start_us, item.end_us = span
        item.segments, item.size_bytes, item.state = 1, 1, "closing"
        item.save()
        work_vault()
        return str(item.id)


def make_court(*, homes: int = 1, **terms: Any) -> Court:
    """A running agency with `homes` homes; announcements reach the rooms that `project/wiring.py` names."""
    give_vault_key()
    stage = make_stage(Path(), homes=homes, **terms)
    hear_orders()
    people = {name: at(staff(stage.agency, role), utc_now()) for name, role in SEATS.items()}
    return Court(stage, people)


def hear_orders() -> None:
    """The handlers of orders, as `project/wiring.py` has them."""
    _handlers.update({
        OrderDrawn: (evidence.on_order_drawn, requests.on_order_drawn),
        OrderExecuted: (evidence.on_order_executed, requests.on_order_executed),
    })  # fmt: skip


def new_order(agency: AgencyId, *lines: Line, now: datetime, **changes: Any) -> NewOrder:
    """A search warrant of yesterday for a fortnight; an exigent one with a certificate for a day."""
    said: dict[str, Any] = {
        "agency": agency, "kind": "search_warrant", "court": "County Court", "docket": "26-CR-1", "judge": "J. Doe",
        "phone": "+1 555 0199", "words": "The street before the house.", "issued_at": now - HOUR,
        "expires_at": now + 14 * DAY, "lines": lines,
    }  # fmt: skip
    if changes.get("kind") == "exigent":
        said |= {"court": "", "docket": "", "judge": "", "certificate": "A child is missing.", "expires_at": now + DAY}
    return NewOrder(**{**said, **changes})


def camera_line(camera: str, now: datetime, *, hours: int = 3) -> Line:
    """`hours` of a camera, until now."""
    return Line("camera", camera, now - hours * HOUR, now)


def at(who: Principal, moment: datetime) -> Principal:
    """The same person, who gave the second factor a moment before."""
    return replace(who, proved_at=moment - timedelta(seconds=30))


def us(moment: datetime) -> int:
    """UTC microseconds."""
    return int(moment.timestamp()) * 1_000_000


def row_of(order: OrderId) -> models.Order:
    """The order's row as it stands."""
    return models.Order.objects.get(id=order)


def serving_of(order: OrderId) -> models.Serving:
    """The one serving of an order."""
    return models.Serving.objects.get(line__order=order)


def work(now: datetime | None = None) -> None:
    """What the worker does for orders and what owners hand over within a moment."""
    moment = now or utc_now()
    evidence_services.advance_uploads(moment)
    evidence_services.seal_handed_due(moment)
    work_vault(moment)
    services.tell_due(moment)
    services.expire_due(moment)
    integrate()
