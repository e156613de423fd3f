"""What this room holds of a person: asks that reached them, and what they flagged. Looks: `home/personal.py`."""

from collections.abc import Iterator

from consentry.access.models import Candidate, LookFlag
from consentry.core.personal import Held, RoomData, Row, Section, Why, of_office
from consentry.kernel.ids import PersonId


def _asks(person: PersonId) -> Iterator[Row]:
    """What the owner was asked; who asked is told as an agency and its purpose, never as a person."""
    rows = Candidate.objects.filter(owner=person, asks_owner=True).select_related("ask")
    for row in rows.order_by("ask__asked_at", "id").iterator():
        yield {
            "ask": row.ask_id, "camera": row.camera, "agency": row.ask.agency, "purpose": row.ask.purpose,
            "at": row.ask.asked_at, "answered_at": row.answered_at, "state": row.state, "minutes": row.minutes,
        }  # fmt: skip


def _flags(person: PersonId) -> Iterator[Row]:
    for row in LookFlag.objects.filter(owner=person).order_by("at", "id").iterator():
        yield {
            "at": row.at, "camera": row.camera, "agency": row.agency, "kind": row.kind, "look": row.session,
            "officer_number": row.officer_number, "looks": row.looks, "said": row.said, "answer": row.answer,
            "answered_at": row.answered_at,
        }  # fmt: skip


# Nothing is erased here: looks, refusals and flags are what the agencies answer for, and they name random ids only.
PERSONAL = RoomData(
    "access",
    {
        "Candidate.owner": Held("asks_to_you", stays=Why.LOOK_RECORD),
        "Grant.owner": Held("looks", stays=Why.LOOK_RECORD),
        "LookFlag.owner": Held("flags", stays=Why.LOOK_RECORD),
        **of_office(
            "Ask.person", "DecisionRecord.person", "Draw.second_person", "LookFlag.answered_by", "LookFlag.person",
            "OfficerNumber.person", "Session.viewer",
        ),
    },
    (Section("asks_to_you", _asks), Section("flags", _flags)),
)  # fmt: skip
