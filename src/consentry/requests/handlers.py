"""What this room does when a lower one announces something; `project/wiring.py` names these."""

from consentry.accounts.events import PersonLeft
from consentry.requests.services.leave import close_answers


def on_person_left(event: PersonLeft) -> None:
    """An account ends: answers that nobody has opened are taken back."""
    close_answers(event.person, now=event.at)
