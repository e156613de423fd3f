"""An obliged owner connects a camera: the owner's key signs terms inside the mandate. Not a consent, and not forced.

Without these terms the edge sends nothing: an ordinance may oblige the owner, but no server opens the camera for it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from consentry.agencies.queries import get_programme
from consentry.cameras.queries import access_camera, key_for_camera
from consentry.cameras.services import send_letter
from consentry.cameras.signed import open_by_owner
from consentry.consent.models import Mandate as MandateRow
from consentry.consent.models import MandateTerms
from consentry.consent.offers import OPEN_STATES, offer_of
from consentry.consent.queries import connected_of, mandate_of, next_number
from consentry.consent.rules import careful_terms, check_signed
from consentry.consent.services.write import terms_letter
from consentry.consent.types import Consent, Mandate, Said
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.canonical import canonical_json
from consentry.kernel.clock import from_ms, to_ms
from consentry.kernel.errors import Conflict, NotFound, Refused
from consentry.kernel.limits import MAX_CONSENT_DAYS, MAX_GRANT_MIN
from consentry.kernel.terms import Approval, Terms, Tier, loosens, terms_record, terms_sha256


def mandated_terms(mandate: Mandate, *, version: int, time_zone: str, now: datetime) -> Terms:
    """The widest terms that a mandate can mean: the programme's bounds, at most 12 months, live pictures and no more.

    The ordinance's hash stands where a consent names its waiver. The owner may sign narrower ones.
    """
    offer, programme = offer_of(mandate.camera, mandate.programme)
    latest = now + timedelta(days=MAX_CONSENT_DAYS)
    ends_at = latest if programme.ends_at is None else min(latest, programme.ends_at)
    return replace(
        careful_terms(offer, version=version, time_zone=time_zone, now=now), participation=mandate.participation,
        tier=Tier.LIVE, approval=Approval.AUTOMATIC, max_distance_m=offer.max_distance_m,
        max_minutes_per_grant=MAX_GRANT_MIN, waiver_sha256=mandate.ordinance_sha256, expires_at_ms=to_ms(ends_at),
    )  # fmt: skip


@transaction.atomic
def connect_mandated(principal: Principal, mandate: str, said: Said, *, now: datetime) -> Consent:
    """Connect the principal's own camera under a mandate, by terms that its owner signed; the edge gets them.

    Raises NotFound (another's camera or mandate), Conflict (programme closed, version), Refused (`mandate-bounds`:
    wider than the mandate, or a view that was not attested), Untrusted (signature).
    """
    row = MandateRow.objects.select_for_update().filter(id=mandate).first()
    if row is None:
        raise NotFound("no such mandate")
    known = mandate_of(row)
    camera = access_camera(principal, known.camera)
    if get_programme(known.programme).state not in OPEN_STATES:
        raise Conflict("this programme connects no cameras now", kind="programme-closed")
    version = next_number(camera.id)
    if said.terms.version != version:
        raise Conflict(f"the next version is {version}; somebody else changed the terms", kind="terms-version")
    widest = mandated_terms(known, version=version, time_zone=said.terms.time_zone, now=now)
    attested = said.terms.view_attested
    if not (attested.not_indoor and attested.no_neighbour_dwelling) or loosens(
        replace(widest, view_attested=attested), said.terms
    ):
        raise Refused("these terms go beyond the mandate", kind="mandate-bounds")
    check_signed(open_by_owner(said.owner_signature, key_for_camera(camera), kind="terms.loosen", now=now), said.terms)
    made = MandateTerms.objects.create(
        mandate=row, number=version, at=now, expires_at=from_ms(said.terms.expires_at_ms),
        terms=canonical_json(terms_record(said.terms)).decode(), terms_sha256=terms_sha256(said.terms),
        owner_signature=said.owner_signature,
    )  # fmt: skip
    if camera.edge is not None:
        send_letter(camera.edge, terms_letter(camera, said.terms, said.owner_signature), now=now)
    tell(f"person:{camera.owner}", "camera.changed", camera.id)
    return connected_of(made, now)
