"""Official alerts: valid CAP, in the log, told to the area; updates and cancels reach whoever was told before."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from tests.agencies.make import make_agency
from tests.neighbors.stage import alert_body, issue, make_issuer, make_neighbor
from tests.neighbors.test_services import tell_all, told
from tests.sign_in import client_for

from consentry.core.principal import Principal
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Malformed, NotFound
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role
from consentry.ledger.models import LedgerEntry
from consentry.neighbors import alert_queries, services
from consentry.neighbors.alert_schemas import AlertIn, new_alert
from consentry.neighbors.cap_check import faults_of
from consentry.neighbors.models import Alert, FollowPiece
from consentry.neighbors.types import Tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer(db: None) -> tuple[Principal, AgencyId]:
    """A supervisor and their agency."""
    agency = make_agency().id
    return make_issuer(agency), agency


def test_an_alert_is_valid_cap_stands_in_the_log_and_is_told(issuer: tuple[Principal, AgencyId]) -> None:
    neighbor, silent = make_neighbor(tell=Tell.ALERTS), make_neighbor(tell=Tell.NONE)
    made = issue(*issuer)
    tell_all()
    row = Alert.objects.get(id=made)
    assert faults_of(row.cap) == ()
    entry = json.loads(bytes(LedgerEntry.objects.get(kind="alert.issue").entry))
    assert entry["cap_sha256"] == hashlib.sha256(row.cap.encode()).hexdigest()
    assert (told(neighbor.person), told(silent.person)) == ([("alert.issued", made)], [])
    public = Client(SERVER_NAME="localhost")
    assert public.get(f"/api/alerts/{made}/cap.xml").content.decode() == row.cap
    assert [one["id"] for one in public.get("/api/alerts").json()] == [made]
    atom = ElementTree.fromstring(public.get("/api/alerts.atom").content)
    assert len(atom.findall("{http://www.w3.org/2005/Atom}entry")) == 1
    assert str(issuer[0].person) not in row.cap + json.dumps(public.get(f"/api/alerts/{made}").json())


def test_updates_and_cancels_name_all_before_and_reach_whoever_was_told(issuer: tuple[Principal, AgencyId]) -> None:
    neighbor = make_neighbor(tell=Tell.ALERTS)
    first = issue(*issuer)
    tell_all()
    FollowPiece.objects.filter(neighbor=neighbor.person).delete()
    changed = new_alert(AlertIn(**alert_body(area_name="Around the station")))  # type: ignore[arg-type]
    second = services.update_alert(issuer[0], first, changed, now=utc_now())
    third = services.cancel_alert(issuer[0], second, "The leak is closed.", now=utc_now())
    tell_all()
    tell_all()
    assert [kind for kind, _ in told(neighbor.person)] == ["alert.issued", "alert.updated", "alert.cancelled"]
    cancel = Alert.objects.get(id=third).cap
    assert faults_of(cancel) == ()
    assert f",{first}," in cancel
    assert f",{second}," in cancel
    assert "The leak is closed." in cancel
    assert alert_queries.alerts(now=utc_now(), running=True) == []
    assert alert_queries.get_alert(first).superseded_by == third
    for act in (lambda: services.cancel_alert(issuer[0], first, "x", now=utc_now()),
                lambda: services.update_alert(issuer[0], third, changed, now=utc_now())):  # fmt: skip
        with pytest.raises(Conflict):
            act()


def test_another_agency_neither_issues_nor_cancels(issuer: tuple[Principal, AgencyId]) -> None:
    made = issue(*issuer)
    other = make_issuer(make_agency().id)
    with pytest.raises(NotFound):
        services.cancel_alert(other, made, "Not theirs", now=utc_now())
    with pytest.raises(NotFound):
        issue(other, issuer[1])
    analyst = client_for(make_issuer(issuer[1], Role.ANALYST).person)  # type: ignore[arg-type]
    answer = analyst.post(f"/api/agencies/{issuer[1]}/alerts", alert_body(), content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize(("said", "kind"), [
    ({"side_m": 200}, "alert-area"), ({"hours": 0}, "alert-time"), ({"hours": 73}, "alert-time"),
    ({"side_m": 500_000}, ""),
    ({"corners": [{"lat": 10.0, "lon": 10.0}, {"lat": 10.1, "lon": 10.0}, {"lat": 10.1, "lon": 10.1}]}, "alert-area"),
    ({"corners": [{"lat": 39.96, "lon": -83.0}] * 4}, "alert-area"),
    ({"texts": [{"language": "en", "event": "a", "headline": "b", "description": "c"}] * 2}, "alert"),
])  # fmt: skip
def test_an_area_and_a_time_have_bounds(
    issuer: tuple[Principal, AgencyId], said: dict[str, object], kind: str
) -> None:  # fmt: skip
    if not kind:
        assert issue(*issuer, **said)
        return
    with pytest.raises(Malformed) as refused:
        issue(*issuer, **said)
    assert refused.value.kind == kind


def test_an_expired_alert_is_over(issuer: tuple[Principal, AgencyId]) -> None:
    made = issue(*issuer)
    later = utc_now() + timedelta(hours=3)
    assert alert_queries.alerts(now=later, running=True) == []
    with pytest.raises(Conflict):
        services.cancel_alert(issuer[0], made, "Too late", now=later)
    assert datetime.now(UTC) < later


def test_whoever_read_an_alert_is_told_of_its_correction(issuer: tuple[Principal, AgencyId]) -> None:
    reader = make_neighbor(tell=Tell.NONE)
    first = issue(*issuer)
    client_for(reader.person).get(f"/api/alerts/{first}")  # type: ignore[arg-type]
    services.cancel_alert(issuer[0], first, "It was an exercise.", now=utc_now())
    tell_all()
    assert "alert.cancelled" in [kind for kind, _ in told(reader.person)]


FRENCH = {
    "language": "fr", "event": "Fuite de gaz", "headline": "Fuite de gaz à l’école", "description": "Éloignez-vous.",
    "instruction": "", "area_name": "Autour de l’école",
}  # fmt: skip


def test_an_alert_in_two_languages_is_read_corrected_and_taken_back_in_both(
    issuer: tuple[Principal, AgencyId],
) -> None:
    english = alert_body()["texts"][0]  # type: ignore[index]  # a test's own words
    made = issue(*issuer, texts=[english, FRENCH])
    public = Client(SERVER_NAME="localhost")
    said = public.get(f"/api/alerts/{made}").json()
    assert [text["language"] for text in said["texts"]] == ["en", "fr"], "the agency's first stays the first"
    assert said["texts"][1]["area_name"] == "Autour de l’école"
    assert "Fuite de gaz à l’école" in public.get("/api/alerts.atom?lang=fr").content.decode()
    assert "Fuite de gaz" not in public.get("/api/alerts.atom?lang=es").content.decode()
    assert public.get("/api/alerts.atom?lang=xx").status_code == 400
    seat = client_for(issuer[0].person)  # type: ignore[arg-type]
    body = {"why": "The leak is closed.", "others": [{"language": "fr", "why": "La fuite est colmatée."}]}
    cancel = seat.post(f"/api/alerts/{made}/cancel", body, content_type="application/json").json()["id"]
    row = Alert.objects.get(id=cancel)
    assert faults_of(row.cap) == ()
    assert [(text["language"], text["description"]) for text in row.said["texts"]] == [
        ("en", "The leak is closed."), ("fr", "La fuite est colmatée."),
    ]  # fmt: skip


def test_a_language_in_which_nobody_said_why_is_left_out_and_an_unknown_one_refused(
    issuer: tuple[Principal, AgencyId],
) -> None:
    english = alert_body()["texts"][0]  # type: ignore[index]  # a test's own words
    made = issue(*issuer, texts=[english, FRENCH])
    with pytest.raises(Malformed):
        services.cancel_alert(issuer[0], made, "Closed.", others={"es": "Cerrada."}, now=utc_now())
    cancel = services.cancel_alert(issuer[0], made, "Closed.", now=utc_now())
    assert [text["language"] for text in Alert.objects.get(id=cancel).said["texts"]] == ["en"]


def test_an_alert_of_before_languages_had_names_of_areas_is_still_read(issuer: tuple[Principal, AgencyId]) -> None:
    made = issue(*issuer)
    row = Alert.objects.get(id=made)
    for text in row.said["texts"]:
        del text["area_name"]
    row.save(update_fields=["said"])
    assert Client(SERVER_NAME="localhost").get(f"/api/alerts/{made}").json()["texts"][0]["area_name"] == ""
