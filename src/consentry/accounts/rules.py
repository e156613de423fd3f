"""The rules of signing in: pure decisions over what a session and the tables say.

Agency seats follow CJIS Security Policy 5.9.x (idle lock 30 min, five failures, accounts unused for 90 days) and
NIST SP 800-63B level 2 (again after 12 h). Residents stay signed in for 30 days: their phone must answer at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from consentry.core.principal import MFA_NONE, MFA_SECOND, MFA_SINGLE, Principal, Seat
from consentry.kernel.errors import NotSignedIn, Refused
from consentry.kernel.limits_residents import FRESH_SIGN_IN_MIN
from consentry.kernel.roles import AGENCY_ROLES, Role

IDLE_LOCK = timedelta(minutes=30)
SIGN_IN_AGAIN = timedelta(hours=12)
RESIDENT_SIGN_IN_AGAIN = timedelta(days=30)
LOCK_FAILURES = 5
LOCK_WINDOW = timedelta(minutes=15)
UNUSED = timedelta(days=90)
FRESH = timedelta(minutes=FRESH_SIGN_IN_MIN)

# Roles that a manager may give; admin, support and integrator are the operator's to give.
GIVEN_BY_MANAGER = frozenset({Role.ANALYST, Role.AUDITOR, Role.MANAGER, Role.OFFICER, Role.SUPERVISOR})
OWNER_SEATS = frozenset({Seat(Role.OWNER)})
LANGUAGES = frozenset({"en", "fr", "es"})


class Ended(StrEnum):
    """Why a sign-in is over."""

    IDLE = "idle"
    TOO_OLD = "too-old"


@dataclass(frozen=True)
class Proof:
    """One step of authentication in this session: how and when."""

    method: str
    at: datetime


@dataclass(frozen=True)
class SignIn:
    """What a session says about its sign-in. `active_at` is the person's last own act, not a page's polling."""

    proofs: tuple[Proof, ...]
    active_at: datetime | None
    is_demo: bool = False


def is_agency(seats: Iterable[Seat]) -> bool:
    """Does anybody with these seats work for an agency or the operator?"""
    return any(seat.role in AGENCY_ROLES for seat in seats)


def mfa_level(sign_in: SignIn) -> int:
    """0 for no proof, 1 for one factor, 2 for a second factor or a passkey that verified its user (required of all)."""
    if sign_in.is_demo or any(proof.method == "mfa" for proof in sign_in.proofs):
        return MFA_SECOND
    return MFA_SINGLE if sign_in.proofs else MFA_NONE


def signed_in_at(sign_in: SignIn, *, agency: bool) -> datetime | None:
    """When the person last proved who they are; for agency people the second factor counts, once they gave one."""
    second = [proof.at for proof in sign_in.proofs if proof.method == "mfa"]
    proofs = second if agency and second else [proof.at for proof in sign_in.proofs]
    return max(proofs, default=None)


def proved_at(sign_in: SignIn) -> datetime | None:
    """When the second factor was last given in this session; the demo's door stands for one. None: never."""
    counted = {"mfa", "demo"} if sign_in.is_demo else {"mfa"}
    return max((proof.at for proof in sign_in.proofs if proof.method in counted), default=None)


def decide_ended(sign_in: SignIn, seats: Iterable[Seat], now: datetime) -> Ended | None:
    """Is this sign-in over, and why? A session without a proof is too old."""
    agency = is_agency(seats)
    since = signed_in_at(sign_in, agency=agency)
    if since is None or not now - since < (SIGN_IN_AGAIN if agency else RESIDENT_SIGN_IN_AGAIN):
        return Ended.TOO_OLD
    if agency and sign_in.active_at is not None and not now - sign_in.active_at < IDLE_LOCK:
        return Ended.IDLE
    return None


def is_locked(failures: Sequence[datetime], now: datetime) -> bool:
    """Five failures within fifteen minutes lock until the oldest of the five is fifteen minutes old."""
    return sum(1 for failure in failures if now - failure < LOCK_WINDOW) >= LOCK_FAILURES


def is_unused(seats: Iterable[Seat], last_used: datetime, now: datetime) -> bool:
    """Must this account be disabled because an agency person has not used it for 90 days?"""
    return is_agency(seats) and now - last_used >= UNUSED


def spoken(wanted: str | None) -> str:
    """The language of ours that `wanted` (a tag such as fr-CA, or None) asks for; English for any other."""
    language = (wanted or "").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def is_fresh(principal: Principal, now: datetime) -> bool:
    """Did the person prove within the last fifteen minutes who they are?"""
    return principal.signed_in_at is not None and now - principal.signed_in_at < FRESH


def require_fresh(principal: Principal, now: datetime) -> None:
    """Before all of somebody's data leaves or goes: a phone that lies unlocked on a table is not enough.

    Raises NotSignedIn (`factor-again`) for agency people without a second factor, Refused (`fresh-sign-in`) for an
    older proof.
    """
    if is_agency(principal.seats) and principal.mfa_level < MFA_SECOND:
        raise NotSignedIn("this role needs a second factor", kind="factor-again")
    if not is_fresh(principal, now):
        raise Refused("show again that it is you", kind="fresh-sign-in")
