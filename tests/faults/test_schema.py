"""Requests made from the published API document, with made-up and with real ids: nobody gets an error of ours."""

import json
import os
from collections.abc import Iterator

import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker
from schemathesis import Case
from tests.access.stage import staff
from tests.faults.world import World, make_world, operations
from tests.sign_in import client_for

from consentry.accounts.services import seat_person
from consentry.kernel.roles import Role
from consentry.project.urls import api

pytestmark = [pytest.mark.django_db]

EXAMPLES = int(os.environ.get("CONSENTRY_SCHEMA_EXAMPLES", "4"))
# A stream does not end; everything else is asked.
ENDLESS = {"/api/events"}
OPERATIONS = [(method, path) for method, path in operations() if path not in ENDLESS]
SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """An agency in the middle of its work; all is rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def callers(world: World) -> list[Client]:
    """Somebody with every seat of the agency, an owner whose camera is looked at, and nobody."""
    principal = staff(world.stage.agency)
    for role in (Role.OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR):
        seat_person(principal.person, role, world.stage.agency.id)  # type: ignore[arg-type]  # made with a person
    return [client_for(principal.person), client_for(world.stage.homes[0].owner.principal.person), Client()]  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_no_request_that_fits_the_document_breaks_anything(
    world: World, callers: list[Client], method: str, path: str
) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=SCHEMA[path][method.upper()].as_strategy(), with_real_ids=st.booleans())
    def ask(case: Case, with_real_ids: bool) -> None:
        if with_real_ids:
            known = {name: world.ids[name][0] for name in case.path_parameters or {} if name in world.ids}
            case.path_parameters = {**(case.path_parameters or {}), **known}
        for client in callers:
            with transaction.atomic():
                status, text = send(client, case)
                transaction.set_rollback(True)
            assert status < 500 or status == 503, f"{case.as_curl_command()}\n{text[:500]}"

    ask()


@pytest.mark.parametrize(
    "moment", ["0405-10-09T22:19:20-18:59", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_dates_that_no_calendar_holds_are_malformed(world: World, callers: list[Client], moment: str) -> None:
    path = "post /api/agency/programmes/{programme}/votes"
    body = json.dumps({**world.bodies[path], "held_at": moment})
    answer = callers[0].post(f"/api/agency/programmes/{world.ids['programme'][0]}/votes", body, "application/json")
    assert answer.status_code == 400


def send(client: Client, case: Case) -> tuple[int, str]:
    """Send a case through Django's own handler."""
    said = case.as_transport_kwargs(base_url="http://localhost")
    data = said.get("data") or b""
    if "json" in said:
        data = json.dumps(said["json"])
    answer = client.generic(
        case.method, said["url"].removeprefix("http://localhost"), data, content_type="application/json",
        query_params=dict(case.query or {}),
    )  # fmt: skip
    return answer.status_code, b"".join(answer).decode(errors="replace")
