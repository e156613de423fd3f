"""What accounts hands to other rooms."""

from dataclasses import dataclass
from datetime import datetime

from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role

# Of an export of one's own data: it runs in the first two, and its file is there in `ready` alone.
EXPORT_RUNS = ("gathering", "waiting")
EXPORT_STATES = ("cancelled", "failed", "gathering", "gone", "ready", "waiting")


@dataclass(frozen=True)
class AgencyPerson:
    """One seat in an agency, as its manager sees it."""

    id: PersonId
    name: str
    role: Role
    is_active: bool
    last_seen_at: datetime | None


@dataclass(frozen=True)
class Invitation:
    """Whom a manager asks into an agency, in which role (one that managers may give)."""

    agency: AgencyId
    role: Role
    email: str
    name: str
    language: str = "en"
