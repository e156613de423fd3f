"""Asks, grants and their ends on a real PostgreSQL, with the real policy."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.access.stage import Stage, integrate, make_stage, staff
from tests.cameras.stage import CENTRE, make_manager

from consentry.access import models, services
from consentry.access.queries import access_ask, asks_for_owner, running_sessions
from consentry.agencies import services as agencies
from consentry.agencies.queries import get_programme
from consentry.agencies.types import State
from consentry.cameras import services as cameras
from consentry.cameras.types import NewCamera
from consentry.consent import services as consents
from consentry.consent.queries import current_consent
from consentry.core.principal import Principal
from consentry.incidents.services import close_call
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Malformed, NotFound, Refused, Untrusted
from consentry.kernel.geo import offset
from consentry.kernel.ids import IncidentId, new_id
from consentry.kernel.roles import Role
from consentry.kernel.terms import Approval
from consentry.ledger.models import LedgerEntry, LedgerState, LookRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(tmp_path: Path, db: None) -> Stage:
    """One automatic camera near an open burglary."""
    return make_stage(tmp_path)


def test_an_automatic_camera_opens_at_once_and_is_committed_in_the_same_transaction(stage: Stage) -> None:
    ask = stage.ask()
    assert ask.state == "decided"
    assert ask.refusals == ()
    assert not ask.no_further_view
    (session,) = ask.sessions
    assert LedgerEntry.objects.filter(key=session.id, kind="look.commit").exists()
    look = LookRecord.objects.get(entry__key=session.id)
    assert look.private["camera"] == stage.homes[0].camera.id
    assert look.private["origin"] == "cad"
    assert look.public["decision"] == "allow"
    assert look.public["rule"] == "look.private"
    assert session.expires_at - session.since <= timedelta(minutes=15)
    assert running_sessions(stage.gateway, utc_now()) == [session.id]


def test_nothing_of_the_owner_or_place_is_in_the_entry_itself(stage: Stage) -> None:
    session = stage.ask().sessions[0]
    entry = bytes(LedgerEntry.objects.get(key=session.id).entry).decode()
    for secret in (stage.homes[0].camera.id, stage.homes[0].owner.id, stage.incident, str(stage.analyst.person)):
        assert secret not in entry


def test_a_refusal_names_every_condition_of_the_ask_and_none_of_the_camera(stage: Stage) -> None:
    incident = stage.call(common_type="TRESPASS", reported_at=utc_now() - timedelta(hours=3))
    ask = stage.ask(incident=incident, purpose="curiosity")
    named = {refusal.rule for refusal in ask.refusals}
    assert {"incident.age", "incident.type_never", "incident.type_listed", "request.purpose"} <= named
    assert not any(rule.startswith("camera.") for rule in named)
    assert all(refusal.text for refusal in ask.refusals)
    assert ask.sessions == ()
    assert ask.state == "decided"
    assert {"video_request", "order"} <= {option.kind for option in ask.alternatives}


def test_an_ask_that_opened_nothing_is_in_the_ledger_too(stage: Stage) -> None:
    ask = stage.ask(purpose="curiosity")
    look = LookRecord.objects.get(entry__key=f"{ask.id}:closed")
    assert look.public["decision"] == "deny"
    assert look.public["rule"] == "request.purpose"


@pytest.mark.parametrize("wrong", [{"views": 6}, {"views": 0}, {"incident": None}, {"holder_key": b"\x04" * 65}])
def test_a_malformed_ask_is_refused_before_anything_is_read(stage: Stage, wrong: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        stage.ask(**wrong)


def test_another_agencys_incident_is_not_found(stage: Stage, tmp_path: Path) -> None:
    other = make_stage(tmp_path, homes=0)
    with pytest.raises(NotFound):
        stage.ask(incident=other.incident)
    with pytest.raises(NotFound):
        stage.ask(incident=IncidentId(new_id("incident")))


def test_the_log_being_away_closes_everything(stage: Stage) -> None:
    LedgerState.objects.update(alive_at=utc_now() - timedelta(minutes=1))
    assert [refusal.rule for refusal in stage.ask().refusals] == ["system.log"]


def test_what_the_terms_said_is_not_told_to_the_asker(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, homes=1, purposes=frozenset({"find_vehicle"}))
    ask = stage.ask()
    assert ask.refusals == ()
    assert ask.sessions == ()
    assert ask.state == "asking_owners", "nobody to ask looks like somebody who is silent"
    closed = models.DecisionRecord.objects.get(resource=stage.homes[0].camera.id)
    assert closed.failed == ["camera.purpose"]


def test_no_silence_and_nobody_to_ask_look_the_same(tmp_path: Path, db: None) -> None:
    told = []
    for answer in ("no", "silence", "nobody"):
        stage = make_stage(tmp_path, homes=0 if answer == "nobody" else 1, approval=Approval.ASK_ME)
        start = utc_now()
        ask = stage.ask(now=start)
        if answer == "no":
            (wait,) = asks_for_owner(stage.homes[0].owner.principal.person, utc_now())  # type: ignore[arg-type]
            services.answer_ask(stage.homes[0].owner.principal, wait.candidate, yes=False, signature="", now=utc_now())
        seen = [access_ask(stage.analyst, ask.id, now=start + timedelta(seconds=s)) for s in (1, 299, 301)]
        services.end_due(start + timedelta(seconds=301))
        seen.append(access_ask(stage.analyst, ask.id, now=start + timedelta(seconds=302)))
        told.append([(a.state, a.refusals, a.no_further_view, a.sessions) for a in seen])
        look = LookRecord.objects.get(entry__key=f"{ask.id}:closed")
        told[-1].append((look.public["rule"], look.public["decision"], (), ()))
    assert told[0] == told[1] == told[2]


def test_a_signed_yes_opens_and_is_in_the_opening(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, approval=Approval.ASK_ME)
    ask = stage.ask()
    assert ask.state == "asking_owners"
    owner, camera = stage.homes[0].owner, stage.homes[0].camera
    (wait,) = asks_for_owner(owner.principal.person, utc_now())  # type: ignore[arg-type]
    assert (wait.distance_band, wait.type_family) != ("", "")
    yes = owner.sign("ask.yes", agency=stage.agency.id, ask=ask.id, camera=camera.id, incident=stage.incident,
                     minutes=5, purpose="crime_in_progress")  # fmt: skip
    services.answer_ask(owner.principal, wait.candidate, yes=True, signature=yes, now=utc_now())
    after = access_ask(stage.analyst, ask.id, now=utc_now())
    assert after.state == "decided"
    (session,) = after.sessions
    assert session.expires_at - session.since <= timedelta(minutes=5)
    assert LookRecord.objects.get(entry__key=session.id).private["approval_sig"] == yes
    with pytest.raises(Conflict):
        services.answer_ask(owner.principal, wait.candidate, yes=True, signature=yes, now=utc_now())


def test_a_yes_that_the_owner_did_not_sign_opens_nothing(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, homes=2, approval=Approval.ASK_ME)
    ask = stage.ask(views=2)
    owner, camera = stage.homes[0].owner, stage.homes[0].camera
    (wait,) = asks_for_owner(owner.principal.person, utc_now())  # type: ignore[arg-type]
    said = {"agency": stage.agency.id, "ask": ask.id, "camera": camera.id, "incident": stage.incident,
            "minutes": 5, "purpose": "crime_in_progress"}  # fmt: skip
    forged = stage.homes[1].owner.sign("ask.yes", **said)
    other = owner.sign("ask.yes", **{**said, "purpose": "find_vehicle"})
    late = owner.sign("ask.yes", at=utc_now() + timedelta(minutes=10), **said)
    for signature in (forged, other, late):
        with pytest.raises(Untrusted):
            services.answer_ask(owner.principal, wait.candidate, yes=True, signature=signature, now=utc_now())
    with pytest.raises(NotFound):
        services.answer_ask(stage.homes[1].owner.principal, wait.candidate, yes=False, signature="", now=utc_now())
    assert access_ask(stage.analyst, ask.id, now=utc_now()).sessions == ()


def test_the_policy_decides_again_after_a_yes(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, approval=Approval.ASK_ME)
    ask = stage.ask()
    owner, camera = stage.homes[0].owner, stage.homes[0].camera
    (wait,) = asks_for_owner(owner.principal.person, utc_now())  # type: ignore[arg-type]
    cameras.pause_camera(owner.principal, camera.id, now=utc_now())
    yes = owner.sign("ask.yes", agency=stage.agency.id, ask=ask.id, camera=camera.id, incident=stage.incident,
                     minutes=5, purpose="crime_in_progress")  # fmt: skip
    services.answer_ask(owner.principal, wait.candidate, yes=True, signature=yes, now=utc_now())
    assert access_ask(stage.analyst, ask.id, now=utc_now()).sessions == ()


def test_asking_again_draws_the_same_candidates(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, homes=3)
    first = stage.ask(views=2)
    again = stage.ask(views=2)
    assert {s.camera for s in first.sessions} == {s.camera for s in again.sessions}
    assert {s.grant for s in first.sessions} == {s.grant for s in again.sessions}


def test_a_home_that_said_no_is_not_asked_twice_for_one_call_nor_replaced_by_a_neighbour(
    tmp_path: Path, db: None
) -> None:
    stage = make_stage(tmp_path, homes=1, approval=Approval.ASK_ME)
    stage.ask()
    owner = stage.homes[0].owner.principal
    (wait,) = asks_for_owner(owner.person, utc_now())  # type: ignore[arg-type]
    services.answer_ask(owner, wait.candidate, yes=False, signature="", now=utc_now())
    assert stage.ask().state == "asking_owners"
    assert asks_for_owner(owner.person, utc_now()) == []  # type: ignore[arg-type]


def test_at_most_five_private_cameras_open_for_one_call(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, homes=7)
    for _ in range(3):
        stage.ask(views=5)
    opened = models.Grant.objects.filter(incident=stage.incident).values_list("camera", flat=True)
    assert len(set(opened)) == 5


def test_the_programmes_cap_counts_over_all_its_calls_and_frees_with_the_end(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, homes=7)
    assert len(stage.ask(views=5).sessions) == 5
    far = stage.call(place=offset(stage.homes[0].camera.place, bearing=90, metres=150))
    refused = stage.ask(incident=far, views=5)
    others = {s.camera for s in refused.sessions} - {s.camera for s in stage.ask(views=5).sessions}
    assert others == set(), "only cameras that count already"
    close_call(stage.incident, now=utc_now())
    close_call(far, now=utc_now())
    assert get_programme(stage.programme.id).private_cameras_used == 0


@pytest.mark.parametrize("end", ["stop", "pause", "withdraw", "call", "programme", "time", "viewer"])
def test_each_end_ends_the_look_and_says_which_it_was(stage: Stage, end: str) -> None:
    session = stage.ask().sessions[0]
    integrate()
    home, now = stage.homes[0], utc_now()
    owner: Principal = home.owner.principal
    if end == "stop":
        assert services.stop_looks(owner, home.camera.id, now=now) == 1
    elif end == "pause":
        cameras.pause_camera(owner, home.camera.id, now=now)
    elif end == "withdraw":
        consent = current_consent(home.camera.id, stage.programme.id, now)
        assert consent is not None
        consents.withdraw(owner, consent.id, now=now)
    elif end == "call":
        close_call(stage.incident, now=now)
    elif end == "programme":
        agencies.change_state(stage.programme.id, State.SUSPENDED, now=now)
    elif end == "time":
        services.end_due(now + timedelta(minutes=16))
    else:
        services.end_session(stage.analyst, session.id, now=now)
    reasons = {"stop": "stopped", "pause": "paused", "withdraw": "withdrawn", "call": "call_closed",
               "programme": "programme_over", "time": "expired", "viewer": "closed"}  # fmt: skip
    row = models.Session.objects.get(id=session.id)
    assert row.end_reason == reasons[end]
    assert models.Grant.objects.get(id=session.grant).end_reason == reasons[end]
    assert running_sessions(stage.gateway, now) == []


def test_time_ends_a_lease_without_any_job(stage: Stage) -> None:
    session = stage.ask().sessions[0]
    assert running_sessions(stage.gateway, session.expires_at) == []


def test_a_stop_holds_for_that_call(stage: Stage) -> None:
    stage.ask()
    services.stop_looks(stage.homes[0].owner.principal, stage.homes[0].camera.id, now=utc_now())
    assert stage.ask().sessions == ()


def test_only_the_owner_stops(stage: Stage) -> None:
    stage.ask()
    with pytest.raises(NotFound):
        services.stop_looks(stage.analyst, stage.homes[0].camera.id, now=utc_now())


def test_two_renewals_by_the_asker_then_a_supervisor(stage: Stage) -> None:
    grant = stage.ask().sessions[0].grant
    now = utc_now()
    for _ in range(2):
        now += timedelta(minutes=5)
        integrate()
        LedgerState.objects.update(alive_at=now)
        assert len(services.extend_grant(stage.analyst, grant, now=now)) >= 1
    now += timedelta(minutes=5)
    LedgerState.objects.update(alive_at=now)
    with pytest.raises(Refused) as refused:
        services.extend_grant(stage.analyst, grant, now=now)
    assert refused.value.conditions == ("extend.supervisor",)
    assert services.extend_grant(staff(stage.agency, Role.SUPERVISOR), grant, now=now)
    with pytest.raises(NotFound):
        services.extend_grant(make_stage(Path(), homes=0).analyst, grant, now=now)


def test_more_than_three_looks_in_thirty_days_flag_to_auditor_and_owner(stage: Stage) -> None:
    for _ in range(4):
        ask = stage.ask(incident=stage.call())
        assert len(ask.sessions) == 1
    flag = models.LookFlag.objects.get()
    assert (flag.looks, flag.owner) == (4, stage.homes[0].owner.id)


def test_officer_numbers_are_stable_within_a_programme(stage: Stage) -> None:
    numbers = {stage.ask(incident=stage.call()).sessions[0].officer_number for _ in range(2)}
    assert len(numbers) == 1
    other = stage.ask(who=staff(stage.agency)).sessions[0].officer_number
    assert other not in numbers


def test_a_second_viewer_is_decided_logged_and_shown_apart(stage: Stage) -> None:
    first, second = stage.ask().sessions[0], stage.ask(who=staff(stage.agency)).sessions[0]
    assert first.grant == second.grant
    assert first.id != second.id
    assert LedgerEntry.objects.filter(key__in=[first.id, second.id]).count() == 2


def test_a_city_camera_needs_role_and_purpose_and_no_call(stage: Stage) -> None:
    new = NewCamera(name="Square", kind="fixed", place=CENTRE, view=stage.homes[0].camera.view)
    manager = make_manager(stage.agency.id)
    city = cameras.register_public_camera(
        manager, new, agency=stage.agency.id, url="rtsp://127.0.0.1:1/x", now=utc_now()
    )
    ask = stage.ask(incident=None, views=0, public_cameras=(city.id,))
    assert [session.camera for session in ask.sessions] == [city.id]
    refused = stage.ask(incident=None, views=0, public_cameras=(city.id,), purpose="curiosity")
    assert [refusal.rule for refusal in refused.refusals] == ["request.purpose"]
