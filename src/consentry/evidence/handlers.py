"""What lower rooms announce changes marks here, in the same transaction. `project/wiring.py` names these."""

from consentry.access.events import SessionEnded, SessionOpened
from consentry.evidence.services.keep import end_mark, follow_session
from consentry.evidence.services.under_order import do_order, require_items
from consentry.kernel.clock import utc_now
from consentry.orders.events import OrderDrawn, OrderExecuted


def on_order_drawn(event: OrderDrawn) -> None:
    """An order names only what its own agency has in the vault."""
    require_items(event.order)


def on_order_executed(event: OrderExecuted) -> None:
    """What an order names and the vault holds is held, or joined to its case."""
    do_order(event.order, event.by, now=event.at)


def on_session_opened(event: SessionOpened) -> None:
    """A look that was kept and moved, or got more time, goes on being kept."""
    follow_session(event.session, now=utc_now())


def on_session_ended(event: SessionEnded) -> None:
    """What is not shown any more is not recorded any more."""
    end_mark(event.session, event.reason, now=utc_now())
