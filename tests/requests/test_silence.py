"""Invariant 8: a home that refuses and a home that is silent are one to the police, in bytes, in events, in the log."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.access.stage import Stage, make_stage
from tests.cameras.stage import freeze_city
from tests.evidence.stage import give_vault_key
from tests.requests.stage import BODY, Asked, begin, make_asked, new_request, work
from tests.sign_in import client_for, make_person

from consentry.core.models import OutboxEvent
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import RequestId
from consentry.kernel.roles import Role
from consentry.kernel.terms import Tier
from consentry.ledger.models import LedgerEntry
from consentry.project.urls import api
from consentry.requests import models, services
from consentry.requests.types import Wishes

pytestmark = pytest.mark.django_db
STAFF = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)
# Each run differs in these, whoever answers: random ids, salts, and what the clock says.
OF_THE_RUN = re.compile(
    r'"(?:[a-z]{3}_[a-z2-7]{26}|20\d\d-[^"]{10,40}Z|[A-Za-z0-9_-]{43})"|\\"[a-z_]+_ms\\":\d+|[a-z]{3}_[a-z2-7]{26}'
    r'|"case_number": ?"[a-z2-7]{8}"|\\"case_number\\":\\"[a-z2-7]{8}\\"|Police of [0-9a-f]{8}'
)


def seats(stage: Stage) -> dict[Role, Client]:
    """One person of each role of the agency."""
    return {role: client_for(make_person(role, stage.agency.id)) for role in STAFF}


def readable() -> list[str]:
    """Every address of the published API that is read with GET, with or without the request in it."""
    paths = api.get_openapi_schema()["paths"]
    named = [path for path, methods in paths.items() if "get" in methods and path != "/api/events"]
    return [path for path in named if "{" not in path or "{video_request}" in path]


def all_that_police_read(clients: dict[Role, Client], request: RequestId) -> dict[str, Any]:
    """Status, headers, bytes and the number of database statements of every answer to every role."""
    found: dict[str, Any] = {}
    for role, client in clients.items():
        for path in readable():
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(path.replace("{video_request}", request))
            headers = {name: value for name, value in answer.headers.items() if name not in ("Set-Cookie", "Date")}
            found[f"{role} {path}"] = (answer.status_code, headers, answer.content, len(asked))
    return found


def untold(doing: Callable[[], object]) -> None:
    """`doing` puts nothing into the outbox but for the home itself, and nothing into the log."""
    events, entries = set(OutboxEvent.objects.values_list("id", flat=True)), LedgerEntry.objects.count()
    doing()
    new = OutboxEvent.objects.exclude(id__in=events).values_list("audience", flat=True)
    assert [audience for audience in new if not audience.startswith("person:")] == []
    assert LedgerEntry.objects.count() == entries


def everything_but_sending(asked: Asked, refusing: Any) -> None:
    """What a home can do without sending: read, begin and give up, begin and take back, put away, opt out."""
    who = refusing.owner.principal
    page = client_for(who.person)
    assert page.get(f"/api/home/requests/{asked.request}").status_code == 200
    begin(asked.request, who, b"given up")
    half = begin(asked.request, who)
    services.take_part(who, half, 0, [BODY[:9]])
    services.withdraw_answer(who, half, now=utc_now())
    assert page.post(f"/api/home/requests/{asked.request}/decline").status_code == 204
    services.set_wishes(who.person, Wishes(opted_out=True))


def test_nothing_that_police_read_changes_by_a_byte_when_a_home_refuses() -> None:
    asked = make_asked(homes=3)
    answering, refusing, _silent = asked.stage.homes
    asked.answer(answering)
    work()
    clients = seats(asked.stage)
    all_that_police_read(clients, asked.request)  # the first answer to a new session is longer on its way
    before = all_that_police_read(clients, asked.request)
    assert sum(answer[0] == 200 for answer in before.values()) > 40, "the test reads what there is to read"
    untold(lambda: everything_but_sending(asked, refusing))
    untold(work)
    after = all_that_police_read(clients, asked.request)
    assert {at: said[:3] for at, said in after.items()} == {at: said[:3] for at, said in before.items()}
    assert [at for at in before if before[at][3] != after[at][3]] == [], "as much work for the server, so as much time"


def asking(homes: int, **terms: Any) -> tuple[list[int], str]:
    """How many statements making and reading a request takes in a city with `homes`, and what was answered."""
    give_vault_key()
    freeze_city()
    stage = make_stage(Path(), homes=homes, **terms)
    client = seats(stage)[Role.ANALYST]
    new = new_request(stage.incident)
    body = {**vars(new), "window_start": new.window_start.isoformat(), "window_end": new.window_end.isoformat()}
    said, counts = [], []
    client.generic("POST", "/api/requests/preview", json.dumps(body), content_type="application/json")  # warms caches
    for method, path, sent in (
        ("POST", "/api/requests/preview", body), ("POST", "/api/requests", body), ("GET", "/api/requests", None),
        ("GET", "/api/public/requests", None),
    ):  # fmt: skip
        if method == "GET":
            services.send_out_due(utc_now())
            services.tell_due(utc_now())
        with CaptureQueriesContext(connection) as asked:
            answer = client.generic(method, path, json.dumps(sent or {}), content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
        counts.append(len(asked))
        said.append(OF_THE_RUN.sub("#", answer.content.decode()))
    models.Answer.objects.all().delete()
    return counts, "\n".join(said)


def test_an_agency_cannot_tell_a_street_of_cameras_from_an_empty_one() -> None:
    empty = asking(0)
    with_registry_only = asking(2, tier=Tier.REGISTRY)
    assert models.Recipient.objects.count() == 0
    asked = asking(3, tier=Tier.REQUEST)
    assert models.Recipient.objects.count() == 3
    # The public list holds the requests of the runs before; the first three answers are of one run.
    assert empty[0][:3] == with_registry_only[0][:3] == asked[0][:3]
    heads = [run[1].split("\n")[:3] for run in (empty, with_registry_only, asked)]
    assert heads[0] == heads[1] == heads[2]


def test_the_same_home_has_another_pseudonym_in_each_request() -> None:
    asked = make_asked()
    home = asked.stage.homes[0]
    asked.answer(home)
    call = asked.stage.call(number="again")
    second = services.make_request(asked.stage.analyst, new_request(call), now=utc_now())
    services.send_out_due(utc_now())
    Asked(asked.stage, second).answer(home, body=b"another")
    tags = {(bytes(row.owner_tag), row.pseudonym) for row in models.Answer.objects.all()}
    assert len(tags) == 2


def test_no_event_names_who_answered() -> None:
    asked = make_asked(homes=2)
    events = set(OutboxEvent.objects.values_list("id", flat=True))
    asked.answer(asked.stage.homes[0])
    work()
    told = OutboxEvent.objects.exclude(id__in=events).exclude(audience__startswith="person:")
    assert {row.audience for row in told} == {f"agency:{asked.stage.agency.id}"}
    homes = {name for home in asked.stage.homes for name in (home.owner.id, home.camera.id, home.home.id)}
    assert homes.isdisjoint(row.object_id for row in told)
