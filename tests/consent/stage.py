"""Consents given by owners with real keys, under a published programme."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import Home, Owner, make_camera, make_owner, pair

from consentry.agencies.types import Programme, State
from consentry.cameras.types import Camera
from consentry.consent import services
from consentry.consent.offers import offer_of
from consentry.consent.queries import next_number
from consentry.consent.rules import careful_terms
from consentry.consent.types import Consent, Said
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.terms import Terms, ViewAttested, terms_sha256


@dataclass
class Scene:
    """An owner, a paired home, a camera in it, a programme that takes consents."""

    owner: Owner
    home: Home
    camera: Camera
    programme: Programme

    def terms(self, **changes: Any) -> Terms:
        """Careful terms, attested, as the next version; `changes` are fields of Terms."""
        offer, _ = offer_of(self.camera.id, self.programme.id)
        number = next_number(self.camera.id)
        careful = careful_terms(offer, version=number, time_zone="America/New_York", now=utc_now())
        return replace(careful, **{"view_attested": ViewAttested(True, True, ""), **changes})

    def said(self, terms: Terms, *, by: Owner | None = None) -> Said:
        """`terms` signed by the owner (or by somebody else)."""
        signer = by or self.owner
        return Said(terms, signer.sign("terms.loosen", camera=terms.camera_id, terms_sha256=terms_sha256(terms)))

    def give(self, **changes: Any) -> Consent:
        """Give consent under terms with `changes`."""
        return services.give_consent(
            self.owner.principal, self.programme.id, self.said(self.terms(**changes)), now=utc_now()
        )


def make_scene(state: State = State.ACTIVE) -> Scene:
    """A scene whose programme is in `state`."""
    owner = make_owner()
    home = pair(owner)
    return Scene(owner, home, make_camera(owner, home), make_programme(make_agency(), state))


def days_ms(days: int) -> int:
    """`days` from now, in ms since 1970."""
    return to_ms(utc_now() + timedelta(days=days))
