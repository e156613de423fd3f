"""What a feed's own call types mean: listed with what came, said by the agency's manager alone, on record."""

import json
from collections.abc import Callable

import pytest
from django.test import Client
from tests.agencies.make import make_agency, make_programme
from tests.sign_in import client_for, make_person

from consentry.agencies.types import Agency, State
from consentry.incidents import queries, services
from consentry.incidents.models import TypeMapping
from consentry.incidents.services import FeedPlan, add_feed, take_call
from consentry.incidents.types import UNMAPPED, Feed, RawCall
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import LimitReached, Malformed
from consentry.kernel.ids import FeedId
from consentry.kernel.limits import MAX_TYPES_PER_FEED
from consentry.kernel.roles import Role
from consentry.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
JSON = "application/json"
Make = Callable[..., RawCall]


@pytest.fixture
def police(db: None) -> Agency:
    """An agency with a running programme."""
    made = make_agency()
    make_programme(made)
    return made


@pytest.fixture
def cad(police: Agency) -> Feed:
    """Its feed."""
    return add_feed(FeedPlan(agency=police.id, name="CAD", kind="webhook"))


def arrive(feed: Feed, call: Make, *types: str) -> None:
    """A call of each of `types` without a common code."""
    for number, local in enumerate(types):
        take_call(feed.id, call(number=f"26-{number}", local_type=local, common_type=""), now=utc_now())


def manager_of(agency: Agency) -> Client:
    return client_for(make_person(Role.MANAGER, agency.id))


def say(client: Client, feed: Feed, types: object) -> tuple[int, dict[str, object] | int]:
    """POST what types mean; status and answer."""
    answer = client.post(f"/api/feeds/{feed.id}/types", {"types": types}, content_type=JSON)
    return answer.status_code, json.loads(answer.content)


def test_what_came_and_means_nothing_is_listed_most_frequent_first(police: Agency, cad: Feed, call: Make) -> None:
    arrive(cad, call, "STRAY COW", "BRK ENT", "BRK ENT")
    found = manager_of(police).get(f"/api/feeds/{cad.id}/types").json()
    assert [(row["local_type"], row["calls"]) for row in found["unknown"]] == [("BRK ENT", 2), ("STRAY COW", 1)]
    assert (found["meant"], found["feed"]["name"]) == ([], "CAD")
    choices = {choice["code"]: choice for choice in found["choices"]}
    assert (choices["BURGLARY"]["family"], choices["BURGLARY"]["opens"], choices["NOISE"]["opens"]) == (
        "burglary",
        True,
        False,
    )


def test_names_of_the_choices_are_in_the_callers_language(police: Agency, cad: Feed) -> None:
    client = manager_of(police)
    answer = client.get(f"/api/feeds/{cad.id}/types", headers={"accept-language": "es"}).json()
    names = {choice["code"]: choice["family_name"] for choice in answer["choices"]}
    assert names["ABDUCTF"] == "Secuestro"


def test_nothing_opens_for_an_agency_whose_programmes_are_over(call: Make) -> None:
    agency = make_agency()
    make_programme(agency, State.ENDED)
    feed = add_feed(FeedPlan(agency=agency.id, name="CAD", kind="webhook"))
    choices = manager_of(agency).get(f"/api/feeds/{feed.id}/types").json()["choices"]
    assert [choice["code"] for choice in choices if choice["opens"]] == []
    assert len(choices) > 200


def test_what_a_manager_says_counts_from_the_next_call_on_and_may_be_unsaid(
    police: Agency, cad: Feed, call: Make
) -> None:
    arrive(cad, call, "BRK ENT")
    client = manager_of(police)
    assert say(client, cad, {"Brk Ent": "BURGLARY"}) == (200, 1)
    found = client.get(f"/api/feeds/{cad.id}/types").json()
    assert (found["unknown"], found["meant"]) == ([], [{"local_type": "BRK ENT", "code": "BURGLARY"}])
    later = take_call(cad.id, call(number="26-9", local_type="BRK ENT", common_type=""), now=utc_now())
    assert queries.get_incident(later.incident).type_code == "BURGLARY"
    assert say(client, cad, {"BRK ENT": ""}) == (200, 1)
    last = take_call(cad.id, call(number="26-10", local_type="BRK ENT", common_type=""), now=utc_now())
    assert queries.get_incident(last.incident).type_code == UNMAPPED


def test_saying_what_a_type_means_is_on_record(police: Agency, cad: Feed) -> None:
    say(manager_of(police), cad, {"BRK ENT": "BURGLARY"})
    entry = json.loads(bytes(LedgerEntry.objects.get(kind="admin.act").entry))
    assert (entry["act"], entry["agency"], entry["role"]) == ("feed.types", police.id, "manager")


def test_another_agency_neither_reads_nor_says(police: Agency, cad: Feed, call: Make) -> None:
    arrive(cad, call, "BRK ENT")
    other = make_agency()
    for role in (Role.MANAGER, Role.AUDITOR):
        stranger = client_for(make_person(role, other.id))
        absent = stranger.get("/api/feeds/fee_none/types")
        found = stranger.get(f"/api/feeds/{cad.id}/types")
        assert (found.status_code, found.content) == (404, absent.content)
    assert say(manager_of(other), cad, {"BRK ENT": "BURGLARY"})[0] == 404
    auditor = client_for(make_person(Role.AUDITOR, police.id))
    assert auditor.get(f"/api/feeds/{cad.id}/types").status_code == 200
    assert say(auditor, cad, {"BRK ENT": "BURGLARY"})[0] == 403
    analyst = client_for(make_person(Role.ANALYST, police.id))
    assert analyst.get(f"/api/feeds/{cad.id}/types").status_code == 403
    assert Client().get(f"/api/feeds/{cad.id}/types").status_code == 401
    assert not TypeMapping.objects.exists()


@pytest.mark.parametrize(
    "types",
    [
        {"X": "NOSUCH"},
        {"": "BURGLARY"},
        {" \t ": "BURGLARY"},
        {"brk ent": "BURGLARY", "BRK ENT ": "ROBBERY"},
        {"X": 5},
        {"X": None},
        ["X"],
        {f"T{number}": "BURGLARY" for number in range(2_001)},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(police: Agency, cad: Feed, types: object) -> None:
    status, problem = say(manager_of(police), cad, types)
    assert status == 400
    assert isinstance(problem, dict)
    assert problem["kind"] == "malformed"
    assert not TypeMapping.objects.exists()
    assert not LedgerEntry.objects.filter(kind="admin.act").exists()


def test_what_is_typed_behind_a_type_is_not_kept(police: Agency, cad: Feed) -> None:
    say(manager_of(police), cad, {"ALARM CALLER: JANE ROE 601-555-0143": "ALMR"})
    assert list(queries.meant_types(cad.id)) == ["ALARM"]


def test_a_feed_knows_no_more_types_than_the_limit(cad: Feed) -> None:
    for start in range(0, MAX_TYPES_PER_FEED, 2_000):
        services.map_types(cad.id, {f"T{number}": "BURGLARY" for number in range(start, start + 2_000)})
    with pytest.raises(LimitReached):
        services.map_types(cad.id, {"ONE MORE": "BURGLARY"})
    with pytest.raises(Malformed):
        services.map_types(FeedId("fee_none"), {"": "BURGLARY"})
    assert len(queries.meant_types(cad.id)) == MAX_TYPES_PER_FEED
