"""Programmes over HTTP: public pages, the manager's steps, another agency's programmes."""

from datetime import timedelta

import pytest
from django.test import Client
from tests.agencies.make import CONTACTS, HASH, make_agency, make_programme
from tests.sign_in import client_for, make_person

from consentry.agencies.types import State
from consentry.kernel.clock import utc_now
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db


def test_a_manager_takes_a_pilot_from_draft_to_active() -> None:
    agency = make_agency()
    client = client_for(make_person(Role.MANAGER, agency.id))
    json = "application/json"
    made = client.post("/api/agency/programmes", {"agency": agency.id, "preset": "jackson_pilot", "name": "P"}, json)
    assert made.status_code == 201
    where, now = f"/api/agency/programmes/{made.json()['id']}", utc_now()
    end = (now + timedelta(days=45)).isoformat()
    papers = {"starts_at": now.isoformat(), "ends_at": end, "impact_report_sha256": HASH, "use_policy_sha256": HASH}
    assert client.patch(where, {**papers, "contacts": CONTACTS}, json).status_code == 200
    vote = {
        "body": "Council",
        "instrument": "R-1",
        "held_at": now.isoformat(),
        "allows_until": end,
        "document_sha256": HASH,
    }
    assert client.post(f"{where}/votes", vote, json).status_code == 200
    for state in ("comment", "published", "active"):
        reply = client.post(f"{where}/state", {"state": state}, json)
    assert (reply.status_code, reply.json()["state"]) == (200, "active")
    assert reply.json()["next_states"] == ["ended", "suspended"]
    page = Client().get(f"/api/programmes/{made.json()['id']}").json()
    assert (page["agency_name"], page["vote"]["instrument"], page["private_camera_cap"]) == (agency.name, "R-1", 5)
    assert "private_cameras_used" not in page


def test_drafts_are_for_their_own_agency() -> None:
    ours, theirs = make_agency(), make_agency()
    draft = make_programme(ours, State.DRAFT)
    for client, status in (
        (Client(), 404),
        (client_for(make_person(Role.MANAGER, theirs.id)), 404),
        (client_for(make_person(Role.MANAGER, ours.id), second_factor=False), 404),
        (client_for(make_person(Role.MANAGER, ours.id)), 200),
    ):
        assert client.get(f"/api/programmes/{draft.id}").status_code == status
    assert Client().get("/api/programmes").json() == []


def test_another_agencys_programme_is_not_there() -> None:
    programme = make_programme(make_agency())
    client = client_for(make_person(Role.MANAGER, make_agency().id))
    where, now = f"/api/agency/programmes/{programme.id}", utc_now().isoformat()
    vote = {"body": "C", "instrument": "R", "held_at": now, "allows_until": now, "document_sha256": HASH}
    absent = f"/api/agency/programmes/{programme.id[:-1]}x"
    for place in (where, absent):
        replies = [
            client.patch(place, {}, "application/json"),
            client.post(f"{place}/votes", vote, "application/json"),
            client.post(f"{place}/state", {"state": "ended"}, "application/json"),
        ]
        assert [reply.status_code for reply in replies] == [404, 404, 404]
        assert {reply.content for reply in replies} == {replies[0].content}
    assert client.get("/api/agency/programmes").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {"starts_at": "2030-01-01T00:00:00"}, {"use_policy_sha256": "x"}, {"contacts": {"privacy": ""}},
        {"area_cells": ["40.1,-83.2"]}, {"contacts": {"privacy": "x" * 201}}, {"ends_at": "soon"},
    ],
)  # fmt: skip
def test_malformed_papers_are_refused(body: dict[str, object]) -> None:
    agency = make_agency()
    programme = make_programme(agency, State.DRAFT)
    client = client_for(make_person(Role.MANAGER, agency.id))
    reply = client.patch(f"/api/agency/programmes/{programme.id}", body, "application/json")
    assert (reply.status_code, reply.json()["kind"]) == (400, "malformed")


def test_a_refusal_names_what_is_missing() -> None:
    agency = make_agency()
    programme = make_programme(agency, State.PUBLISHED)
    client = client_for(make_person(Role.MANAGER, agency.id))
    late = {"ends_at": (utc_now() - timedelta(seconds=1)).isoformat()}
    client.patch(f"/api/agency/programmes/{programme.id}", late, "application/json")
    reply = client.post(f"/api/agency/programmes/{programme.id}/state", {"state": "active"}, "application/json")
    assert (reply.status_code, reply.json()["conditions"]) == (403, ["end-in-the-future"])
