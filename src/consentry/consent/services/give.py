"""Give consent: a first version, or a new one after withdrawal, expiry or invalidity."""

from datetime import datetime

from django.db import transaction

from consentry.cameras.queries import access_camera
from consentry.cameras.types import Camera
from consentry.consent.events import ConsentGiven
from consentry.consent.models import ConsentChain
from consentry.consent.offers import OPEN_STATES, offer_of
from consentry.consent.queries import consents_of_camera, next_number
from consentry.consent.rules import check_terms
from consentry.consent.services.write import Draft, lock_chains, require_signed, write_version
from consentry.consent.types import Consent, ConsentState, Said
from consentry.core.announcements import announce
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, Refused
from consentry.kernel.ids import ProgrammeId, new_id
from consentry.kernel.terms import Participation, Tier


@transaction.atomic
def give_consent(principal: Principal, programme: ProgrammeId, said: Said, *, now: datetime) -> Consent:
    """Give consent for the principal's own camera (named in the terms) to a programme.

    Raises NotFound (another's camera, unknown programme), Conflict (given already, programme closed, other live
    programme, waiver or version changed), Refused (terms beyond the offer; a mandated camera), Untrusted (signature).
    """
    camera = access_camera(principal, said.terms.camera_id)
    if camera.participation is not Participation.VOLUNTARY:
        raise Refused("what an ordinance obliges to is never consent", kind="not-voluntary")
    offer, found = offer_of(camera.id, programme)
    if found.state not in OPEN_STATES:
        raise Conflict("this programme takes no consents now", kind="programme-closed")
    chain = _chain(camera, programme, now)
    _require_free(camera, programme, said, now)
    number = next_number(camera.id)
    check_terms(said.terms, offer, version=number, now=now)
    require_signed(camera, said, now=now)
    previous = chain.versions.order_by("-number").first()
    consent = write_version(Draft(chain, camera, found, offer, "given", number, said, previous, now))
    announce(ConsentGiven(camera.id, programme))
    return consent


def _chain(camera: Camera, programme: ProgrammeId, now: datetime) -> ConsentChain:
    chain, _ = ConsentChain.objects.get_or_create(
        camera_id=camera.id, programme_id=programme,
        defaults={"id": new_id("consent"), "owner_id": str(camera.owner), "started_at": now},
    )  # fmt: skip
    lock_chains(camera.id)
    return chain


def _require_free(camera: Camera, programme: ProgrammeId, said: Said, now: datetime) -> None:
    """One chain open at a time for this programme, and one live programme at a time for an edge's camera."""
    for other in consents_of_camera(camera.id, now):
        if other.state is not ConsentState.GIVEN:
            continue
        if other.programme == programme:
            raise Conflict("consent is given already; renew it or change its terms", kind="consent-given")
        if other.terms.tier is Tier.LIVE and said.terms.tier is Tier.LIVE:
            raise Conflict("this camera is live for another programme; withdraw there first", kind="other-programme")
