"""What this room announces; every handler runs in the announcing transaction."""

from dataclasses import dataclass
from datetime import datetime

from consentry.core.principal import Principal
from consentry.orders.types import Order


@dataclass(frozen=True)
class OrderDrawn:
    """An order was drawn or changed. Rooms that own what its lines name raise NotFound for what is not its agency's."""

    order: Order


@dataclass(frozen=True)
class OrderExecuted:
    """An order is executed `by` a supervisor at `at`; `tell_at`: when whom it concerns may learn of it."""

    order: Order
    by: Principal
    tell_at: datetime
    at: datetime
