"""What this room holds of a person: the orders that concern them, once they may know, and what they answered."""

from collections.abc import Iterator

from consentry.core.personal import Held, RoomData, Row, Section, Why, of_office
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId
from consentry.orders.models import Serving


def _served(person: PersonId) -> Iterator[Row]:
    """A court's seal holds here too: what its person may not know yet is not in their file."""
    rows = Serving.objects.filter(person=person, tell_at__lte=utc_now()).select_related("line__order")
    for row in rows.order_by("tell_at", "id").iterator():
        order = row.line.order
        yield {
            "order": order.id, "agency": order.agency, "kind": order.kind, "court": order.court,
            "docket": order.docket, "issued_at": order.issued_at, "expires_at": order.expires_at,
            "camera": row.camera, "from": row.line.window_start, "until": row.line.window_end, "state": row.state,
            "told_at": row.told_at, "said": row.said, "said_at": row.said_at,
        }  # fmt: skip


PERSONAL = RoomData(
    "orders",
    {
        "Serving.person": Held("orders", stays=Why.COURT_RECORD),
        **of_office("Act.person", "Document.put_by", "Order.executed_by", "Order.made_by", "Review.person"),
    },
    (Section("orders", _served),),
)  # fmt: skip
