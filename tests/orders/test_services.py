"""Orders on a real database and vault: drawn, reviewed by two, executed on what is stored."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.access.stage import integrate, staff
from tests.agencies.make import make_agency
from tests.orders.stage import (
    DAY,
    HOUR,
    PDF,
    Court,
    at,
    camera_line,
    make_court,
    row_of,
    serving_of,
)

from consentry.consent.queries import current_consent
from consentry.consent.services import withdraw
from consentry.core.principal import MFA_SECOND
from consentry.evidence import models as vault
from consentry.kernel.canonical import sha256_of, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, ConsentryError, Malformed, NotFound, NotSignedIn, Refused, Unavailable
from consentry.kernel.ids import new_id
from consentry.kernel.item import commit_of
from consentry.kernel.roles import Role
from consentry.ledger.models import LedgerEntry
from consentry.notices.models import Notice
from consentry.orders import models, queries, services
from consentry.orders.invariants import broken_invariants
from consentry.orders.types import Line

pytestmark = pytest.mark.django_db


def entries(kind: str) -> list[dict[str, object]]:
    return [json.loads(bytes(row.entry)) for row in LedgerEntry.objects.filter(kind=kind).order_by("id")]


def refusal(act: Callable[[], object]) -> tuple[type[ConsentryError], str]:
    with pytest.raises(ConsentryError) as error, transaction.atomic():
        act()
    return type(error.value), error.value.kind


def review(court: Court, who: str, order: str, *, agrees: bool = True, why: str = "") -> str:
    return services.review_order(court[who], order, agrees=agrees, why=why, now=utc_now())


def test_a_bare_area_is_refused_as_not_particular() -> None:
    court = make_court()
    with pytest.raises(Refused, match="not particular") as error:
        services.draw_order(court["manager"], court.new(area=True), now=utc_now())
    assert error.value.kind == "not-particular"
    assert not models.Order.objects.exists()


def test_an_order_names_only_what_is_there_and_what_is_the_agencys() -> None:
    court, other = make_court(), make_court()
    foreign = other.item()
    for line in (
        camera_line(new_id("camera"), utc_now()), Line("answer", new_id("answer")),
    ):  # fmt: skip
        assert refusal(lambda line=line: court.draw(line)) == (NotFound, "not-found")  # type: ignore[misc]
    assert refusal(lambda: court.draw(Line("item", foreign), kind="preservation")) == (NotFound, "not-found")
    stranger = staff(make_agency(), Role.MANAGER)
    assert refusal(lambda: services.draw_order(stranger, court.new(), now=utc_now()))[0] is NotFound
    auditor = court["auditor"]
    assert refusal(lambda: services.draw_order(auditor, court.new(), now=utc_now())) == (Refused, "role")
    assert not models.Order.objects.exists()


def test_two_people_who_did_not_draw_it_review_it_and_it_stands_in_the_log() -> None:
    court = make_court()
    order = court.draw(who="first")
    assert refusal(lambda: review(court, "first", order)) == (Refused, "own-order")
    assert review(court, "second", order) == "drawn"
    assert refusal(lambda: review(court, "second", order)) == (Refused, "second-person")
    assert entries("order.receive") == []
    assert review(court, "manager", order) == "reviewed"
    (entry,) = entries("order.receive")
    row = row_of(order)
    commit = to_b64(commit_of(bytes(row.salt), sha256_of(json.loads(row.record))))
    assert {name: entry[name] for name in ("agency", "commit", "instrument", "seal_until")} == {
        "agency": row.agency, "commit": commit, "instrument": "search_warrant", "seal_until": 0,
    }  # fmt: skip
    assert refusal(lambda: review(court, "auditor", order))[0] is Conflict


def test_a_review_needs_a_fresh_second_factor_a_document_and_a_reason_to_refuse() -> None:
    court = make_court()
    order = services.draw_order(court["manager"], court.new(), now=utc_now())
    assert refusal(lambda: review(court, "first", order)) == (Conflict, "document-missing")
    services.put_document(court["manager"], order, PDF, now=utc_now())
    for stale in (None, utc_now() - timedelta(minutes=16)):
        tired = replace(court["first"], proved_at=stale)
        act = lambda tired=tired: services.review_order(tired, order, agrees=True, why="", now=utc_now())  # type: ignore[misc]  # noqa: E731
        assert refusal(act) == (NotSignedIn, "factor-again")
    assert refusal(lambda: review(court, "first", order, agrees=False))[0] is Malformed
    weak = staff(court.stage.agency, Role.SUPERVISOR, mfa=MFA_SECOND - 1)
    act = lambda: services.review_order(at(weak, utc_now()), order, agrees=True, why="", now=utc_now())  # noqa: E731
    assert refusal(act)[0] is NotFound
    assert review(court, "first", order, agrees=False, why="The judge's name is wrong") == "refused"
    assert refusal(lambda: review(court, "second", order)) == (Conflict, "order-over")


def test_nothing_changes_after_the_first_review_whoever_writes() -> None:
    court = make_court()
    order = court.draw()
    services.change_order(court["manager"], order, court.new(docket="26-CR-2"), now=utc_now())
    assert row_of(order).docket == "26-CR-2"
    review(court, "first", order)
    changed = court.new(docket="26-CR-3")
    assert refusal(lambda: services.change_order(court["manager"], order, changed, now=utc_now())) == (
        Conflict, "order-frozen",
    )  # fmt: skip
    assert refusal(lambda: services.put_document(court["manager"], order, PDF, now=utc_now()))[1] == "order-frozen"
    rows, lines = models.Order.objects.filter(id=order), models.Line.objects.filter(order=order)
    for act in (
        lambda: rows.update(docket="26-CR-3"), lambda: rows.update(expires_at=utc_now() + 80 * DAY), rows.delete,
        lambda: lines.update(about=new_id("camera")), lines.delete, lambda: rows.update(frozen_at=None),
        lambda: models.Line.objects.create(order_id=order, number=9, target="item", about="x"),
        lambda: models.Document.objects.filter(order=order).update(sealed=b"x"),
        lambda: models.Review.objects.filter(order=order).update(agrees=False),
        models.Review.objects.filter(order=order).delete, lambda: models.Act.objects.all().update(why="x"),
        lambda: models.Review.objects.create(
            order_id=order, person=row_of(order).made_by, role="manager", agrees=True, at=utc_now()
        ),
        lambda: rows.update(state="executed", executed_at=utc_now(), executed_by="x"),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_it_is_executed_once_after_both_reviews_and_the_log() -> None:
    court = make_court()
    order = court.draw()
    execute = lambda: services.execute_order(court["first"], order, now=utc_now())  # noqa: E731
    assert refusal(execute) == (Conflict, "order-unreviewed")
    review(court, "first", order)
    assert refusal(execute) == (Conflict, "order-unreviewed")
    review(court, "second", order)
    assert refusal(execute) == (Unavailable, "not-logged")
    integrate()
    tired = replace(court["first"], proved_at=None)
    assert refusal(lambda: services.execute_order(tired, order, now=utc_now())) == (NotSignedIn, "factor-again")
    assert refusal(lambda: services.execute_order(court["manager"], order, now=utc_now()))[0] is NotFound
    execute()
    assert refusal(execute) == (Conflict, "order-over")
    received = LedgerEntry.objects.get(kind="order.receive")
    (executed,) = entries("order.execute")
    assert (executed["index"], executed["seal_until"]) == (received.index, 0)
    assert executed["commit"] == json.loads(bytes(received.entry))["commit"]
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Order.objects.filter(id=order).update(state="withdrawn")
    integrate()
    assert list(broken_invariants()) == []


def test_what_was_not_executed_in_time_is_over_before_any_job_says_so() -> None:
    court = make_court()
    now = utc_now()
    order = court.draw(expires_at=now + DAY)
    court.review(order)
    later = now + DAY
    assert queries.get_order(order, now=later).state == "expired"
    for act in (
        lambda: services.execute_order(at(court["first"], later), order, now=later),
        lambda: services.withdraw_order(court["manager"], order, "", now=later),
    ):
        assert refusal(act) == (Conflict, "order-over")
    assert (services.expire_due(now), services.expire_due(later), services.expire_due(later)) == (0, 1, 0)
    assert row_of(order).state == "expired"


def test_a_withdrawn_order_is_over() -> None:
    court = make_court()
    order = court.draw()
    services.withdraw_order(court["manager"], order, "Wrong street", now=utc_now())
    assert refusal(lambda: review(court, "first", order)) == (Conflict, "order-over")
    assert entries("order.receive") == []


def test_it_joins_what_is_stored_of_its_cameras_and_windows_and_nothing_else() -> None:
    court = make_court(homes=2)
    camera, now = court.home.camera.id, utc_now()
    inside = court.item(camera=camera)
    edge = court.item(camera=camera, start=now - 3 * HOUR - timedelta(minutes=5))
    court.item(camera=camera, start=now - 5 * HOUR)
    court.item(camera=court.stage.homes[1].camera.id)
    court.item(camera="")
    gone = court.item(camera=camera)
    vault.Item.objects.filter(id=gone).update(state="shredded")
    order = court.executed(camera_line(camera, now))
    assert {(one.word, one.item) for one in queries.yields_of(row_of(order))} == {
        ("served", ""), ("joined", inside), ("joined", edge),
    }  # fmt: skip
    case = vault.Case.objects.get(number="26-CR-1")
    assert set(vault.CaseItem.objects.filter(case=case).values_list("item", flat=True)) == {inside, edge}


def test_a_preservation_holds_its_items_to_its_last_day_and_only_another_renews_it() -> None:
    court = make_court()
    now = utc_now()
    item, gone = court.item(), court.item()
    vault.Item.objects.filter(id=gone).update(state="shredded")
    lines = (Line("item", item), Line("item", gone))
    order = court.executed(*lines, kind="preservation", expires_at=now + 60 * DAY)
    row = vault.Item.objects.get(id=item)
    assert (row.keep_until, row.keep_reason) == (now + 60 * DAY, "hold")
    assert [(one.word, one.item) for one in queries.yields_of(row_of(order))] == [("held", item), ("gone", gone)]
    assert not models.Serving.objects.exists()
    later = now + 50 * DAY
    court.executed(
        Line("item", item), kind="preservation", renews=order, now=later, expires_at=later + 80 * DAY, docket="26-P-2"
    )
    row.refresh_from_db()
    assert row.keep_until == later + 80 * DAY
    assert vault.Hold.objects.filter(item=item).count() == 2
    assert refusal(lambda: court.draw(Line("item", item), kind="preservation", renews=new_id("order")))[0] is NotFound


def test_consent_neither_blocks_nor_helps_an_order_and_is_not_changed_by_it() -> None:
    court = make_court(homes=2)
    home, programme = court.home, court.stage.programme.id
    consent = current_consent(home.camera.id, programme, utc_now())
    assert consent is not None
    withdraw(home.owner.principal, consent.id, now=utc_now())
    before = LedgerEntry.objects.filter(kind__startswith="consent.").count()
    other = court.stage.homes[1].camera.id
    order = court.executed(camera_line(home.camera.id, utc_now()), camera_line(other, utc_now()))
    assert models.Serving.objects.filter(line__order=order, state="asked").count() == 2
    for camera, state in ((home.camera.id, "withdrawn"), (other, "given")):
        found = current_consent(camera, programme, utc_now())
        assert found is not None
        assert found.state == state
    assert LedgerEntry.objects.filter(kind__startswith="consent.").count() == before


def test_owners_are_served_at_once_and_told_when_the_seal_ends_by_itself() -> None:
    court = make_court()
    now, person = utc_now(), court.home.owner.principal.person
    assert person is not None
    open_order = court.executed()
    assert Notice.objects.filter(person=person, kind="order.served", object_id=serving_of(open_order).id).exists()
    sealed = court.executed(seal_until=now + 10 * DAY, docket="26-CR-9")
    serving = serving_of(sealed)
    assert [one.id for one in queries.served_to(person, now=utc_now())] == [serving_of(open_order).id]
    assert not Notice.objects.filter(object_id=serving.id).exists()
    assert services.tell_due(now + 9 * DAY) == 0
    told = now + 10 * DAY
    assert queries.served_to(person, now=told)[0].was_sealed, "it reads it whether or not the worker was there"
    assert (services.tell_due(told), services.tell_due(told)) == (1, 0)
    assert Notice.objects.filter(person=person, kind="order.served", object_id=serving.id).count() == 1
    assert entries("order.execute")[1]["seal_until"] == int((now + 10 * DAY).timestamp() * 1_000)


def test_the_public_counts_hold_sealed_orders_and_no_drawn_one() -> None:
    court = make_court()
    court.draw(docket="26-CR-7")
    court.review(court.draw(docket="26-CR-8"))
    court.executed(seal_until=utc_now() + DAY)
    (one,) = queries.counts(court.stage.agency.id)[court.stage.agency.id]
    assert (one.kind, one.received, one.executed, one.unreviewed) == ("search_warrant", 2, 1, 0)
