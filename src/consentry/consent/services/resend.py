"""A camera moved to another edge: that edge gets the terms in force, from the last version that the owner signed."""

import json
from datetime import datetime

from django.db import transaction

from consentry.cameras.queries import get_camera
from consentry.cameras.services import send_letter
from consentry.consent.models import ConsentChain, ConsentVersion
from consentry.consent.queries import consents_of_camera
from consentry.consent.services.write import terms_letter
from consentry.consent.types import ConsentState
from consentry.kernel.ids import CameraId
from consentry.kernel.terms import Tier, parse_terms


@transaction.atomic
def send_terms_again(camera: CameraId, *, now: datetime) -> int:
    """Send the live terms in force to the camera's edge again; how many letters (0 without edge or live consent).

    Unsigned, tighter versions rest on the signed one before them, so all since that one go, in order.
    """
    found = get_camera(camera)
    if found.edge is None:
        return 0
    sent = 0
    for consent in consents_of_camera(camera, now):
        if consent.state is ConsentState.GIVEN and consent.terms.tier is Tier.LIVE:
            for row in _since_signed(ConsentChain.objects.get(id=consent.id)):
                letter = terms_letter(found, parse_terms(json.loads(row.terms)), row.owner_signature)
                send_letter(found.edge, letter, now=now)
                sent += 1
    return sent


def _since_signed(chain: ConsentChain) -> list[ConsentVersion]:
    rows = list(chain.versions.order_by("-number"))
    signed = next(index for index, row in enumerate(rows) if row.owner_signature)
    return rows[: signed + 1][::-1]
