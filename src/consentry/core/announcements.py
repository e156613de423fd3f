"""How a lower room tells higher ones: `announce(event)` runs their handlers in the same transaction, in fixed order.

`project/wiring.py` fills the table once at start; a handler that raises rolls everything back.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction

Handler = Callable[[Any], None]

_handlers: dict[type, tuple[Handler, ...]] = {}


def wire(table: dict[type, tuple[Handler, ...]]) -> None:
    """Replace the whole table of handlers (called by `project` at start, by tests with their own)."""
    _handlers.clear()
    _handlers.update(table)


def announce(event: object) -> None:
    """Run the handlers of `type(event)` now, inside the caller's transaction (RuntimeError outside one)."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("announce inside a transaction, so that nobody is told before commit")
    for handler in _handlers.get(type(event), ()):
        handler(event)
