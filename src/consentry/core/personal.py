"""What each room holds of a person: how it is handed to them, how it is erased, and what is kept apart or stays.

A room says so in its `personal.py`; `project/wiring.py` names the rooms, lowest first. `accounts` gathers exports and
erases people through this seam without knowing who stands above it. A test walks every model: a column that holds a
PersonId and stands in no room's `columns` fails it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from consentry.kernel.ids import PersonId

# Any: JSON, as rooms write it: texts, numbers, booleans, times, lists and objects of them.
Row = Mapping[str, Any]


class Why(StrEnum):
    """Why something is not in an export, or stays after an account was deleted; words in `personal_words.json`."""

    ACT_OF_OFFICE = "act_of_office"
    CONSENT_RECORD = "consent_record"
    COURT_RECORD = "court_record"
    ERASING = "erasing"
    LOOK_RECORD = "look_record"
    SEALED_ANSWER = "sealed_answer"
    SHELL = "shell"
    SIGN_IN_SAFETY = "sign_in_safety"


@dataclass(frozen=True)
class Held:
    """What becomes of one column: the section that exports it, or why none does; why it stays, or None: it goes."""

    section: str = ""
    apart: Why | None = None
    stays: Why | None = None


def of_office(*columns: str) -> dict[str, Held]:
    """Columns that say who did something for an agency: theirs to keep, as what they did is."""
    return dict.fromkeys(columns, Held(apart=Why.ACT_OF_OFFICE, stays=Why.ACT_OF_OFFICE))


@dataclass(frozen=True)
class Section:
    """One file of an export. `rows` may be long and is read once; `files` are (name, path) that go in beside it."""

    name: str
    rows: Callable[[PersonId], Iterable[Row]]
    files: Callable[[PersonId], Iterable[tuple[str, Path]]] | None = None


@dataclass(frozen=True)
class RoomData:
    """One room's word.

    `columns`: `Model.column` → what becomes of it, for each column that holds a PersonId.
    `erase(person, now)`: destroy what goes, in transactions of its own; may be repeated, and may be killed anywhere.
    Returns False while something must wait (for an edge, for a retention to end): it is called again later.
    """

    room: str
    columns: Mapping[str, Held]
    sections: tuple[Section, ...] = ()
    erase: Callable[[PersonId, datetime], bool] | None = None


_rooms: list[RoomData] = []


def wire_personal(rooms: Iterable[RoomData]) -> None:
    """Replace the whole list (called by `project` at start); lowest room first."""
    _rooms[:] = rooms


def personal_rooms() -> tuple[RoomData, ...]:
    """Every room's word, lowest first."""
    return tuple(_rooms)


def sections() -> tuple[Section, ...]:
    """Every file of an export, in the order of the rooms."""
    return tuple(section for room in _rooms for section in room.sections)
