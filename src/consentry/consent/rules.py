"""Pure rules of consent: what state a version is in, which terms may be signed, and the careful defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from consentry.consent.types import ConsentState
from consentry.kernel.canonical import sha256_of
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, Malformed, Refused, Untrusted
from consentry.kernel.ids import CameraId, ProgrammeId
from consentry.kernel.limits import DEFAULT_DISTANCE_M, MAX_CONSENT_DAYS
from consentry.kernel.purposes import PURPOSES
from consentry.kernel.terms import ALWAYS, Approval, Participation, Terms, Tier, ViewAttested, terms_sha256

DEFAULT_MINUTES = 10
DEFAULT_DAYS = 180
ENDED_EVENTS: Mapping[str, ConsentState] = {
    "revoked": ConsentState.REVOKED,
    "withdrawn": ConsentState.WITHDRAWN,
}


@dataclass(frozen=True)
class Offer:
    """What a programme offers an owner to agree to: its own bounds and the texts in force.

    `agencies`: ids of who may look. `tiers`: what it may do at most.
    """

    camera: CameraId
    programme: ProgrammeId
    agencies: tuple[str, ...]
    tiers: frozenset[str]
    call_types: frozenset[str]
    max_distance_m: int
    waiver_sha256: str


def scope_sha256(offer: Offer) -> str:
    """Hex SHA-256 of what must not change under a consent: waiver, purposes with their words, agencies."""
    return scope_of(tuple(sorted(offer.agencies)), offer.waiver_sha256)


def scope_of(agencies: tuple[str, ...], waiver_sha256: str) -> str:
    """`scope_sha256` from its parts."""
    purposes = {code: dict(words) for code, words in PURPOSES.items()}
    return sha256_of({"agencies": list(agencies), "purposes": purposes, "waiver": waiver_sha256}).hex()


def state_of(event: str, *, expires_at: datetime, signed_scope: str, scope: str, at: datetime) -> ConsentState:
    """The state at `at` of the newest version of a chain. No job is needed for an expiry: it is this comparison."""
    if event in ENDED_EVENTS:
        return ENDED_EVENTS[event]
    if at >= expires_at:
        return ConsentState.EXPIRED
    return ConsentState.GIVEN if signed_scope == scope else ConsentState.INVALID


def connection_state(event: str, *, expires_at: datetime, at: datetime) -> ConsentState:
    """The state at `at` of an obliged camera whose owner last said `event`; never `given`."""
    if event == "disconnected":
        return ConsentState.WITHDRAWN
    return ConsentState.MANDATE if at < expires_at else ConsentState.EXPIRED


def check_terms(terms: Terms, offer: Offer, *, version: int, now: datetime) -> None:
    """Malformed, Conflict or Refused (with `conditions`) unless `terms` may be signed under `offer` as `version`."""
    if (terms.camera_id, terms.programme_id) != (offer.camera, offer.programme):
        raise Malformed("these terms are for another camera or programme")
    if terms.participation is not Participation.VOLUNTARY:
        raise Refused("what an ordinance obliges to is never consent", kind="not-voluntary")
    if terms.version != version:
        raise Conflict(f"the next version is {version}; somebody else changed the terms", kind="terms-version")
    if terms.waiver_sha256 != offer.waiver_sha256:
        raise Conflict("the waiver has a new text; read it again", kind="waiver-changed")
    failed = tuple(name for name, holds in _conditions(terms, offer, now) if not holds)
    if failed:
        raise Refused("these terms go beyond what may be agreed", kind="terms-bounds", conditions=failed)


def check_signed(record: Mapping[str, str | int], terms: Terms) -> None:
    """Untrusted unless the owner's `terms.loosen` is about exactly these terms."""
    if record["camera"] != terms.camera_id or record["terms_sha256"] != terms_sha256(terms):
        raise Untrusted("the owner signed other terms", kind="owner-record")


def careful_terms(offer: Offer, *, version: int, time_zone: str, now: datetime) -> Terms:
    """The defaults: live if offered but *ask me each time*; no audio, PTZ, emergency; nothing attested yet."""
    tier = next(tier for tier in (Tier.LIVE, Tier.REQUEST, Tier.REGISTRY) if tier in offer.tiers)
    expires_at = now + timedelta(days=DEFAULT_DAYS)
    return Terms(
        camera_id=offer.camera, programme_id=offer.programme, participation=Participation.VOLUNTARY, tier=tier,
        purposes=frozenset(PURPOSES), call_types=offer.call_types,
        max_distance_m=min(DEFAULT_DISTANCE_M, offer.max_distance_m), max_minutes_per_grant=DEFAULT_MINUTES,
        hours=ALWAYS, time_zone=time_zone, lookback_min=0, lookahead_min=0, approval=Approval.ASK_ME, audio=False,
        ptz=False, emergency_ok=False, view_attested=ViewAttested(False, False, ""),
        waiver_sha256=offer.waiver_sha256, expires_at_ms=to_ms(expires_at), version=version,
    )  # fmt: skip


def _conditions(terms: Terms, offer: Offer, now: datetime) -> tuple[tuple[str, bool], ...]:
    latest = now + timedelta(days=MAX_CONSENT_DAYS)
    return (
        ("call_types", terms.call_types <= offer.call_types),
        ("expires_at", to_ms(now) < terms.expires_at_ms <= to_ms(latest)),
        ("max_distance_m", terms.max_distance_m <= offer.max_distance_m),
        ("purposes", terms.purposes <= frozenset(PURPOSES)),
        ("tier", str(terms.tier) in offer.tiers),
        ("view_attested", terms.view_attested.not_indoor and terms.view_attested.no_neighbour_dwelling),
    )
