"""The worker's steps on a real database: items into a real store, timestamps, and the look at whether all is whole."""

import itertools
import secrets
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.evidence.stage import acts, colleague, sealed_look
from tests.evidence.stamps.authority import OpensslTsa, openssl_tsa
from tests.evidence.stores.faulty import Faulty, faulty_proxy
from tests.evidence.stores.s3_server import BUCKET, S3Server
from tests.sign_in import client_for

from consentry.core.announcements import _handlers
from consentry.evidence import models, services, vault_door
from consentry.evidence.events import ItemDamaged
from consentry.evidence.rules import next_try
from consentry.evidence.stamps.ask import Authority
from consentry.evidence.stores.settings import FixitySaid
from consentry.evidence.stores.types import stored_name
from consentry.evidence.vault_door import open_items, open_vault
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Malformed, Unavailable, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.roles import Role
from consentry.notices.models import Notice
from consentry.project.store_check import need_store

pytestmark = pytest.mark.django_db
FAST = FixitySaid(10**9, 30)


@pytest.fixture
def proxy(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    """This installation's store is a prefix of a real S3 server, through a proxy that breaks what a test says."""
    with faulty_proxy(s3.endpoint) as faulty:
        url = s3.url(BUCKET, secrets.token_hex(6)).replace(s3.endpoint, faulty.endpoint)
        monkeypatch.setenv("CONSENTRY_STORE_URL", url)
        monkeypatch.setenv("CONSENTRY_STORE_KEY_FILE", str(s3.key_file()))
        vault_door._items.cache_clear()
        yield faulty
        vault_door._items.cache_clear()


@pytest.fixture
def tsa() -> Iterator[OpensslTsa]:
    with tempfile.TemporaryDirectory(prefix="consentry-tsa-") as name, openssl_tsa(Path(name)) as running:
        yield running


def read(item: models.Item, number: int) -> bytes:
    return b"".join(open_vault().open_segment(ItemId(item.id), number))


def test_a_sealed_item_goes_to_the_store_under_its_retention_and_plays_from_there(proxy: Faulty) -> None:
    _, item, bodies = sealed_look()
    assert services.store_due(utc_now()) == 1
    copy = models.StoredCopy.objects.get(item=item)
    assert (copy.state, copy.problem, acts(item.id)[-1]) == ("stored", "", "stored")
    folder = open_vault().folder_of(ItemId(item.id))
    assert sorted(path.name for path in folder.iterdir()) == ["about", "journal", "manifest"]
    assert [read(item, number) for number in range(2)] == bodies
    name = stored_name(ItemId(item.id), "000001.seg")
    assert item.keep_until is not None
    assert open_items().store.stat(name).lock.until_ms >= to_ms(item.keep_until)
    assert services.store_due(utc_now()) == 0, "once is enough"
    assert acts(item.id).count("stored") == 1


def test_a_hold_and_its_end_are_followed_in_the_store(proxy: Faulty) -> None:
    stage, item, _ = sealed_look()
    services.store_due(utc_now())
    name = stored_name(ItemId(item.id), "000000.seg")
    hold = services.set_hold(colleague(stage, Role.SUPERVISOR), item.id, "court", None, now=utc_now())
    assert services.store_due(utc_now()) == 1
    assert open_items().store.stat(name).lock.held
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        services.clear_hold(colleague(stage, role), hold, now=utc_now())
    assert services.store_due(utc_now()) == 1
    assert not open_items().store.stat(name).lock.held


def test_a_destroyed_item_leaves_noise_only_where_a_lock_keeps_it(proxy: Faulty) -> None:
    _, item, _ = sealed_look()
    services.store_due(utc_now())
    late = utc_now() + timedelta(days=4_000)
    services.destroy_due(late)
    item.refresh_from_db()
    assert item.state == "shredded"
    services.store_due(late)
    copy = models.StoredCopy.objects.get(item=item)
    assert (copy.state, copy.problem) == ("stored", "locked in the store")
    assert copy.next_at > late
    assert open_items().store.stat(stored_name(ItemId(item.id), "000000.seg"))
    with pytest.raises(Exception, match="shredded"):
        read(item, 0)


def test_a_store_that_is_away_costs_nothing_but_time(proxy: Faulty) -> None:
    _, item, bodies = sealed_look()
    now = utc_now()
    proxy.fault = lambda method, path: 503
    assert services.store_due(now) == 0
    copy = models.StoredCopy.objects.get(item=item)
    assert (copy.state, copy.tries, copy.next_at) == ("waiting", 1, now + timedelta(minutes=1))
    assert "503" in copy.problem
    assert [read(item, number) for number in range(2)] == bodies
    proxy.fault = lambda method, path: "pass"
    assert services.store_due(now) == 0, "not before its time"
    assert services.store_due(copy.next_at) == 1
    copy.refresh_from_db()
    assert (copy.state, copy.tries, copy.problem) == ("stored", 0, "")


def test_nothing_starts_over_a_store_that_pretends(
    proxy: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_store(tmp_path)
    proxy.fault = lambda method, path: 204 if method == "DELETE" else "pass"
    with pytest.raises(Untrusted, match="no vault"):
        need_store(tmp_path)
    proxy.fault = lambda method, path: 503
    need_store(tmp_path)  # away is not false
    monkeypatch.setenv("CONSENTRY_TSA_URL", "https://tsa.example/")
    with pytest.raises(Malformed, match="CONSENTRY_TSA_CERTIFICATES"):
        need_store(tmp_path)
    monkeypatch.setenv("CONSENTRY_STORE_KEY_FILE", "")
    with pytest.raises(Unavailable, match="CONSENTRY_STORE_KEY_FILE"):
        need_store(tmp_path)


def test_a_timestamp_is_pending_until_it_is_kept_and_nothing_waits_for_it(tsa: OpensslTsa) -> None:
    _, item, _ = sealed_look()
    now, authority = utc_now(), Authority(tsa.url, tsa.trust())
    for tries, how in enumerate(("down", "foreign", "other"), start=1):
        tsa.how = how
        assert services.stamp_due(authority, now) == 0
        row = models.Stamping.objects.get(item=item)
        assert (row.state, row.tries, row.next_at) == ("pending", tries, next_try(tries, now))
        assert row.problem
        assert not (open_vault().folder_of(ItemId(item.id)) / "timestamp").exists()
        assert services.stamp_due(authority, now) == 0, "not before its time"
        assert models.Stamping.objects.get(item=item).tries == tries
        now = row.next_at
    tsa.how = "well"
    assert services.stamp_due(authority, now) == 1
    row.refresh_from_db()
    assert (row.state, row.authority, row.problem) == ("kept", "CN=tsa", "")
    assert (open_vault().folder_of(ItemId(item.id)) / "timestamp").exists()
    assert acts(item.id)[-1] == "stamped"
    assert services.stamp_due(authority, now + timedelta(days=1)) == 0
    assert services.stamp_due(None, now) == 0
    models.Stamping.objects.all().delete()  # died between the reply and its row
    tsa.how = "down"
    assert services.stamp_due(authority, now) == 1
    assert models.Stamping.objects.get(item=item).at == row.at


def test_pauses_grow_to_six_hours() -> None:
    now = utc_now()
    pauses = [(next_try(tries, now) - now) / timedelta(minutes=1) for tries in (0, 1, 2, 3, 9, 10, 1_000)]
    assert pauses == [1, 1, 2, 4, 256, 360, 360]


def test_a_changed_file_is_an_alarm_once_and_nothing_is_deleted() -> None:
    stage, item, _ = sealed_look()
    auditor, officer = colleague(stage, Role.AUDITOR), colleague(stage, Role.OFFICER)
    heard: list[ItemDamaged] = []
    _handlers[ItemDamaged] = (heard.append,)
    now = utc_now()
    assert services.look_due(FAST, now, for_s=60) == 5
    assert not models.FixityFinding.objects.exists()
    assert models.FixityLook.objects.get(item=item).looked_at == now
    assert services.look_due(FAST, now + timedelta(days=29), for_s=60) == 0
    path = open_vault().folder_of(ItemId(item.id)) / "000001.seg"
    before = path.read_bytes()
    path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    for later in (30, 60):
        assert services.look_due(FAST, now + timedelta(days=later), for_s=60) == 5
    found = models.FixityFinding.objects.get()
    assert (found.file, found.state) == ("000001.seg", "changed")
    assert found.expected != found.found
    assert [(one.item, one.file, one.state) for one in heard] == [(item.id, "000001.seg", "changed")]
    assert acts(item.id).count("damaged") == 1
    assert Notice.objects.filter(person=auditor.person, kind="item.damaged", object_id=item.id).count() == 1
    assert not Notice.objects.filter(person=officer.person).exists()
    assert path.exists()
    said = client_for(auditor.person).get(f"/api/items/{item.id}").json()["wholeness"]  # type: ignore[arg-type]
    assert [(one["file"], one["state"]) for one in said["findings"]] == [("000001.seg", "changed")]
    assert (said["stamp"], said["store"]) == ("", "")
    assert said["looked_at"] is not None
    _handlers.pop(ItemDamaged)


def test_a_look_that_is_cut_short_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    _, item, _ = sealed_look(segments=4)
    ticks = itertools.count()
    monkeypatch.setattr("consentry.evidence.services.look_again.time.monotonic", lambda: float(next(ticks)))
    now, seen = utc_now(), []
    for _ in range(5):
        read_files = services.look_due(FAST, now, for_s=1.5)
        look = models.FixityLook.objects.get(item=item)
        seen.append((read_files, look.after, look.looked_at))
    cut = [(4, f"00000{number}.seg", None) for number in range(4)]
    assert seen == [*cut, (3, "", now)], "each run reads what verifies, and one segment more"


def test_a_destroyed_items_manifest_is_still_looked_at() -> None:
    _, item, _ = sealed_look()
    late = utc_now() + timedelta(days=4_000)
    services.destroy_due(late)
    assert services.look_due(FAST, late, for_s=60) == 3
    assert not models.FixityFinding.objects.exists()
    (open_vault().folder_of(ItemId(item.id)) / "journal").write_bytes(b"{}\n")
    services.look_due(FAST, late + timedelta(days=31), for_s=60)
    assert [(row.file, row.state) for row in models.FixityFinding.objects.all()] == [("journal", "broken")]
