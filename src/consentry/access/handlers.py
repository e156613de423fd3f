"""What lower rooms announce ends grants here, in the same transaction. `project/wiring.py` names these."""

from consentry.access.services.end import end_grants
from consentry.access.services.settle import settle_incident
from consentry.access.services.stop import leave_looks, stop_camera
from consentry.access.types import GrantWhere
from consentry.accounts.events import PersonLeft
from consentry.agencies.events import ProgrammeEnded
from consentry.cameras.events import CameraChanged, CameraPaused, CameraRemoved, StoppedAtEdge
from consentry.consent.events import ConsentWithdrawn, MandateDisconnected, TermsChanged
from consentry.incidents.events import CallChanged, CallClosed
from consentry.kernel.clock import utc_now
from consentry.ledger import services as ledger


def on_call_closed(event: CallClosed) -> None:
    """A closed call ends its grants and its open questions to owners, and its looks may be told now."""
    now = utc_now()
    end_grants(GrantWhere(incident=event.incident.id), "call_closed", now=now)
    settle_incident(event.incident.id, now=now)
    ledger.reveal_incident(event.incident.id, now=now)


def on_call_changed(event: CallChanged) -> None:
    """A call that changed place or type was decided on other facts; a console's change opens nothing more."""
    if event.incident.changed_by_console or event.incident.flags:
        end_grants(GrantWhere(incident=event.incident.id), "superseded", now=utc_now())


def on_programme_ended(event: ProgrammeEnded) -> None:
    """The pilot is over: all stops by itself."""
    end_grants(GrantWhere(programme=event.programme), "programme_over", now=utc_now())


def on_consent_withdrawn(event: ConsentWithdrawn) -> None:
    """Nothing may be seen any more."""
    end_grants(GrantWhere(camera=event.camera, programme=event.programme), "withdrawn", now=utc_now())


def on_mandate_disconnected(event: MandateDisconnected) -> None:
    """An obliged owner took the camera off: nothing may be seen any more, whatever the ordinance says."""
    end_grants(GrantWhere(camera=event.camera, programme=event.programme), "withdrawn", now=utc_now())


def on_terms_changed(event: TermsChanged) -> None:
    """What was opened under the old terms ends; a new ask is decided on the new ones."""
    end_grants(GrantWhere(camera=event.camera), "superseded", now=utc_now())


def on_camera_paused(event: CameraPaused) -> None:
    """Paused: running looks end."""
    end_grants(GrantWhere(camera=event.camera), "paused", now=utc_now())


def on_camera_removed(event: CameraRemoved) -> None:
    """No longer registered: running looks end."""
    end_grants(GrantWhere(camera=event.camera), "withdrawn", now=utc_now())


def on_camera_changed(event: CameraChanged) -> None:
    """Another place, view or edge: what was decided on the old ones ends."""
    end_grants(GrantWhere(camera=event.camera), "superseded", now=utc_now())


def on_stopped_at_edge(event: StoppedAtEdge) -> None:
    """The owner tapped stop at home: what has ended there ends here."""
    for camera in event.cameras:
        stop_camera(camera, now=utc_now())


def on_person_left(event: PersonLeft) -> None:
    """Somebody's account ends: what they look at ends. Looks at their own cameras end with these."""
    leave_looks(event.person, now=event.at)
