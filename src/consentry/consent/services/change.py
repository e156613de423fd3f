"""Renew a consent, or change its terms: loosening by the owner's key, tightening by a tap."""

import json
from datetime import datetime

from django.db import transaction

from consentry.cameras.queries import access_camera
from consentry.consent.events import ConsentGiven, TermsChanged
from consentry.consent.models import ConsentVersion
from consentry.consent.offers import OPEN_STATES, offer_of
from consentry.consent.queries import access_consent, newest_version, next_number
from consentry.consent.rules import check_terms
from consentry.consent.services.write import Draft, lock_chains, require_signed, write_version
from consentry.consent.types import Consent, ConsentState, Said
from consentry.core.announcements import announce
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict
from consentry.kernel.terms import Terms, loosens, parse_terms

RENEWABLE = (ConsentState.GIVEN, ConsentState.EXPIRED, ConsentState.INVALID)


@transaction.atomic
def renew(principal: Principal, consent: str, said: Said, *, now: datetime) -> Consent:
    """Renew the principal's own consent under the texts in force, signed anew; Conflict after a withdrawal."""
    draft = _draft(principal, consent, said, event="renewed", now=now)
    if access_consent(principal, consent, now).state not in RENEWABLE:
        raise Conflict("this consent was withdrawn; give it again", kind="consent-ended")
    if draft.programme.state not in OPEN_STATES:
        raise Conflict("this programme takes no consents now", kind="programme-closed")
    require_signed(draft.camera, said, now=now)
    renewed = write_version(draft)
    announce(TermsChanged(renewed.camera))
    announce(ConsentGiven(renewed.camera, renewed.programme))
    return renewed


@transaction.atomic
def change_terms(principal: Principal, consent: str, said: Said, *, now: datetime) -> Consent:
    """Change the terms of the principal's own given consent; anything looser needs the owner's signature."""
    draft = _draft(principal, consent, said, event="changed", now=now)
    if access_consent(principal, consent, now).state is not ConsentState.GIVEN:
        raise Conflict("this consent is not in force; renew or give it again", kind="consent-ended")
    if draft.previous is None or loosens(_terms(draft.previous), said.terms):
        require_signed(draft.camera, said, now=now)
    changed = write_version(draft)
    announce(TermsChanged(changed.camera))
    return changed


def _draft(principal: Principal, consent: str, said: Said, *, event: str, now: datetime) -> Draft:
    """The next version, checked against the offer, under the lock of the camera's chains."""
    held = access_consent(principal, consent, now)
    camera = access_camera(principal, held.camera)
    chain = next(chain for chain in lock_chains(camera.id) if chain.id == held.id)
    offer, programme = offer_of(camera.id, held.programme)
    number = next_number(camera.id)
    check_terms(said.terms, offer, version=number, now=now)
    return Draft(chain, camera, programme, offer, event, number, said, newest_version(chain), now)


def _terms(row: ConsentVersion) -> Terms:
    return parse_terms(json.loads(row.terms))
