"""A crawler over all that the public and the police may read: no place finer than a cell, nowhere before a grant."""

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker
from tests.access.stage import integrate, staff
from tests.cameras.stage import CENTRE
from tests.faults.places import Answer, Finder
from tests.faults.test_other_agency import about, filled
from tests.faults.world import World, make_world, operations
from tests.sign_in import client_for

from consentry.cells import api as cells_api
from consentry.cells.queries import published_cells
from consentry.cells.services import bands_snapshot
from consentry.core.models import OutboxEvent
from consentry.demo.basemap import features
from consentry.demo.city import build_city
from consentry.incidents.services import close_call
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place, offset
from consentry.kernel.ids import PersonId
from consentry.kernel.owner_record import public_point
from consentry.kernel.roles import Role
from consentry.kernel.terms import Approval
from consentry.ledger.models import LedgerEntry
from consentry.ledger.services import reveal_due
from consentry.neighbors.models import Alert

pytestmark = pytest.mark.django_db

STREAMS = {"/api/events", "/internal/gateway/control"}
ELSEWHERE = (
    "/", "/public", "/nowhere", "/api/nowhere", "/api/openapi.json", "/ledger/checkpoint", "/ledger/tile/0/000",
    "/city/basemap.pmtiles", "/api/cells?lat=x&radius=%00", "/api/public/looks?before=x", "/_allauth/browser/v1/config",
    "/internal/gateway/reports", "/robots.txt", "/sw.js", "/api/cameras/cam_x", "/api/incidents?open=maybe",
)  # fmt: skip
OURS = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """An agency in the middle of its work, and three homes off every grid that take part and were never looked at."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_world()
        for turn, metres in ((47, 133.7), (171, 207.3), (299, 251.9)):
            made.stage.add_home(place=offset(CENTRE, bearing=turn, metres=metres), approval=Approval.ASK_ME)
        bands_snapshot({cell.cell: 7 for cell in published_cells()}, programme="", now=utc_now())
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def finder(world: World) -> Finder:
    """Knows where the homes are and what is published."""
    cells = published_cells()
    corners = {point for cell in cells for polygon in cell.boundary for ring in polygon for point in ring}
    # An official alert says to everybody where its agency drew it; that is nobody's home.
    corners |= {(lon, lat) for drawn in Alert.objects.values_list("corners", flat=True) for lat, lon in drawn}
    return Finder(secret_places(world), frozenset(corners), frozenset(cell.cell for cell in cells))


def secret_places(world: World) -> list[Place]:
    """Where the homes are that nobody was let into."""
    return [home.camera.place for home in world.stage.homes[-3:]]


def ours(world: World) -> dict[str, Client]:
    """Everybody who works at the agency whose calls are near these homes."""
    people = {role: world.stage.analyst if role is Role.ANALYST else staff(world.stage.agency, role) for role in OURS}
    return {role.value: client_for(PersonId(str(who.person))) for role, who in people.items()}


def fetch(client: Client, method: str, path: str, body: object = None) -> Answer:
    """One request and all that it brought; a request that breaks leaves the database as it was."""
    sent = json.dumps(body or {}) if method != "get" else ""
    with transaction.atomic():
        answer = client.generic(method.upper(), path, sent, content_type="application/json")
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return Answer(f"{method} {path} {answer.status_code}", dict(answer.headers), b"".join(parts))


def crawl(world: World, client: Client, *, methods: tuple[str, ...]) -> Iterator[Answer]:
    """Every operation of the API with every id that its path can take."""
    for method, path in operations():
        if method in methods and path not in STREAMS:
            body = world.bodies.get(f"{method} {path}")
            for one in filled(
                path, {**world.ids, "role": ["auditor"], "cell": [published_cells()[0].cell], "code": ["1-0"]}
            ):
                yield fetch(client, method, one, about(body, one))


def test_nobody_finds_a_place_finer_than_a_cell_whatever_is_asked(world: World, finder: Finder) -> None:
    client, seen = world.strangers["nobody"], 0
    for answer in crawl(world, client, methods=("get", "post", "put", "patch", "delete")):
        seen += 1
        assert finder.leaks(answer) == []
    assert seen > 100
    days = f"first={utc_now().date() - timedelta(days=2)}&last={utc_now().date() - timedelta(days=1)}"
    for path in (*ELSEWHERE, f"/api/public/cells/{published_cells()[0].cell}/looks?{days}"):
        for method in ("get", "post"):
            assert finder.leaks(fetch(client, method, path)) == []


@pytest.mark.parametrize("role", [role.value for role in OURS])
def test_police_find_no_home_before_a_grant(world: World, finder: Finder, role: str) -> None:
    homes = replace(finder, box_deg=0.0)  # city cameras and calls are placed exactly; homes are not
    client = ours(world)[role]
    answers = list(crawl(world, client, methods=("get",)))
    assert [answer.at for answer in answers if answer.at.endswith(" 200")]
    assert [leak for answer in answers for leak in homes.leaks(answer)] == []


def test_asking_tells_no_place_while_owners_are_asked_and_after_they_were_silent(world: World, finder: Finder) -> None:
    homes, client, stage = replace(finder, box_deg=0.0), ours(world)["analyst"], world.stage
    body = {
        "incident": stage.incident, "purpose": "crime_in_progress", "views": 5, "public_cameras": [],
        "holder_key": to_b64(public_point(stage.holder)),
    }  # fmt: skip
    asked = fetch(client, "post", "/api/asks", body)
    assert asked.at.endswith(("200", "201")), asked.body
    name = json.loads(asked.body)["id"]
    assert homes.leaks(asked) == homes.leaks(fetch(client, "get", f"/api/asks/{name}")) == []


def test_ledger_outbox_and_notices_hold_no_place_finer_than_a_cell(world: World, finder: Finder) -> None:
    with transaction.atomic():
        call = world.stage.call()
        world.stage.ask(incident=call, views=5)
        close_call(call, now=utc_now())
        integrate()
        assert reveal_due(utc_now())
        integrate()
        entries = [(row.key, bytes(row.entry)) for row in LedgerEntry.objects.all()]
        events = [(str(row.id), f"{row.kind} {row.object_id}".encode()) for row in OutboxEvent.objects.all()]
        transaction.set_rollback(True)
    assert len(entries) > 10
    assert len(events) > 10
    assert [leak for name, body in entries + events for leak in finder.leaks(Answer(name, {}, body))] == []


def test_the_map_that_is_drawn_under_the_cells_knows_no_camera() -> None:
    city = build_city()
    assert city.cameras
    assert list(features(replace(city, cameras=()))) == list(features(city))


def _planted(secret: Place) -> list[Answer]:
    lat, lon = secret
    forms: list[Any] = [
        {"lat": lat, "lon": lon}, [lon, lat], {"place": f"{lat:.4f},{lon:.4f}"},
        {"e7": [round(lat * 1e7), round(lon * 1e7)]},
        {"cell": "8c2a956ab802bff"}, {"near": [round(lat + 0.01, 5), round(lon - 0.01, 5)]},
    ]  # fmt: skip
    return [
        *(Answer("planted", {}, json.dumps(form).encode()) for form in forms),
        Answer("planted", {"X-Near": f"{lat};{lon}"}, b""),
        Answer("planted", {}, b"\x00\x01" + struct.pack("<dd", lat, lon)),
        Answer(f"/files/{lat:.6f}_{lon:.6f}.jpg", {}, b""),
    ]


@pytest.mark.parametrize("number", range(9))
def test_a_planted_place_is_found_in_every_form(world: World, finder: Finder, number: int) -> None:
    assert finder.leaks(_planted(secret_places(world)[0])[number])


def test_the_crawler_fails_when_an_endpoint_leaks(
    world: World, finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, secret = cells_api._feature, secret_places(world)[1]

    def leaking(cell: Any) -> Any:
        found = honest(cell)
        found.geometry.coordinates[0][0].append((secret.lon, secret.lat))
        return found

    monkeypatch.setattr(cells_api, "_feature", leaking)
    answers = crawl(world, world.strangers["nobody"], methods=("get",))
    leaks = [leak for answer in answers for leak in finder.leaks(answer)]
    assert any(leak.startswith("get /api/cells 200") for leak in leaks)
    assert all(leak.startswith("get /api/cells 200") for leak in leaks)
    assert connection.in_atomic_block
