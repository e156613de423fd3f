"""An obliged owner takes a camera off again: the owner's own act, entered apart, that no software overrides."""

from datetime import datetime

from django.db import transaction

from consentry.cameras.queries import get_camera
from consentry.cameras.services import send_letter
from consentry.consent.events import MandateDisconnected
from consentry.consent.queries import access_mandate, next_number, obligations_of
from consentry.consent.services.connect import Step, lock_mandates, write_step
from consentry.consent.types import Consent, ConsentState, Mandate, Said
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict
from consentry.kernel.ids import CameraId


@transaction.atomic
def disconnect_mandated(principal: Principal, mandate: str, *, now: datetime) -> Consent:
    """Disconnect the principal's own camera: what runs under the mandate ends in this transaction. Twice does no harm.

    No signature and no reason: it only closes. Raises NotFound, and Conflict for a camera that never was connected.
    """
    known = access_mandate(principal, mandate)
    lock_mandates(known.camera)
    found = next(one for one in obligations_of(known.camera, now) if one.mandate.id == known.id)
    if found.connection is None:
        raise Conflict("this camera is not connected under this mandate", kind="not-connected")
    return _end(known, found.connection, now)


@transaction.atomic
def end_connections(camera: CameraId, *, now: datetime) -> None:
    """The camera is gone from the registry: end what its owner connected."""
    lock_mandates(camera)
    for found in obligations_of(camera, now):
        if found.connection is not None:
            _end(found.mandate, found.connection, now)


def _end(mandate: Mandate, held: Consent, now: datetime) -> Consent:
    if held.state is ConsentState.WITHDRAWN:
        return held
    camera = get_camera(mandate.camera)
    ended = write_step(Step(mandate, "disconnected", next_number(camera.id), Said(held.terms), now))
    if camera.edge is not None:
        send_letter(camera.edge, {"type": "withdraw", "camera": camera.id}, now=now)
    announce(MandateDisconnected(camera.id, mandate.programme))
    tell(f"person:{camera.owner}", "camera.changed", camera.id)
    return ended
