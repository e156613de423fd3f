"""Made-up calls: deterministic, near the cameras, pushed through the real door over HTTP."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from consentry.agencies.models import Agency
from consentry.demo.calls import FIRST_BURGLARY_S, beats, eido_of
from consentry.demo.city import build_city
from consentry.demo.dispatch import Sender, close_old_calls, play
from consentry.demo.ground import to_place
from consentry.incidents.adapters.eido import read_document
from consentry.incidents.models import Incident
from consentry.incidents.services import FeedPlan, add_feed, feed_secret
from consentry.incidents.types import RawCall
from consentry.kernel.errors import Unavailable
from consentry.kernel.geo import distance_m
from consentry.kernel.ids import AgencyId

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def first(count: int, seed: int = 20) -> list[object]:
    """The first beats."""
    return list(itertools.islice(beats(seed, "PM-1"), count))


def test_the_same_seed_plays_the_same_calls() -> None:
    assert first(60) == first(60)
    assert first(60) != first(60, seed=21)


def test_beats_come_in_order_and_every_closing_after_its_opening() -> None:
    seen: set[str] = set()
    last = 0.0
    for beat in itertools.islice(beats(20, "PM-1"), 400):
        assert beat.at_s >= last
        last = beat.at_s
        assert (beat.call.number in seen) != beat.is_open
        seen.add(beat.call.number)


def test_the_burglary_comes_seconds_after_the_start_and_again() -> None:
    burglaries = [beat for beat in itertools.islice(beats(20, "PM-1"), 300) if beat.call.code == "BURGLARY"]
    assert burglaries[0].at_s == FIRST_BURGLARY_S
    assert sum(beat.is_open for beat in burglaries) >= 3
    assert burglaries[0].call.place == to_place(build_city().burglary.door)


def test_an_eido_of_the_demo_is_read_as_the_call_that_it_is() -> None:
    beat = next(beat for beat in beats(20, "PM-1") if beat.call.code == "BURGLARY")
    document = eido_of(beat.call, reported_at=NOW, updated_at=NOW + timedelta(seconds=5), is_open=True)
    found = read_document(document)
    assert isinstance(found, RawCall)
    assert (found.common_type, found.status, found.reported_at) == ("BURGLARY", "open", NOW)
    assert found.place is not None
    assert distance_m(found.place, beat.call.place) < 80
    assert found.block.startswith("1200 block of ")
    assert "555" not in repr(found)


@pytest.mark.django_db(transaction=True)
def test_calls_go_through_the_real_door_and_an_earlier_run_is_closed(live_server: object) -> None:
    agency = AgencyId(Agency.objects.create(name="Port Meridian Police", jurisdiction="us_city").pk)
    feed = add_feed(FeedPlan(agency=agency, name="dispatch", kind="eido"))
    sender = Sender(live_server.url, feed.id, feed_secret(feed))  # type: ignore[attr-defined] # pytest-django's
    play(sender, wait=lambda _seconds: False, limit=5)
    assert Incident.objects.filter(status="open", type_code="BURGLARY").count() == 1
    assert Incident.objects.count() == 5
    assert close_old_calls(sender) == 5
    assert not Incident.objects.filter(status="open").exists()
    assert "no_place" not in {flag for row in Incident.objects.all() for flag in row.flags}


@pytest.mark.django_db(transaction=True)
def test_a_sender_with_the_wrong_key_is_refused(live_server: object) -> None:
    agency = AgencyId(Agency.objects.create(name="Port Meridian Police", jurisdiction="us_city").pk)
    feed = add_feed(FeedPlan(agency=agency, name="dispatch", kind="eido"))
    beat = next(beats(20, "PM-1"))
    document = eido_of(beat.call, reported_at=NOW, updated_at=NOW, is_open=True)
    with pytest.raises(Unavailable, match="403"):
        Sender(live_server.url, feed.id, b"x" * 32).push(json.loads(json.dumps(document)))  # type: ignore[attr-defined]
    assert not Incident.objects.exists()
