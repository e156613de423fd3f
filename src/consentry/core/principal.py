"""Who is asking. `accounts` fills it in for every request; the other rooms read it and never ask allauth."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest

from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import AGENCY_ROLES, Role

# Assurance of the sign-in: 0 nobody, 1 one factor (e-mail code), 2 two factors or a passkey that verified its user.
MFA_NONE, MFA_SINGLE, MFA_SECOND = 0, 1, 2


@dataclass(frozen=True)
class Seat:
    """One role in one agency; residents have the seat `owner` with no agency."""

    role: Role
    agency: AgencyId | None = None


@dataclass(frozen=True)
class Principal:
    """The person behind a request, None for the public. `proved_at`: when they last gave a second factor."""

    person: PersonId | None = None
    seats: frozenset[Seat] = field(default_factory=frozenset)
    mfa_level: int = MFA_NONE
    signed_in_at: datetime | None = None
    session_key: str = ""
    proved_at: datetime | None = None

    def usable_seats(self) -> frozenset[Seat]:
        """The seats that count now: those of an agency only after the second factor."""
        strong = self.mfa_level >= MFA_SECOND
        return frozenset(seat for seat in self.seats if strong or seat.role not in AGENCY_ROLES)

    def has(self, role: Role) -> bool:
        """Does the person hold `role` anywhere, and may use it now?"""
        return any(seat.role is role for seat in self.usable_seats())

    def agencies(self, *roles: Role) -> frozenset[AgencyId]:
        """The agencies where the person holds one of `roles`, and may use it now."""
        return frozenset(seat.agency for seat in self.usable_seats() if seat.role in roles and seat.agency is not None)

    def audiences(self) -> frozenset[str]:
        """Whose events this person may hear: `person:…`, and `agency:…` after the second factor."""
        mine = frozenset() if self.person is None else frozenset({f"person:{self.person}"})
        return mine | {f"agency:{seat.agency}" for seat in self.usable_seats() if seat.agency is not None}


NOBODY = Principal()


def attach_principal(request: HttpRequest, principal: Principal, again: Callable[[], Principal]) -> None:
    """Put on `request` who is asking; `again` reads it afresh (a blocking query), for streams that stay open."""
    vars(request).update(principal=principal, principal_again=again)


def principal_of(request: HttpRequest) -> Principal:
    """The principal that `accounts` put on this request; `NOBODY` when there is none."""
    found = getattr(request, "principal", NOBODY)
    return found if isinstance(found, Principal) else NOBODY


def principal_again(request: HttpRequest) -> Principal:
    """Who is behind `request` *now*, read from the database; `NOBODY` once the sign-in is over."""
    again = getattr(request, "principal_again", None)
    return again() if callable(again) else NOBODY
