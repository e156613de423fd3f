"""Somebody leaves in the middle of everything: doors close at once, all that goes is gone, whatever dies meanwhile."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.db import connection, transaction
from tests.access.stage import integrate, make_stage
from tests.faults.leaver import Leaver, left_of, make_leaver, may_stay
from tests.faults.test_races import at_once
from tests.neighbors.stage import TEXTS, make_neighbor
from tests.neighbors.stage import post as write_post

from consentry.access.models import Grant, Session
from consentry.accounts import leaving
from consentry.accounts.models import Deletion, Person
from consentry.accounts.own_data import services as exports
from consentry.cameras.models import Camera, Edge, Letter
from consentry.consent.models import ConsentVersion
from consentry.core.announcements import wire
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError
from consentry.neighbors.models import Comment, Placed, Post, Review
from consentry.neighbors.services import advance_tellings
from consentry.project.wiring import table
from consentry.requests import models as requests
from consentry.requests.services import close_due, publish_due

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LONG = timedelta(days=60)
EVERYTHING = """SELECT string_agg(format('SELECT %I::text FROM %I', tablename, tablename), ' UNION ALL ')
FROM pg_tables WHERE schemaname = 'public'"""


@pytest.fixture
def leaver() -> Iterator[Leaver]:
    yield make_leaver()
    wire({})


class Killed(BaseException):
    """The process is no more."""


@contextmanager
def dying_at(step: int) -> Iterator[list[int]]:
    """Die before the statement number `step`; the list holds how many there were."""
    seen = [0]

    def count(execute: Callable[..., Any], *args: Any) -> Any:
        seen[0] += 1
        if seen[0] == step:
            raise Killed
        return execute(*args)

    with connection.execute_wrapper(count):
        yield seen


def let_time_pass(now: Any) -> None:
    """What other workers do until `now`: notices are told, requests close, their figures are said."""
    advance_tellings(now)
    close_due(now)
    publish_due(now + timedelta(days=14))


def test_doors_close_in_the_first_transaction(leaver: Leaver) -> None:
    stage = leaver.world.stage
    camera = leaver.world.ids["camera"][0]
    assert Grant.objects.filter(owner=leaver.person, state="open").exists()
    (answer,) = requests.Answer.objects.filter(id__in=leaver.world.ids["answer"])
    assert answer.state == "sent"
    leaving.delete_account(leaver.principal, now=utc_now())
    assert not Grant.objects.filter(owner=leaver.person, state="open").exists()
    assert not Session.objects.filter(grant__owner=leaver.person, ended_at=None).exists()
    assert not Camera.objects.filter(owner=leaver.person, removed_at=None).exists()
    assert ConsentVersion.objects.filter(chain__owner=leaver.person).latest("id").event == "revoked"
    assert Letter.objects.filter(camera=camera, kind="withdraw", delivered_at=None).exists()
    answer.refresh_from_db()
    assert answer.state == "withdrawn"
    assert not Placed.objects.filter(post__author=leaver.person).exists()
    assert not Post.objects.filter(author=leaver.person, state="shown").exists()
    assert not Comment.objects.filter(author=leaver.person, state="shown").exists()
    asked = stage.ask(views=3, incident=stage.call())
    assert {session.owner for session in asked.sessions} & {leaver.person} == set()


def test_whatever_goes_is_gone_and_what_stays_is_what_rooms_say(leaver: Leaver) -> None:
    email = Person.objects.get(id=leaver.person).email
    picture = set((Path(settings.DATA) / "neighbors").iterdir())
    leaving.delete_account(leaver.principal, now=utc_now())
    leaving.advance_deletions(utc_now())
    row = Deletion.objects.get(person=leaver.person)
    assert "cameras" in row.waits_for  # its box has not heard of it yet
    let_time_pass(utc_now() + LONG)
    assert leaving.advance_deletions(utc_now() + LONG) == 1
    left = left_of(leaver.person)
    assert set(left) <= may_stay(), left
    assert {"consent.ConsentChain.owner", "access.Grant.owner", "accounts.Deletion.person"} <= set(left)
    assert "requests.Recipient.person" not in left
    assert not Edge.objects.filter(owner=leaver.person).exists()
    for camera in Camera.objects.filter(owner=leaver.person):
        assert (camera.lat, camera.lon, camera.name, camera.cell, camera.edge_id) == (0.0, 0.0, "–", "", None)
    assert all(bytes(one.identity) == b"" for one in requests.Answer.objects.filter(state="withdrawn"))
    assert {one.state for one in Review.objects.filter(subject__in=leaver.posts)} == {"closed"}
    assert email not in dump()
    assert "It is what happened." not in dump()
    assert picture


def test_a_box_that_hears_of_it_goes_at_once(leaver: Leaver) -> None:
    leaving.delete_account(leaver.principal, now=utc_now())
    Letter.objects.filter(edge__owner=leaver.person).update(delivered_at=utc_now())
    leaving.advance_deletions(utc_now())
    assert not Edge.objects.filter(owner=leaver.person).exists()
    assert "cameras" not in Deletion.objects.get(person=leaver.person).waits_for


@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_between_steps_the_next_worker_leaves_nothing_out(leaver: Leaver) -> None:
    """Each round dies one statement later than the one before, until one lives."""
    leaving.delete_account(leaver.principal, now=utc_now())
    later = utc_now() + LONG
    let_time_pass(later)
    deaths = 0
    for step in range(1, 5_000):
        try:
            with dying_at(step):
                leaving.advance_deletions(later)
        except Killed:
            deaths += 1
            continue
        break
    assert deaths > 20
    assert Deletion.objects.get(person=leaver.person).finished_at == later
    assert set(left_of(leaver.person)) <= may_stay()
    assert not Edge.objects.filter(owner=leaver.person).exists()
    assert set(Camera.objects.filter(owner=leaver.person).values_list("lat", "name")) == {(0.0, "–")}
    wire({})


def test_killed_while_doors_close_all_or_none_closed(leaver: Leaver) -> None:
    with transaction.atomic(), dying_at(0) as steps:
        leaving.delete_account(leaver.principal, now=utc_now())
        transaction.set_rollback(True)
    for step in range(1, steps[0], max(1, steps[0] // 20)):
        with transaction.atomic():
            with pytest.raises(Killed), dying_at(step):
                leaving.delete_account(leaver.principal, now=utc_now())
            is_gone = Deletion.objects.filter(person=leaver.person).exists()
            assert Person.objects.get(id=leaver.person).is_active is not is_gone
            assert Camera.objects.filter(owner=leaver.person, removed_at=None).exists() is not is_gone
            transaction.set_rollback(True)


def test_the_export_holds_every_part_and_nothing_of_others(leaver: Leaver) -> None:
    integrate()
    (export,) = leaver.world.ids["personal_export"]
    assert exports.advance_exports(utc_now()) == 1
    fetched = exports.fetch_export(leaver.principal, export, now=utc_now())
    book = ZipFile(io.BytesIO(b"".join(fetched.pieces)))
    parts = {name[5:-5]: json.loads(book.read(name)) for name in book.namelist() if name.startswith("data/")}
    empty = {name for name, rows in parts.items() if not rows}
    assert empty <= {"seats", "sign_in_keys", "mandates", "masks", "flags", "asks_to_you", "mask_notes"}, empty
    (camera,) = [row for row in parts["cameras"] if row["camera"] == leaver.world.ids["camera"][0]]
    assert camera["lat"] == leaver.world.stage.homes[0].camera.place.lat
    assert parts["consents"][0]["receipt"]["record"]["consent"] == parts["consents"][0]["consent"]
    assert parts["looks"][0]["camera"] == camera["camera"]
    assert parts["answers"][0]["receipt"]
    assert parts["removals"][0]["appeal"] == "It is what happened."
    assert len([name for name in book.namelist() if name.startswith("files/pictures/")]) == 2
    text = b"".join(book.read(name) for name in book.namelist()).decode(errors="replace")
    for person in Person.objects.exclude(id=leaver.person):
        assert person.email not in text
        assert not person.display_name or person.display_name in ("Some owner",) or person.display_name not in text
        assert person.id not in text


def dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute(EVERYTHING)
        cursor.execute(str(cursor.fetchone()[0]))
        return "\n".join(str(row[0]) for row in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_no_look_runs_at_the_camera_of_somebody_who_left_while_it_was_opened(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    wire(table())
    for number in range(8):
        scene = stage.homes[-1]
        if number:
            stage.incident = stage.call()
        me = replace(scene.owner.principal, signed_in_at=utc_now())
        asked, left = at_once(stage.ask, lambda who=me: leaving.delete_account(who, now=utc_now()))
        assert not isinstance(asked, ConsentryError), asked
        assert left is None, left
        assert not Session.objects.filter(grant__camera=scene.camera.id, ended_at=None).exists(), number
        assert not Grant.objects.filter(camera=scene.camera.id, state="open").exists(), number
        stage.add_home()
    wire({})


@pytest.mark.django_db(transaction=True)
def test_no_post_is_shown_of_somebody_who_left_while_it_was_written() -> None:
    wire(table())
    for number in range(8):
        author = replace(make_neighbor(), signed_in_at=utc_now())
        written, left = at_once(
            lambda who=author, text=f"{TEXTS[number % 5]} {number}": write_post(who, text),
            lambda who=author: leaving.delete_account(who, now=utc_now()),
        )
        assert left is None, left
        assert isinstance(written, str | ConsentryError)
        assert not Post.objects.filter(author=author.person, state="shown").exists(), number
    wire({})
