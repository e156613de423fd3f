"""Operations of consent: allowed, another owner's, another role's, malformed; receipts."""

import csv
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client
from tests.cameras.stage import make_camera, make_owner
from tests.consent.stage import Scene, make_scene
from tests.sign_in import client_for, make_person

from consentry.consent.receipt_key import CONTEXT
from consentry.kernel.canonical import from_b64
from consentry.kernel.ids import PersonId
from consentry.kernel.roles import Role
from consentry.kernel.terms import parse_terms, terms_record, terms_sha256

pytestmark = pytest.mark.django_db
JSON = "application/json"


def _client(scene: Scene) -> Client:
    return client_for(PersonId(scene.owner.id))


def _body(scene: Scene, **changes: object) -> dict[str, object]:
    terms = scene.terms(**changes)
    said = scene.said(terms)
    return {
        "programme": scene.programme.id, "terms": terms_record(terms), "owner_signature": said.owner_signature,
        "language": "fr",
    }  # fmt: skip


def _give(scene: Scene) -> dict[str, object]:
    answer = _client(scene).post(f"/api/cameras/{scene.camera.id}/consents", _body(scene), content_type=JSON)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_anyone_reads_the_waiver_in_three_languages(client: Client) -> None:
    answer = client.get("/api/waivers/current").json()
    assert set(answer["texts"]) == {"en", "fr", "es"}
    assert len(answer["sha256"]) == 64


def test_an_owner_starts_from_a_careful_draft_gives_and_withdraws() -> None:
    scene = make_scene()
    client = _client(scene)
    found = client.get(f"/api/cameras/{scene.camera.id}/consents?time_zone=America/New_York").json()
    draft = next(item for item in found["drafts"] if item["programme"] == scene.programme.id)
    assert terms_sha256(parse_terms(draft["terms"])) == draft["terms_sha256"]
    assert (draft["terms"]["approval"], found["consents"]) == ("ask_me", [])
    given = _give(scene)
    assert given["state"] == "given"
    ended = client.post(f"/api/consents/{given['id']}/withdraw")
    assert (ended.status_code, ended.json()["state"]) == (200, "withdrawn")


def test_terms_are_tightened_by_put_without_a_signature() -> None:
    scene = make_scene()
    given = _give(scene)
    terms = {**given["terms"], "version": 2, "max_minutes_per_grant": 3}
    answer = _client(scene).put(f"/api/consents/{given['id']}/terms", {"terms": terms}, content_type=JSON)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    looser = {**terms, "version": 3, "max_minutes_per_grant": 15}
    answer = _client(scene).put(f"/api/consents/{given['id']}/terms", {"terms": looser}, content_type=JSON)
    assert answer.status_code in (400, 403)


def test_renewing_takes_a_signature() -> None:
    scene = make_scene()
    given = _give(scene)
    body = {key: value for key, value in _body(scene).items() if key != "programme"}
    answer = _client(scene).post(f"/api/consents/{given['id']}/renew", body, content_type=JSON)
    assert (answer.status_code, answer.json()["state"]) == (200, "given")


def test_another_owners_consents_look_absent_everywhere() -> None:
    scene = make_scene()
    given = _give(scene)
    stranger = client_for(make_person())
    body = {key: value for key, value in _body(scene).items() if key != "programme"}
    attempts = [
        stranger.get(f"/api/cameras/{scene.camera.id}/consents"),
        stranger.post(f"/api/cameras/{scene.camera.id}/consents", _body(scene), content_type=JSON),
        stranger.post(f"/api/consents/{given['id']}/renew", body, content_type=JSON),
        stranger.post(f"/api/consents/{given['id']}/withdraw"),
        stranger.put(f"/api/consents/{given['id']}/terms", body, content_type=JSON),
        stranger.get(f"/api/consents/{given['id']}/receipt"),
        stranger.get(f"/api/consents/{given['id']}/receipt.html"),
    ]
    absent = stranger.get("/api/consents/con_none/receipt")
    assert [answer.status_code for answer in attempts] == [404] * len(attempts)
    assert attempts[-1].content == absent.content == attempts[3].content


def test_nobody_and_agency_people_have_no_consents() -> None:
    scene = make_scene()
    given = _give(scene)
    officer = client_for(make_person(Role.OFFICER, scene.programme.agency))
    for client, status in ((Client(), 401), (officer, (403, 404))):
        codes = {
            client.get(f"/api/cameras/{scene.camera.id}/consents").status_code,
            client.post(f"/api/consents/{given['id']}/withdraw").status_code,
            client.get(f"/api/consents/{given['id']}/receipt").status_code,
        }
        assert codes <= set(status if isinstance(status, tuple) else (status,))


@pytest.mark.parametrize(
    "spoil",
    [
        {"terms": {}}, {"terms": []}, {"terms": "x"}, {"owner_signature": "x" * 3_000}, {"owner_signature": "{}"},
        {"language": "de"}, {"programme": 5}, {"programme": None}, {"extra": 1, "terms": None},
    ],
)  # fmt: skip
def test_malformed_consents_are_refused_with_a_clear_error(spoil: dict[str, object]) -> None:
    scene = make_scene()
    body = {**_body(scene), **spoil}
    answer = _client(scene).post(f"/api/cameras/{scene.camera.id}/consents", body, content_type=JSON)
    assert answer.status_code == 400
    assert answer.json()["kind"] == "malformed"


def test_terms_for_another_camera_than_in_the_path_are_refused() -> None:
    scene = make_scene()
    other = make_camera(scene.owner)
    answer = _client(scene).post(f"/api/cameras/{other.id}/consents", _body(scene), content_type=JSON)
    assert answer.status_code == 400


def test_a_manager_records_a_mandate_and_others_do_not() -> None:
    scene = make_scene()
    body = {"programme": scene.programme.id, "ordinance_sha256": "ab" * 32, "section": "§ 1", "scope": "x"}
    path = f"/api/cameras/{scene.camera.id}/mandates"
    manager = client_for(make_person(Role.MANAGER, scene.programme.agency))
    assert manager.post(path, body, content_type=JSON).json()["kind"] == "voluntary"
    assert _client(scene).post(path, body, content_type=JSON).status_code == 403
    assert Client().post(path, body, content_type=JSON).status_code == 401


def test_the_receipt_has_every_mandatory_field_of_the_standard(shared_data: Path) -> None:
    scene = make_scene()
    given = _give(scene)
    receipt = json.loads(_client(scene).get(f"/api/consents/{given['id']}/receipt").json()["receipt"])
    table = shared_data / "consent" / "iso27560-field-table.csv"
    with table.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["required_27560"] == "Mandatory"]
    assert len(rows) > 20
    for row in rows:
        section = receipt[row["section"]]
        for part in section if isinstance(section, list) else [section]:
            assert row["field"].split(" ")[0] in part, row["field"]


def test_the_receipt_verifies_with_the_public_key_alone_and_not_after_a_change() -> None:
    scene = make_scene()
    given = _give(scene)
    found = _client(scene).get(f"/api/consents/{given['id']}/receipt").json()
    key = Ed25519PublicKey.from_public_bytes(from_b64(found["public_key"]))
    key.verify(from_b64(found["signature"]), CONTEXT + found["receipt"].encode())
    with pytest.raises(InvalidSignature):
        key.verify(from_b64(found["signature"]), CONTEXT + found["receipt"].replace("given", "taken").encode())


def test_the_receipt_prints_in_the_language_it_was_given_in_and_names_no_place() -> None:
    scene = make_scene()
    given = _give(scene)
    answer = _client(scene).get(f"/api/consents/{given['id']}/receipt.html")
    page = answer.content.decode()
    assert '<html lang="fr">' in page
    assert "Récépissé de consentement" in page
    assert "39.96" not in page
    assert scene.camera.cell not in page
    assert "script" not in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_receipt_of_an_owner_without_consent_is_absent() -> None:
    assert client_for(PersonId(make_owner().id)).get("/api/consents/con_x/receipt").status_code == 404
