"""What may stand in a post: any script, no point on the map, nothing about what somebody is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.errors import ConsentryError, Malformed, Refused
from consentry.neighbors.profiling import profiling_in
from consentry.neighbors.rules import pseudonym
from consentry.neighbors.text import clean_text, fingerprint, is_alike, names_a_place


@pytest.mark.parametrize(
    "text",
    [
        "40.7128, -74.0060", "seen at 40.71283,-74.00601 just now", "40,7128 ; -74,0060", "40.7128°N 74.0060°W",
        "40°42'46\"N 74°00'22\"W", "40° 42′ 46″", "87G8P26X+2V near the park", "///filled.count.soap",
        "https://maps.app.goo.gl/abc", "www.google.fr/maps/@48.8,2.3", "https://www.openstreetmap.org/#map=18/1/2",
        "geo:48.2,16.3", "４０.７１２８, -７４.００６０",
    ],
)  # fmt: skip
def test_a_point_on_the_map_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(Refused) as refused:
        clean_text(text, most_chars=500)
    assert refused.value.kind == "text-place"
    assert text not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Two cars, 3.50 each", "between 18:30 and 19.45, about 12.5 km", "Call 555-0100", "flat 4, 1.250,00 euros",
        "version 1.2.3", "in 2026, 11/22", "it cost 12.345 pesos", "We walked 1,250 m, then 300 m",
    ],
)  # fmt: skip
def test_other_numbers_are_no_places(text: str) -> None:
    assert not names_a_place(text)


@pytest.mark.parametrize(
    "text", ["ضاع قط أبيض في حينا", "חתול אבוד ליד הפארק", "猫を見つけました", "👋🏽 Bonjour à tous 🎉"]
)
def test_every_script_and_emoji_stays(text: str) -> None:
    assert clean_text(text, most_chars=500) == text


def test_html_is_text_and_what_turns_a_line_around_is_gone() -> None:
    assert clean_text("<script>alert(1)</script>", most_chars=500) == "<script>alert(1)</script>"
    assert clean_text("exe.\u202etxt\x00\x07 a", most_chars=500) == "exe.txt a"


@pytest.mark.parametrize(
    ("text", "kind"), [("", "text-empty"), (" \n\t\u200b ", "text-empty"), ("a" * 501, "text-long")]
)
def test_nothing_and_too_much_are_refused(text: str, kind: str) -> None:
    with pytest.raises(Malformed) as refused:
        clean_text(text, most_chars=500)
    assert refused.value.kind == kind


@given(st.text(max_size=400))
def test_any_text_is_kept_within_bounds_or_refused_plainly(text: str) -> None:
    try:
        kept = clean_text(text, most_chars=300)
    except ConsentryError:
        return
    assert 0 < len(kept) <= 300
    assert clean_text(kept, most_chars=300) == kept


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Suspicious man walking down our street", "suspicion"),
        ("There is a guy who doesn't belong here", "suspicion"),
        ("Un homme louche rôde devant chez nous", "suspicion"),
        ("Hay un hombre sospechoso en la esquina", "suspicion"),
        ("Black male walking around with a bag", "trait"),
        ("Two young hispanic men sit in a car", "trait"),
        ("Des gitans sont arrivés sur le parking", "trait"),
        ("Un hombre moreno camina por la calle", "trait"),
        ("Homeless people sleep behind the shop again", "trait"),
        ("A black man broke a window", "only-trait"),
        ("Un homme noir a volé un vélo", None),
        ("Un hombre negro robó a mi vecina", "only-trait"),
        ("A white man in a red jacket broke a window and ran to the station", None),
        ("A black car hit the fence and drove off", None),
        ("White van blocks the driveway", None),
        ("Somebody stole my bike from the yard", None),
        ("Lost: black cat with a white nose", None),
        ("Chien noir perdu près du parc", None),
        ("Un tipo rompió la ventana y se fue en una moto", None),
        ("Suspicious package at the tram stop, the square is closed", None),
        ("Our African drum evening is on Friday, all are welcome", None),
        ("A man tried every door of the parked cars, grey hoodie", None),
    ],
)
def test_posts_about_what_somebody_is_are_told_from_what_somebody_did(text: str, found: str | None) -> None:
    assert profiling_in(text) == found


def test_a_repetition_is_seen_through_case_accents_and_small_changes() -> None:
    first = fingerprint("Un chien perdu près du parc, il est très gentil et il a faim!")
    assert is_alike(first, fingerprint("UN CHIEN PERDU PRES DU PARC — il est tres gentil et il a faim"))
    assert not is_alike(first, fingerprint("La lumière du carrefour est éteinte depuis deux nuits."))


def test_one_author_has_another_name_in_every_thread() -> None:
    names = {pseudonym(b"k" * 32, "per_a", f"pst_{number}") for number in range(200)}
    assert len(names) > 190
    assert pseudonym(b"k" * 32, "per_a", "pst_1") == pseudonym(b"k" * 32, "per_a", "pst_1")
