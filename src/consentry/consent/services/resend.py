"""A camera moved to another edge: that edge gets the terms in force, from the last version that the owner signed."""

import json
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from consentry.cameras.queries import get_camera
from consentry.cameras.services import send_letter
from consentry.consent.models import ConsentVersion, MandateTerms
from consentry.consent.queries import consents_of_camera, obligations_of
from consentry.consent.services.write import terms_letter
from consentry.consent.types import ConsentState
from consentry.kernel.ids import CameraId
from consentry.kernel.terms import Tier, parse_terms


@transaction.atomic
def send_terms_again(camera: CameraId, *, now: datetime) -> int:
    """Send the live terms in force to the camera's edge again; how many letters (0 without edge or live terms).

    Unsigned, tighter versions rest on the signed one before them, so all since that one go, in order.
    """
    found = get_camera(camera)
    if found.edge is None:
        return 0
    letters = [letter for said in _in_force(camera, now) for letter in _since_signed(said)]
    for terms, signature in letters:
        send_letter(found.edge, terms_letter(found, parse_terms(json.loads(terms)), signature), now=now)
    return len(letters)


def _in_force(camera: CameraId, now: datetime) -> Iterator[list[tuple[str, str]]]:
    """Terms and signatures of each live consent and of each connection under a mandate, newest first."""
    for consent in consents_of_camera(camera, now):
        if consent.state is ConsentState.GIVEN and consent.terms.tier is Tier.LIVE:
            versions = ConsentVersion.objects.filter(chain=consent.id).order_by("-number")
            yield list(versions.values_list("terms", "owner_signature"))
    for found in obligations_of(camera, now):
        if found.connection is not None and found.connection.state is ConsentState.MANDATE:
            said = MandateTerms.objects.filter(mandate=found.mandate.id).order_by("-number")
            yield list(said.values_list("terms", "owner_signature"))


def _since_signed(newest_first: list[tuple[str, str]]) -> list[tuple[str, str]]:
    signed = next(index for index, (_, signature) in enumerate(newest_first) if signature)
    return newest_first[: signed + 1][::-1]
