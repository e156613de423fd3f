"""What this room announces; `project/wiring.py` names who listens."""

from dataclasses import dataclass

from consentry.incidents.types import Incident


@dataclass(frozen=True)
class CallReceived:
    """A call was taken for the first time."""

    incident: Incident


@dataclass(frozen=True)
class CallChanged:
    """A later version of a call changed it (type, place, number of units; also a reopening)."""

    incident: Incident


@dataclass(frozen=True)
class CallClosed:
    """A call was closed: its grants end."""

    incident: Incident
