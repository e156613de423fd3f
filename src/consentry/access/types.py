"""What access hands to other rooms, and what callers hand to its services."""

from dataclasses import dataclass, field
from datetime import datetime

from consentry.kernel.ids import (
    AgencyId,
    AskId,
    CameraId,
    GatewayId,
    GrantId,
    IncidentId,
    PersonId,
    ProgrammeId,
    SessionId,
)

END_REASONS = (
    "call_closed", "closed", "expired", "paused", "programme_over", "stopped", "superseded", "withdrawn",
)  # fmt: skip

# What a candidate may be, for owner and auditor.
ASKING, OPENED, CLOSED, NO, SILENT = "asking", "opened", "closed", "no", "silent"
ASKING_OWNERS, DECIDED = "asking_owners", "decided"


@dataclass(frozen=True)
class AskRequest:
    """What an asker asks for.

    `incident` None: city cameras alone. `views`: private views, 0 to 5. `public_cameras`: city cameras by name.
    `holder_key`: the viewer's P-256 point, 65 bytes; tickets are bound to it.
    """

    incident: IncidentId | None
    purpose: str
    views: int
    public_cameras: tuple[CameraId, ...]
    holder_key: bytes


@dataclass(frozen=True)
class Refusal:
    """One condition that failed, in the policy's words; `text` in English, the console has the others by `rule`."""

    rule: str
    text: str


@dataclass(frozen=True)
class Alternative:
    """A lawful way that is left: `city_camera` (with its id), `video_request` or `order`."""

    kind: str
    camera: CameraId | None = None
    name: str = ""


@dataclass(frozen=True)
class Session:
    """One viewer of one grant. `expires_at` is the grant's end; `camera` an exact id, for viewer and server only.

    `granted_at`: the grant's start, which no extension or move changes.
    """

    id: SessionId
    grant: GrantId
    viewer: PersonId
    agency: AgencyId
    programme: ProgrammeId
    incident: IncidentId
    camera: CameraId
    klass: str
    owner: PersonId
    role: str
    officer_number: str
    gateway: GatewayId
    purpose: str
    distance_m: int
    since: datetime
    expires_at: datetime
    presented_at: datetime | None
    first_frame_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    granted_at: datetime


@dataclass(frozen=True)
class Ask:
    """An ask as its asker may see it."""

    id: AskId
    incident: IncidentId | None
    purpose: str
    state: str
    asked_at: datetime
    ends_at: datetime
    refusals: tuple[Refusal, ...]
    alternatives: tuple[Alternative, ...]
    no_further_view: bool
    sessions: tuple[Session, ...] = field(default=())


@dataclass(frozen=True)
class OwnerAsk:
    """An ask as the owner of a drawn camera may see it: agency, role and number, never name, block or call."""

    candidate: str
    ask: AskId
    camera: CameraId
    agency: AgencyId
    incident: IncidentId
    role: str
    officer_number: str
    purpose: str
    type_family: str
    distance_band: str
    minutes: int
    asked_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class GrantWhere:
    """Which open grants: every given field must match; at least one must be given."""

    grant: GrantId | None = None
    camera: CameraId | None = None
    incident: IncidentId | None = None
    programme: ProgrammeId | None = None


@dataclass(frozen=True)
class GatewayFacts:
    """A registered gateway: its key (Ed25519, 32 bytes) and address."""

    id: GatewayId
    public_key: bytes
    url: str
