"""The second person's word, and flags on looks: who may raise, read and answer them."""

from pathlib import Path

import pytest
from django.test import Client
from tests.access.stage import Stage, make_stage, staff
from tests.sign_in import client_for

from consentry.core.principal import Principal
from consentry.kernel.roles import Role
from consentry.kernel.terms import Approval

JSON = "application/json"
pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(tmp_path: Path, db: None) -> Stage:
    """Two homes near an open burglary."""
    return make_stage(tmp_path, homes=2)


def _client(of: Principal) -> Client:
    assert of.person is not None
    return client_for(of.person, second_factor=of.mfa_level > 1)


def test_a_supervisor_reads_which_asks_lack_views_and_agrees_once_for_the_call(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, approval=Approval.ASK_ME)
    ask = stage.ask(views=3)
    supervisor, analyst = _client(staff(stage.agency, Role.SUPERVISOR)), _client(stage.analyst)
    (waiting,) = supervisor.get("/api/agreements").json()
    assert (waiting["ask"], waiting["incident"], waiting["agreed"]) == (ask.id, stage.incident, False)
    assert stage.homes[0].camera.id not in str(waiting)
    assert analyst.get(f"/api/asks/{ask.id}").json()["second_person"] is False
    assert supervisor.post(f"/api/asks/{ask.id}/agree").status_code == 204
    assert supervisor.get("/api/agreements").json()[0]["agreed"] is True
    assert analyst.get(f"/api/asks/{ask.id}").json()["second_person"] is True


def test_ones_own_ask_a_full_one_and_another_agencys_wait_for_no_second_person(stage: Stage) -> None:
    supervisor = staff(stage.agency, Role.SUPERVISOR)
    assert len(stage.ask(views=2).sessions) == 2
    stage.ask(who=supervisor, views=3)
    assert _client(supervisor).get("/api/agreements").json() == []
    stage.ask(views=3)
    assert len(_client(supervisor).get("/api/agreements").json()) == 1
    other = make_stage(Path(), homes=0)
    assert _client(staff(other.agency, Role.SUPERVISOR)).get("/api/agreements").json() == []
    assert _client(stage.analyst).get("/api/agreements").status_code == 403


def test_the_owner_flags_a_look_once_and_reads_the_auditors_answer(stage: Stage) -> None:
    look = next(item for item in stage.ask(views=2).sessions if item.camera == stage.homes[0].camera.id)
    owner = _client(stage.homes[0].owner.principal)
    auditor = _client(staff(stage.agency, Role.AUDITOR))
    assert (
        owner.post(
            f"/api/home/looks/{look.id}/flag", {"said": "There was no call here."}, content_type=JSON
        ).status_code
        == 204
    )
    assert owner.post(f"/api/home/looks/{look.id}/flag", {}, content_type=JSON).status_code == 409
    (flag,) = auditor.get("/api/look-flags").json()
    assert (flag["kind"], flag["session"], flag["said"]) == ("owner", look.id, "There was no call here.")
    assert auditor.post(f"/api/look-flags/{flag['id']}/answer", {"answer": "  "}, content_type=JSON).status_code == 400
    answered = auditor.post(
        f"/api/look-flags/{flag['id']}/answer", {"answer": "A burglary, 80 m away."}, content_type=JSON
    )
    assert answered.json()["answered_at"] is not None
    assert (
        auditor.post(f"/api/look-flags/{flag['id']}/answer", {"answer": "Again"}, content_type=JSON).status_code == 409
    )
    (told,) = owner.get(f"/api/home/cameras/{look.camera}/flags").json()
    assert (told["look"], told["answer"]) == (look.id, "A burglary, 80 m away.")
    assert str(stage.analyst.person) not in str(told)


def test_nobody_flags_a_look_at_anothers_camera_or_answers_anothers_flag(stage: Stage) -> None:
    look = next(item for item in stage.ask(views=2).sessions if item.camera == stage.homes[0].camera.id)
    stranger, analyst = _client(stage.homes[1].owner.principal), _client(stage.analyst)
    assert stranger.post(f"/api/home/looks/{look.id}/flag", {}, content_type=JSON).status_code == 404
    assert analyst.post(f"/api/home/looks/{look.id}/flag", {}, content_type=JSON).status_code == 403
    _client(stage.homes[0].owner.principal).post(f"/api/home/looks/{look.id}/flag", {}, content_type=JSON)
    other = _client(staff(make_stage(Path(), homes=0).agency, Role.AUDITOR))
    assert other.get("/api/look-flags").json() == []
    (flag,) = _client(staff(stage.agency, Role.AUDITOR)).get("/api/look-flags").json()
    assert other.post(f"/api/look-flags/{flag['id']}/answer", {"answer": "Mine"}, content_type=JSON).status_code == 404
    assert (
        analyst.post(f"/api/look-flags/{flag['id']}/answer", {"answer": "Mine"}, content_type=JSON).status_code == 403
    )
