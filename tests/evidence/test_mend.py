"""After a crash or a restore the worker brings the vault in order; what is damaged is told to people, once."""

import pytest
from tests.evidence.stage import acts, colleague, looking, sealed_look, segment

from consentry.evidence import models, services, vault_door
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import ItemId
from consentry.kernel.roles import Role
from consentry.notices.models import Notice

pytestmark = pytest.mark.django_db


def test_what_no_journal_names_is_put_aside_and_a_sealed_item_stays_as_it_is() -> None:
    _, item, _ = sealed_look()
    folder = open_vault().folder_of(ItemId(item.id))
    (folder / "000009.part").write_bytes(b"half a segment")
    before = sorted(path.name for path in folder.glob("*.seg"))
    report = services.put_in_order(utc_now())
    assert len([name for name in report.quarantined if name.startswith(item.id)]) == 1
    assert item.id not in report.damaged
    assert not list(folder.glob("*.part"))
    assert sorted(path.name for path in folder.glob("*.seg")) == before
    assert services.put_in_order(utc_now()).quarantined == []


def test_a_damaged_item_is_left_alone_and_its_auditor_is_told_once() -> None:
    stage, session = looking()
    auditor = colleague(stage, Role.AUDITOR)
    item = services.keep_look(session, now=utc_now())
    for number in range(2):
        said, body = segment(models.Mark.objects.get(item=item), number)
        services.take_segment(stage.gateway, said, [body], now=utc_now())
    journal = open_vault().folder_of(item) / "journal"
    first, second = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(second + first)
    vault_door._vault.cache_clear()
    damaged = journal.read_bytes()
    for _ in range(2):
        assert item in services.put_in_order(utc_now()).damaged
    assert acts(item).count("damaged") == 1
    assert Notice.objects.filter(person=auditor.person, kind="item.damaged").count() == 1
    assert journal.read_bytes() == damaged, "nothing of a damaged item is touched"
