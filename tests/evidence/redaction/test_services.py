"""A redaction's life on a real database: begun, found, drawn, seen, released; who was faster; what is over."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from tests.evidence.redact.stage import FRAMES, SIZE, film, pictures_of
from tests.evidence.redaction.stage import (
    NOTHING,
    begun,
    opened,
    plan_now,
    region,
    released,
    row_of,
    sealed_film,
    seen,
)
from tests.evidence.stage import acts, colleague, integrate, work

from consentry.evidence import models
from consentry.evidence import services as evidence
from consentry.evidence.redact.burn import HIDDEN_LUMA
from consentry.evidence.redact.cover import Covers
from consentry.evidence.redact.finder_file import FINDER_NAME
from consentry.evidence.redact.plan import PLAN_TYPE, parse_plan
from consentry.evidence.redact.types import Box, Hush, SoundSpan, View
from consentry.evidence.redaction import services
from consentry.evidence.redaction import work as turns
from consentry.evidence.redaction.work import find_due, forget_over, release_due
from consentry.evidence.services.play import serve_part
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused, Unavailable
from consentry.kernel.ids import ItemId
from consentry.kernel.roles import Role
from consentry.ledger import queries as ledger

pytestmark = pytest.mark.django_db


def bytes_in(item: models.Item, number: int) -> bytes:
    return b"".join(serve_part(item, number, "").pieces)


def test_faces_are_found_drawn_over_seen_and_released_as_a_sealed_item_with_its_plan() -> None:
    stage, item = sealed_film()
    case = evidence.open_case(Doer(stage.analyst.person or "", "analyst"), stage.agency.id, "26-77", "", now=utc_now())
    evidence.add_to_case(stage.analyst, item.id, case, now=utc_now())
    name = opened(stage.analyst, item, finds_faces=True)
    row, (found, plan) = row_of(name), plan_now(name)
    assert (row.state, row.done, row.of, found.ranges) == ("open", FRAMES, FRAMES, ((0, FRAMES),))
    assert len(plan.tracks) >= 2
    change = replace(NOTHING, regions=(region(),), keep_sound=True, sound_spans=(SoundSpan(0, 500_000, Hush.MUTE),))
    services.change_redaction(stage.analyst, name, 0, change, now=utc_now())
    seen(stage.analyst, name)
    made = released(stage.analyst, name)
    assert (made.state, made.kind, made.original_id, made.incident) == ("sealed", "derivative", item.id, item.incident)
    assert (made.base_until, made.base_reason) == (item.base_until, "programme")
    assert [place.case_id for place in made.places.all()] == [case]
    signed = open_vault().check(ItemId(made.id))
    assert signed is not None
    beside = bytes_in(made, 1)
    assert signed.manifest.derivation["plan_sha256"] == hashlib.sha256(beside).hexdigest()
    assert open_vault().lines_of(ItemId(made.id))[1].media_type == PLAN_TYPE
    final = parse_plan(json.loads(beside))
    assert [(one.reviewer, one.start, one.end) for one in final.reviews] == [(stage.analyst.person, 0, FRAMES)]
    pictures, covers = pictures_of(bytes_in(made, 0)), Covers(final)
    assert [at_us for at_us, _ in pictures] == list(final.frames.at_us)
    for frame, (_, picture) in enumerate(pictures):
        corner = picture[4 : SIZE[1] // 5 - 4, 4 : SIZE[0] // 5 - 4].astype(int)
        assert np.abs(corner - HIDDEN_LUMA).max() <= 16
        assert covers.at(frame).boxes, "each frame has a head in it"
    assert bytes_in(item, 0) == film(), "the original stays as it is"
    assert acts(item.id)[-3:] == ["redaction_begun", "reviewed", "redacted"]
    assert acts(made.id) == ["began", "case_added", "reviewed", "closed", "sealed"]
    reviewed = item.acts.get(kind="reviewed")
    assert (reviewed.why, reviewed.person, reviewed.role) == ("0-60", stage.analyst.person, "analyst")
    assert ledger.find_place(item.acts.get(kind="redacted").ledger_key) is not None


def test_nothing_goes_out_while_a_range_is_unseen_or_changed_since() -> None:
    stage, item = sealed_film(film(), film())
    name = opened(stage.analyst, item)
    found, _ = plan_now(name)
    assert len(found.ranges) >= 1
    with pytest.raises(Refused) as refused:
        services.release_redaction(stage.analyst, name, 0, now=utc_now())
    assert refused.value.conditions[0] == f"{found.ranges[0][0]}-{found.ranges[0][1]}"
    seen(stage.analyst, name)
    services.change_redaction(stage.analyst, name, 0, replace(NOTHING, regions=(region(end=5),)), now=utc_now())
    with pytest.raises(Refused) as refused:
        services.release_redaction(stage.analyst, name, 1, now=utc_now())
    assert len(refused.value.conditions) == 1, "only the range that the region touches"
    # What is taken back is as it was when somebody looked.
    services.change_redaction(stage.analyst, name, 1, NOTHING, now=utc_now())
    with pytest.raises(Conflict) as stale:
        services.release_redaction(stage.analyst, name, 1, now=utc_now())
    assert stale.value.kind == "redaction-changed"
    services.release_redaction(stage.analyst, name, 2, now=utc_now())
    for act in (
        lambda: services.change_redaction(stage.analyst, name, 2, NOTHING, now=utc_now()),
        lambda: services.drop_redaction(stage.analyst, name, now=utc_now()),
        lambda: services.release_redaction(stage.analyst, name, 2, now=utc_now()),
    ):
        with pytest.raises(Conflict) as over:
            act()
        assert over.value.kind == "redaction-state"


def test_a_review_counts_only_from_who_was_shown_it_as_it_would_go_out() -> None:
    stage, item = sealed_film()
    name, other = opened(stage.analyst, item), colleague(stage, Role.OFFICER)
    found, plan = plan_now(name)
    sha256 = found.shown(0, plan)
    for view in (View.ORIGINAL, View.OUTLINE):
        assert services.show_range(stage.analyst, name, 0, view, now=utc_now()).sha256 == ""
    with pytest.raises(Conflict) as unseen:
        services.review_range(stage.analyst, name, 0, sha256, now=utc_now())
    assert unseen.value.kind == "redaction-unseen"
    shown = services.show_range(stage.analyst, name, 0, View.HIDDEN, now=utc_now())
    assert shown.sha256 == sha256
    assert len(pictures_of(shown.film)) == FRAMES
    with pytest.raises(Conflict) as reason:
        services.show_range(other, name, 0, View.HIDDEN, now=utc_now())
    assert reason.value.kind == "opening-needed"
    with pytest.raises(Conflict) as theirs:
        services.review_range(other, name, 0, sha256, now=utc_now())
    assert theirs.value.kind == "redaction-unseen", "another's look is not one's own"
    services.change_redaction(stage.analyst, name, 0, replace(NOTHING, regions=(region(),)), now=utc_now())
    with pytest.raises(Conflict) as late:
        services.review_range(stage.analyst, name, 0, sha256, now=utc_now())
    assert late.value.kind == "redaction-changed", "it changed while somebody looked"
    evidence.open_item(other, item.id, "To review", now=utc_now())
    seen(other, name)
    looks = models.RedactionLook.objects.exclude(reviewed_at=None)
    assert [(look.person, look.role) for look in looks] == [(other.person, "officer")]


def test_of_two_who_change_at_once_the_second_is_told() -> None:
    stage, item = sealed_film()
    name, other = opened(stage.analyst, item), colleague(stage, Role.SUPERVISOR)
    assert services.change_redaction(other, name, 0, replace(NOTHING, keep_sound=True), now=utc_now()) == 1
    with pytest.raises(Conflict) as slower:
        services.change_redaction(stage.analyst, name, 0, replace(NOTHING, regions=(region(),)), now=utc_now())
    assert slower.value.kind == "redaction-changed"
    assert plan_now(name)[1].keep_sound


def test_who_dismissed_a_track_stays_who_did_it() -> None:
    stage, item = sealed_film()
    name, other = opened(stage.analyst, item, finds_faces=True), colleague(stage, Role.OFFICER)
    first, second = (track.name for track in plan_now(name)[1].tracks[:2])
    services.change_redaction(stage.analyst, name, 0, replace(NOTHING, dismissed=(first,)), now=utc_now())
    services.change_redaction(other, name, 1, replace(NOTHING, dismissed=(first, second)), now=utc_now())
    assert {one.track: one.reviewer for one in plan_now(name)[1].dismissals} == {
        first: stage.analyst.person, second: other.person,
    }  # fmt: skip


def test_a_face_moved_by_hand_opens_its_range_again_and_stands_in_the_sealed_plan_with_who_did_it() -> None:
    stage, item = sealed_film()
    name, other = opened(stage.analyst, item, finds_faces=True), colleague(stage, Role.OFFICER)
    track = plan_now(name)[1].tracks[0]
    seen(stage.analyst, name)
    put = (track.name, track.finds[0].frame, Box(7_000, 7_000, 9_000, 9_000))
    services.change_redaction(other, name, 0, replace(NOTHING, moves=(put,)), now=utc_now())
    with pytest.raises(Refused) as unseen:
        services.release_redaction(stage.analyst, name, 1, now=utc_now())
    assert unseen.value.kind == "not-reviewed"
    seen(stage.analyst, name)
    made = released(stage.analyst, name)
    said = json.loads(bytes_in(made, 1))
    assert [move[:7] for move in said["moves"]] == [[*put[:2], *put[2], other.person]]


def test_only_a_sealed_recording_of_ones_own_agency_is_redacted() -> None:
    stage, item = sealed_film()
    with pytest.raises(Malformed):
        services.begin_redaction(stage.analyst, item.id, " ", finds_faces=True, now=utc_now())
    with pytest.raises(NotFound):
        begun(colleague(stage, Role.AUDITOR), item)
    name = opened(stage.analyst, item)
    seen(stage.analyst, name)
    made = released(stage.analyst, name)
    with pytest.raises(Conflict) as derived:
        begun(stage.analyst, made)
    assert derived.value.kind == "redact-derivative"
    models.Item.objects.filter(id=item.id).update(state="closing")
    with pytest.raises(Conflict) as early:
        begun(stage.analyst, item)
    assert early.value.kind == "item-not-sealed"


def test_an_item_has_a_bounded_number_of_redactions(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, item = sealed_film()
    monkeypatch.setattr(services, "MAX_REDACTIONS_PER_ITEM", 2)
    names = [begun(stage.analyst, item) for _ in range(2)]
    with pytest.raises(LimitReached):
        begun(stage.analyst, item)
    services.drop_redaction(stage.analyst, names[0], now=utc_now())
    begun(stage.analyst, item)
    assert acts(item.id)[-2:] == ["redaction_dropped", "redaction_begun"]


def test_without_the_finder_nothing_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> bytes:
        raise Unavailable(FINDER_NAME, kind="finder-missing")

    stage, item = sealed_film()
    monkeypatch.setattr(turns, "load_finder", missing)
    name = begun(stage.analyst, item, finds_faces=True)
    assert find_due(utc_now()) == 0
    assert (row_of(name).state, row_of(name).why) == ("failed", "finder-missing")


def test_a_damaged_original_never_opens() -> None:
    broken = bytearray(film())
    broken[len(broken) // 2 : len(broken) // 2 + 4_000] = bytes(4_000)
    stage, item = sealed_film(bytes(broken))
    name = begun(stage.analyst, item)
    assert find_due(utc_now()) == 0
    assert (row_of(name).state, row_of(name).why) == ("failed", "redact-damaged")


def test_a_destroyed_original_takes_what_was_found_with_it() -> None:
    stage, item = sealed_film()
    name = opened(stage.analyst, item)
    seen(stage.analyst, name)
    services.release_redaction(stage.analyst, name, 0, now=utc_now())
    models.Item.objects.filter(id=item.id).update(keep_until=utc_now() - timedelta(seconds=1))
    work()
    assert models.Item.objects.get(id=item.id).state == "shredded"
    forget_over()
    assert release_due(utc_now()) == 0
    row = row_of(name)
    assert (row.state, bytes(row.found), bytes(row.edits)) == ("gone", b"", b"")
    assert not models.Item.objects.filter(kind="derivative").exists()
    with pytest.raises(Conflict):
        services.show_range(stage.analyst, name, 0, View.ORIGINAL, now=utc_now())


def test_an_owners_last_date_is_the_redactions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, item = sealed_film()
    name = opened(stage.analyst, item)
    seen(stage.analyst, name)
    passed = {"base_reason": "owner", "base_until": utc_now() - timedelta(days=1)}
    models.Item.objects.filter(id=item.id).update(**passed)
    with pytest.raises(Conflict) as over:
        services.release_redaction(stage.analyst, name, 0, now=utc_now())
    assert over.value.kind == "redact-owner-date"
    integrate()


def test_a_turn_that_was_thrown_away_writes_nothing_more() -> None:
    stage, item = sealed_film()
    name = begun(stage.analyst, item)
    turn = turns.Turn(name)
    services.drop_redaction(stage.analyst, name, now=utc_now())
    with pytest.raises(Conflict) as lost:
        turn.need(state="open")
    assert lost.value.kind == "redaction-claim"
    assert row_of(name).state == "dropped"


def test_what_broke_off_again_and_again_is_not_begun_for_ever() -> None:
    stage, item = sealed_film()
    name = begun(stage.analyst, item)
    for _ in range(3):
        turns.Turn(name)  # each died with its worker
    assert find_due(utc_now()) == 0
    assert (row_of(name).state, row_of(name).why) == ("failed", "redact-broken-off")
