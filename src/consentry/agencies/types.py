"""What agencies hands to other rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from consentry.kernel.ids import AgencyId, ProgrammeId


class State(StrEnum):
    """Where a programme stands."""

    DRAFT = "draft"
    COMMENT = "comment"
    PUBLISHED = "published"
    ACTIVE = "active"
    ENDED = "ended"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class Agency:
    """A public body that may run programmes. `jurisdiction` names a profile of `jurisdictions.py`."""

    id: AgencyId
    name: str
    jurisdiction: str
    place: str


@dataclass(frozen=True)
class Vote:
    """The vote or ordinance that allows a programme until a moment. `document_sha256`: hex of the published text."""

    body: str
    instrument: str
    held_at: datetime
    allows_until: datetime
    document_sha256: str


@dataclass(frozen=True)
class Programme:
    """An agency's time-boxed permission, [starts_at, ends_at). Empty `area_cells` means the whole city."""

    id: ProgrammeId
    agency: AgencyId
    agency_name: str
    name: str
    preset: str
    state: State
    state_since: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    tiers: frozenset[str]
    city_camera_cap: int
    private_camera_cap: int
    city_cameras_used: int
    private_cameras_used: int
    call_types: frozenset[str]
    max_distance_m: int
    retention_days: int
    jurisdiction: str
    impact_report_sha256: str
    use_policy_sha256: str
    contacts: Mapping[str, str]
    area_cells: frozenset[str]
    vote: Vote | None

    def is_running(self, now: datetime) -> bool:
        """May it be used at `now`? A comparison, so the end needs no job to run."""
        if self.state is not State.ACTIVE or self.starts_at is None or self.ends_at is None:
            return False
        return self.starts_at <= now < self.ends_at


@dataclass(frozen=True)
class Papers:
    """What a programme needs before it may be active, and its dates; None leaves what stands there."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    impact_report_sha256: str | None = None
    use_policy_sha256: str | None = None
    contacts: Mapping[str, str] = field(default_factory=dict)
    area_cells: frozenset[str] | None = None
