"""What a broken promise looks like, and the promise that permissions alone can break (docs/design/overview.md)."""

from collections.abc import Iterator
from dataclasses import dataclass

from consentry.core.permissions import PERMISSIONS
from consentry.kernel.roles import Role

PICTURE_ACTIONS = ("access:ask:", "access:grant:", "cameras:camera:test", "evidence:item:", "evidence:upload:", "home:",
                   "live:session:", "requests:answer:", "requests:inbox:")  # fmt: skip
BLIND_ROLES = frozenset({Role.ADMIN, Role.INTEGRATOR, Role.SUPPORT})


@dataclass(frozen=True)
class Broken:
    """Invariant `number` of the overview does not hold: `what`, with ids and never with names or places."""

    number: int
    what: str


def broken_invariants() -> Iterator[Broken]:
    """9: admin, support and vendor roles have no right to any picture."""
    for action, permission in PERMISSIONS.items():
        if action.startswith(PICTURE_ACTIONS) and permission.roles & BLIND_ROLES:
            yield Broken(9, f"{action} is open to a role that may see no picture")
