"""What this room does when a lower one announces something; `project/wiring.py` names these."""

from consentry.accounts.events import PersonLeft
from consentry.cameras.services.leave import close_cameras


def on_person_left(event: PersonLeft) -> None:
    """An account ends: its cameras are taken out, which ends looks and consents."""
    close_cameras(event.person, now=event.at)
