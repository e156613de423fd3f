"""Pure rules of consent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.consent.rules import Offer, careful_terms, check_terms, scope_sha256, state_of
from consentry.consent.types import ConsentState
from consentry.consent.waivers import LANGUAGES, VERSIONS, current_waiver, read_waiver, waiver_of
from consentry.consent.words import words
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, ConsentryError, Malformed, Refused
from consentry.kernel.ids import CameraId, ProgrammeId, id_of_bytes
from consentry.kernel.terms import (
    Approval,
    Participation,
    Tier,
    ViewAttested,
    loosens,
    parse_terms,
    terms_record,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OFFER = Offer(
    camera=CameraId(id_of_bytes("camera", b"c" * 16)), programme=ProgrammeId(id_of_bytes("programme", b"p" * 16)),
    agencies=("agy_a",), tiers=frozenset({"registry", "request", "live"}),
    call_types=frozenset({"BURGLARY", "ROBBERY"}), max_distance_m=400, waiver_sha256=current_waiver().sha256,
)  # fmt: skip
CAREFUL = careful_terms(OFFER, version=1, time_zone="Europe/Paris", now=NOW)
GOOD = replace(CAREFUL, view_attested=ViewAttested(True, True, ""))


def test_the_defaults_are_the_careful_ones() -> None:
    assert CAREFUL.approval is Approval.ASK_ME
    assert (CAREFUL.audio, CAREFUL.ptz, CAREFUL.emergency_ok) == (False, False, False)
    assert CAREFUL.view_attested == ViewAttested(False, False, "")
    assert (CAREFUL.lookback_min, CAREFUL.lookahead_min) == (0, 0)
    assert parse_terms(terms_record(CAREFUL)) == CAREFUL


def test_a_programme_without_live_drafts_no_live_terms() -> None:
    offer = replace(OFFER, tiers=frozenset({"registry"}))
    assert careful_terms(offer, version=1, time_zone="UTC", now=NOW).tier is Tier.REGISTRY


def test_good_terms_pass() -> None:
    check_terms(GOOD, OFFER, version=1, now=NOW)


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        ({"view_attested": ViewAttested(False, True, "")}, "view_attested"),
        ({"view_attested": ViewAttested(True, False, "")}, "view_attested"),
        ({"call_types": frozenset({"NOISE"})}, "call_types"),
        ({"max_distance_m": 401}, "max_distance_m"),
        ({"purposes": frozenset({"fishing"})}, "purposes"),
        ({"expires_at_ms": to_ms(NOW)}, "expires_at"),
        ({"expires_at_ms": to_ms(NOW + timedelta(days=366)) + 1}, "expires_at"),
        ({"expires_at_ms": 2**53 - 1}, "expires_at"),
    ],
)
def test_terms_beyond_the_offer_name_what_failed(change: dict[str, object], condition: str) -> None:
    with pytest.raises(Refused) as refused:
        check_terms(replace(GOOD, **change), OFFER, version=1, now=NOW)
    assert refused.value.conditions == (condition,)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"camera_id": CameraId(id_of_bytes("camera", b"x" * 16))}, Malformed),
        ({"programme_id": ProgrammeId(id_of_bytes("programme", b"x" * 16))}, Malformed),
        ({"participation": Participation.MANDATED}, Refused),
        ({"version": 2}, Conflict),
        ({"waiver_sha256": "00" * 32}, Conflict),
    ],
)
def test_terms_about_something_else_are_refused(change: dict[str, object], error: type[ConsentryError]) -> None:
    with pytest.raises(error):
        check_terms(replace(GOOD, **change), OFFER, version=1, now=NOW)


@given(st.sampled_from(["given", "renewed", "changed", "withdrawn", "revoked"]), st.integers(-10, 10), st.booleans())
def test_only_a_standing_unexpired_version_under_the_same_texts_is_given(event: str, left_s: int, same: bool) -> None:
    expires_at = NOW + timedelta(seconds=left_s)
    state = state_of(event, expires_at=expires_at, signed_scope="a", scope="a" if same else "b", at=NOW)
    holds = event in ("given", "renewed", "changed") and left_s > 0 and same
    assert (state is ConsentState.GIVEN) == holds


def test_another_waiver_or_agency_is_another_scope_and_the_rest_is_not() -> None:
    scope = scope_sha256(OFFER)
    assert scope_sha256(replace(OFFER, waiver_sha256="00" * 32)) != scope
    assert scope_sha256(replace(OFFER, agencies=("agy_a", "agy_b"))) != scope
    assert scope_sha256(replace(OFFER, max_distance_m=100)) == scope


def test_a_first_consent_always_loosens() -> None:
    assert loosens(None, GOOD)


def test_every_waiver_is_whole_in_three_languages_and_found_by_its_hash() -> None:
    for version in VERSIONS:
        waiver = read_waiver(version)
        points = {len([line for line in text.splitlines() if line[:1].isdigit()]) for text in waiver.texts.values()}
        assert set(waiver.texts) == set(LANGUAGES)
        assert len(points) == 1
        assert waiver_of(waiver.sha256) is waiver


@pytest.mark.parametrize(
    ("version", "sha256"),
    [
        ("2026-1", "48f3400293ab3dcdd528fb79c804953bfe08a0b70e21d7bc2b05aa99f2f40dba"),
        ("2026-2", "7d681b59c5f77cee216ecf64f21e73bbd5d0e9c707cfabd3d246c97956ae6f17"),
    ],
)
def test_a_published_waiver_was_not_edited(version: str, sha256: str) -> None:
    assert read_waiver(version).sha256 == sha256


def test_receipts_have_the_same_words_in_every_language() -> None:
    english = set(words("en"))
    assert all(set(words(language)) == english and all(words(language).values()) for language in LANGUAGES)
