"""What consent does when a lower room announces something; `project/wiring.py` names these."""

from consentry.agencies.events import ProgrammeChanged
from consentry.agencies.queries import get_programme
from consentry.agencies.types import State
from consentry.cameras.events import CameraChanged, CameraRemoved
from consentry.consent.queries import consents_of_camera
from consentry.consent.services.disconnect import end_connections
from consentry.consent.services.masks import forget_masks
from consentry.consent.services.resend import send_terms_again
from consentry.consent.services.snapshot import snapshot_bands
from consentry.consent.services.withdraw import revoke_consent
from consentry.kernel.clock import utc_now


def on_camera_changed(event: CameraChanged) -> None:
    """Its edge may be a new one: send the terms in force again."""
    send_terms_again(event.camera, now=utc_now())


def on_camera_removed(event: CameraRemoved) -> None:
    """No camera, no consent: end every chain of it, and what its owner connected under a mandate."""
    now = utc_now()
    end_connections(event.camera, now=now)
    for consent in consents_of_camera(event.camera, now):
        revoke_consent(consent, now=now)
    forget_masks(event.camera)


def on_programme_changed(event: ProgrammeChanged) -> None:
    """It started: take its first bands. Later changes take none before 28 days are over."""
    if get_programme(event.programme).state is State.ACTIVE:
        snapshot_bands(event.programme, now=utc_now())
