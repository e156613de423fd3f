"""Calls in a real database: minimised, committed, once, in order; broken ones in quarantine."""

import argparse
import hashlib
import io
import json
import resource
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consentry.cells.services import freeze_partition
from consentry.core import announcements
from consentry.core.models import OutboxEvent
from consentry.incidents import models, services
from consentry.incidents.adapters import table
from consentry.incidents.commands import add_commands
from consentry.incidents.events import CallChanged, CallClosed, CallReceived
from consentry.incidents.files import import_file, take_new_files
from consentry.incidents.presets import get_preset
from consentry.incidents.queries import get_incident, open_incidents
from consentry.incidents.services import FeedPlan, add_feed, take_call, take_parsed
from consentry.incidents.types import Feed, RawCall, Rejected
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import Conflict, Malformed, NotFound
from consentry.kernel.geo import Place
from consentry.kernel.ids import AgencyId
from consentry.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
Make = Callable[..., RawCall]


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """Every event that is announced."""
    events: list[object] = []
    announcements.wire(dict.fromkeys((CallReceived, CallChanged, CallClosed), (events.append,)))
    yield events
    announcements.wire({})


@pytest.fixture
def city(db: None) -> None:
    """A frozen partition around the calls of `call`."""
    homes = (Place(41.0 + row / 5_000, -40.0 + column / 5_000) for row in range(-15, 15) for column in range(-15, 15))
    freeze_partition(homes, city="test", now=NOW)


def test_a_call_becomes_an_incident_of_its_cell(feed: Feed, call: Make, city: None, heard: list[object]) -> None:
    taken = take_call(feed.id, call(), now=NOW)
    found = get_incident(taken.incident)
    assert (taken.outcome, found.type_code, found.family, found.flags) == ("taken", "BURGLARY", "burglary", ())
    assert found.cell
    assert found.ledger_index is None
    assert [type(event) for event in heard] == [CallReceived]
    assert OutboxEvent.objects.filter(kind="incident.changed", object_id=found.id).exists()


def test_the_ledger_entry_is_a_salted_commitment_that_opens(feed: Feed, call: Make) -> None:
    taken = take_call(feed.id, call(), now=NOW)
    version = models.CallVersion.objects.get(incident_id=taken.incident)
    entry = json.loads(bytes(LedgerEntry.objects.get(key=version.ledger_key).entry))
    assert (entry["kind"], entry["feed"]) == ("call.receive", feed.id)
    opened = hashlib.sha256(b"\x04" + bytes(version.salt) + bytes(version.record)).digest()
    assert entry["commit"] == to_b64(opened)
    assert not any(word in json.dumps(entry) for word in ("BURG", "OAK", "26-1", taken.incident))


def test_the_same_call_twice_is_one_incident_and_one_entry(feed: Feed, call: Make) -> None:
    first, again = take_call(feed.id, call(), now=NOW), take_call(feed.id, call(updated=1), now=NOW)
    assert (first.incident, again.outcome) == (again.incident, "unchanged")
    assert models.CallVersion.objects.count() == LedgerEntry.objects.count() == 1


def test_a_later_version_changes_and_a_closing_closes(feed: Feed, call: Make, heard: list[object]) -> None:
    take_call(feed.id, call(), now=NOW)
    assert take_call(feed.id, call(updated=1, common_type="ROBBERY"), now=NOW).outcome == "changed"
    taken = take_call(feed.id, call(updated=2, common_type="ROBBERY", status="closed"), now=NOW)
    assert taken.outcome == "closed"
    assert [type(event) for event in heard] == [CallReceived, CallChanged, CallClosed]
    assert [entry.kind for entry in LedgerEntry.objects.order_by("id")] == [
        "call.receive",
        "call.change",
        "call.change",
    ]
    assert get_incident(taken.incident).status == "closed"


def test_updates_out_of_order_do_not_go_back(feed: Feed, call: Make) -> None:
    take_call(feed.id, call(updated=5, status="closed"), now=NOW)
    late = take_call(feed.id, call(updated=1), now=NOW)
    assert late.outcome == "stale"
    assert get_incident(late.incident).status == "closed"


def test_an_update_never_makes_a_call_younger(feed: Feed, call: Make) -> None:
    taken = take_call(feed.id, call(), now=NOW)
    take_call(feed.id, call(updated=9, reported_at=NOW, block="200 block of OAK ST"), now=NOW)
    assert get_incident(taken.incident).reported_at == NOW - timedelta(minutes=10)


def test_a_version_from_the_future_cannot_shut_out_the_closing(feed: Feed, call: Make) -> None:
    take_call(feed.id, call(updated=60 * 24 * 365), now=NOW)
    closing = call(updated_at=NOW + timedelta(seconds=1), status="closed")
    assert take_call(feed.id, closing, now=NOW + timedelta(seconds=1)).outcome == "closed"


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"reported_at": NOW + timedelta(minutes=5)}, "reported_in_future"),
        ({"place": Place(42.0, -40.0)}, "outside_city"),
        ({"place": None}, "no_place"),
        ({"common_type": "NOSUCH"}, "unmapped_type"),
    ],
)
def test_a_doubtful_call_is_kept_but_flagged(
    feed: Feed, call: Make, city: None, changes: dict[str, object], flag: str
) -> None:
    found = get_incident(take_call(feed.id, call(**changes), now=NOW).incident)
    assert found.flags == (flag,)


def test_a_call_reported_in_the_future_stays_flagged(feed: Feed, call: Make, city: None) -> None:
    future = call(reported_at=NOW + timedelta(minutes=5))
    take_call(feed.id, future, now=NOW)
    later = take_call(feed.id, call(updated=9, block=""), now=NOW + timedelta(minutes=6))
    assert "reported_in_future" in get_incident(later.incident).flags


def test_local_types_are_mapped_per_feed_and_else_stay_unmapped(feed: Feed, call: Make) -> None:
    unknown = take_call(feed.id, call(common_type=""), now=NOW)
    assert get_incident(unknown.incident).type_code == "UNMAPPED"
    services.map_types(feed.id, {"burg ip": "BURGLARY"})
    known = take_call(feed.id, call(common_type="", updated=1), now=NOW)
    assert get_incident(known.incident).type_code == "BURGLARY"
    with pytest.raises(Malformed):
        services.map_types(feed.id, {"X": "NOSUCH"})


@pytest.mark.parametrize("origin", ["alarm", "manual", "officer"])
def test_only_dispatch_feeds_come_without_a_flag(agency: AgencyId, call: Make, origin: str) -> None:
    made = add_feed(FeedPlan(agency=agency, name=origin, kind="webhook", origin=origin))
    assert "origin_not_cad" in get_incident(take_call(made.id, call(), now=NOW).incident).flags


def test_two_feeds_may_use_the_same_number(feed: Feed, agency: AgencyId, call: Make) -> None:
    second = add_feed(FeedPlan(agency=agency, name="second", kind="webhook"))
    assert take_call(feed.id, call(), now=NOW).incident != take_call(second.id, call(), now=NOW).incident


def test_a_stopped_feed_takes_nothing(feed: Feed, call: Make) -> None:
    services.stop_feed(feed.id)
    with pytest.raises(NotFound):
        take_call(feed.id, call(), now=NOW)


def test_an_agency_cannot_have_two_feeds_of_one_name(feed: Feed) -> None:
    with pytest.raises(Conflict):
        add_feed(FeedPlan(agency=feed.agency, name=feed.name, kind="eido"))


def test_closing_here_ends_the_call_for_everybody(feed: Feed, call: Make, heard: list[object]) -> None:
    taken = take_call(feed.id, call(), now=NOW)
    services.close_call(taken.incident, now=NOW)
    assert open_incidents(feed.agency) == []
    assert isinstance(heard[-1], CallClosed)
    with pytest.raises(Conflict):
        services.close_call(taken.incident, now=NOW)


def test_a_handler_that_fails_leaves_neither_call_nor_entry(feed: Feed, call: Make) -> None:
    def refuse(_event: object) -> None:
        raise Conflict("no")

    announcements.wire({CallReceived: (refuse,)})
    with pytest.raises(Conflict):
        take_call(feed.id, call(), now=NOW)
    announcements.wire({})
    assert not models.Incident.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_quarantine_keeps_the_newest_thousand_and_counts_all(feed: Feed) -> None:
    services.quarantine(feed.id, [Rejected(n, "bad_time") for n in range(1_500)], way="file", now=NOW)
    services.quarantine(feed.id, [Rejected(9_999, "bad_place")], way="file", now=NOW)
    assert models.Quarantine.objects.count() == 1_000
    assert models.Feed.objects.get(pk=feed.id).rejected_count == 1_501
    assert models.Quarantine.objects.order_by("-id")[0].position == 9_999


@pytest.mark.slow
def test_the_montgomery_file_is_imported(agency: AgencyId, shared_data: Path) -> None:
    made = add_feed(FeedPlan(agency=agency, name="montgomery", kind="table", preset="montgomery_pa"))
    tally = import_file(shared_data / "calls" / "montgomery_pa_911_3051.csv", made, clock=lambda: NOW)
    assert (tally.rows, tally.reasons.total()) == (3_051, 0)
    assert models.Incident.objects.count() == tally.outcomes["taken"] > 3_000
    assert set(tally.outcomes) == {"taken", "unchanged"}


@pytest.mark.slow
def test_the_seattle_file_is_imported_twice_without_doubling(agency: AgencyId, shared_data: Path) -> None:
    path = shared_data / "calls" / "seattle_spd_911_incident_response_707.csv"
    made = add_feed(FeedPlan(agency=agency, name="seattle", kind="table", preset="seattle_spd"))
    assert import_file(path, made, clock=lambda: NOW).outcomes == {"taken": 706}
    assert import_file(path, made, clock=lambda: NOW).outcomes == {"unchanged": 706}
    assert models.Incident.objects.count() == LedgerEntry.objects.filter(kind="call.receive").count() == 706


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    with path.open("w") as stream:
        stream.write("number,type,status,reported_at,updated_at,lat,lon,address\n")
        for number in range(100_000):
            stream.write(f"N-{number},BURGLARY,open,2026-11-22T20:00:00Z,,41.0,-40.0,4127 OAK ST\n")
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("rb") as stream:
        count = sum(isinstance(item, RawCall) for item in table.read_calls(stream, get_preset("plain").columns))
    assert count == 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 16_384


def test_rows_are_taken_in_batches_with_progress(agency: AgencyId) -> None:
    made = add_feed(FeedPlan(agency=agency, name="plain", kind="table", preset="plain"))
    head = "number,type,status,reported_at,updated_at,lat,lon,address\n"
    rows = "".join(f"N-{n},X,open,2026-11-22T20:00:00Z,,41.0,-40.0,OAK ST\n" for n in range(1_100))
    parsed = table.read_calls(io.BytesIO((head + rows + "broken\n").encode()), get_preset("plain").columns)
    seen: list[int] = []
    tally = take_parsed(made.id, parsed, way="file", clock=lambda: NOW, progress=lambda tally: seen.append(tally.rows))
    assert seen == [500, 1_000, 1_101]
    assert (tally.outcomes["taken"], dict(tally.reasons)) == (1_100, {"wrong_columns": 1})


def test_a_watched_folder_imports_each_file_once(agency: AgencyId, tmp_path: Path) -> None:
    made = add_feed(FeedPlan(agency=agency, name="plain", kind="webhook"))
    (tmp_path / "good.json").write_text('{"number": "1", "reported_at": "2026-11-22T20:00:00Z"}')
    (tmp_path / "bad.json").write_text("not JSON")
    outcome = take_new_files(tmp_path, made.id, clock=lambda: NOW, settled_s=0)
    assert sorted(outcome) == ["bad.json", "good.json"]
    assert (tmp_path / "done" / "good.json").exists()
    assert (tmp_path / "failed" / "bad.json").exists()
    assert take_new_files(tmp_path, made.id, clock=lambda: NOW, settled_s=0) == {}
    assert models.Incident.objects.count() == 1


def test_the_command_imports_a_file_and_says_what_became_of_it(
    agency: AgencyId, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    path = str(shared_data / "calls" / "seattle_spd_911_incident_response_707.csv")
    arguments = parser.parse_args(["calls", "import", path, "--preset", "seattle_spd", "--agency", agency])
    assert arguments.run(arguments) == 0
    said = capsys.readouterr()
    assert "706  taken" in said.out
    assert "100 %" in said.err
    assert models.Incident.objects.exclude(type_code="UNMAPPED").count() > 690
    with pytest.raises(Malformed, match="no file"):
        arguments.run(parser.parse_args(["calls", "import", "/nowhere", "--feed", "fee_x"]))
