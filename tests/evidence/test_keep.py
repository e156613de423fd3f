"""*Keep this* on a real database and a real vault: what is taken, what is refused, how it ends, what is sealed."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.evidence.stage import acts, colleague, give_vault_key, integrate, looking, sealed_look, segment, work

from consentry.access import queries as access
from consentry.access import services as access_services
from consentry.access.types import GrantWhere
from consentry.evidence import models, queries, services
from consentry.evidence.services import keep
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Conflict, NotFound, Refused, Untrusted
from consentry.kernel.ids import GatewayId, ItemId, new_id
from consentry.kernel.item_signed import open_acknowledgement
from consentry.kernel.limits import KEEP_DELIVERY_H
from consentry.kernel.roles import Role
from consentry.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db


def test_a_kept_look_becomes_one_item_sealed_only_when_its_entry_stands_in_the_log() -> None:
    stage, session = looking()
    item = services.keep_look(session, now=utc_now())
    assert services.keep_look(session, now=utc_now()) == item, "kept twice is kept once"
    mark = models.Mark.objects.get()
    running, over = queries.marks_at(stage.gateway)
    assert [(one.session, one.from_us) for one in running] == [(session.id, to_ms(session.granted_at) * 1_000)]
    assert over == []
    said, body = segment(mark)
    first = services.take_segment(stage.gateway, said, [body[:100], body[100:]], now=utc_now())
    again = services.take_segment(stage.gateway, said, [], now=utc_now())
    assert first == again, "told twice, the same answer"
    assert open_acknowledgement(first, [give_vault_key()]).sha256 == said.sha256
    services.stop_keeping(session.id, now=utc_now())
    assert queries.marks_at(stage.gateway) == ([], [(mark.recording, mark.camera)])
    work()
    assert models.Item.objects.get().state == "open", "the gateway may still bring something"
    services.take_recorder_state(stage.gateway, mark.recording, "delivered", lost_units=0)
    services.close_ended(utc_now())
    services.close_due(utc_now())
    services.note_logged(utc_now())
    assert models.Item.objects.get().state == "logging"
    assert LedgerEntry.objects.filter(kind="item.seal", key=item).count() == 1
    integrate()
    services.note_logged(utc_now())
    row = models.Item.objects.get()
    assert (row.state, row.segments, row.size_bytes) == ("sealed", 1, len(body))
    assert acts(item) == ["began", "stopped", "closed", "sealed"]
    signed = open_vault().check(ItemId(item))
    assert signed is not None
    assert signed.payload_sha256.hex() == row.payload_sha256
    assert signed.manifest.source["session"] == session.id
    assert b"".join(open_vault().open_segment(ItemId(item), 0)) == body
    assert row.keep_until is not None
    assert row.keep_until - row.closed_at == timedelta(days=stage.programme.retention_days)  # type: ignore[operator]
    assert queries.kept_sessions([session.id]) == {session.id}


def test_what_is_not_of_the_kept_look_is_refused() -> None:
    stage, session = looking()
    services.keep_look(session, now=utc_now())
    mark = models.Mark.objects.get()
    early, body = segment(mark, start_us=mark.from_us - 1)
    late, _ = segment(mark, start_us=to_ms(utc_now() + timedelta(minutes=5)) * 1_000, end_us=2**52, body=body)
    for said in (early, late):
        with pytest.raises(Untrusted) as wrong:
            services.take_segment(stage.gateway, said, [body], now=utc_now())
        assert wrong.value.kind == "keep-time"
    good, body = segment(mark)
    with pytest.raises(NotFound):
        services.take_segment(GatewayId(new_id("gateway")), good, [body], now=utc_now())
    with pytest.raises(NotFound):
        services.take_segment(stage.gateway, segment(mark, camera=new_id("camera"))[0], [body], now=utc_now())
    with pytest.raises(Untrusted):
        services.take_segment(stage.gateway, good, [bytes([body[0] ^ 1]) + body[1:]], now=utc_now())
    assert models.Item.objects.get().segments == 0
    services.take_segment(stage.gateway, good, [body], now=utc_now())
    other, other_body = segment(mark)
    with pytest.raises(Untrusted) as told:
        services.take_segment(stage.gateway, other, [other_body], now=utc_now())
    assert told.value.kind == "segment-other"


def test_the_end_of_the_grant_ends_the_mark_and_a_late_segment_stays_at_the_gateway() -> None:
    stage, session = looking()
    services.keep_look(session, now=utc_now())
    mark = models.Mark.objects.get()
    said, body = segment(mark)
    services.take_segment(stage.gateway, said, [body], now=utc_now())
    access_services.end_grants(GrantWhere(grant=session.grant), "withdrawn", now=utc_now())
    mark.refresh_from_db()
    assert (mark.end_reason, mark.ended_at is None) == ("withdrawn", False)
    with pytest.raises(Conflict):
        services.keep_look(access.access_session(stage.analyst, session.id), now=utc_now())
    with pytest.raises(NotFound):
        services.stop_keeping(session.id, now=utc_now())
    work(utc_now() + timedelta(hours=KEEP_DELIVERY_H, minutes=1))
    assert models.Item.objects.get().state == "sealed", "a gateway that never comes back is not waited for"
    late, late_body = segment(mark, 1)
    with pytest.raises(Conflict) as closed:
        services.take_segment(stage.gateway, late, [late_body], now=utc_now())
    assert closed.value.kind == "item-closed"
    assert services.take_segment(stage.gateway, said, [], now=utc_now()), "but what it has it acknowledges again"


def test_more_time_goes_on_in_the_same_item_and_a_look_without_a_picture_leaves_nothing() -> None:
    stage, session = looking()
    item = services.keep_look(session, now=utc_now())
    first = models.Mark.objects.get()
    access_services.extend_grant(stage.analyst, session.grant, now=utc_now())
    integrate()
    assert models.Mark.objects.filter(item=item).count() == 1, "the old session still runs"
    access_services.note_gateway_end(stage.gateway, session.id, reason="moved", sent_bytes=1, now=utc_now())
    marks = list(models.Mark.objects.filter(item=item).order_by("begun_at"))
    assert [mark.end_reason for mark in marks] == ["superseded", ""]
    assert marks[1].session != first.session
    access_services.end_grants(GrantWhere(grant=session.grant), "closed", now=utc_now())
    for mark in marks:
        services.take_recorder_state(stage.gateway, mark.recording, "delivered", lost_units=0)
    work()
    found = models.Item.objects.get()
    assert (found.state, found.shredded_at is None) == ("empty", False)
    assert not open_vault().keys.has(ItemId(item))
    assert queries.kept_sessions([session.id]) == frozenset()


def test_a_programme_that_keeps_nothing_keeps_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = looking()
    monkeypatch.setattr("consentry.evidence.services.begin.agencies.get_programme", lambda _: _Nothing())
    with pytest.raises(Refused) as none:
        services.keep_look(session, now=utc_now())
    assert none.value.kind == "retention-none"


class _Nothing:
    retention_days = 0


def test_two_people_clear_a_hold_and_until_then_nothing_is_destroyed() -> None:
    stage, row, _ = sealed_look()
    supervisor, auditor = colleague(stage, Role.SUPERVISOR), colleague(stage, Role.AUDITOR)
    hold = services.set_hold(supervisor, row.id, "Trial", None, now=utc_now())
    assert LedgerEntry.objects.filter(kind="hold.set").count() == 1
    keys, item = open_vault().keys, ItemId(row.id)
    assert keys.kek_of(item).startswith("hold-")
    later = utc_now() + timedelta(days=4_000)
    work(later)
    row.refresh_from_db()
    assert (row.state, row.keep_until, row.keep_reason) == ("sealed", None, "hold")
    assert services.clear_hold(supervisor, hold, now=utc_now()) is False
    with pytest.raises(Refused):
        services.clear_hold(supervisor, hold, now=utc_now())
    with pytest.raises(NotFound):
        services.clear_hold(stage.analyst, hold, now=utc_now())
    assert services.clear_hold(auditor, hold, now=utc_now()) is True
    assert keys.kek_of(item).startswith("days-")
    with pytest.raises(Conflict):
        services.clear_hold(auditor, hold, now=utc_now())
    work(later)
    row.refresh_from_db()
    assert row.state == "shredded"
    assert not keys.has(item)
    assert open_vault().check(item) is not None, "manifest and journal still verify"
    with pytest.raises(Conflict):
        services.set_hold(supervisor, row.id, "Too late", None, now=utc_now())
    kinds = ["began", "stopped", "closed", "sealed", "hold_set", "hold_first", "hold_cleared", "shredded"]
    assert acts(row.id) == kinds


def test_a_case_keeps_its_items_longer_and_taking_them_out_ends_that() -> None:
    stage, row, _ = sealed_look()
    supervisor = colleague(stage, Role.SUPERVISOR)
    doer = Doer(supervisor.person or "", "supervisor")
    case = services.open_case(doer, stage.agency.id, "26-1", "Oak St", now=utc_now())
    until = utc_now() + timedelta(days=700)
    services.keep_case_until(supervisor, case, until, "Charged", now=utc_now())
    own = row.keep_until
    services.add_to_case(stage.analyst, row.id, case, now=utc_now())
    row.refresh_from_db()
    assert (row.keep_until, row.keep_reason) == (until, "case")
    services.take_from_case(stage.analyst, row.id, case, now=utc_now())
    row.refresh_from_db()
    assert (row.keep_until, row.keep_reason) == (own, "programme")
    with pytest.raises(NotFound):
        services.keep_case_until(stage.analyst, case, None, "", now=utc_now())
    with pytest.raises(Conflict):
        services.open_case(doer, stage.agency.id, "26-1", "", now=utc_now())


def test_a_restore_revives_no_destroyed_key_even_of_an_item_that_was_held_in_the_backup() -> None:
    _, row, _ = sealed_look()
    item, keys = ItemId(row.id), open_vault().keys
    wrapped = next(path for path in keys._folder.glob("items/*") if path.name == item)
    backup = wrapped.read_bytes()
    work(utc_now() + timedelta(days=4_000))
    integrate()
    assert not keys.has(item)
    models.Item.objects.filter(id=row.id).update(state="sealed", shredded_at=None)
    wrapped.write_bytes(backup)
    (keys._folder / "shredded" / item).unlink()
    assert keys.has(item), "the restored key would open it"
    services.replay_shreds(utc_now())
    assert not keys.has(item)
    row.refresh_from_db()
    assert row.state == "shredded"


def test_custody_cannot_be_rewritten() -> None:
    _, row, _ = sealed_look(segments=1)
    for change in (lambda: row.acts.update(person=""), lambda: row.acts.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_look_waits_for_no_segment_that_is_being_taken() -> None:
    stage, session = looking()
    services.keep_look(session, now=utc_now())
    said, body = segment(models.Mark.objects.get())
    is_reading, may_go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        is_reading.set()
        assert may_go_on.wait(20)
        yield body

    def bring() -> None:
        try:
            services.take_segment(stage.gateway, said, slow(), now=utc_now())
        finally:
            connection.close()

    bringing = threading.Thread(target=bring)
    bringing.start()
    try:
        assert is_reading.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '3s'")
        access_services.end_grants(GrantWhere(grant=session.grant), "withdrawn", now=utc_now())
    finally:
        may_go_on.set()
        bringing.join(20)
    assert models.Mark.objects.get().end_reason == "withdrawn"
    assert models.Item.objects.get().segments == 1


def in_between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Something happens while the vault's folder is being made."""
    begin = keep.begin_item

    def slow(*said: Any, **more: Any) -> models.Item:
        monkeypatch.setattr(keep, "begin_item", begin)
        act()
        return begin(*said, **more)

    monkeypatch.setattr(keep, "begin_item", slow)


def test_of_two_that_keep_one_look_at_once_the_second_gets_the_firsts_item(monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = looking()
    in_between(monkeypatch, lambda: services.keep_look(session, now=utc_now()))
    item = services.keep_look(session, now=utc_now())
    assert models.Mark.objects.get().item_id == item
    vain = models.Item.objects.exclude(id=item).get()
    assert (vain.state, acts(vain.id)) == ("empty", ["began", "empty"])
    work()
    assert open_vault().keys.is_shredded(ItemId(vain.id))


def test_a_look_that_ends_while_it_is_being_kept_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, session = looking()
    over = partial(access_services.end_session, stage.analyst, session.id, now=utc_now())
    in_between(monkeypatch, over)
    with pytest.raises(Conflict):
        services.keep_look(session, now=utc_now())
    assert not models.Mark.objects.filter(ended_at=None).exists()
    assert models.Item.objects.get().state == "empty"
