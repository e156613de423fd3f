"""What this room announces, inside the transaction that made it true; `project/wiring.py` names who listens."""

from dataclasses import dataclass

from consentry.kernel.ids import GrantId, SessionId


@dataclass(frozen=True)
class GrantEnded:
    """A grant ended for `reason` (types.END_REASONS); its sessions ended with it."""

    grant: GrantId
    reason: str


@dataclass(frozen=True)
class SessionOpened:
    """A session was decided and committed; no frame flows before its entry is durable."""

    session: SessionId


@dataclass(frozen=True)
class SessionEnded:
    """A session ended for `reason`."""

    session: SessionId
    reason: str
