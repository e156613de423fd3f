"""Nothing of a person is held that no room answers for: exported, or kept apart for a reason that is said."""

import pytest
from tests.architecture.person_columns import person_columns

from consentry.accounts.own_data.make import apart
from consentry.accounts.own_data.page import Shown, page, words
from consentry.core.personal import RoomData, Why, personal_rooms, sections
from consentry.kernel.clock import utc_now
from consentry.project.settings import ROOMS
from consentry.project.wiring import personal_rooms as wired


def _named() -> dict[str, RoomData]:
    return {f"{room.room}.{column}": room for room in personal_rooms() for column in room.columns}


def test_every_column_that_holds_a_person_is_named_by_a_room() -> None:
    missing = sorted(name for name, _, _ in person_columns() if name not in _named())
    assert missing == [], "say in the room's personal.py what becomes of it"


def test_rooms_name_only_columns_that_are_there() -> None:
    known = {name for name, _, _ in person_columns()}
    assert sorted(set(_named()) - known) == []


def test_a_column_of_a_model_that_nobody_named_would_be_found() -> None:
    """The finder finds foreign keys, texts by their comment and texts by their name."""
    found = {name for name, _, _ in person_columns()}
    assert {
        "access.Draw.second_person", "access.Grant.owner", "accounts.Authenticator.user",
        "consent.Mandate.recorded_by", "neighbors.Post.author", "notices.Wish.person", "requests.Wish.person",
    } <= found  # fmt: skip


def test_each_column_is_exported_by_a_section_or_apart_for_a_reason() -> None:
    names = {section.name for section in sections()}
    for column, room in _named().items():
        held = room.columns[column.partition(".")[2]]
        assert (held.section in names) != (held.apart is not None), column


def test_who_erases_nothing_keeps_all_for_a_reason() -> None:
    silent = {
        column for room in personal_rooms() if room.erase is None for column, held in room.columns.items()
        if held.stays is None
    }  # fmt: skip
    assert silent == set()


def test_every_section_reason_and_field_has_words_in_three_languages() -> None:
    names = {section.name for section in sections()}
    assert len(names) == len(sections())
    for language in ("en", "fr", "es"):
        said = words()[language]
        assert set(said["sections"]) == names
        assert set(said["why"]) == {why.value for why in Why}
        assert set(said["fields"]) == set(words()["en"]["fields"])
        assert all(text.strip() for text in said["fields"].values())


def test_the_table_names_rooms_from_low_to_high() -> None:
    order = [room.room for room in wired()]
    assert order == [room for room in ROOMS if room in order]
    assert len(order) == len(set(order)) == 10


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_page_escapes_what_people_wrote_and_fetches_nothing(language: str) -> None:
    hostile = "<script>alert(1)</script>\"'&\u202e"
    post = {"text": hostile, "made_at": utc_now(), "is_urgent": True}
    made = page(language, [Shown("posts", [post], 1, 0)], apart(), utc_now())
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert f'lang="{language}"' in made
    assert "http://" not in made
    assert "https://" not in made
