"""Disclosures by HTTP: made by supervisors, opened by link, pass-phrase and receipt, ended at once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.access.stage import Stage, staff
from tests.agencies.make import make_agency
from tests.evidence.recipient import PUBLIC, sign
from tests.evidence.stage import acts, bytes_of, colleague, integrate, sealed_look
from tests.sign_in import client_for

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.disclosure import queries, rules, services
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.ids import DisclosureId, ItemId
from consentry.kernel.receipt import Receipt
from consentry.kernel.roles import Role
from consentry.ledger import queries as ledger

pytestmark = pytest.mark.django_db


def of(who: Principal) -> Client:
    return client_for(who.person)  # type: ignore[arg-type]  # somebody is signed in


def post(client: Client, path: str, body: object = None) -> Any:
    return client.post(f"/api{path}", json.dumps(body or {}), content_type="application/json")


def made(stage: Stage, *items: str, kind: str = "defence", **more: Any) -> dict[str, Any]:
    body = {"items": items, "recipient": "Ms Ode, defence", "recipient_kind": kind, **more}
    answer = post(of(colleague(stage, Role.SUPERVISOR)), "/disclosures", body)
    assert answer.status_code == 200, answer.content
    return answer.json()  # type: ignore[no-any-return]


def proved(client: Client, said: dict[str, Any]) -> dict[str, Any]:
    answer = post(client, "/disclosed/prove", {"secret": said["secret"], "passphrase": said["passphrase"].upper()})
    assert answer.status_code == 200, answer.content
    return answer.json()  # type: ignore[no-any-return]


def receipt_for(said: dict[str, Any], **changes: Any) -> bytes:
    items = tuple((ItemId(one["item"]), one["payload_sha256"]) for one in said["items"])
    fields = {"disclosure": DisclosureId(said["disclosure"]), "nonce": from_b64(said["nonce"]), "items": items,
              "opened_ms": to_ms(utc_now()), "public_key": PUBLIC}  # fmt: skip
    return sign(Receipt(**{**fields, **changes}))


def opened(said: dict[str, Any]) -> Client:
    client = Client(SERVER_NAME="localhost")
    receipt = receipt_for(proved(client, said))
    answer = post(client, "/disclosed/open", {"receipt": receipt.decode()})
    assert answer.status_code == 200, answer.content
    return client


def test_the_defence_opens_what_was_disclosed_and_all_of_it_leaves_a_trace() -> None:
    stage, item, bodies = sealed_look()
    said = made(stage, item.id)
    assert said["secret"] not in models.Disclosure.objects.get().secret_sha256
    client = opened(said)
    shown = client.get("/api/disclosed").json()
    assert (shown["recipient"], shown["with_original"]) == ("Ms Ode, defence", True)
    assert shown["items"][0]["payload_sha256"] == item.payload_sha256
    for number, body in enumerate(bodies):
        answer = client.get(f"/api/disclosed/items/{item.id}/files/{number}")
        assert bytes_of(answer) == body
        assert ("no-store" in answer["Cache-Control"], answer["Content-Disposition"][:10]) == (True, "attachment")
    part = client.get(f"/api/disclosed/items/{item.id}/files/0", headers={"Range": "bytes=10-19"})
    assert (part.status_code, bytes_of(part)) == (206, bodies[0][10:20])
    assert acts(item.id)[-2:] == ["disclosed", "disclosure_opened"]
    integrate()
    assert [ledger.find_place(act.ledger_key) is not None for act in item.acts.order_by("id")][-2:] == [True, True]
    opening = models.DisclosureOpening.objects.get()
    entry = ledger.entries_of("export.open", limit=1)[0][1]
    assert to_b64(rules.commit_of(bytes(opening.salt), opening.receipt.encode())) in entry.decode()
    seen = of(colleague(stage, Role.AUDITOR)).get(f"/api/disclosures?item={item.id}").json()
    assert [(one["state"], len(one["openings"])) for one in seen] == [("open", 1)]


def test_the_cookie_is_for_this_site_and_these_addresses_alone() -> None:
    stage, item, _ = sealed_look()
    cookie = opened(made(stage, item.id)).cookies["consentry_disclosed"]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/api/disclosed", "Strict", True)
    assert not models.DisclosureOpening.objects.filter(token_sha256=cookie.value).exists()


def test_only_supervisors_of_the_agency_disclose_sealed_items() -> None:
    stage, item, _ = sealed_look()
    body = {"items": [item.id], "recipient": "x", "recipient_kind": "court"}
    for role in (Role.ANALYST, Role.OFFICER, Role.AUDITOR, Role.MANAGER):
        assert post(of(colleague(stage, role)), "/disclosures", body).status_code == 403
    models.Item.objects.filter(id=item.id).update(state="open")
    answer = post(of(colleague(stage, Role.SUPERVISOR)), "/disclosures", body)
    assert (answer.status_code, answer.json()["kind"]) == (409, "item-not-sealed")


def test_another_agencys_items_cases_and_disclosures_are_not_there() -> None:
    stage, item, _ = sealed_look()
    said, stranger = made(stage, item.id), of(staff(make_agency(), Role.SUPERVISOR))
    body = {"items": [item.id], "recipient": "x", "recipient_kind": "court"}
    assert post(stranger, "/disclosures", body).status_code == 404
    assert post(stranger, f"/disclosures/{said['id']}/revoke").status_code == 404
    assert stranger.get("/api/disclosures").json() == []
    assert stranger.get(f"/api/disclosures?item={item.id}").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"items": []}, {"recipient": " "}, {"recipient_kind": "friend"}, {"days": 0}, {"days": 366},
        {"case": "cas_" + "a" * 26},
    ],
)  # fmt: skip
def test_what_makes_no_disclosure_is_refused(change: dict[str, Any]) -> None:
    stage, item, _ = sealed_look()
    body = {"items": [item.id], "recipient": "x", "recipient_kind": "court", **change}
    assert post(of(colleague(stage, Role.SUPERVISOR)), "/disclosures", body).status_code in (400, 404, 422)
    assert not models.Disclosure.objects.exists()


def test_an_unknown_link_and_a_wrong_phrase_are_answered_alike_and_ten_lock_it() -> None:
    stage, item, _ = sealed_look()
    said, client = made(stage, item.id), Client(SERVER_NAME="localhost")
    unknown = post(client, "/disclosed/prove", {"secret": "A" * 43, "passphrase": "x"})
    for _ in range(10):
        wrong = post(client, "/disclosed/prove", {"secret": said["secret"], "passphrase": "x"})
        assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    right = {"secret": said["secret"], "passphrase": said["passphrase"]}
    locked = post(client, "/disclosed/prove", right)
    assert (locked.status_code, locked.json()["kind"]) == (429, "disclosure-locked")
    later = utc_now() + timedelta(seconds=3_601)
    assert services.prove(said["secret"], said["passphrase"], now=later).disclosure == said["id"]


def test_a_receipt_counts_once_soon_and_for_this_alone() -> None:
    stage, item, _ = sealed_look()
    said, client = made(stage, item.id), Client(SERVER_NAME="localhost")
    proof = proved(client, said)
    for changes in ({"nonce": bytes(32)}, {"items": ((ItemId(item.id), "0" * 64),)}, {"opened_ms": 1}):
        answer = post(client, "/disclosed/open", {"receipt": receipt_for(proof, **changes).decode()})
        assert answer.status_code in (403, 404)
    receipt = receipt_for(proof)
    assert post(client, "/disclosed/open", {"receipt": receipt.decode()}).status_code == 200
    again = post(client, "/disclosed/open", {"receipt": receipt.decode()})
    assert (again.status_code, again.json()["kind"]) == (404, "nonce")
    late = receipt_for(proved(client, said))
    with pytest.raises(Exception, match="too long"):
        services.open_disclosure(late, now=utc_now() + timedelta(seconds=301))
    assert models.DisclosureOpening.objects.count() == 1


def test_revoking_ends_page_and_files_at_once_and_a_stream_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LOOK_AGAIN_S", 0.0)
    stage, item, _ = sealed_look()
    said = made(stage, item.id)
    client = opened(said)
    running = client.get(f"/api/disclosed/items/{item.id}/files/0")
    supervisor = of(colleague(stage, Role.SUPERVISOR))
    assert post(supervisor, f"/disclosures/{said['id']}/revoke").status_code == 204
    assert post(supervisor, f"/disclosures/{said['id']}/revoke").status_code == 204
    with pytest.raises(Exception, match="revoked"):
        bytes_of(running)
    for path in ("", f"/items/{item.id}/files/0"):
        answer = client.get(f"/api/disclosed{path}")
        assert (answer.status_code, answer.json()["kind"]) == (409, "disclosure-over")
    right = {"secret": said["secret"], "passphrase": said["passphrase"]}
    assert post(Client(SERVER_NAME="localhost"), "/disclosed/prove", right).json()["kind"] == "disclosure-over"
    assert acts(item.id).count("disclosure_revoked") == 1


def test_it_ends_by_itself_and_an_opening_before_it() -> None:
    stage, item, _ = sealed_look()
    client = opened(made(stage, item.id, days=1))
    token = client.cookies["consentry_disclosed"].value
    with pytest.raises(Exception, match="open the link again"):
        queries.access_opening(token, now=utc_now() + timedelta(hours=8, seconds=1))
    models.DisclosureOpening.objects.update(ends_at=utc_now() + timedelta(days=9))
    with pytest.raises(Exception, match="expired"):
        queries.access_opening(token, now=utc_now() + timedelta(days=1, seconds=1))


def test_a_recipient_sees_the_items_of_the_disclosure_and_no_other() -> None:
    stage, item, _ = sealed_look()
    client = opened(made(stage, item.id))
    assert client.get(f"/api/disclosed/items/itm_{'a' * 26}/files/0").status_code == 404
    assert client.get(f"/api/disclosed/items/{item.id}/files/99").status_code == 404
    assert Client(SERVER_NAME="localhost").get(f"/api/disclosed/items/{item.id}/files/0").status_code == 401


def test_others_have_the_original_only_where_it_was_allowed() -> None:
    stage, item, _ = sealed_look()
    client = opened(made(stage, item.id, kind="other"))
    answer = client.get(f"/api/disclosed/items/{item.id}/files/0")
    assert (answer.status_code, answer.json()["kind"]) == (403, "original")
    assert opened(made(stage, item.id, kind="other", with_original=True)).get(
        f"/api/disclosed/items/{item.id}/files/0"
    ).status_code == 200  # fmt: skip
