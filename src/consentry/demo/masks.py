"""Masks for the demo's played homes, signed by their made-up owners: to measure what a mask costs on the way."""

from dataclasses import replace
from datetime import datetime

from consentry.cameras.queries import get_camera
from consentry.consent.queries import consents_of_camera, next_number
from consentry.consent.services import change_terms
from consentry.consent.types import ConsentState, Said
from consentry.demo.keys import device_key_of
from consentry.demo.people import principal_of_owner
from consentry.demo.seed import find_seeding
from consentry.kernel.clock import to_ms
from consentry.kernel.ids import CameraId
from consentry.kernel.mask import Mask, mask_sha256
from consentry.kernel.owner_record import owner_record, sign_as_device
from consentry.kernel.terms import Tier, terms_sha256

MASK = Mask((((0, 0), (5_000, 0), (5_000, 5_000), (0, 5_000)),))


def mask_played_homes(*, now: datetime) -> tuple[CameraId, ...]:
    """New terms with a mask for each live camera of a home; which ones. Their edges take them as any letter."""
    cameras = sorted(camera for key, camera in find_seeding().cameras.items() if key.startswith("private-"))
    return tuple(camera for camera in cameras if _mask(camera, now))


def _mask(camera: CameraId, now: datetime) -> bool:
    owner = get_camera(camera).owner
    live = [said for said in consents_of_camera(camera, now) if said.terms.tier is Tier.LIVE]
    given = next((said for said in live if said.state is ConsentState.GIVEN), None)
    if owner is None or given is None:
        return False
    attested = given.terms.view_attested._replace(mask_sha256=mask_sha256(MASK))
    terms = replace(given.terms, version=next_number(camera), view_attested=attested)
    record = owner_record("terms.loosen", t_ms=to_ms(now), camera=camera, terms_sha256=terms_sha256(terms))
    said = Said(terms, sign_as_device(record, device_key_of(owner)), mask=MASK)
    change_terms(principal_of_owner(owner), given.id, said, now=now)
    return True
