"""Over all items: their places and sources for the search, and what reading them again found; each agency its own."""

from datetime import timedelta
from typing import Any

import pytest
from tests.access.stage import staff
from tests.agencies.make import make_agency
from tests.cameras.stage import make_owner
from tests.evidence.stage import colleague, sealed_look
from tests.evidence.test_disclosure import of
from tests.sign_in import client_for

from consentry.evidence import models
from consentry.evidence.services.look_again import raise_alarm
from consentry.evidence.stores.fixity import Checked
from consentry.incidents.queries import get_incident
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import IncidentId
from consentry.kernel.roles import Role
from consentry.notices.models import Notice

pytestmark = pytest.mark.django_db


def report(stage: Any, role: Role = Role.AUDITOR) -> dict[str, Any]:
    answer = of(colleague(stage, role)).get("/api/vault/wholeness")
    assert answer.status_code == 200, answer.content
    return answer.json()  # type: ignore[no-any-return]


def test_places_are_named_by_their_newest_call_and_private_cameras_are_not_named() -> None:
    stage, item, _ = sealed_look()
    said = of(stage.analyst).get("/api/vault/where").json()
    near = get_incident(IncidentId(item.incident)).block
    assert said["places"] == [{"cell": item.cell, "near": near, "items": 1}]
    assert said["sources"] == [{"camera": item.camera, "name": "", "items": 1}]
    for query in (f"cell={item.cell}", f"camera={item.camera}"):
        assert [one["id"] for one in of(stage.analyst).get(f"/api/items?{query}").json()] == [item.id]
    assert of(stage.analyst).get("/api/items?cell=elsewhere").json() == []


def test_what_was_never_read_again_is_not_called_whole() -> None:
    stage, item, _ = sealed_look()
    said = report(stage)
    assert (said["whole"], said["unread"], said["damaged"], said["last_at"]) == (0, 1, 0, None)
    now = utc_now()
    models.FixityLook.objects.create(item=item, looked_at=now, next_at=now + timedelta(days=30))
    said = report(stage, Role.OFFICER)
    assert (said["whole"], said["unread"], said["every_days"]) == (1, 0, 30)


def test_damage_is_listed_and_wakes_who_supervises_and_audits() -> None:
    stage, item, _ = sealed_look()
    supervisor, analyst = colleague(stage, Role.SUPERVISOR), stage.analyst
    auditor = colleague(stage, Role.AUDITOR)
    raise_alarm(item, Checked("000000.seg", "missing", "a" * 64), utc_now())
    raise_alarm(item, Checked("000001.seg", "changed", "a" * 64, "b" * 64), utc_now())
    said = report(stage)
    assert (said["whole"], said["damaged"], said["missing"], said["unread"]) == (0, 1, 1, 0)
    assert [(one["item"], one["file"], one["state"]) for one in said["findings"]] == [
        (item.id, "000001.seg", "changed"), (item.id, "000000.seg", "missing"),
    ]  # fmt: skip
    told = set(Notice.objects.filter(kind="item.damaged").values_list("person", flat=True))
    assert {supervisor.person, auditor.person} <= told
    assert analyst.person not in told


def test_another_agency_sees_nothing_of_it_and_an_owner_is_refused() -> None:
    _, item, _ = sealed_look()
    raise_alarm(item, Checked("000000.seg", "missing"), utc_now())
    stranger = of(staff(make_agency(), Role.AUDITOR))
    assert stranger.get("/api/vault/where").json() == {"places": [], "sources": []}
    said = stranger.get("/api/vault/wholeness").json()
    assert (said["whole"], said["damaged"], said["findings"]) == (0, 0, [])
    owner = client_for(make_owner().principal.person)  # type: ignore[arg-type]  # an owner has a person
    assert owner.get("/api/vault/wholeness").status_code == 403
