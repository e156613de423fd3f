"""Operations of orders: allowed, denied, malformed, another agency's."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.access.stage import integrate
from tests.orders.stage import DAY, HOUR, PDF, Court, make_court, serving_of, work
from tests.requests.stage import BODY
from tests.sign_in import client_for, make_person

from consentry.core.body_limit import limit_of
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import OrderId
from consentry.kernel.limits import MAX_JSON_BODY_BYTES, MAX_UPLOAD_PART_BYTES
from consentry.kernel.limits_residents import MAX_ORDER_DOCUMENT_BYTES
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db
OUTSIDE = (Role.ADMIN, Role.INTEGRATOR, Role.MODERATOR, Role.SUPPORT)


def send(client: Client, method: str, path: str, body: object = None) -> Any:
    return client.generic(method, path, json.dumps(body or {}), content_type="application/json")


def seat(court: Court, role: Role, **signed_in: Any) -> Client:
    return client_for(make_person(role, court.stage.agency.id), **signed_in)


def body_of(court: Court, /, **changes: Any) -> dict[str, Any]:
    now = utc_now()
    return {
        "agency": court.stage.agency.id, "kind": "search_warrant", "court": "County Court", "docket": "26-CR-1",
        "judge": "J. Doe", "phone": "+1 555 0199", "words": "The street.", "issued_at": (now - HOUR).isoformat(),
        "expires_at": (now + 9 * DAY).isoformat(),
        "lines": [{
            "target": "camera", "about": court.home.camera.id, "window_start": (now - 2 * HOUR).isoformat(),
            "window_end": now.isoformat(),
        }], **changes,
    }  # fmt: skip


def put_pdf(client: Client, order: str, document: bytes = PDF, kind: str = "application/pdf") -> Any:
    return client.put(f"/api/orders/{order}/document", document, content_type=kind)


def test_an_order_goes_its_way_from_the_desk_to_the_owners_phone() -> None:
    court = make_court()
    manager, first, second = (seat(court, role) for role in (Role.MANAGER, Role.SUPERVISOR, Role.SUPERVISOR))
    made = send(manager, "POST", "/api/orders", body_of(court))
    assert made.status_code == 201, made.content
    order = OrderId(made.json()["id"])
    assert put_pdf(manager, order).json()["document_sha256"]
    assert send(first, "POST", f"/api/orders/{order}/execute").json()["kind"] == "order-unreviewed"
    assert send(manager, "POST", f"/api/orders/{order}/review", {"agrees": True}).json()["kind"] == "own-order"
    assert send(first, "POST", f"/api/orders/{order}/review", {"agrees": True}).json()["state"] == "drawn"
    seen = send(second, "POST", f"/api/orders/{order}/review", {"agrees": True}).json()
    assert (seen["state"], seen["is_logged"]) == ("reviewed", False)
    integrate()
    done = send(first, "POST", f"/api/orders/{order}/execute")
    assert done.status_code == 200, done.content
    assert [act["kind"] for act in done.json()["acts"]] == [
        "drawn", "document_put", "reviewed", "reviewed", "executed", "told",
    ]  # fmt: skip
    integrate()
    auditor = seat(court, Role.AUDITOR)
    assert auditor.get("/api/orders").json()[0]["id"] == order
    pdf = auditor.get(f"/api/orders/{order}/document")
    assert (pdf.content, pdf["Content-Disposition"].split(";")[0], pdf["Content-Security-Policy"]) == (
        PDF, "attachment", "sandbox",
    )  # fmt: skip
    assert send(first, "POST", f"/api/orders/{order}/identities").json() == []

    page = client_for(court.home.owner.principal.person)  # type: ignore[arg-type]
    (served,) = page.get("/api/home/orders").json()
    assert (served["id"], served["camera_name"]) == (serving_of(order).id, court.home.camera.name)
    assert page.get(f"/api/home/orders/{served['id']}/document").content == PDF
    hand_over_by(page, served["id"])
    work()
    assert page.get(f"/api/home/orders/{served['id']}").json()["state"] == "handed"
    (told,) = first.get(f"/api/orders/{order}").json()["servings"]
    assert (told["state"], len(told["items"])) == ("handed", 1)
    assert court.home.owner.id not in first.get(f"/api/orders/{order}").content.decode()
    public = Client(SERVER_NAME="localhost").get("/api/public/orders").json()
    (mine,) = [one for one in public if one["agency"] == court.stage.agency.id]
    assert mine["kinds"] == [{"kind": "search_warrant", "received": 1, "executed": 1, "unreviewed": 0}]


def hand_over_by(page: Client, serving: str) -> None:
    """A file in two parts, as the owner's page sends it."""
    digest = hashlib.sha256(BODY).hexdigest()
    body = {"media_type": "video/mp4", "size_bytes": len(BODY), "sha256": digest}
    made = send(page, "POST", f"/api/home/orders/{serving}/recordings", body)
    assert made.status_code == 201, made.content
    name = made.json()["id"]
    for start, end in ((0, 100), (100, len(BODY))):
        part = page.patch(
            f"/api/home/handed/{name}/part?offset={start}", BODY[start:end], content_type="application/octet-stream"
        )
        assert part.json()["offset"] == end
    assert send(page, "POST", f"/api/home/handed/{name}/finish", {"sha256": digest}).json()["state"] == "checking"
    assert page.get(f"/api/home/handed/{name}").json()["state"] == "checking"
    assert send(page, "POST", f"/api/home/handed/{name}/stop").json()["kind"] == "answer-gone"


def test_a_bare_radius_is_refused_as_not_particular() -> None:
    court = make_court()
    manager = seat(court, Role.MANAGER)
    area = {"lat": 39.96, "lon": -83.0, "radius_m": 400}
    for change in ({"area": area}, {"area": area, "lines": []}, {"lines": []}):
        answer = send(manager, "POST", "/api/orders", body_of(court, **change))
        assert (answer.status_code, answer.json()["kind"]) == (403, "not-particular")
        assert "not particular" in answer.json()["title"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x" * 21},
        {"court": "x" * 201},
        {"words": "x" * 2_001},
        {"words": "x" * 10_000_000},
        {"issued_at": "2026-01-01T00:00:00"},
        {"expires_at": "never"},
        {"lines": "all"},
        {"lines": [{"target": "camera", "about": "x" * 65}]},
        {"lines": [{"target": "item", "about": "x"}] * 21},
        {"area": "the whole town"},
        {"court": "a\0b"},
        {"unknown": 1, "kind": None},
    ],
)
def test_malformed_orders_are_refused_with_words(change: dict[str, Any]) -> None:
    court = make_court()
    answer = send(seat(court, Role.MANAGER), "POST", "/api/orders", body_of(court, **change))
    assert answer.status_code in (400, 403, 413), answer.content
    assert answer.json()["kind"] in ("malformed", "order-refused")


def test_html_in_texts_is_text() -> None:
    court = make_court()
    manager = seat(court, Role.MANAGER)
    made = send(manager, "POST", "/api/orders", body_of(court, words="<script>alert(1)</script>"))
    read = manager.get(f"/api/orders/{made.json()['id']}")
    assert read.json()["words"] == "<script>alert(1)</script>"
    assert read["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    ("document", "kind", "said"),
    [
        (b"<html>", "application/pdf", "document-type"),
        (PDF, "text/html", "document-type"),
        (PDF.replace(b"/Root", b"/JS 9 0 R/Root"), "application/pdf", "document-acts"),
        (PDF + b" " * MAX_ORDER_DOCUMENT_BYTES, "application/pdf", "document-large"),
    ],
)
def test_hostile_documents_are_refused(document: bytes, kind: str, said: str) -> None:
    court = make_court()
    manager = seat(court, Role.MANAGER)
    order = send(manager, "POST", "/api/orders", body_of(court)).json()["id"]
    answer = put_pdf(manager, order, document, kind)
    assert answer.status_code in (400, 429)
    assert answer.json()["kind"] == said
    assert manager.get(f"/api/orders/{order}/document").status_code == 404


def test_bodies_have_bounds_of_their_own() -> None:
    assert limit_of("/api/orders/ord_x/document") == MAX_ORDER_DOCUMENT_BYTES
    assert limit_of("/api/orders") == MAX_JSON_BODY_BYTES
    assert limit_of("/api/home/handed/hov_x/part") == MAX_UPLOAD_PART_BYTES


def test_roles_stay_where_they_belong() -> None:
    court = make_court()
    order = court.draw()
    serving = "srv_x"
    for role in (Role.ANALYST, Role.OFFICER, Role.AUDITOR, *OUTSIDE):
        assert send(seat(court, role), "POST", "/api/orders", body_of(court)).status_code == 403, role
        assert put_pdf(seat(court, role), order).status_code in (403, 404), role
        assert send(seat(court, role), "POST", f"/api/orders/{order}/execute").status_code == 403, role
    for role in (Role.ANALYST, Role.OFFICER, *OUTSIDE):
        assert send(seat(court, role), "POST", f"/api/orders/{order}/review", {"agrees": True}).status_code == 403
    for role in OUTSIDE:
        assert seat(court, role).get("/api/orders").status_code == 403
        assert seat(court, role).get(f"/api/orders/{order}/document").status_code == 403
    for role in (Role.ANALYST, Role.AUDITOR, Role.MANAGER, *OUTSIDE):
        assert send(seat(court, role), "POST", f"/api/orders/{order}/identities").status_code == 403
    for role in (Role.SUPERVISOR, Role.AUDITOR, Role.ANALYST):
        assert seat(court, role).get("/api/home/orders").status_code == 403
        assert seat(court, role).get(f"/api/home/orders/{serving}").status_code == 403
    owner = client_for(court.home.owner.principal.person)  # type: ignore[arg-type]
    assert owner.get("/api/orders").status_code == 403
    assert owner.get(f"/api/orders/{order}").status_code == 403
    assert Client(SERVER_NAME="localhost").get("/api/orders").status_code == 401


def test_an_old_second_factor_is_asked_again() -> None:
    court = make_court()
    order = court.draw()
    tired = seat(court, Role.SUPERVISOR, age_s=timedelta(minutes=20).total_seconds())
    assert tired.get(f"/api/orders/{order}").status_code == 200
    for path, body in (("review", {"agrees": True}), ("execute", None)):
        answer = send(tired, "POST", f"/api/orders/{order}/{path}", body)
        assert (answer.status_code, answer.json()["kind"]) == (401, "factor-again")


def test_another_agencys_order_looks_like_none() -> None:
    court, other = make_court(), make_court()
    order = court.draw()
    for role in (Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR):
        stranger = seat(other, role)
        assert stranger.get(f"/api/orders/{order}").status_code == 404
        assert stranger.get(f"/api/orders/{order}/document").status_code == 404
        assert stranger.get("/api/orders").json() == []
    body = body_of(court)
    assert send(seat(other, Role.MANAGER), "POST", "/api/orders", body).status_code == 404
    assert send(seat(other, Role.MANAGER), "PUT", f"/api/orders/{order}", body).status_code == 404
    assert send(seat(other, Role.SUPERVISOR), "POST", f"/api/orders/{order}/withdraw").status_code == 404
