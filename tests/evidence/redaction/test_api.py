"""Redactions by HTTP: allowed, denied, malformed, hostile, another agency's."""

import json
from typing import Any

import pytest
from django.test import Client
from tests.access.stage import staff
from tests.agencies.make import make_agency
from tests.evidence.redact.stage import FRAMES, film, pictures_of
from tests.evidence.redaction.stage import opened, released, row_of, sealed_film, seen
from tests.evidence.stage import bytes_of, colleague
from tests.sign_in import client_for

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.redaction.work import find_due
from consentry.kernel.clock import utc_now
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db
SQUARE = [[0, 0], [2_000, 0], [2_000, 2_000], [0, 2_000]]
NOTHING: dict[str, Any] = {
    "revision": 0, "dismissed": [], "moves": [], "regions": [], "keep_sound": False, "sound_spans": [],
}  # fmt: skip


def of(who: Principal) -> Client:
    return client_for(who.person)  # type: ignore[arg-type]  # somebody is signed in


def send(client: Client, method: str, path: str, body: object = None) -> Any:
    text = body if isinstance(body, str) else json.dumps(body or {})
    return client.generic(method, f"/api{path}", text, content_type="application/json")


def drawn(**changes: Any) -> dict[str, Any]:
    return {"name": "1", "keys": [{"frame": 0, "corners": SQUARE}], "end": 30, **changes}


def test_a_redaction_goes_its_way_by_http() -> None:
    stage, item = sealed_film()
    client = of(stage.analyst)
    assert send(client, "POST", f"/items/{item.id}/redactions", {"why": " "}).status_code == 400
    answer = send(client, "POST", f"/items/{item.id}/redactions", {"why": "Neighbours", "finds_faces": False})
    assert (answer.status_code, answer.json()["state"]) == (200, "finding")
    name = answer.json()["id"]
    path = f"/redactions/{name}"
    assert client.get(f"/api{path}/found").json()["kind"] == "redaction-state"
    assert find_due(utc_now()) == 1
    found = client.get(f"/api{path}/found").json()
    assert (found["width"], len(found["at_us"]), found["tracks"]) == (480, FRAMES, [])
    changed = send(client, "PUT", f"{path}/edits", {**NOTHING, "regions": [drawn()]})
    assert (changed.status_code, changed.json()["revision"]) == (200, 1)
    covers = client.get(f"/api{path}/ranges/0/covers").json()
    assert [len(cover["polygons"]) for cover in covers] == [1] * 30 + [0] * 30
    shown = client.get(f"/api{path}/ranges/0/film?view=hidden")
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert len(pictures_of(shown.content)) == FRAMES
    edits = client.get(f"/api{path}/edits").json()
    assert shown["Consentry-Shown"] == edits["ranges"][0]["sha256"]
    refused = send(client, "POST", f"{path}/release", {"revision": 1})
    assert refused.status_code == 403
    assert (refused.json()["kind"], refused.json()["conditions"]) == ("not-reviewed", ["0-60"])
    said = send(client, "POST", f"{path}/ranges/0/review", {"sha256": shown["Consentry-Shown"]})
    assert (said.status_code, bool(said.json()["ranges"][0]["reviewer"])) == (200, True)
    assert send(client, "POST", f"{path}/release", {"revision": 0}).json()["kind"] == "redaction-changed"
    assert send(client, "POST", f"{path}/release", {"revision": 1}).json()["state"] == "releasing"
    assert send(client, "POST", f"{path}/drop").status_code == 409


def test_others_find_nothing_and_roles_without_pictures_see_none() -> None:
    stage, item = sealed_film()
    name = opened(stage.analyst, item)
    everything = [
        ("GET", f"/redactions/{name}", None), ("GET", f"/redactions/{name}/edits", None),
        ("PUT", f"/redactions/{name}/edits", NOTHING), ("GET", f"/redactions/{name}/found", None),
        ("GET", f"/redactions/{name}/ranges/0/covers", None), ("GET", f"/redactions/{name}/ranges/0/film", None),
        ("POST", f"/redactions/{name}/ranges/0/review", {"sha256": "0" * 64}),
        ("POST", f"/redactions/{name}/release", {"revision": 0}), ("POST", f"/redactions/{name}/drop", None),
    ]  # fmt: skip
    other = make_agency()
    for role in (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR):
        stranger = of(staff(other, role))
        assert {send(stranger, *one).status_code for one in everything} == {404}
        assert send(stranger, "POST", f"/items/{item.id}/redactions", {"why": "x"}).status_code == 404
        assert stranger.get(f"/api/items/{item.id}/redactions").status_code == 404
    for role in (Role.AUDITOR, Role.MANAGER):
        assert {send(of(colleague(stage, role)), *one).status_code for one in everything} == {403}
    assert len(of(colleague(stage, Role.AUDITOR)).get(f"/api/items/{item.id}/redactions").json()) == 1
    assert {send(Client(SERVER_NAME="localhost"), *one).status_code for one in everything} <= {401, 403}
    assert row_of(name).revision == 0


@pytest.mark.parametrize(
    "change",
    [
        {"regions": [drawn(keys=[{"frame": 0, "corners": [[0, 0], [1e400, 0], [0, 9]]}])]},
        {"regions": [drawn(keys=[{"frame": 0, "corners": [[0, 0], [0.5, 0], [0, 9]]}])]},
        {"regions": [drawn(keys=[{"frame": 0, "corners": [[0, 0], [10_001, 0], [0, 9]]}])]},
        {"regions": [drawn(keys=[{"frame": 0, "corners": [[0, 0], [-1, 0], [0, 9]]}])]},
        {"regions": [drawn(keys=[{"frame": 0, "corners": SQUARE[:2]}])]},
        {"regions": [drawn(keys=[{"frame": 0, "corners": SQUARE * 9}])]},
        {"regions": [drawn(keys=[])]},
        {"moves": [{"track": "0", "frame": 0, "box": [0, 0, 9, 9]}]},
        {"moves": [{"track": "0", "frame": 0, "box": [0, 0, 9]}]},
        {"moves": [{"track": "0", "frame": 0, "box": [0, 0, 9, 10_001]}]},
        {"moves": [{"track": "0", "frame": -1, "box": [0, 0, 9, 9]}]},
        {"regions": [drawn(end=61)]},
        {"regions": [drawn(end=0)]},
        {"regions": [drawn(name="")]},
        {"regions": [drawn(name="\0")] * 2},
        {"regions": [drawn(keys=[{"frame": 70, "corners": SQUARE}], end=71)]},
        {"regions": [drawn(name=str(number)) for number in range(201)]},
        {"sound_spans": [{"start_us": 5, "end_us": 5, "how": "mute"}]},
        {"sound_spans": [{"start_us": 9, "end_us": 5, "how": "bleep"}]},
        {"sound_spans": [{"start_us": 0, "end_us": 2**53, "how": "mute"}]},
        {"sound_spans": [{"start_us": 0, "end_us": 9, "how": "loud"}]},
        {"sound_spans": [{"start_us": 0, "end_us": 9, "how": "mute"}] * 2_001},
        {"dismissed": ["0"]},
        {"keep_sound": None},
        {"revision": -1},
    ],
)
def test_hostile_edits_are_refused_and_change_nothing(change: dict[str, Any]) -> None:
    stage, item = sealed_film()
    name = opened(stage.analyst, item)
    answer = send(of(stage.analyst), "PUT", f"/redactions/{name}/edits", {**NOTHING, **change})
    assert answer.status_code in (400, 422), answer.content
    assert (row_of(name).revision, bytes(row_of(name).edits)) == (0, b"")


def test_what_is_no_number_or_far_too_much_is_refused() -> None:
    stage, item = sealed_film()
    name, client = opened(stage.analyst, item), of(stage.analyst)
    path = f"/redactions/{name}"
    whole = json.dumps({**NOTHING, "regions": [drawn()]})
    for bad in ("NaN", "Infinity", "-Infinity", "1e999", '"x"'):
        text = whole.replace("[2000, 0]", f"[{bad}, 0]")
        assert text != whole
        assert send(client, "PUT", f"{path}/edits", text).status_code in (400, 422), bad
    million = {**NOTHING, "regions": [drawn(keys=[{"frame": 0, "corners": SQUARE}] * 1_000_000)]}
    assert send(client, "PUT", f"{path}/edits", million).status_code in (400, 413, 422)
    for number in (-1, 1, 10**12):
        assert client.get(f"/api{path}/ranges/{number}/film").status_code in (400, 404, 422)
        assert client.get(f"/api{path}/ranges/{number}/covers").status_code in (400, 404, 422)
        review = send(client, "POST", f"{path}/ranges/{number}/review", {"sha256": "0" * 64})
        assert review.status_code in (400, 404, 422)
    assert client.get(f"/api{path}/ranges/0/film?view=naked").status_code in (400, 422)
    assert send(client, "POST", f"{path}/ranges/0/review", {"sha256": "no"}).status_code in (400, 422)
    assert row_of(name).revision == 0


def test_a_released_copy_is_played_and_exported_beside_its_untouched_original() -> None:
    stage, item = sealed_film()
    name = opened(stage.analyst, item)
    seen(stage.analyst, name)
    made = released(stage.analyst, name)
    client = of(stage.analyst)
    assert client.get(f"/api/redactions/{name}").json()["derivative"] == made.id
    detail = client.get(f"/api/items/{made.id}").json()
    assert (detail["original"], [file["media_type"] for file in detail["files"]]) == (
        item.id, ["video/mp4", "application/vnd.consentry.redaction+json"],
    )  # fmt: skip
    assert client.get(f"/api/items/{item.id}").json()["derivatives"] == [made.id]
    assert client.get(f"/api/items/{made.id}/files/0").json()["kind"] == "opening-needed"
    send(client, "POST", f"/items/{made.id}/open", {"why": "To check"})
    assert len(pictures_of(bytes_of(client.get(f"/api/items/{made.id}/files/0")))) == FRAMES
    send(client, "POST", f"/items/{item.id}/open", {"why": "To compare"})
    assert bytes_of(client.get(f"/api/items/{item.id}/files/0")) == film()
    assert models.Redaction.objects.get().state == "released"
