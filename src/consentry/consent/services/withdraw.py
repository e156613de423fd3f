"""Withdraw with one tap: no signature, no reason, no way to be refused."""

from datetime import datetime

from django.db import transaction

from consentry.cameras.queries import get_camera
from consentry.consent.events import ConsentWithdrawn
from consentry.consent.offers import offer_of
from consentry.consent.queries import access_consent, consent_of, newest_version, next_number
from consentry.consent.rules import scope_sha256
from consentry.consent.services.write import Draft, lock_chains, write_version
from consentry.consent.types import Consent, ConsentState, Said
from consentry.core.announcements import announce
from consentry.core.principal import Principal

_ENDED = (ConsentState.WITHDRAWN, ConsentState.REVOKED)


@transaction.atomic
def withdraw(principal: Principal, consent: str, *, now: datetime) -> Consent:
    """Withdraw the principal's own consent: what runs under it ends in this transaction. Twice does no harm."""
    held = access_consent(principal, consent, now)
    return _end(held, "withdrawn", now)


@transaction.atomic
def revoke_consent(held: Consent, *, now: datetime) -> Consent:
    """End a consent from our side (found false, ordered by a court); it only ever closes."""
    return _end(held, "revoked", now)


def _end(held: Consent, event: str, now: datetime) -> Consent:
    """Read again under the lock: of two withdrawals at once the second finds the first."""
    chain = next(chain for chain in lock_chains(held.camera) if chain.id == held.id)
    camera, newest = get_camera(held.camera), newest_version(chain)
    offer, programme = offer_of(camera.id, held.programme)
    current = consent_of(newest, scope_sha256(offer), now)
    if current.state in _ENDED:
        return current
    said = Said(current.terms, "", current.language)
    number = next_number(camera.id)
    ended = write_version(Draft(chain, camera, programme, offer, event, number, said, newest, now))
    announce(ConsentWithdrawn(camera.id, held.programme))
    return ended
