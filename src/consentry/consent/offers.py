"""What a programme offers an owner now: bounds and texts, from the room below."""

from consentry.agencies.queries import get_programme
from consentry.agencies.types import Programme
from consentry.consent.rules import Offer
from consentry.consent.waivers import current_waiver
from consentry.kernel.ids import CameraId, ProgrammeId

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
