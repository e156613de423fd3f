"""Who people are to the system, and what each role may do at most (the policy may only say less)."""

from enum import StrEnum


class Role(StrEnum):
    """Closed list. `owner` is a resident or business; the others belong to an agency or the operator."""

    ADMIN = "admin"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"
    MANAGER = "manager"
    MODERATOR = "moderator"
    OFFICER = "officer"
    OWNER = "owner"
    SUPERVISOR = "supervisor"
    SUPPORT = "support"


AGENCY_ROLES = frozenset(
    {
        Role.ANALYST,
        Role.AUDITOR,
        Role.MANAGER,
        Role.MODERATOR,
        Role.OFFICER,
        Role.SUPERVISOR,
        Role.ADMIN,
        Role.SUPPORT,
        Role.INTEGRATOR,
    }
)
