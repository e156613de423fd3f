"""Operations on mandates: allowed, another owner's, another agency's, another role's, malformed."""

import json
from typing import Any

import pytest
from django.test import Client
from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import make_camera, make_owner, pair
from tests.consent.stage import Scene
from tests.sign_in import client_for, make_person

from consentry.agencies.services import change_state
from consentry.agencies.types import State
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId
from consentry.kernel.limits import MAX_MANDATES_PER_CAMERA
from consentry.kernel.roles import Role
from consentry.kernel.terms import Participation, parse_terms, terms_sha256

pytestmark = pytest.mark.django_db
JSON = "application/json"
ATTESTED = {"not_indoor": True, "no_neighbour_dwelling": True, "mask_sha256": ""}


def oblige() -> tuple[Scene, str]:
    """An obliged owner with a paired camera, and the mandate that the agency's manager recorded through the API."""
    owner, agency = make_owner(), make_agency()
    home = pair(owner)
    camera = make_camera(owner, home, participation=Participation.MANDATED)
    scene = Scene(owner, home, camera, make_programme(agency))
    manager = client_for(make_person(Role.MANAGER, agency.id))
    answer = manager.post(f"/api/cameras/{camera.id}/mandates", new_mandate(scene), content_type=JSON)
    assert answer.status_code == 201, answer.content
    return scene, str(answer.json()["id"])


def new_mandate(scene: Scene) -> dict[str, object]:
    return {"programme": scene.programme.id, "ordinance_sha256": "ab" * 32, "section": "§ 1", "scope": "Shops"}


def owner_of(scene: Scene) -> Client:
    return client_for(PersonId(scene.owner.id))


def read(scene: Scene, client: Client | None = None) -> dict[str, Any]:  # Any: JSON
    """The one obligation on the scene's camera."""
    answer = (client or owner_of(scene)).get(f"/api/cameras/{scene.camera.id}/mandates?time_zone=America/New_York")
    assert answer.status_code == 200, answer.content
    (found,) = answer.json()
    return dict(found)


def signed_body(scene: Scene, **changes: object) -> dict[str, object]:
    """The draft, attested, with `changes`, signed by the owner's key."""
    terms = {**read(scene)["draft"]["terms"], "view_attested": ATTESTED, **changes}
    return {"terms": terms, "owner_signature": scene.said(parse_terms(terms)).owner_signature, "language": "es"}


def test_an_owner_reads_the_obligation_signs_the_draft_narrows_and_disconnects() -> None:
    scene, mandate = oblige()
    client, found = owner_of(scene), read(scene)
    assert (found["mandate"]["section"], found["connection"]) == ("§ 1", None)
    assert found["draft"]["terms"]["waiver_sha256"] == "ab" * 32
    assert terms_sha256(parse_terms(found["draft"]["terms"])) == found["draft"]["terms_sha256"]
    body = signed_body(scene, max_distance_m=200)
    answer = client.post(f"/api/mandates/{mandate}/connect", body, content_type=JSON)
    assert (answer.status_code, answer.json()["state"]) == (200, "mandate")
    tighter = {"terms": {**answer.json()["terms"], "version": 2, "max_distance_m": 100}}
    answer = client.post(f"/api/mandates/{mandate}/connect", tighter, content_type=JSON)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    looser = {"terms": {**tighter["terms"], "version": 3, "max_distance_m": 150}}
    assert client.post(f"/api/mandates/{mandate}/connect", looser, content_type=JSON).status_code in (400, 403)
    ended = client.post(f"/api/mandates/{mandate}/disconnect")
    assert (ended.status_code, ended.json()["state"]) == (200, "withdrawn")
    assert read(scene)["connection"]["state"] == "withdrawn"


def test_what_an_ordinance_obliges_is_never_listed_or_offered_as_consent() -> None:
    scene, mandate = oblige()
    client = owner_of(scene)
    assert client.post(f"/api/mandates/{mandate}/connect", signed_body(scene), content_type=JSON).status_code == 200
    answer = client.get(f"/api/cameras/{scene.camera.id}/consents")
    assert answer.json() == {"consents": [], "drafts": []}


def test_a_closed_programme_has_no_draft_and_connects_nothing_but_lets_go() -> None:
    scene, mandate = oblige()
    client, body = owner_of(scene), signed_body(scene)
    assert client.post(f"/api/mandates/{mandate}/connect", body, content_type=JSON).status_code == 200
    change_state(scene.programme.id, State.SUSPENDED, now=utc_now())
    assert read(scene)["draft"] is None
    refused = client.post(f"/api/mandates/{mandate}/connect", body, content_type=JSON)
    assert (refused.status_code, refused.json()["kind"]) == (409, "programme-closed")
    assert client.post(f"/api/mandates/{mandate}/disconnect").json()["state"] == "withdrawn"


def test_another_owner_and_the_agency_find_no_mandate_to_act_on() -> None:
    scene, mandate = oblige()
    body, stranger = signed_body(scene), client_for(PersonId(make_owner().id))
    attempts = [
        stranger.get(f"/api/cameras/{scene.camera.id}/mandates"),
        stranger.post(f"/api/mandates/{mandate}/connect", body, content_type=JSON),
        stranger.post(f"/api/mandates/{mandate}/disconnect"),
    ]
    assert [answer.status_code for answer in attempts] == [404, 404, 404]
    absent = stranger.post("/api/mandates/man_none/disconnect")
    assert attempts[1].content == attempts[2].content == absent.content
    for role in (Role.MANAGER, Role.ANALYST, Role.AUDITOR):
        staff = client_for(make_person(role, scene.programme.agency))
        assert staff.get(f"/api/cameras/{scene.camera.id}/mandates").status_code == 403
        assert staff.post(f"/api/mandates/{mandate}/connect", body, content_type=JSON).status_code == 403
        assert staff.post(f"/api/mandates/{mandate}/disconnect").status_code == 403
    assert read(scene)["connection"] is None


def test_only_the_agencys_manager_and_auditor_list_what_was_recorded_and_learn_no_more() -> None:
    scene, mandate = oblige()
    agency = scene.programme.agency
    owner_of(scene).post(f"/api/mandates/{mandate}/connect", signed_body(scene), content_type=JSON)
    for role in (Role.MANAGER, Role.AUDITOR):
        (found,) = client_for(make_person(role, agency)).get("/api/agency/mandates").json()
        assert (found["id"], found["camera"]) == (mandate, scene.camera.id)
        assert set(found) == {
            "id", "camera", "programme", "participation", "ordinance_sha256", "section", "scope", "recorded_at",
        }  # fmt: skip
        assert client_for(make_person(role, make_agency().id)).get("/api/agency/mandates").json() == []
    assert client_for(make_person(Role.ANALYST, agency)).get("/api/agency/mandates").status_code == 403
    assert owner_of(scene).get("/api/agency/mandates").status_code == 403


def test_a_manager_of_another_agency_records_nothing_for_this_programme() -> None:
    scene, _ = oblige()
    other = client_for(make_person(Role.MANAGER, make_agency().id))
    path = f"/api/cameras/{scene.camera.id}/mandates"
    assert other.post(path, new_mandate(scene), content_type=JSON).status_code == 404
    own = client_for(make_person(Role.MANAGER, scene.programme.agency))
    assert own.post("/api/cameras/cam_none/mandates", new_mandate(scene), content_type=JSON).status_code == 404


def test_a_section_stands_once_for_a_camera_and_there_is_an_end_to_them() -> None:
    scene, _ = oblige()
    manager = client_for(make_person(Role.MANAGER, scene.programme.agency))
    path, body = f"/api/cameras/{scene.camera.id}/mandates", new_mandate(scene)
    again = manager.post(path, body, content_type=JSON)
    assert (again.status_code, again.json()["kind"]) == (409, "mandate-recorded")
    codes = [
        manager.post(path, {**body, "section": f"§ {number}"}, content_type=JSON).status_code
        for number in range(2, MAX_MANDATES_PER_CAMERA + 2)
    ]
    assert codes == [201] * (MAX_MANDATES_PER_CAMERA - 1) + [429]


@pytest.mark.parametrize(
    "spoil",
    [
        {"terms": {}}, {"terms": []}, {"terms": None}, {"owner_signature": "x" * 3_000}, {"owner_signature": "{}"},
        {"language": "de"},
    ],
)  # fmt: skip
def test_malformed_terms_connect_nothing(spoil: dict[str, object]) -> None:
    scene, mandate = oblige()
    body = {**signed_body(scene), **spoil}
    answer = owner_of(scene).post(f"/api/mandates/{mandate}/connect", body, content_type=JSON)
    assert (answer.status_code, answer.json()["kind"]) == (400, "malformed")
    assert read(scene)["connection"] is None


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"audio": True}, "mandate-bounds"),
        ({"participation": "voluntary"}, "mandate-bounds"),
        ({"max_distance_m": 800}, "mandate-bounds"),
        ({"view_attested": {**ATTESTED, "not_indoor": False}}, "mandate-bounds"),
        ({"version": 7}, "terms-version"),
    ],
)
def test_terms_beyond_the_mandate_are_refused_by_name(changes: dict[str, object], kind: str) -> None:
    scene, mandate = oblige()
    answer = owner_of(scene).post(f"/api/mandates/{mandate}/connect", signed_body(scene, **changes), content_type=JSON)
    assert answer.json()["kind"] == kind


def test_terms_signed_for_another_camera_or_by_another_key_are_refused() -> None:
    scene, mandate = oblige()
    other, _ = oblige()
    body = json.loads(json.dumps(signed_body(scene)))
    body["owner_signature"] = signed_body(other)["owner_signature"]
    answer = owner_of(scene).post(f"/api/mandates/{mandate}/connect", body, content_type=JSON)
    assert answer.status_code == 403
    foreign = signed_body(scene, camera_id=other.camera.id)
    refused = owner_of(scene).post(f"/api/mandates/{mandate}/connect", foreign, content_type=JSON)
    assert refused.json()["kind"] == "mandate-bounds"
    assert client_for(make_person()).get(f"/api/cameras/{scene.camera.id}/mandates").status_code == 404


def test_an_unknown_time_zone_is_malformed() -> None:
    scene, _ = oblige()
    answer = owner_of(scene).get(f"/api/cameras/{scene.camera.id}/mandates?time_zone=Mars/Olympus")
    assert answer.status_code == 400
