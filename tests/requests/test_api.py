"""Operations of requests: allowed, denied, malformed, another agency's."""

import hashlib
import json
from typing import Any

import pytest
from django.test import Client
from tests.cameras.stage import make_owner
from tests.requests.stage import BODY, HOUR, Asked, make_asked, row_of, work
from tests.sign_in import client_for, make_person

from consentry.core.body_limit import limit_of
from consentry.evidence import services as evidence
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import AnswerId
from consentry.kernel.limits import MAX_UPLOAD_PART_BYTES
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db


def body_of(asked: Asked, **changes: Any) -> dict[str, Any]:
    call, now = asked.stage.call(number="api"), utc_now()
    return {
        "incident": call, "case_number": "26-9", "contact": "desk@example.org", "looking_for": ["vehicle"],
        "window_start": (now - 2 * HOUR).isoformat(), "window_end": now.isoformat(), **changes,
    }  # fmt: skip


def send(client: Client, method: str, path: str, body: object = None) -> Any:
    return client.generic(method, path, json.dumps(body or {}), content_type="application/json")


def seat(asked: Asked, role: Role = Role.ANALYST) -> Client:
    return client_for(make_person(role, asked.stage.agency.id))


def answer_body(**changes: Any) -> dict[str, Any]:
    return {
        "media_type": "video/mp4", "size_bytes": len(BODY), "sha256": hashlib.sha256(BODY).hexdigest(),
        "keep_days": 30, **changes,
    }  # fmt: skip


def test_an_agency_composes_previews_publishes_and_resolves() -> None:
    asked = make_asked()
    desk, body = seat(asked), body_of(asked)
    seen = send(desk, "POST", "/api/requests/preview", body).json()
    assert (seen["refusals"], seen["number_in_case"]) == ([], 1)
    made = send(desk, "POST", "/api/requests", body)
    assert made.status_code == 201
    assert made.json()["cells"] == seen["cells"]
    name = made.json()["id"]
    assert send(desk, "GET", f"/api/requests/{name}").json()["case_number"] == "26-9"
    public = Client(SERVER_NAME="localhost")
    assert name in [one["id"] for one in public.get("/api/public/requests").json()["requests"]]
    read = public.get(f"/api/public/requests/{name}").json()
    assert "incident" not in read
    assert public.get(f"/api/public/requests?agency={asked.stage.agency.id}").json()["requests"][0]["id"] == name
    assert send(desk, "POST", f"/api/requests/{name}/resolve", {"reason": "solved"}).status_code == 204
    assert send(desk, "POST", f"/api/requests/{name}/resolve", {"reason": "solved"}).json()["kind"] == "request-over"


@pytest.mark.parametrize(
    "change",
    [
        {"window_start": "2026-01-01T00:00:00"},
        {"looking_for": "vehicle"},
        {"area_sq_m": 0},
        {"area_sq_m": "much"},
        {"words": "x" * 281},
        {"case_number": "x" * 101},
        {"extra\0": "x", "contact": "a\0b"},
        {"answer_days": -1},
        {"incident": None},
    ],
)
def test_malformed_requests_are_refused_with_words(change: dict[str, Any]) -> None:
    asked = make_asked()
    answer = send(seat(asked), "POST", "/api/requests", body_of(asked, **change))
    assert answer.status_code in (400, 403), answer.content
    assert answer.json()["kind"] in ("malformed", "request-refused")


def test_what_a_rule_refuses_is_named() -> None:
    asked = make_asked()
    answer = send(seat(asked), "POST", "/api/requests", body_of(asked, area_sq_m=2_000_000))
    assert (answer.status_code, answer.json()["conditions"]) == (403, ["area.size"])


def test_roles_and_other_agencies_are_kept_out() -> None:
    asked = make_asked()
    body = body_of(asked)
    for role in (Role.AUDITOR, Role.MANAGER):
        assert send(seat(asked, role), "POST", "/api/requests", body).status_code == 403
    assert send(client_for(make_owner().principal.person), "POST", "/api/requests", body).status_code == 403  # type: ignore[arg-type]
    assert seat(asked, Role.AUDITOR).get(f"/api/requests/{asked.request}/answers").status_code == 200
    for path in ("/api/home/requests", f"/api/home/requests/{asked.request}", "/api/home/request-wishes"):
        assert seat(asked).get(path).status_code == 403, "police read nothing of a home's inbox"


def test_a_home_reads_answers_resumes_and_takes_its_receipt() -> None:
    asked = make_asked()
    home = asked.stage.homes[0]
    page = client_for(home.owner.principal.person)  # type: ignore[arg-type]
    (found,) = page.get("/api/home/requests").json()
    assert (found["cameras"], found["most_keep_days"]) == ([{"id": home.camera.id, "name": home.camera.name}], 30)
    assert "incident" not in found["request"]
    made = send(page, "POST", f"/api/home/requests/{asked.request}/answers", answer_body())
    assert made.status_code == 201, made.content
    name = made.json()["id"]
    part = page.patch(f"/api/home/answers/{name}/part?offset=0", BODY[:100], content_type="application/octet-stream")
    assert part.json()["offset"] == 100
    wrong = page.patch(f"/api/home/answers/{name}/part?offset=7", BODY[7:], content_type="application/octet-stream")
    assert (wrong.status_code, wrong.json()["kind"]) == (409, "upload-offset")
    early = send(page, "POST", f"/api/home/answers/{name}/finish", {"sha256": hashlib.sha256(BODY).hexdigest()})
    assert early.json()["kind"] == "upload-offset"
    page.patch(f"/api/home/answers/{name}/part?offset=100", BODY[100:], content_type="application/octet-stream")
    done = send(page, "POST", f"/api/home/answers/{name}/finish", {"sha256": hashlib.sha256(BODY).hexdigest()})
    assert done.json()["state"] == "checking"
    work()
    assert page.get(f"/api/home/answers/{name}").json()["state"] == "sent"
    receipt = page.get(f"/api/home/answers/{name}/receipt").json()
    assert json.loads(receipt["receipt"])["metadata"]["record_id"] == name
    desk = seat(asked)
    (got,) = desk.get(f"/api/requests/{asked.request}/answers").json()
    assert send(desk, "POST", f"/api/answers/{name}/settle", {"outcome": "used", "thanks": True}).status_code == 204
    assert page.get(f"/api/home/answers/{name}").json()["outcome"] == "used"
    assert send(desk, "POST", f"/api/items/{got['item']}/open", {"why": "Case"}).status_code == 200
    back = send(page, "POST", f"/api/home/answers/{name}/withdraw")
    assert (back.status_code, back.json()["kind"]) == (409, "answer-opened")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"keep_days": 31}, "keep-days"),
        ({"keep_days": 0}, "malformed"),
        ({"media_type": "application/zip"}, "answer-type"),
        ({"media_type": "image/svg+xml"}, "answer-type"),
        ({"size_bytes": 9 * 1024**3}, "malformed"),
        ({"sha256": "x"}, "malformed"),
        ({"signed": "{}"}, "malformed"),
        ({"language": "xx"}, "malformed"),
    ],
)
def test_malformed_answers_are_refused_with_words(change: dict[str, Any], kind: str) -> None:
    asked = make_asked()
    page = client_for(asked.stage.homes[0].owner.principal.person)  # type: ignore[arg-type]
    answer = send(page, "POST", f"/api/home/requests/{asked.request}/answers", answer_body(**change))
    assert (answer.status_code, answer.json()["kind"]) == (400, kind)


def test_other_bytes_than_announced_are_refused() -> None:
    asked = make_asked()
    page = client_for(asked.stage.homes[0].owner.principal.person)  # type: ignore[arg-type]
    name = send(page, "POST", f"/api/home/requests/{asked.request}/answers", answer_body()).json()["id"]
    at = f"/api/home/answers/{name}"
    more = page.patch(f"{at}/part?offset=0", BODY + b"x", content_type="application/octet-stream")
    assert more.json()["kind"] == "upload-size"
    assert page.patch(f"{at}/part?offset=0", "{}", content_type="application/json").status_code == 400
    other = bytes([BODY[0] ^ 1]) + BODY[1:]
    page.patch(f"{at}/part?offset=0", other, content_type="application/octet-stream")
    done = send(page, "POST", f"{at}/finish", {"sha256": hashlib.sha256(BODY).hexdigest()})
    assert done.json()["state"] == "checking"
    work()
    assert page.get(at).json()["state"] == "receiving"
    assert page.get(at).json()["offset"] == 0
    page.patch(f"{at}/part?offset=0", BODY, content_type="application/octet-stream")
    send(page, "POST", f"{at}/finish", {"sha256": hashlib.sha256(BODY).hexdigest()})
    work()
    assert page.get(at).json()["state"] == "sent"


def test_a_picture_of_an_answer_is_shown_to_nobody_before_it_is_opened() -> None:
    asked = make_asked()
    answer = asked.answer(asked.stage.homes[0])
    work()
    item, desk = row_of(AnswerId(answer)).item, seat(asked)
    assert desk.get(f"/api/items/{item}/thumbnail").status_code == 404
    assert desk.get(f"/api/items/{item}/files/0").status_code == 409
    evidence.open_item(asked.stage.analyst, item, "Case", now=utc_now())


def test_an_agency_says_what_became_of_it_and_nothing_else() -> None:
    asked = make_asked()
    answer = asked.answer(asked.stage.homes[0])
    work()
    desk = seat(asked)
    for said in ({}, {"outcome": "arrested"}):
        assert send(desk, "POST", f"/api/answers/{answer}/settle", said).status_code == 400
    assert send(seat(asked, Role.AUDITOR), "POST", f"/api/answers/{answer}/settle", {"thanks": True}).status_code == 403


def test_a_home_sets_how_it_is_asked() -> None:
    page = client_for(make_owner().principal.person)  # type: ignore[arg-type]
    assert page.get("/api/home/request-wishes").json() == {"opted_out": False, "most_per_week": 3}
    assert send(page, "PUT", "/api/home/request-wishes", {"opted_out": True, "most_per_week": 1}).status_code == 204
    assert page.get("/api/home/request-wishes").json() == {"opted_out": True, "most_per_week": 1}
    assert send(page, "PUT", "/api/home/request-wishes", {"most_per_week": 4}).status_code == 400


def test_parts_of_answers_may_be_as_large_as_parts_of_uploads() -> None:
    assert limit_of("/api/home/answers/x/part") == MAX_UPLOAD_PART_BYTES
