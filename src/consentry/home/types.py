"""What the owner's page shows."""

from dataclasses import dataclass
from datetime import datetime

from consentry.kernel.ids import CameraId, EdgeId, GatewayId


@dataclass(frozen=True)
class HomeLook:
    """One look at the owner's camera. Agency by name, officer by number; never the block, never a person's name.

    `kept`: it was recorded for the vault, or is.

    `proof`: the opening with its place in the log (docs/spec/opening.md), for the browser to check; None while the
    look is not in the log yet, or under a court's seal.
    """

    id: str
    agency: str
    role: str
    officer_number: str
    type_family: str
    distance_band: str
    purpose: str
    since: datetime
    first_frame_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    seconds: int
    kept: bool
    proof: dict[str, object] | None


@dataclass(frozen=True)
class HomeCamera:
    """One of the owner's cameras. `state`: paused, looked_at, or its health; `warnings`: what is wrong with it.

    `paused_until`: when the pause ends by itself; None when only the owner ends it.
    """

    id: CameraId
    name: str
    state: str
    paused: bool
    warnings: tuple[str, ...]
    looks_now: tuple[HomeLook, ...]
    paused_until: datetime | None = None


@dataclass(frozen=True)
class HomeOfficer:
    """Somebody who knows where the owner's camera is, because a grant showed it to them. Never a person's name."""

    agency: str
    officer_number: str
    role: str
    looks: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class HomeRefusal:
    """A look that the owner's own terms (or ours) refused: which conditions, without who asked."""

    at: datetime
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class HomeFlag:
    """A look to be gone into: an officer looked more than three times in 30 days, or the owner flagged one look.

    `kind`: often or owner; `look`: the flagged one; `answer`: the auditor's, "" while it waits.
    """

    kind: str
    look: str
    officer_number: str
    looks: int
    at: datetime
    said: str
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True)
class OwnLine:
    """Where the owner's browser reaches their own camera: at the edge, through a gateway that reads nothing.

    `edge_key`: Ed25519, 32 bytes, which signs the edge's answer. `gateway_url`: of the door `/own`.
    """

    edge: EdgeId
    edge_key: bytes
    gateway: GatewayId
    gateway_url: str
