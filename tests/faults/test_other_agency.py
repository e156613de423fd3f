"""Another agency's ids, another owner's ids, in every endpoint that takes one: not yours looks like absent."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker
from tests.faults.world import World, make_world, operations
from tests.sign_in import client_for

from consentry.cameras import queries as cameras
from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import CameraId, PersonId, new_id
from consentry.kernel.owner_record import public_point

pytestmark = pytest.mark.django_db

# What an id in a path means to everybody: published, a door of the demo, or guarded by the feed's own signature.
OPEN_TO_ALL = {
    "/api/programmes/{programme}", "/api/public/programmes/{programme}/feeds", "/api/demo/doors/{role}",
    "/api/public/cells/{cell}/looks",
    "/api/public/requests/{video_request}",
    # What neighbours post is read and answered by whoever is signed in, official alerts by anybody; changing either is
    # its author's alone (tests/neighbors/test_api.py).
    "/api/neighbors/cells/{cell}/posts", "/api/neighbors/posts/{post}", "/api/neighbors/posts/{post}/versions",
    "/api/neighbors/posts/{post}/comments", "/api/neighbors/posts/{post}/thanks", "/api/neighbors/posts/{post}/report",
    "/api/neighbors/comments/{comment}/report", "/api/alerts/{alert}", "/api/alerts/{alert}/cap.xml",
    "/api/notices/stop/{code}",
}  # fmt: skip
# Opened by a recipient's receipt and nothing else, whoever is signed in besides (docs/spec/disclosure.md).
BY_RECEIPT = "/api/disclosed/"
# Signed by the box at home that sends the answer, and by nothing else (docs/spec/clip-send.md).
BY_BOX = "/api/edges/answers/"
SIGNED_BY_FEED = ("/eido", "/webhook", "/csv")
NUMBERED = ("decision", "flag", "number")
PUBLIC_LISTS = {
    "/api/session", "/api/programmes", "/api/cells", "/api/waivers/current", "/api/policy", "/api/public/overview",
    "/api/public/looks", "/api/demo/doors", "/api/city", "/api/health", "/api/events", "/api/feed-presets",
    "/api/public/orders", "/api/public/requests",
    "/api/neighbors/figures", "/api/alerts", "/api/alerts.atom",
    "/api/vault/trust",
}  # fmt: skip


GUARDED = [
    (method, path)
    for method, path in operations()
    if "{" in path
    and path not in OPEN_TO_ALL
    and not path.endswith(SIGNED_BY_FEED)
    and BY_RECEIPT not in path
    and BY_BOX not in path
]
LISTS = [path for method, path in operations() if method == "get" and "{" not in path and path not in PUBLIC_LISTS]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once, rolled back at the end: no request of these tests may change anything."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def call(client: Client, method: str, path: str, body: object) -> tuple[int, str]:
    """Status and text of one request."""
    answer = client.generic(method.upper(), path, json.dumps(body or {}), content_type="application/json")
    return answer.status_code, answer.content.decode(errors="replace")


def about(body: Any, path: str) -> Any:  # Any: JSON
    """`body` with its terms for the camera that the path names."""
    if not isinstance(body, dict) or "terms" not in body or "/cameras/" not in path:
        return body
    return {**body, "terms": {**body["terms"], "camera_id": path.split("/")[3]}}


def filled(path: str, ids: Mapping[str, list[str]]) -> list[str]:
    """`path` with each of the first agency's ids in each of its places."""
    paths = [path]
    for name, values in ids.items():
        if f"{{{name}}}" in path:
            paths = [one.replace(f"{{{name}}}", value) for one in paths for value in values]
    assert not any("{" in one for one in paths), f"no id for {path}"
    return paths


@pytest.mark.parametrize(("method", "path"), GUARDED, ids=[f"{method} {path}" for method, path in GUARDED])
def test_ids_of_another_agency_open_nothing(world: World, method: str, path: str) -> None:
    body = world.bodies.get(f"{method} {path}")
    found = {
        (who, one): call(client, method, one, about(body, one))
        for one in filled(path, world.ids)
        for who, client in world.strangers.items()
    }
    wrong = {at: said for at, said in found.items() if said[0] not in ((401,) if at[0] == "nobody" else (403, 404))}
    assert wrong == {}
    (absent,) = filled(path, {name: ["999999999" if name in NUMBERED else new_id("camera")] for name in world.ids})
    for who, client in world.strangers.items():
        looks_absent = call(client, method, absent, about(body, absent))[0]
        assert {said[0] for at, said in found.items() if at[0] == who} == {looks_absent}, who


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path in operations() if BY_RECEIPT in path and "{" in path]
)
def test_what_is_disclosed_opens_to_nobody_without_the_receipts_cookie(world: World, method: str, path: str) -> None:
    everybody = {**world.strangers, "ours": client_for(PersonId(str(world.stage.analyst.person)))}
    for one in filled(path, world.ids):
        for who, client in everybody.items():
            assert call(client, method, one, None)[0] == 401, (who, one)


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path in operations() if BY_BOX in path and "{" in path]
)
def test_a_boxs_door_opens_to_nobody_without_the_boxs_signature(world: World, method: str, path: str) -> None:
    everybody = {**world.strangers, "ours": client_for(PersonId(str(world.stage.analyst.person)))}
    body = world.bodies.get(f"{method} {path}")
    for one in filled(path, world.ids):
        for who, client in everybody.items():
            assert call(client, method, one, body)[0] == 401, (who, one)


@pytest.mark.parametrize("path", LISTS)
def test_lists_of_others_never_hold_an_id_of_this_agency(world: World, path: str) -> None:
    for who, client in world.strangers.items():
        status, text = call(client, "get", path, None)
        assert status in (200, 401, 403), (who, text)
        assert [name for name in world.secrets if name in text] == [], who


def test_ids_of_another_agency_inside_bodies_open_nothing(world: World) -> None:
    stage, holder = world.stage, to_b64(public_point(world.stage.holder))
    corner = world.ids["camera"][1]
    camera = {"name": "A", "kind": "traffic", "lat": 39.96, "lon": -83.0, "url": "rtsp://127.0.0.1:1/x"}
    tries: list[tuple[str, str, dict[str, object]]] = [
        ("analyst", "/api/asks", {"incident": stage.incident, "purpose": "crime_in_progress", "holder_key": holder}),
        ("analyst", "/api/asks", {
            "purpose": "crime_in_progress", "views": 0, "public_cameras": [corner], "holder_key": holder,
        }),
        ("manager", "/api/agency/programmes", {"agency": stage.agency.id, "preset": "jackson_pilot", "name": "Mine"}),
        ("manager", "/api/public-cameras", {**camera, "agency": stage.agency.id}),
        ("manager", "/api/feeds", {"agency": stage.agency.id, "name": "Mine", "kind": "webhook"}),
        ("owner", "/api/edges/prepare", {"owner_key": world.ids["key"][0], "name": "Mine"}),
    ]  # fmt: skip
    found = {(who, path): call(world.strangers[who], "post", path, body) for who, path, body in tries}
    assert {at: said for at, said in found.items() if said[0] not in (403, 404)} == {}
    mine = cameras.get_cameras([CameraId(name) for name in world.ids["camera"]])
    assert {str(camera.agency or "") for camera in mine.values()} == {"", str(stage.agency.id)}


def test_filters_by_another_agencys_feed_find_nothing(world: World) -> None:
    for who in ("manager", "auditor"):
        status, text = call(world.strangers[who], "get", f"/api/quarantine?feed={world.stage.feed}", None)
        assert (status, text) in ((200, "[]"), (404, text))
