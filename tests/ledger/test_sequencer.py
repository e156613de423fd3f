"""The sequencer with a real PostgreSQL: order, recovery, faults, and kill -9 at random instants."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from django.db import connection

from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Untrusted
from consentry.kernel.note import Signer, Verifier
from consentry.ledger import queries, services
from consentry.ledger.kinds import SCHEMA_VERSION
from consentry.ledger.models import LedgerEntry, LedgerState
from consentry.ledger.sequencer import inbox, loop
from consentry.ledger.sequencer.loop import Sequencer
from consentry.ledger.sequencer.settings import SequencerSettings
from consentry.ledger.verify import audit_log

pytestmark = pytest.mark.django_db(transaction=True)


def enter(number: int) -> None:
    services.append("call.receive", {"commit": f"c{number}", "feed": "f"}, key=f"call:{number}")


def audit(data: Path) -> int:
    """Audit what `checkpoint.latest` names; returns its size."""
    (data / "ledger" / "checkpoint").write_bytes((data / "ledger" / "checkpoint.latest").read_bytes())
    found = audit_log(str(data / "ledger"), Verifier.parse((data / "keys" / "log.pub").read_text()))
    assert found.findings == ()
    return found.head.size


def test_the_kinds_come_first_and_only_once(sequencer_settings: SequencerSettings, data: Path) -> None:
    enter(1)
    for _ in range(2):
        with Sequencer(sequencer_settings) as opened:
            opened.integrate()
    rows = LedgerEntry.objects.order_by("index").values_list("kind", flat=True)
    assert list(rows) == ["schema.change", "call.receive"]
    assert audit(data) == 2


def test_other_kinds_are_declared_before_they_are_used(
    sequencer_settings: SequencerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sequencer(sequencer_settings):
        pass
    monkeypatch.setattr("consentry.ledger.kinds.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with Sequencer(sequencer_settings) as opened:
        opened.integrate()
    assert LedgerEntry.objects.filter(kind="schema.change", index__isnull=False).count() == 2


def test_entries_stand_in_the_order_of_the_inbox(sequencer: Sequencer) -> None:
    for number in range(50):
        enter(number)
    assert sequencer.integrate() == 50
    places = [queries.find_place(f"call:{number}") for number in range(50)]
    assert [place.index for place in places if place] == list(range(1, 51))


def test_what_is_in_the_files_but_not_in_the_database_gets_its_place_at_the_next_start(
    sequencer_settings: SequencerSettings, data: Path
) -> None:
    with Sequencer(sequencer_settings) as opened:
        for number in range(3):
            enter(number)
        rows = opened._inbox.take(10)
        opened._store.append([row.entry for row in rows])
    enter(3)
    with Sequencer(sequencer_settings) as opened:
        assert opened.integrate() == 1
    assert [queries.find_place(f"call:{number}").index for number in range(4)] == [1, 2, 3, 4]  # type: ignore[union-attr]
    assert audit(data) == 5


def test_a_database_from_an_older_backup_is_brought_up_to_the_files(
    sequencer_settings: SequencerSettings, data: Path
) -> None:
    with Sequencer(sequencer_settings) as opened:
        enter(1)
        opened.integrate()
    LedgerEntry.objects.all().delete()
    LedgerState.objects.all().delete()
    with Sequencer(sequencer_settings) as opened:
        enter(2)
        opened.integrate()
    assert LedgerEntry.objects.filter(index__isnull=False).count() == audit(data) == 3


def test_files_behind_the_database_stop_the_log(sequencer_settings: SequencerSettings) -> None:
    with Sequencer(sequencer_settings) as opened:
        enter(1)
        opened.integrate()
    LedgerState.objects.update(size=99)
    with pytest.raises(Untrusted):
        Sequencer(sequencer_settings)
    assert "restore the files" in LedgerState.objects.get().fault
    assert not queries.is_fresh(utc_now())


def test_files_that_tell_another_story_stop_the_log(sequencer_settings: SequencerSettings) -> None:
    with Sequencer(sequencer_settings) as opened:
        enter(1)
        opened.integrate()
    LedgerState.objects.update(root=bytes(32))
    with pytest.raises(Untrusted):
        Sequencer(sequencer_settings)


def test_only_one_sequencer_serves_a_database(sequencer: Sequencer, sequencer_settings: SequencerSettings) -> None:
    with pytest.raises(Conflict):
        Sequencer(sequencer_settings)


def test_a_disk_that_refuses_stops_acknowledging_until_it_takes_writes_again(
    sequencer_settings: SequencerSettings, data: Path
) -> None:
    with Sequencer(sequencer_settings) as opened:
        enter(1)
        opened.integrate()
        assert queries.is_fresh(utc_now())
        (data / "ledger" / ".checkpoint.latest.new").mkdir()
        enter(2)
        with pytest.raises(OSError, match="directory"):
            opened.integrate()
    assert queries.find_place("call:2") is None
    assert not queries.is_fresh(utc_now())
    (data / "ledger" / ".checkpoint.latest.new").rmdir()
    with Sequencer(sequencer_settings) as opened:
        assert opened.integrate() == 1
    assert queries.is_fresh(utc_now())
    assert audit(data) == 3


def test_an_idle_disk_that_turns_read_only_is_noticed(sequencer: Sequencer, data: Path) -> None:
    sequencer.integrate()
    (data / "ledger" / ".probe").mkdir()
    with pytest.raises(OSError, match="directory"):
        sequencer._probe(time.monotonic())
    assert not queries.is_fresh(utc_now())


def test_freshness_ends_after_ten_seconds_and_for_clocks_that_disagree(sequencer: Sequencer) -> None:
    enter(1)
    sequencer.integrate()
    now = utc_now()
    assert queries.is_fresh(now + timedelta(seconds=9))
    assert not queries.is_fresh(now + timedelta(seconds=11))
    assert not queries.is_fresh(now - timedelta(minutes=10))


def test_freshness_needs_a_sequencer(transactional_db: None) -> None:
    assert not queries.is_fresh(utc_now())


def test_eight_writers_at_once_lose_and_double_nothing(sequencer_settings: SequencerSettings, data: Path) -> None:
    stop = Event()
    runner = Thread(target=loop.run, args=(sequencer_settings, stop))
    runner.start()

    def write(writer: int) -> None:
        try:
            for number in range(25):
                enter(writer * 100 + number)
            assert queries.wait_until_durable(f"call:{writer * 100}", timeout_s=20).index > 0
            assert queries.wait_until_durable(f"call:{writer * 100 + 24}", timeout_s=20).index > 0
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
    finally:
        stop.set()
        runner.join()
    assert LedgerEntry.objects.filter(index__isnull=False).count() == audit(data) == 201


def test_a_sleeping_sequencer_wakes_for_a_writer(
    sequencer_settings: SequencerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "AWAKE_S", 0.0)
    monkeypatch.setattr(loop, "LOOK_S", 60.0)
    stop = Event()
    runner = Thread(target=loop.run, args=(sequencer_settings, stop))
    runner.start()
    try:
        while not LedgerState.objects.filter(asleep=True, size=1).exists():
            time.sleep(0.01)
        time.sleep(0.1)
        enter(1)
        assert queries.wait_until_durable("call:1", timeout_s=20).index == 1
    finally:
        stop.set()
        enter(2)
        runner.join()


def test_writers_need_not_wake_it_any_more_before_its_batch_is_on_disk(
    sequencer_settings: SequencerSettings, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "AWAKE_S", 0.0)
    with Sequencer(sequencer_settings) as opened:
        opened.rest(time.monotonic(), was_idle=True)
        assert LedgerState.objects.get().asleep
        (data / "ledger" / ".checkpoint.latest.new").mkdir()
        enter(1)
        with pytest.raises(OSError, match="directory"):
            opened.integrate()
    assert not LedgerState.objects.get().asleep


def test_what_left_the_inbox_is_not_read_again_at_each_look(sequencer: Sequencer) -> None:
    for number in range(50):
        enter(number)
    sequencer.integrate()
    plan = "".join(row[0] for row in sequencer._inbox._db.execute(f"EXPLAIN {inbox._TAKE}", [10]))
    assert "Index Scan using ledger_inbox" in plan


def test_partial_tiles_go_once_the_full_one_is_signed(sequencer: Sequencer, data: Path) -> None:
    tiles = data / "ledger" / "tile"
    for first, last, partials in ((0, 9, [tiles / "0/000.p", tiles / "entries/000.p"]), (9, 270, [])):
        for number in range(first, last):
            enter(number)
        sequencer.integrate()
        assert sorted(tiles.glob("[0e]*/000.p")) == partials
    assert audit(data) == 271


def test_postgresql_going_away_is_survived(sequencer_settings: SequencerSettings, data: Path) -> None:
    stop = Event()
    runner = Thread(target=loop.run, args=(sequencer_settings, stop))
    runner.start()
    try:
        enter(1)
        queries.wait_until_durable("call:1", timeout_s=20)
        with psycopg.connect(sequencer_settings.database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'consentry-sequencer'"
            )
        enter(2)
        assert queries.wait_until_durable("call:2", timeout_s=20).index == 2
    finally:
        stop.set()
        runner.join()
    assert audit(data) == 3


def test_killed_at_random_instants_it_loses_nothing_and_integrates_once(
    sequencer_settings: SequencerSettings, data: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from threading import Event;"
        "from consentry.ledger.sequencer.loop import run; from consentry.ledger.sequencer.settings import *;"
        "d = Path(sys.argv[1]); run(SequencerSettings(sys.argv[2], d / 'ledger', d / 'keys' / 'log.key'), Event())"
    )
    chance, entered, latest = random.Random(3), 0, Signer.parse((data / "keys" / "log.key").read_text()).verifier
    for _ in range(8):
        child = subprocess.Popen([sys.executable, "-c", program, str(data), sequencer_settings.database])
        until = time.monotonic() + 0.5 + chance.random() * 0.5
        while time.monotonic() < until:
            enter(entered)
            entered += 1
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    while True:
        try:
            opened = Sequencer(sequencer_settings)
            break
        except Conflict:  # PostgreSQL has not noticed yet that the last one is gone
            time.sleep(0.05)
    with opened:
        while opened.integrate():
            pass
    indexes = sorted(LedgerEntry.objects.values_list("index", flat=True))
    assert indexes == list(range(entered + 1)) == list(range(audit(data)))
    assert latest == Verifier.parse((data / "keys" / "log.pub").read_text())
