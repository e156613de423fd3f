"""From a sealed item to a bag that anybody checks: with a real log, by HTTP, for the agency and for a recipient."""

import errno
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.access.stage import staff
from tests.agencies.make import make_agency
from tests.evidence.stage import acts, bytes_of, colleague, sealed_look
from tests.evidence.test_disclosure import made, of, opened, post
from tests.ledger.conftest import data, sequencer, sequencer_settings  # noqa: F401 fixtures

from consentry.evidence import models, services
from consentry.evidence.bag.check.fault import BagFault
from consentry.evidence.bag.check.roots import Roots, parse_roots
from consentry.evidence.bag.check.sources import ZipSource
from consentry.evidence.bag.check.verdict import verify_bag
from consentry.evidence.bag.make import Draft
from consentry.evidence.services import exports
from consentry.evidence.services.exports import folder_of
from consentry.evidence.vault_door import open_vault, vault_vkeys
from consentry.kernel.clock import utc_now
from consentry.kernel.roles import Role
from consentry.ledger import queries as ledger
from consentry.ledger.sequencer.loop import Sequencer

pytestmark = pytest.mark.django_db(transaction=True)
Integrate = Callable[[], None]
FOR_COURT = {"recipient": "Court"}


@pytest.fixture
def integrate(sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch) -> Integrate:  # noqa: F811
    """The real log integrates and publishes, wherever a stage says so."""

    def step() -> None:
        sequencer.integrate()
        sequencer.cosigning.round()

    for place in ("tests.access.stage", "tests.evidence.stage"):
        monkeypatch.setattr(f"{place}.integrate", step)
    return step


def roots() -> Roots:
    """What an outsider would have been given: keys alone."""
    return parse_roots(f"vault {vault_vkeys()[0]}\nlog {ledger.log_vkey()}\nquorum none\n")


def worked(integrate: Integrate) -> None:
    services.advance_exports(None, utc_now())
    integrate()
    services.advance_exports(None, utc_now())


def whole(client: Client, path: str) -> bytes:
    answer = client.get(f"/api{path}")
    assert answer.status_code == 200, answer.content
    taken = bytes_of(answer)
    assert len(taken) == int(answer["Content-Length"])
    return taken


def test_an_item_leaves_as_a_bag_that_holds_and_goes_on_anywhere(integrate: Integrate) -> None:
    stage, item, bodies = sealed_look()
    client = of(stage.analyst)
    asked = post(client, f"/items/{item.id}/exports", {"recipient": "Court of Port Meridian", "language": "fr"}).json()
    assert asked["state"] == "waiting"
    assert client.get(f"/api/exports/{asked['id']}/bag").json()["kind"] == "export-not-ready"
    worked(integrate)
    (row,) = client.get(f"/api/items/{item.id}/exports").json()
    assert (row["state"], row["recipient"]) == ("ready", "Court of Port Meridian")
    bag = whole(client, f"/exports/{asked['id']}/bag")
    verdict = verify_bag(ZipSource(io.BytesIO(bag)), roots())
    assert any("log" in line for line in verdict.proved)
    assert all(body in bag for body in bodies), "the originals, bit for bit"
    at = len(bag) // 2
    part = client.get(f"/api/exports/{asked['id']}/bag", headers={"Range": f"bytes={at}-"})
    assert (part.status_code, bytes_of(part)) == (206, bag[at:])
    assert acts(item.id)[-2:] == ["exported", "downloaded"], "who fetched it stands there, once for all ranges"
    assert b'"event":"export.create"' in bag
    broken = bytearray(bag)
    broken[bag.index(bodies[0]) + 100] ^= 1
    with pytest.raises(BagFault) as fault:
        verify_bag(ZipSource(io.BytesIO(bytes(broken))), roots())
    assert fault.value.layer == "segment"


def test_a_recipient_fetches_a_bag_of_their_own_and_the_agency_does_not(integrate: Integrate) -> None:
    stage, item, _ = sealed_look()
    said = made(stage, item.id)
    client = opened(said)
    path = f"/disclosed/items/{item.id}"
    assert client.get(f"/api{path}/bag").json()["kind"] == "export-not-ready"
    first, again = (post(client, f"{path}/export").json() for _ in range(2))
    assert first["id"] == again["id"]
    worked(integrate)
    assert post(client, f"{path}/export").json()["state"] == "ready"
    bag = whole(client, f"{path}/bag")
    assert verify_bag(ZipSource(io.BytesIO(bag)), roots()).proved
    assert of(stage.analyst).get(f"/api/exports/{first['id']}/bag").status_code == 404
    assert post(of(colleague(stage, Role.SUPERVISOR)), f"/disclosures/{said['id']}/revoke").status_code == 204
    assert client.get(f"/api{path}/bag").json()["kind"] == "disclosure-over"
    assert client.get("/api/disclosed/state").json()["kind"] == "disclosure-over"
    row = models.Export.objects.get(id=first["id"])
    services.advance_exports(None, utc_now())
    assert not folder_of(row).exists()


def test_only_who_works_with_the_item_exports_it_and_only_when_it_is_sealed(integrate: Integrate) -> None:
    stage, item, _ = sealed_look()
    export = services.begin_export(stage.analyst, item.id, "x", "en", now=utc_now())
    stranger = of(staff(make_agency(), Role.ANALYST))
    assert post(stranger, f"/items/{item.id}/exports", FOR_COURT).status_code == 404
    assert stranger.get(f"/api/items/{item.id}/exports").status_code == 404
    assert stranger.get(f"/api/exports/{export.id}/bag").status_code == 404
    for role in (Role.AUDITOR, Role.MANAGER):
        assert post(of(colleague(stage, role)), f"/items/{item.id}/exports", FOR_COURT).status_code == 403
    for odd in (FOR_COURT | {"language": "de"}, {"recipient": ""}, {}):
        assert post(of(stage.analyst), f"/items/{item.id}/exports", odd).status_code in (400, 422)
    models.Item.objects.filter(id=item.id).update(state="open")
    answer = post(of(stage.analyst), f"/items/{item.id}/exports", FOR_COURT)
    assert (answer.status_code, json.loads(answer.content)["kind"]) == (409, "item-not-sealed")


def test_a_bag_is_removed_after_a_week_and_at_once_when_its_item_is_destroyed(integrate: Integrate) -> None:
    stage, item, _ = sealed_look()
    now = utc_now()
    for days, change in ((8, {}), (0, {"state": "shredding"})):
        export = services.begin_export(stage.analyst, item.id, "Court", "en", now=now)
        worked(integrate)
        assert (folder_of(export).stat().st_mode & 0o777) == 0o700
        models.Item.objects.filter(id=item.id).update(**change)
        services.advance_exports(None, utc_now() + timedelta(days=days))
        assert not folder_of(export).exists()
        assert models.Export.objects.get(id=export.id).state == "gone"


def test_an_item_that_is_not_what_was_sealed_does_not_leave(integrate: Integrate) -> None:
    stage, item, _ = sealed_look()
    export: Any = services.begin_export(stage.analyst, item.id, "Court", "en", now=utc_now())
    segment = next(iter(sorted(open_vault().folder_of(export.item_id).glob("*.seg"))))
    sealed = segment.read_bytes()
    segment.chmod(0o600)
    segment.write_bytes(sealed[:500] + bytes([sealed[500] ^ 1]) + sealed[501:])
    worked(integrate)
    row = models.Export.objects.get(id=export.id)
    assert (row.state, folder_of(row).exists()) == ("failed", False)
    assert row.why


def test_a_full_disk_stops_no_other_bag_and_is_waited_for_a_day(
    integrate: Integrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, item, _ = sealed_look()
    first, second = (services.begin_export(stage.analyst, item.id, who, "en", now=utc_now()) for who in "ab")
    make = exports.draft_bag

    def full(folder: Path, *rest: Any) -> Draft:
        if folder.name == first.id:
            raise OSError(errno.ENOSPC, "no room")
        return make(folder, *rest)

    monkeypatch.setattr(exports, "draft_bag", full)
    worked(integrate)
    assert states(first, second) == ["waiting", "ready"]
    services.advance_exports(None, utc_now() + timedelta(days=1))
    assert states(first, second) == ["failed", "ready"]
    assert not folder_of(first).exists()


def test_bags_of_one_item_are_bounded(integrate: Integrate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_EXPORTS_PER_ITEM", 2)
    stage, item, _ = sealed_look()
    answers = [post(of(stage.analyst), f"/items/{item.id}/exports", FOR_COURT).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_a_clock_that_was_set_back_dates_no_bag_before_what_it_tells(integrate: Integrate) -> None:
    stage, item, _ = sealed_look()
    export = services.begin_export(stage.analyst, item.id, "Court", "en", now=utc_now())
    services.advance_exports(None, utc_now() - timedelta(hours=1))
    integrate()
    services.advance_exports(None, utc_now() - timedelta(hours=1))
    bag = whole(of(stage.analyst), f"/exports/{export.id}/bag")
    assert verify_bag(ZipSource(io.BytesIO(bag)), roots()).proved


def states(*rows: models.Export) -> list[str]:
    return [models.Export.objects.get(id=row.id).state for row in rows]
