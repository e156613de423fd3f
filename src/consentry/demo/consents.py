"""Cameras of the demo and the consents for them, signed with the made-up owners' own keys."""

import hashlib
from dataclasses import replace
from datetime import datetime

from consentry.cameras.services import enter_public_camera, move_public_address, register_camera
from consentry.cameras.types import Kind, NewCamera
from consentry.consent.offers import offer_of
from consentry.consent.rules import Offer, careful_terms
from consentry.consent.services import give_consent
from consentry.consent.types import Said
from consentry.core.principal import Principal
from consentry.demo.city import DemoCamera
from consentry.demo.keys import device_key_of
from consentry.demo.people import once
from consentry.kernel.clock import to_ms
from consentry.kernel.ids import AgencyId, CameraId, PersonId, ProgrammeId
from consentry.kernel.owner_record import owner_record, sign_as_device
from consentry.kernel.terms import Approval, Terms, Tier, ViewAttested, terms_sha256

TIME_ZONE = "Etc/UTC"


def enter_city_camera(camera: DemoCamera, *, agency: AgencyId, url: str, now: datetime) -> CameraId:
    """A camera of the city, dialled where it is played this time."""
    found = CameraId(
        once(
            f"camera:{camera.key}",
            lambda: enter_public_camera(_new(camera, Kind.TRAFFIC), agency=agency, url=url, now=now).id,
        )
    )
    move_public_address(found, url)
    return found


class HomeCameras:
    """Registers residents' cameras and gives their consent to one programme, whose offer is read once."""

    def __init__(self, programme: ProgrammeId, *, now: datetime) -> None:
        self._programme, self._now = programme, now
        self._offer: Offer | None = None

    def enter(self, camera: DemoCamera, owner: Principal) -> CameraId:
        """The camera with its consent: live for the ones that are played, else for the registry only."""

        def make() -> str:
            made = register_camera(owner, _new(camera, Kind.DOORBELL), now=self._now).id
            said = self._said(made, camera, owner.person or PersonId(""))
            give_consent(owner, self._programme, said, now=self._now)
            return made

        return CameraId(once(f"camera:{camera.key}", make))

    def _said(self, camera: CameraId, plan: DemoCamera, owner: PersonId) -> Said:
        terms = self._terms(camera, plan)
        record = owner_record("terms.loosen", t_ms=to_ms(self._now), camera=camera, terms_sha256=terms_sha256(terms))
        return Said(terms, sign_as_device(record, device_key_of(owner)))

    def _terms(self, camera: CameraId, plan: DemoCamera) -> Terms:
        self._offer = self._offer or offer_of(camera, self._programme)[0]
        offer = replace(self._offer, camera=camera)
        return replace(
            careful_terms(offer, version=1, time_zone=TIME_ZONE, now=self._now),
            tier=Tier.LIVE if plan.is_live else Tier.REGISTRY,
            approval=Approval(plan.approval or Approval.ASK_ME),
            view_attested=ViewAttested(not_indoor=True, no_neighbour_dwelling=True, mask_sha256=""),
        )


def _new(camera: DemoCamera, kind: Kind) -> NewCamera:
    return NewCamera(name=camera.name, kind=kind, place=camera.place, view=camera.view)


def paper(name: str) -> str:
    """Hash of a made-up paper of the city (hex)."""
    return hashlib.sha256(f"Port Meridian: {name}".encode()).hexdigest()
