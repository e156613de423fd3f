"""What this room does when a lower one announces something, in its transaction; `project/wiring.py` names these."""

from consentry.accounts.events import PersonLeft
from consentry.orders.events import OrderDrawn, OrderExecuted
from consentry.requests.services.leave import close_answers
from consentry.requests.services.under_order import require_answers, tell_answerers


def on_person_left(event: PersonLeft) -> None:
    """An account ends: answers that nobody has opened are taken back."""
    close_answers(event.person, now=event.at)


def on_order_drawn(event: OrderDrawn) -> None:
    """An order names only answers that its own agency was sent."""
    require_answers(event.order)


def on_order_executed(event: OrderExecuted) -> None:
    """Whose the named answers are may be read now; each of them is told, at once or when the seal ends."""
    tell_answerers(event.order, event.tell_at, now=event.at)
