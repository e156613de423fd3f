"""Operations of cameras, edges and keys: allowed, another owner's, another role's, malformed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, Owner, freeze_city, make_camera, make_owner, pair
from tests.sign_in import client_for, make_person

from consentry.cameras.trust import GatewayAddress, Providers, wire_trust
from consentry.edge.pair import fingerprint_of, read_answer
from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import PersonId, new_id
from consentry.kernel.note import Signer
from consentry.kernel.owner_record import public_point
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db
JSON = "application/json"
CAMERA = {"name": "door", "kind": "doorbell", "lat": CENTRE.lat, "lon": CENTRE.lon, "indoor": False}


def _client(owner: Owner) -> Client:
    return client_for(PersonId(owner.id))


@pytest.fixture
def roots() -> Iterator[None]:
    """The public keys of an installation, in files, and a policy and a gateway from above."""
    folder = Path(settings.DATA) / "keys"
    folder.mkdir(exist_ok=True)
    before = set(folder.glob("*.pub"))  # other rooms' tests share this folder
    (folder / "log.pub").write_text(Signer.generate("log.example").verifier.vkey + "\n")
    for number in (1, 2, 3):
        (folder / f"witness-{number}.pub").write_text(Signer.generate(f"w{number}.example").verifier.vkey)
    (folder / "ticket.pub").write_text(to_b64(Ed25519PrivateKey.generate().public_key().public_bytes_raw()))
    gateway = GatewayAddress(new_id("gateway"), "ws://localhost:8481/edge")
    wire_trust(Providers(policies=lambda: ("ab" * 32,), gateways=lambda: (gateway,)))
    yield
    for file in set(folder.glob("*.pub")) - before:
        file.unlink()


def test_an_owner_registers_reads_and_changes_a_camera() -> None:
    freeze_city()
    client = _client(make_owner())
    made = client.post("/api/cameras", {**CAMERA, "heading_deg": 80, "fov_deg": 70}, content_type=JSON)
    assert made.status_code == 201
    camera = made.json()["id"]
    changed = client.patch(f"/api/cameras/{camera}", {"name": "gate", "range_m": 12}, content_type=JSON).json()
    assert (changed["name"], changed["range_m"], changed["heading_deg"]) == ("gate", 12, 80)
    unknown = client.patch(f"/api/cameras/{camera}", {"heading_deg": None}, content_type=JSON).json()
    assert unknown["heading_deg"] is None
    assert [found["id"] for found in client.get("/api/cameras").json()] == [camera]
    assert client.delete(f"/api/cameras/{camera}").status_code == 204
    assert client.get(f"/api/cameras/{camera}").status_code == 404


def test_an_indoor_camera_is_refused() -> None:
    freeze_city()
    answer = _client(make_owner()).post("/api/cameras", {**CAMERA, "indoor": True}, content_type=JSON)
    assert (answer.status_code, answer.json()["kind"]) == (403, "indoor")


@pytest.mark.parametrize(
    "spoil",
    [
        {"lat": 91}, {"lat": "here"}, {"lon": 1e400}, {"kind": "indoor"}, {"name": ""}, {"indoor": None},
        {"participation": "agency_owned"}, {"fov_deg": 0}, {"heading_deg": 360}, {"range_m": 99_999}, {"lat": 10.0},
    ],
)  # fmt: skip
def test_a_malformed_camera_is_refused(spoil: dict[str, object]) -> None:
    freeze_city()
    answer = _client(make_owner()).post("/api/cameras", {**CAMERA, **spoil}, content_type=JSON)
    assert answer.status_code == 400


def test_half_a_place_is_refused() -> None:
    owner = make_owner()
    camera = make_camera(owner)
    answer = _client(owner).patch(f"/api/cameras/{camera.id}", {"lat": 39.9}, content_type=JSON)
    assert answer.status_code == 400


def test_another_owners_camera_looks_absent() -> None:
    camera, stranger = make_camera(make_owner()), _client(make_owner())
    signed = {"owner_signature": "{}"}
    attempts = [
        stranger.get(f"/api/cameras/{camera.id}"),
        stranger.patch(f"/api/cameras/{camera.id}", {"name": "mine"}, content_type=JSON),
        stranger.delete(f"/api/cameras/{camera.id}"),
        stranger.post(f"/api/cameras/{camera.id}/test", signed, content_type=JSON),
        stranger.get(f"/api/cameras/{camera.id}/test"),
    ]
    absent = stranger.get("/api/cameras/cam_none")
    assert {(answer.status_code, answer.content) for answer in attempts[:4]} == {(404, absent.content)}
    assert attempts[4].status_code == 404


def test_agency_people_see_their_own_public_cameras_and_no_private_one() -> None:
    freeze_city()
    make_camera(make_owner())
    mine, other = make_agency(), make_agency()
    body = {"agency": mine.id, "name": "square", "kind": "fixed", "lat": CENTRE.lat, "lon": CENTRE.lon,
            "url": "rtsp://user:secret@10.0.0.1/a"}  # fmt: skip
    manager = client_for(make_person(Role.MANAGER, mine.id))
    assert manager.post("/api/public-cameras", body, content_type=JSON).status_code == 201
    assert manager.post("/api/public-cameras", {**body, "agency": other.id}, content_type=JSON).status_code == 404
    analyst = client_for(make_person(Role.ANALYST, mine.id))
    answer = analyst.get("/api/public-cameras")
    assert [found["name"] for found in answer.json()] == ["square"]
    assert b"secret" not in answer.content
    assert client_for(make_person(Role.ANALYST, other.id)).get("/api/public-cameras").json() == []
    assert analyst.post("/api/public-cameras", body, content_type=JSON).status_code == 403
    assert _client(make_owner()).get("/api/public-cameras").status_code == 403


def test_nobody_reads_or_writes_cameras_without_signing_in(client: Client) -> None:
    for path in ("/api/cameras", "/api/edges", "/api/mobile-places", "/api/owner-keys", "/api/public-cameras"):
        assert client.get(path).status_code == 401
    assert client.post("/api/cameras", CAMERA, content_type=JSON).status_code == 401


def test_a_device_key_is_registered_listed_and_revoked_by_its_owner_only() -> None:
    owner, stranger = _client(make_owner()), _client(make_owner())
    point = to_b64(public_point(ec.generate_private_key(ec.SECP256R1())))
    made = owner.post("/api/owner-keys", {"public_key": point, "name": "phone"}, content_type=JSON)
    assert made.status_code == 201
    assert stranger.delete(f"/api/owner-keys/{made.json()['id']}").status_code == 404
    assert owner.delete(f"/api/owner-keys/{made.json()['id']}").status_code == 204
    for bad in ("", "AAAA", "!!!!", to_b64(b"\x04" + b"\x01" * 64)):
        assert owner.post("/api/owner-keys", {"public_key": bad}, content_type=JSON).status_code == 400


def test_an_edge_pairs_over_http_and_reads_our_answer_with_its_own_code(roots: None) -> None:
    owner = make_owner()
    prepared = _client(owner).post(
        "/api/edges/prepare", {"owner_key": owner.key_id, "name": "attic"}, content_type=JSON
    )
    code = prepared.json()["code"]
    assert len(code) == 8
    identity, box = Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    body = {
        "code": code, "public_key": to_b64(identity.public_key().public_bytes_raw()),
        "box_key": to_b64(public_point(box)),
    }  # fmt: skip
    answer = Client(SERVER_NAME="localhost").post("/api/edges/pair", body, content_type=JSON)
    assert answer.status_code == 200, answer.content
    mark = fingerprint_of(public_point(owner.key))
    pins, policies = read_answer(answer.content, server="http://localhost:8480", fingerprint=mark)
    assert (pins.owner.public, pins.quorum, policies) == (public_point(owner.key), 2, ("ab" * 32,))
    assert [edge["id"] for edge in _client(owner).get("/api/edges").json()] == [pins.edge]
    again = Client(SERVER_NAME="localhost").post("/api/edges/pair", body, content_type=JSON)
    assert (again.status_code, again.json()["kind"]) == (403, "pairing-code")


def test_guessing_codes_over_http_is_stopped(roots: None) -> None:
    body = {"code": "AAAAAAAA", "public_key": to_b64(b"\x01" * 32),
            "box_key": to_b64(public_point(ec.generate_private_key(ec.SECP256R1())))}  # fmt: skip
    statuses = [
        Client(SERVER_NAME="localhost").post("/api/edges/pair", body, content_type=JSON).status_code for _ in range(11)
    ]
    assert statuses == [403] * 10 + [429]


def test_no_edge_is_paired_while_the_server_has_no_trust_roots() -> None:
    wire_trust(Providers(policies=tuple, gateways=tuple))
    body = {"code": "AAAAAAAA", "public_key": to_b64(b"\x01" * 32), "box_key": "AA"}
    answer = Client(SERVER_NAME="localhost").post("/api/edges/pair", body, content_type=JSON)
    assert (answer.status_code, answer.json()["kind"]) == (503, "no-trust-roots")


def test_a_test_picture_is_asked_for_and_fetched_by_its_owner() -> None:
    owner = make_owner()
    camera = make_camera(owner, pair(owner))
    reply = to_b64(public_point(ec.generate_private_key(ec.SECP256R1())))
    body = {"owner_signature": owner.sign("picture.ask", camera=camera.id, reply_key=reply)}
    assert _client(owner).post(f"/api/cameras/{camera.id}/test", body, content_type=JSON).status_code == 202
    answer = _client(owner).get(f"/api/cameras/{camera.id}/test")
    assert answer.json() == {"state": "waiting", "box": None, "taken_at": None, "fault": ""}
    assert answer["Cache-Control"] == "no-store"


def test_what_an_owner_reads_of_a_camera_holds_no_address() -> None:
    owner = make_owner()
    camera = make_camera(owner)
    assert "url" not in camera._asdict()
    assert not any("rtsp" in str(value) for value in asdict_of(_client(owner), camera.id).values())


def asdict_of(client: Client, camera: str) -> dict[str, object]:
    return dict(client.get(f"/api/cameras/{camera}").json())
