"""Invariant 8 against a stopwatch, by counting: an ask that opens nothing is the same work, whoever refused, was
silent, closed the camera, or is not there. Statements in their order, without what they carry, and the answer's bytes.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.access.stage import Stage, make_stage
from tests.cameras.stage import CENTRE, freeze_city
from tests.consent.stage import Scene
from tests.sign_in import client_for

from consentry.access import services
from consentry.access.queries import asks_for_owner
from consentry.cameras import services as cameras
from consentry.consent.queries import consents_of_camera
from consentry.consent.services import withdraw
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import offset
from consentry.kernel.owner_record import public_point
from consentry.kernel.terms import Approval

# Values, lists of them (a list of sixty takes no statement more) and the names of savepoints.
VALUES = re.compile(r"'(?:[^']|'')*'(?:::\w+(?:\[\])?)?|\b\d+(?:\.\d+)?\b|\b(?:true|false|NULL)\b", re.IGNORECASE)
LISTS = re.compile(r"\((?:\s*\?\s*,?)+\)(?:\s*,\s*\((?:\s*\?\s*,?)+\))*")
CASTS = re.compile(r"::\w+(?:\[\??\])?")  # the driver names the type of an array that is empty, and of others not
OF_THE_RUN = re.compile(r'"(?:[a-z]{3}_[a-z2-7]{26}|20\d\d-[^"]{10,40}Z)"')
Prepare = Callable[[Stage], object]


def shape(sql: str) -> str:
    """A statement without its values."""
    bare = CASTS.sub("", LISTS.sub("(?)", VALUES.sub("?", sql)))
    return re.sub(r"SAVEPOINT \S+", "SAVEPOINT", re.sub(r"\[(?:\s*\?\s*,?)*\]", "[?]", bare))


def asked(client: Client, stage: Stage) -> tuple[list[str], str, int]:
    """One ask over HTTP: its statements, its answer without ids and times, and the length of that answer."""
    body = {"incident": stage.incident, "purpose": "crime_in_progress", "views": 1, "public_cameras": [],
            "holder_key": to_b64(public_point(stage.holder))}  # fmt: skip
    with CaptureQueriesContext(connection) as seen:
        answer = client.post("/api/asks", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    text = OF_THE_RUN.sub("#", answer.content.decode())
    return [shape(query["sql"]) for query in seen], text, len(answer.content)


def nobody(_: Stage) -> None:
    """No camera for kilometres."""


def silent(stage: Stage) -> None:
    """One who will be asked, and will not answer."""
    stage.add_home(approval=Approval.ASK_ME)


def refused_before(stage: Stage) -> None:
    """One who said no to this call already, and is not asked again."""
    home = stage.add_home(approval=Approval.ASK_ME)
    stage.ask()
    (wait,) = asks_for_owner(home.owner.principal.person, utc_now())  # type: ignore[arg-type]
    services.answer_ask(home.owner.principal, wait.candidate, yes=False, signature="", now=utc_now())


def asked_before_without_anybody(stage: Stage) -> None:
    """The second ask of a call around which there is nobody."""
    stage.ask()


def closed(stage: Stage) -> None:
    """One whose terms name another purpose, one who is not connected, one too far for their own terms."""
    stage.add_home(purposes=frozenset({"find_vehicle"}))
    stage.add_home(online=False)
    stage.add_home(max_distance_m=100, place=offset(CENTRE, bearing=90, metres=300))


def paused(stage: Stage) -> None:
    """One who paused."""
    home = stage.add_home()
    cameras.pause_camera(home.owner.principal, home.camera.id, now=utc_now())


def withdrawn(stage: Stage) -> None:
    """One who withdrew."""
    home: Scene = stage.add_home()
    (consent,) = consents_of_camera(home.camera.id, utc_now())
    withdraw(home.owner.principal, consent.id, now=utc_now())


def street(stage: Stage) -> None:
    """Nine who are silent: more than a draw holds."""
    for _ in range(9):
        stage.add_home(approval=Approval.ASK_ME)


FIRST_ASKS: dict[str, Prepare] = {
    "silent": silent, "closed": closed, "paused": paused, "withdrawn": withdrawn, "street": street,
}  # fmt: skip


@pytest.fixture
def at(tmp_path: Path, db: None) -> Callable[[Prepare], tuple[list[str], str, int]]:
    """What an ask is for a stage that was prepared so."""

    def ask(prepare: Prepare) -> tuple[list[str], str, int]:
        stage = make_stage(tmp_path, homes=0)
        prepare(stage)
        client = client_for(stage.analyst.person)  # type: ignore[arg-type]
        client.get("/api/session")  # the first request of a session notes when it was seen
        return asked(client, stage)

    freeze_city()
    ask(nobody)  # what a process reads once (the policy, the kinds of notices) it has read now
    return ask


@pytest.mark.parametrize("name", FIRST_ASKS)
def test_an_ask_is_the_same_work_as_where_nobody_is(
    at: Callable[[Prepare], tuple[list[str], str, int]], name: str
) -> None:
    empty, found = at(nobody), at(FIRST_ASKS[name])
    assert found[1] == empty[1]
    assert found[2] == empty[2], "as many bytes"
    assert found[0] == empty[0], "the same statements in the same order"


def test_asking_again_after_a_no_is_the_same_work_as_after_silence_and_where_nobody_is(
    at: Callable[[Prepare], tuple[list[str], str, int]],
) -> None:
    def silent_before(stage: Stage) -> None:
        silent(stage)
        stage.ask()

    def full_before(stage: Stage) -> None:
        street(stage)
        stage.ask()

    empty = at(asked_before_without_anybody)
    for prepare in (refused_before, silent_before, full_before):
        assert at(prepare) == empty, prepare.__name__


def test_reading_an_ask_is_the_same_work_before_and_after_a_no_and_at_its_end(tmp_path: Path, db: None) -> None:
    freeze_city()
    seen = []
    for prepare in (silent, nobody):
        for answers in (False, True):
            stage = make_stage(tmp_path, homes=0)
            prepare(stage)
            ask = stage.ask()
            waiting = asks_for_owner(stage.homes[0].owner.principal.person, utc_now()) if stage.homes else []  # type: ignore[arg-type]
            for wait in waiting if answers else []:
                who = stage.homes[0].owner.principal
                services.answer_ask(who, wait.candidate, yes=False, signature="", now=utc_now())
            services.end_due(utc_now() + timedelta(seconds=1))
            client = client_for(stage.analyst.person)  # type: ignore[arg-type]
            client.get("/api/session")
            with CaptureQueriesContext(connection) as read:
                answer = client.get(f"/api/asks/{ask.id}")
            text = OF_THE_RUN.sub("#", answer.content.decode())
            seen.append(([shape(query["sql"]) for query in read], text, len(answer.content)))
    assert seen.count(seen[0]) == len(seen)
