"""What a programme offers an owner now, or an ordinance asks of one: bounds and texts, from the room below."""

from dataclasses import replace
from datetime import datetime, timedelta

from consentry.agencies.queries import get_programme
from consentry.agencies.types import Programme
from consentry.consent.rules import Offer, careful_terms
from consentry.consent.types import Mandate
from consentry.consent.waivers import current_waiver
from consentry.kernel.clock import to_ms
from consentry.kernel.ids import CameraId, ProgrammeId
from consentry.kernel.limits import MAX_CONSENT_DAYS, MAX_GRANT_MIN
from consentry.kernel.terms import Approval, Terms

OPEN_STATES = ("published", "active")


def offer_of(camera: CameraId, programme: ProgrammeId) -> tuple[Offer, Programme]:
    """The offer to `camera` and the programme that makes it; NotFound for an unknown programme."""
    found = get_programme(programme)
    offer = Offer(
        camera=camera, programme=found.id, agencies=(found.agency,), tiers=frozenset(map(str, found.tiers)),
        call_types=frozenset(found.call_types), max_distance_m=found.max_distance_m,
        waiver_sha256=current_waiver().sha256,
    )  # fmt: skip
    return offer, found


def mandated_terms(mandate: Mandate, *, version: int, time_zone: str, now: datetime) -> Terms:
    """The widest terms that a mandate can mean: the programme's bounds, at most 12 months, and no more.

    The ordinance's hash stands where a consent names its waiver. The owner may sign narrower ones.
    """
    offer, programme = offer_of(mandate.camera, mandate.programme)
    latest = now + timedelta(days=MAX_CONSENT_DAYS)
    ends_at = latest if programme.ends_at is None else min(latest, programme.ends_at)
    return replace(
        careful_terms(offer, version=version, time_zone=time_zone, now=now), participation=mandate.participation,
        approval=Approval.AUTOMATIC, max_distance_m=offer.max_distance_m, max_minutes_per_grant=MAX_GRANT_MIN,
        waiver_sha256=mandate.ordinance_sha256, expires_at_ms=to_ms(ends_at),
    )  # fmt: skip
