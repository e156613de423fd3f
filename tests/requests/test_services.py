"""Requests on a real database and vault: who is asked, what homes send, what becomes of it."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.access.stage import staff
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE
from tests.evidence.stage import acts, colleague
from tests.requests.stage import (
    BODY,
    HOUR,
    begin,
    files_on_their_way,
    make_asked,
    new_request,
    row_of,
    signed_clip,
    work,
)

from consentry.evidence import models as vault
from consentry.evidence import queries as evidence
from consentry.evidence import services as evidence_services
from consentry.evidence.types import ItemWhere
from consentry.evidence.vault_door import open_vault
from consentry.kernel.canonical import from_b64, sha256_of, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused, Untrusted
from consentry.kernel.geo import offset
from consentry.kernel.ids import ItemId
from consentry.kernel.item import commit_of
from consentry.kernel.roles import Role
from consentry.kernel.terms import Tier
from consentry.ledger.models import LedgerEntry
from consentry.notices.models import Notice
from consentry.requests import models, queries, services
from consentry.requests.invariants import broken_invariants
from consentry.requests.types import Settlement, Wishes

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def entries(kind: str) -> list[dict[str, object]]:
    return [json.loads(bytes(row.entry)) for row in LedgerEntry.objects.filter(kind=kind).order_by("id")]


def test_a_request_reaches_consenting_homes_in_its_area_once_each_and_no_other() -> None:
    asked = make_asked(homes=2)
    stage = asked.stage
    stage.add_home(tier=Tier.REGISTRY)
    quiet = stage.add_home(tier=Tier.REQUEST)
    services.set_wishes(quiet.owner.principal.person, Wishes(opted_out=True))  # type: ignore[arg-type]
    call = stage.call(number="second")
    made = services.make_request(stage.analyst, new_request(call), now=utc_now())
    assert services.send_out_due(utc_now()) == 2
    assert services.send_out_due(utc_now()) == 0
    assert services.tell_due(utc_now()) == 2
    people = set(models.Recipient.objects.filter(request=made).values_list("person_id", flat=True))
    assert people == {home.owner.id for home in stage.homes[:2]}
    assert Notice.objects.filter(kind="request.asked", object_id=made).count() == 2


def test_what_is_asked_stands_in_the_log_and_anybody_can_open_the_commitment() -> None:
    asked = make_asked()
    row = models.VideoRequest.objects.get(id=asked.request)
    found = queries.get_request(asked.request)
    commit = to_b64(commit_of(from_b64(found.salt), sha256_of(json.loads(found.record))))
    assert entries("request.open") == [{**entries("request.open")[0], "agency": row.agency, "commit": commit}]
    assert json.loads(found.record)["cells"] == sorted(found.cells)


def test_a_third_request_of_a_case_or_a_call_and_the_same_area_again_are_refused() -> None:
    stage = make_asked(case_number="26-77").stage
    with pytest.raises(Refused) as same:
        services.make_request(stage.analyst, new_request(stage.incident, case_number="26/77"), now=utc_now())
    assert same.value.conditions == ("area.new",)
    with pytest.raises(Refused) as other_number:
        services.make_request(stage.analyst, new_request(stage.incident, case_number="other"), now=utc_now())
    assert other_number.value.conditions == ("area.new",), "another case number does not make the call another"


def test_the_database_holds_two_per_case_and_refuses_an_edit() -> None:
    asked = make_asked()
    row = models.VideoRequest.objects.get(id=asked.request)
    for change in ({"words": "other"}, {"cells": []}, {"answer_by": utc_now() + 100 * DAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            models.VideoRequest.objects.filter(id=row.id).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.VideoRequest.objects.filter(id=row.id).update(number_in_case=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_no_protest_no_stranger_and_no_agency_without_a_programme_may_ask() -> None:
    stage = make_asked().stage
    protest = stage.call(number="p", common_type="CIVDIS")
    with pytest.raises(Refused) as refused:
        services.make_request(stage.analyst, new_request(protest), now=utc_now())
    assert refused.value.conditions == ("incident.type",)
    with pytest.raises(NotFound):
        services.make_request(staff(make_agency()), new_request(stage.incident), now=utc_now())
    with pytest.raises(Refused):
        services.make_request(colleague(stage, Role.AUDITOR), new_request(stage.incident), now=utc_now())
    later = utc_now() + 50 * DAY
    with pytest.raises(Refused) as over:
        services.make_request(stage.analyst, new_request(stage.incident), now=later)
    assert over.value.kind == "no-programme"


def test_a_preview_shows_the_widened_area_and_keeps_nothing() -> None:
    stage = make_asked().stage
    before = models.VideoRequest.objects.count()
    seen = services.preview_request(stage.analyst, new_request(stage.incident, area_sq_m=1), now=utc_now())
    assert seen.cells
    assert set(seen.refusals) == {"area.size", "area.new"}
    assert models.VideoRequest.objects.count() == before


def test_a_home_over_its_quota_is_not_asked_and_a_household_counts_once() -> None:
    asked = make_asked()
    stage, home = asked.stage, asked.stage.homes[0]
    services.set_wishes(home.owner.principal.person, Wishes(most_per_week=2))  # type: ignore[arg-type]
    for number in range(3):
        call = stage.call(number=f"n{number}", place=offset(CENTRE, bearing=90, metres=10))
        services.make_request(stage.analyst, new_request(call), now=utc_now())
    services.send_out_due(utc_now())
    assert models.Recipient.objects.filter(person=home.owner.id).count() == 2
    assert models.Recipient.objects.first().cameras == [home.camera.id]  # type: ignore[union-attr]


def test_an_answer_is_sealed_and_the_agency_reads_a_pseudonym(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    asked = make_asked()
    home = asked.stage.homes[0]
    answer = asked.answer(home)
    assert queries.answers_of(asked.stage.analyst, asked.request) == [], "what is on its way is not shown"
    with django_capture_on_commit_callbacks(execute=True):
        work()
    (got,) = queries.answers_of(asked.stage.analyst, asked.request)
    assert (got.id, got.name, got.item_state, got.opened_at, got.outcome) == (answer, "", "sealed", None, "")
    assert got.pseudonym == row_of(answer).pseudonym
    item = vault.Item.objects.get(id=got.item)
    assert (item.kind, item.camera, item.keep_until, item.keep_reason) == (
        "answer", "", row_of(answer).keep_until, "owner",
    )  # fmt: skip
    assert row_of(answer).upload not in files_on_their_way()
    assert list(broken_invariants()) == []


def test_no_row_of_an_answer_names_its_owner() -> None:
    asked = make_asked()
    home = asked.stage.homes[0]
    body = b"clip" * 999
    asked.answer(home, body=body, camera=home.camera.id, signed=signed_clip(home, body))
    work()
    secrets = (home.owner.id.encode(), home.camera.id.encode(), home.home.id.encode())
    for row in (*models.Answer.objects.values(), *vault.Item.objects.values(), *vault.Upload.objects.values()):
        text = b"".join(
            bytes(value) if isinstance(value, memoryview) else str(value).encode() for value in row.values()
        )
        assert [secret for secret in secrets if secret in text] == []


def test_an_answer_with_a_name_says_it() -> None:
    asked = make_asked()
    asked.answer(asked.stage.homes[0], named=True)
    work()
    assert queries.answers_of(asked.stage.analyst, asked.request)[0].name == "Some owner"


def test_the_edges_clip_is_sealed_as_it_was_signed_and_another_file_is_refused() -> None:
    asked = make_asked()
    home, body = asked.stage.homes[0], b"clip" * 1_000
    signed = signed_clip(home, body)
    answer = asked.answer(home, body=body, camera=home.camera.id, signed=signed)
    work()
    item = row_of(answer).item
    assert (row_of(answer).kind, row_of(answer).state) == ("clip", "sent")
    assert evidence.files_of(vault.Item.objects.get(id=item))[0].origin["manifest"]["camera"] == home.camera.id
    who = home.owner.principal
    with pytest.raises(Conflict) as other_file:
        begin(asked.request, who, b"other", camera=home.camera.id, signed=signed)
    assert other_file.value.kind == "clip-file"
    stranger = asked.stage.add_home(tier=Tier.REQUEST)
    forged = signed_clip(replace(stranger, camera=home.camera), b"forged")
    with pytest.raises(Untrusted):
        begin(asked.request, who, b"forged", camera=home.camera.id, signed=forged)
    with pytest.raises(NotFound):
        begin(asked.request, who, b"x", camera=stranger.camera.id)


def test_the_same_file_twice_after_the_deadline_and_too_many_have_words_of_their_own() -> None:
    asked = make_asked()
    home = asked.stage.homes[0]
    asked.answer(home)
    with pytest.raises(Conflict) as twice:
        begin(asked.request, home.owner.principal)
    assert twice.value.kind == "answer-twice"
    with pytest.raises(Conflict) as late:
        begin(asked.request, home.owner.principal, b"late", now=utc_now() + 8 * DAY)
    assert late.value.kind == "request-over"
    for number in range(9):
        begin(asked.request, home.owner.principal, b"n%d" % number)
    with pytest.raises(LimitReached):
        begin(asked.request, home.owner.principal, b"one too many")


def test_what_was_begun_in_time_is_taken_after_the_deadline_but_not_after_it_was_resolved() -> None:
    asked = make_asked(answer_days=1)
    who = asked.stage.homes[0].owner.principal
    first, second = begin(asked.request, who, b"one"), begin(asked.request, who, b"two")
    services.take_part(who, first, 0, [b"one"])
    services.close_due(utc_now() + 2 * DAY)
    services.finish_answer(who, first, hashlib.sha256(b"one").hexdigest())
    assert row_of(first).state == "checking"
    services.take_part(who, second, 0, [b"two"])
    work()
    assert row_of(first).state == "sent"
    resolved = make_asked()
    late = begin(resolved.request, resolved.stage.homes[0].owner.principal, b"three")
    services.take_part(resolved.stage.homes[0].owner.principal, late, 0, [b"three"])
    services.resolve_request(resolved.stage.analyst, resolved.request, "solved", now=utc_now())
    with pytest.raises(Conflict) as over:
        services.finish_answer(resolved.stage.homes[0].owner.principal, late, hashlib.sha256(b"three").hexdigest())
    assert over.value.kind == "request-over"


def test_an_owner_who_withdraws_while_the_file_is_on_its_way_leaves_no_byte_and_the_sender_is_told() -> None:
    asked = make_asked()
    who = asked.stage.homes[0].owner.principal
    answer = begin(asked.request, who)
    services.take_part(who, answer, 0, [BODY[:100]])
    with transaction.atomic():
        services.withdraw_answer(who, answer, now=utc_now())
    services.withdraw_answer(who, answer, now=utc_now())
    with pytest.raises(Conflict) as gone:
        services.take_part(who, answer, 100, [BODY[100:]])
    assert gone.value.kind == "answer-gone"
    with pytest.raises(Conflict):
        services.finish_answer(who, answer, hashlib.sha256(BODY).hexdigest())
    work()
    assert not vault.Item.objects.exists()
    again = asked.answer(asked.stage.homes[0])
    assert again != answer, "the same file may be sent anew after it was taken back"


def test_a_sealed_answer_is_taken_back_until_somebody_opened_it_and_nobody_sees_it_between() -> None:
    asked = make_asked(homes=2)
    analyst, (first, second) = asked.stage.analyst, asked.stage.homes
    back, seen = asked.answer(first), asked.answer(second)
    work()
    evidence_services.open_item(analyst, row_of(seen).item, "Case", now=utc_now())
    with pytest.raises(Conflict) as opened:
        services.withdraw_answer(second.owner.principal, seen, now=utc_now())
    assert opened.value.kind == "answer-opened"
    services.withdraw_answer(first.owner.principal, back, now=utc_now())
    with pytest.raises(Conflict):
        evidence_services.open_item(analyst, row_of(back).item, "Case", now=utc_now())
    with pytest.raises(Conflict):
        evidence_services.set_hold(
            colleague(asked.stage, Role.SUPERVISOR), row_of(back).item, "Trial", None, now=utc_now()
        )
    work()
    assert vault.Item.objects.get(id=row_of(back).item).state == "shredded"
    assert "withdrawn" in acts(row_of(back).item)


def test_an_answer_taken_back_before_it_is_sealed_is_destroyed_as_soon_as_it_is() -> None:
    asked = make_asked()
    answer = asked.answer(asked.stage.homes[0])
    evidence_services.advance_uploads(utc_now())
    services.seal_due(utc_now())
    services.withdraw_answer(asked.stage.homes[0].owner.principal, answer, now=utc_now())
    with pytest.raises(Conflict):
        evidence_services.open_item(asked.stage.analyst, row_of(answer).item, "Case", now=utc_now())
    work()
    assert vault.Item.objects.get(id=row_of(answer).item).state == "shredded"


def test_the_agency_says_what_became_of_it_in_one_step_and_the_owner_reads_it() -> None:
    asked = make_asked()
    analyst, home = asked.stage.analyst, asked.stage.homes[0]
    answer = asked.answer(home)
    work()
    services.settle_answer(analyst, answer, Settlement("used", thanks=True), now=utc_now())
    services.settle_answer(analyst, answer, Settlement("used", thanks=True), now=utc_now())
    read = queries.own_answer(queries.access_own_answer(home.owner.principal.person, answer))
    assert (read.outcome, read.thanked_at is not None, read.gone_at) == ("used", True, None)
    told = list(Notice.objects.filter(person=home.owner.id).order_by("id").values_list("kind", flat=True))
    assert told == ["request.asked", "request.outcome", "request.thanked"], "once each"
    services.settle_answer(analyst, answer, Settlement("not_used", delete=True), now=utc_now())
    work()
    read = queries.own_answer(queries.access_own_answer(home.owner.principal.person, answer))
    assert (read.state, read.outcome, read.gone_at is not None) == ("deleted", "not_used", True)
    with pytest.raises(Conflict):
        services.settle_answer(analyst, answer, Settlement("used"), now=utc_now())


def test_a_clip_ends_on_its_owners_date_and_only_a_hold_keeps_it_and_is_told() -> None:
    asked = make_asked(homes=2)
    first, second = (asked.answer(home, keep_days=2) for home in asked.stage.homes)
    work()
    supervisor = colleague(asked.stage, Role.SUPERVISOR)
    evidence_services.set_hold(supervisor, row_of(second).item, "Trial", None, now=utc_now())
    work()
    assert Notice.objects.filter(person=asked.stage.homes[1].owner.id, kind="request.outcome").count() == 1
    work(utc_now() + 3 * DAY)
    work(utc_now() + 3 * DAY)
    assert (row_of(first).state, row_of(second).state) == ("deleted", "sent")
    assert queries.own_answer(row_of(second)).held
    with pytest.raises(Conflict):
        services.settle_answer(asked.stage.analyst, second, Settlement(delete=True), now=utc_now())


def test_longer_than_the_jurisdiction_allows_is_refused_whatever_the_owner_says() -> None:
    asked = make_asked()
    for days in (0, 31):
        with pytest.raises(Malformed):
            begin(asked.request, asked.stage.homes[0].owner.principal, keep_days=days)


def test_a_scanner_that_finds_something_or_is_away_seals_nothing(settings: object, tmp_path: object) -> None:
    asked = make_asked(homes=2)
    settings.SCANNER = "exec:/bin/false"  # type: ignore[attr-defined]
    bad = asked.answer(asked.stage.homes[0])
    work()
    assert (row_of(bad).state, row_of(bad).why) == ("failed", "infected")
    settings.SCANNER = "clamd:/nowhere"  # type: ignore[attr-defined]
    waiting = asked.answer(asked.stage.homes[1])
    work()
    assert row_of(waiting).state == "checking"
    settings.SCANNER = ""  # type: ignore[attr-defined]
    work()
    assert row_of(waiting).state == "sent"


def test_a_file_that_was_never_finished_is_thrown_away_and_its_owner_reads_why() -> None:
    asked = make_asked()
    answer = begin(asked.request, asked.stage.homes[0].owner.principal)
    evidence_services.advance_uploads(utc_now() + 4 * DAY)
    work()
    assert (row_of(answer).state, row_of(answer).why) == ("failed", "too-late")


def test_only_who_was_asked_answers_and_nobody_reads_anothers_answer() -> None:
    asked = make_asked(homes=2)
    first, second = asked.stage.homes
    outsider = asked.stage.add_home(tier=Tier.REQUEST)
    with pytest.raises(NotFound):
        begin(asked.request, outsider.owner.principal)
    answer = asked.answer(first)
    work()
    with pytest.raises(NotFound):
        queries.access_own_answer(second.owner.principal.person, answer)
    with pytest.raises(NotFound):
        services.withdraw_answer(second.owner.principal, answer, now=utc_now())
    with pytest.raises(NotFound):
        services.settle_answer(staff(make_agency()), answer, Settlement("used"), now=utc_now())


def test_two_homes_may_send_the_very_same_file() -> None:
    asked = make_asked(homes=2)
    for home in asked.stage.homes:
        asked.answer(home)
    work()
    found = queries.answers_of(asked.stage.analyst, asked.request)
    assert len({one.item for one in found}) == len({one.pseudonym for one in found}) == 2


def test_figures_are_said_once_in_bands_on_their_day() -> None:
    asked = make_asked(homes=2)
    answer = asked.answer(asked.stage.homes[0])
    work()
    services.settle_answer(asked.stage.analyst, answer, Settlement("used"), now=utc_now())
    services.resolve_request(asked.stage.analyst, asked.request, "solved", now=utc_now())
    work()
    assert queries.get_request(asked.request).figures is None, "not on the day itself"
    work(utc_now() + 9 * DAY)
    work(utc_now() + 9 * DAY)
    figures = queries.get_request(asked.request).figures
    assert figures is not None
    assert (figures.asked, figures.answered, figures.used) == ("under_5", "under_5", "under_5")
    (said,) = entries("request.outcome")
    assert {name: said[name] for name in ("asked", "answered", "used")} == dict.fromkeys(
        ("asked", "answered", "used"), "under_5"
    )


def test_a_request_ends_by_itself_and_is_resolved_once() -> None:
    asked = make_asked(answer_days=1)
    services.close_due(utc_now() + 2 * DAY)
    found = queries.get_request(asked.request)
    assert (found.state, found.close_reason) == ("closed", "expired")
    with pytest.raises(Conflict):
        services.resolve_request(asked.stage.analyst, asked.request, "solved", now=utc_now())
    assert len(entries("request.close")) == 1


def test_the_receipt_is_signed_and_says_until_when() -> None:
    asked = make_asked()
    answer = asked.answer(asked.stage.homes[0], keep_days=7)
    work()
    row = row_of(answer)
    receipt = json.loads(row.receipt)
    assert receipt["processing"]["retention_period"]["until_ms"] // 1_000 == int(row.keep_until.timestamp())
    assert receipt["metadata"]["pii_principal_id"] == row.pseudonym
    about = open_vault().about(ItemId(row.item))
    assert about.source == {
        "request": asked.request, "media_type": "video/mp4", "receipt_sha256": sha256_of(receipt).hex(),
    }  # fmt: skip
    assert asked.stage.homes[0].owner.id not in row.receipt


def test_the_inbox_of_items_finds_an_answer_by_kind_and_never_by_camera() -> None:
    asked = make_asked()
    home, body = asked.stage.homes[0], b"c" * 99
    asked.answer(home, body=body, camera=home.camera.id, signed=signed_clip(home, body))
    work()
    assert len(evidence.search_items(asked.stage.analyst, ItemWhere(kind="answer"))) == 1
    assert evidence.search_items(asked.stage.analyst, ItemWhere(camera=home.camera.id)) == []


def test_a_window_of_another_day_is_refused() -> None:
    stage = make_asked().stage
    start = utc_now() - 40 * HOUR
    wrong = new_request(stage.call(number="w"), window_start=start, window_end=start + HOUR)
    with pytest.raises(Refused) as refused:
        services.make_request(stage.analyst, wrong, now=utc_now())
    assert refused.value.conditions == ("window.near",)
