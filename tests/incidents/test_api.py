"""Pushes are taken from the holder of the feed's key only, once; people see their own agency's calls only."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from consentry.accounts.services import create_person, seat_person
from consentry.incidents import models, services
from consentry.incidents.services import FeedPlan, add_feed, take_call
from consentry.incidents.services.push import check_push
from consentry.incidents.signature import HEADER, FeedSignature, sign_with_hmac, signed_message
from consentry.incidents.types import Feed, RawCall
from consentry.kernel.clock import from_ms, to_ms, utc_now
from consentry.kernel.errors import ConsentryError, Malformed, NotFound, Untrusted
from consentry.kernel.ids import AgencyId, FeedId
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db
BODY = b'{"number": "26-7", "type": "BURGLARY", "common_type": "BURGLARY", "reported_at": "2026-11-22T20:00:00Z"}'
Make = Callable[..., RawCall]


def signed(feed: Feed, body: bytes, *, at_ms: int | None = None) -> str:
    """The header for `body`."""
    return sign_with_hmac(feed.id, services.feed_secret(feed), body, at_ms=at_ms or to_ms(utc_now()))


def push(feed_id: str, header: str, body: bytes, kind: str = "webhook") -> tuple[int, dict[str, object]]:
    """Push through HTTP; status and answer."""
    answer = Client().post(
        f"/api/feeds/{feed_id}/{kind}", body, content_type="application/octet-stream", headers={HEADER: header}
    )
    return answer.status_code, json.loads(answer.content)


def sit(agency: AgencyId, role: Role) -> Client:
    """A browser of a demo person in that seat."""
    person = create_person(f"{role.value}@{agency[4:]}.example", name="Made Up", is_demo=True)
    seat_person(person, role, agency)
    client = Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")
    assert client.post(f"/api/demo/doors/{role.value}", content_type="application/json").status_code == 200
    return client


def test_a_signed_push_is_taken(feed: Feed) -> None:
    assert push(feed.id, signed(feed, BODY), BODY) == (200, {"outcomes": {"taken": 1}, "quarantined": {}})
    assert models.Incident.objects.get().number == "26-7"


def test_a_push_of_broken_calls_is_answered_with_the_reasons_and_kept_nowhere(feed: Feed) -> None:
    body = json.dumps({"calls": [{"number": "Jane Roe 601-555-0143"}, json.loads(BODY)]}).encode()
    assert push(feed.id, signed(feed, body), body) == (
        200,
        {"outcomes": {"taken": 1}, "quarantined": {"bad_number": 1}},
    )
    row = models.Quarantine.objects.get()
    assert (row.position, row.reason) == (1, "bad_number")
    assert "Jane" not in row.detail


def test_an_eido_is_pushed_to_its_own_address(agency: AgencyId) -> None:
    made = add_feed(FeedPlan(agency=agency, name="EIDO", kind="eido"))
    body = json.dumps(
        {"incidentComponent": {"internalIncidentId": "9", "lastUpdateTimeStamp": "2026-11-22T20:00:00Z"}}
    ).encode()
    assert push(made.id, signed(made, body), body, "eido")[0] == 200
    assert push(made.id, signed(made, body + b" "), body + b" ", "webhook")[0] == 403


def test_a_table_is_pushed_in_the_feeds_preset(agency: AgencyId) -> None:
    made = add_feed(FeedPlan(agency=agency, name="table", kind="table", preset="plain"))
    body = b"number,type,status,reported_at,updated_at,lat,lon,address\n1,X,open,2026-11-22T20:00:00Z,,41,-40,OAK ST\n"
    assert push(made.id, signed(made, body), body, "csv")[1]["outcomes"] == {"taken": 1}


@pytest.mark.parametrize("header", ["", "v1", "v1.0.x", "v2.1.AAAA", "v1.1." + "A" * 400])
def test_a_header_out_of_form_is_malformed(feed: Feed, header: str) -> None:
    assert push(feed.id, header, BODY)[0] == 400


def refused(feed: Feed, header: str, body: bytes = BODY, **more: object) -> str:
    """The kind of the refusal of this push."""
    with pytest.raises(ConsentryError) as found:
        check_push(feed.id, "webhook", header, body, now=utc_now(), **more)
    return found.value.kind


def test_wrong_key_body_feed_or_time_are_refused(feed: Feed, other_agency: AgencyId) -> None:
    other = add_feed(FeedPlan(agency=other_agency, name="CAD", kind="webhook"))
    good = signed(feed, BODY)
    minutes = 60_000
    assert refused(feed, signed(other, BODY)) == "bad-signature"
    assert refused(other, good) == "bad-signature"
    assert refused(feed, good, BODY + b" ") == "bad-signature"
    assert refused(feed, "v1.1" + good[3:]) == "bad-signature"
    assert refused(feed, signed(feed, BODY, at_ms=to_ms(utc_now()) - 6 * minutes)) == "not-fresh"
    assert refused(feed, signed(feed, BODY, at_ms=to_ms(utc_now()) + 6 * minutes)) == "not-fresh"
    assert not models.Incident.objects.exists()


def test_a_push_is_never_taken_twice(feed: Feed) -> None:
    header = signed(feed, BODY)
    assert push(feed.id, header, BODY)[0] == 200
    status, problem = push(feed.id, header, BODY)
    assert (status, problem["kind"]) == (403, "replayed")


def test_a_signature_is_remembered_for_longer_than_it_is_fresh(feed: Feed) -> None:
    at_ms = to_ms(utc_now())
    header = signed(feed, BODY, at_ms=at_ms)
    check_push(feed.id, "webhook", header, BODY, now=from_ms(at_ms - 299_000))
    with pytest.raises(Untrusted, match="already"):
        check_push(feed.id, "webhook", header, BODY, now=from_ms(at_ms + 299_000))


def test_a_renewed_key_shuts_out_the_old_one(feed: Feed) -> None:
    old = signed(feed, BODY)
    fresh = services.renew_secret(feed.id)
    assert refused(feed, old) == "bad-signature"
    assert check_push(feed.id, "webhook", signed(fresh, BODY), BODY, now=utc_now()).id == feed.id


def test_a_feed_may_sign_with_a_key_of_its_own(agency: AgencyId) -> None:
    key = Ed25519PrivateKey.generate()
    plan = FeedPlan(agency=agency, name="own key", kind="webhook", public_key=key.public_key().public_bytes_raw())
    made, at_ms = add_feed(plan), to_ms(utc_now())
    header = FeedSignature(at_ms, key.sign(signed_message(made.id, at_ms, BODY))).header()
    assert push(made.id, header, BODY)[0] == 200
    other = FeedSignature(at_ms, Ed25519PrivateKey.generate().sign(signed_message(made.id, at_ms, BODY))).header()
    assert push(made.id, other, BODY)[0] == 403


def test_an_unknown_or_stopped_feed_is_not_found(feed: Feed) -> None:
    assert push("fee_nosuch", signed(feed, BODY), BODY)[0] == 404
    services.stop_feed(feed.id)
    assert push(feed.id, signed(feed, BODY), BODY)[0] == 404


def test_a_plan_with_nonsense_is_malformed(agency: AgencyId) -> None:
    for change in ({"kind": "fax"}, {"origin": "rumour"}, {"public_key": b"short"}, {"name": " "}, {"preset": "none"}):
        with pytest.raises(Malformed):
            add_feed(FeedPlan(**{"agency": agency, "name": "n", "kind": "eido", **change}))  # type: ignore[arg-type]


@pytest.fixture
def demo_mode(settings: object) -> None:
    """Doors of made-up people, as on this machine."""
    settings.DEMO = True  # type: ignore[attr-defined] # pytest-django's settings take any name
    settings.ALLOWED_HOSTS = ["localhost"]  # type: ignore[attr-defined]


def test_people_see_their_own_agencys_calls_only(
    demo_mode: None, feed: Feed, agency: AgencyId, other_agency: AgencyId, call: Make
) -> None:
    own = take_call(feed.id, call(), now=utc_now()).incident
    other = add_feed(FeedPlan(agency=other_agency, name="CAD", kind="webhook"))
    theirs = take_call(other.id, call(), now=utc_now()).incident
    analyst = sit(agency, Role.ANALYST)
    assert [row["id"] for row in analyst.get("/api/incidents?open=true").json()] == [own]
    assert analyst.get(f"/api/incidents/{own}").json()["ledger_index"] is None
    assert analyst.get(f"/api/incidents/{theirs}").status_code == 404
    assert analyst.get("/api/incidents/inc_nosuch").status_code == 404
    french = analyst.get(f"/api/incidents/{own}", headers={"accept-language": "fr"}).json()
    assert french["type_name"] == "Cambriolage"


def test_the_public_sees_neither_calls_nor_feeds(feed: Feed) -> None:
    for path in ("/api/incidents", "/api/feeds", "/api/quarantine", "/api/feed-presets"):
        assert Client().get(path).status_code == 401


def test_a_manager_keeps_the_feeds_of_the_own_agency(
    demo_mode: None, feed: Feed, agency: AgencyId, other_agency: AgencyId
) -> None:
    other = add_feed(FeedPlan(agency=other_agency, name="CAD", kind="webhook"))
    manager = sit(agency, Role.MANAGER)
    assert [row["id"] for row in manager.get("/api/feeds").json()] == [feed.id]
    services.quarantine(feed.id, [], way="push", now=utc_now() - timedelta(minutes=1))
    assert manager.get(f"/api/quarantine?feed={other.id}").json() == []
    assert manager.get("/api/incidents").status_code == 403


def test_a_secret_of_another_feed_cannot_be_asked_for(other_agency: AgencyId) -> None:
    with pytest.raises(NotFound):
        services.renew_secret(FeedId("fee_nosuch"))
