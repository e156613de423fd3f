"""A recipient's passkey instead of the pass-phrase: registered from an open page, proven once, locked like a phrase."""

import hashlib
import json
import os
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from tests.evidence.stage import colleague, sealed_look
from tests.evidence.test_disclosure import made, of, opened, post, receipt_for

from consentry.evidence import models
from consentry.evidence.disclosure.passkeys import challenge_message, forget_challenges
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db


class Passkey:
    """An authenticator that holds one passkey, as a phone does."""

    def __init__(self, site: str = "localhost") -> None:
        self._key, self.credential, self._site = ec.generate_private_key(ec.SECP256R1()), os.urandom(20), site

    @property
    def said(self) -> dict[str, Any]:
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"credential": to_b64(self.credential), "public_key": to_b64(point)}

    def sign(self, challenge: str, *, flags: int = 0x05) -> str:
        digest = hashlib.sha256(challenge_message(from_b64(challenge))).digest()
        client = json.dumps({"type": "webauthn.get", "challenge": to_b64(digest), "origin": "http://localhost"})
        auth = hashlib.sha256(self._site.encode()).digest() + bytes([flags]) + bytes(4)
        signature = self._key.sign(auth + hashlib.sha256(client.encode()).digest(), ec.ECDSA(hashes.SHA256()))
        return json.dumps({"authenticator_data": to_b64(auth), "client_data": to_b64(client.encode()),
                           "signature": to_b64(signature)})  # fmt: skip


def enrolled(**more: Any) -> tuple[Any, dict[str, Any], Passkey]:
    stage, item, _ = sealed_look()
    said, passkey = made(stage, item.id), Passkey()
    answer = post(opened(said), "/disclosed/passkey", {**passkey.said, **more})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"count": 1}
    return stage, said, passkey


def challenge_for(secret: str) -> str:
    return str(
        post(Client(SERVER_NAME="localhost"), "/disclosed/passkey/challenge", {"secret": secret}).json()["challenge"]
    )


def prove(secret: str, passkey: Passkey, challenge: str = "", **changes: Any) -> Any:
    challenge = challenge or challenge_for(secret)
    body = {"secret": secret, "challenge": challenge, "credential": to_b64(passkey.credential),
            "assertion": passkey.sign(challenge), **changes}  # fmt: skip
    return post(Client(SERVER_NAME="localhost"), "/disclosed/passkey/prove", body)


def test_next_time_the_passkey_opens_it_and_the_agency_sees_by_what() -> None:
    stage, said, passkey = enrolled()
    answer = prove(said["secret"], passkey)
    assert answer.status_code == 200, answer.content
    client = Client(SERVER_NAME="localhost")
    shown = post(client, "/disclosed/open", {"receipt": receipt_for(answer.json()).decode()})
    assert shown.status_code == 200
    (row,) = of(colleague(stage, Role.SUPERVISOR)).get("/api/disclosures").json()
    assert [one["by_passkey"] for one in row["openings"]] == [False, True]
    assert row["passkeys"] == 1
    # The pass-phrase still opens it: nobody chose otherwise.
    right = {"secret": said["secret"], "passphrase": said["passphrase"]}
    assert post(client, "/disclosed/prove", right).status_code == 200


def test_who_chooses_passkeys_alone_ends_the_pass_phrase() -> None:
    _, said, passkey = enrolled(only=True)
    client = Client(SERVER_NAME="localhost")
    wrong = post(client, "/disclosed/prove", {"secret": said["secret"], "passphrase": "x"})
    right = post(client, "/disclosed/prove", {"secret": said["secret"], "passphrase": said["passphrase"]})
    assert (wrong.json()["kind"], right.json()["kind"]) == ("link-or-phrase", "passkey-needed")
    assert prove(said["secret"], passkey).status_code == 200


def test_a_challenge_counts_once_soon_and_for_this_link_alone() -> None:
    stage, said, passkey = enrolled()
    challenge = challenge_for(said["secret"])
    assert prove(said["secret"], passkey, challenge).status_code == 200
    assert prove(said["secret"], passkey, challenge).json()["kind"] == "link-or-passkey"
    old = challenge_for(said["secret"])
    models.DisclosureChallenge.objects.update(ends_at=utc_now() - timedelta(seconds=1))
    assert prove(said["secret"], passkey, old).status_code == 403
    assert forget_challenges(utc_now()) == 1
    other = made(stage, models.Item.objects.get().id)
    assert prove(said["secret"], passkey, challenge_for(other["secret"])).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"assertion": "{}"}, {"assertion": "no json"}, {"credential": "AAAA"}, {"credential": "!"},
        {"challenge": "AAAA"},
    ],
)  # fmt: skip
def test_what_is_no_proof_is_answered_like_an_unknown_link(change: dict[str, str]) -> None:
    _, said, passkey = enrolled()
    unknown = prove("A" * 43, passkey)
    refused = prove(said["secret"], passkey, **change)
    assert (refused.status_code, refused.content) == (unknown.status_code, unknown.content)
    assert (refused.status_code, refused.json()["kind"]) == (403, "link-or-passkey")


def test_another_passkey_another_site_and_an_unverified_finger_open_nothing() -> None:
    _, said, passkey = enrolled()
    stranger = Passkey()
    stranger.credential = passkey.credential
    assert prove(said["secret"], stranger).status_code == 403
    challenge = challenge_for(said["secret"])
    assert prove(said["secret"], passkey, challenge, assertion=passkey.sign(challenge, flags=0x01)).status_code == 403
    passkey._site = "example.org"
    assert prove(said["secret"], passkey).status_code == 403


def test_ten_wrong_ones_lock_it_also_for_the_pass_phrase() -> None:
    _, said, passkey = enrolled()
    for _ in range(10):
        assert prove(said["secret"], passkey, assertion="{}").status_code == 403
    assert prove(said["secret"], passkey).json()["kind"] == "disclosure-locked"
    right = {"secret": said["secret"], "passphrase": said["passphrase"]}
    answer = post(Client(SERVER_NAME="localhost"), "/disclosed/prove", right)
    assert answer.json()["kind"] == "disclosure-locked"


def test_a_revoked_disclosure_says_so_only_to_the_right_passkey() -> None:
    stage, said, passkey = enrolled()
    post(of(colleague(stage, Role.SUPERVISOR)), f"/disclosures/{said['id']}/revoke")
    assert prove(said["secret"], Passkey()).json()["kind"] == "link-or-passkey"
    assert prove(said["secret"], passkey).json()["kind"] == "disclosure-over"


def test_passkeys_are_few_are_keys_and_are_registered_from_an_open_page_alone() -> None:
    stage, item, _ = sealed_look()
    client = opened(made(stage, item.id))
    for _ in range(5):
        assert post(client, "/disclosed/passkey", Passkey().said).status_code == 200
    assert post(client, "/disclosed/passkey", Passkey().said).status_code == 429
    for body in ({"credential": "", "public_key": ""}, {"credential": "AA", "public_key": to_b64(bytes(65))}):
        assert post(client, "/disclosed/passkey", body).status_code in (400, 422)
    assert post(Client(SERVER_NAME="localhost"), "/disclosed/passkey", Passkey().said).status_code == 401


def test_unknown_links_get_challenges_that_nothing_remembers() -> None:
    stage, item, _ = sealed_look()
    assert len(from_b64(challenge_for("A" * 43))) == 32
    assert len(from_b64(challenge_for("not a link"))) == 32
    assert not models.DisclosureChallenge.objects.exists()
    said = made(stage, item.id)
    for _ in range(30):
        challenge_for(said["secret"])
    assert models.DisclosureChallenge.objects.count() == 20
