"""`kill -9` at each instant of a release: nothing is half released, the next turn ends it, what was left has no key."""

import os
import subprocess
import sys
import time

import pytest
from django.conf import settings
from tests.architecture.source import ROOT
from tests.core.serve import conninfo_of_django
from tests.evidence.redaction.releaser import INSTANTS
from tests.evidence.redaction.stage import opened, row_of, sealed_film, seen
from tests.evidence.stage import acts, work

from consentry.evidence import models
from consentry.evidence.redaction import services
from consentry.evidence.redaction.work import release_due
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import ItemId

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 60.0


def killed_at(word: str) -> int:
    """How a worker ended that was to die there."""
    environment = {**os.environ, "CONSENTRY_DATA": str(settings.DATA), "DATABASE_URL": conninfo_of_django()}
    command = [sys.executable, "-m", "tests.evidence.redaction.releaser", word]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, timeout=180).returncode


@pytest.mark.slow
def test_a_release_that_is_killed_anywhere_is_nowhere_and_then_whole() -> None:
    stage, item = sealed_film()
    name = opened(stage.analyst, item)
    seen(stage.analyst, name)
    services.release_redaction(stage.analyst, name, 0, now=utc_now())
    known = set(open_vault().items())
    for word in INSTANTS:
        assert killed_at(word) == -9, word
        assert not models.Item.objects.filter(kind="derivative").exists(), word
        assert (row_of(name).state, row_of(name).derivative_id) == ("releasing", None), word
        assert acts(item.id)[-1] == "redaction_begun", word
        models.Redaction.objects.filter(id=name).update(tries=0)  # as if an hour lay between them
    until_s = time.monotonic() + PATIENCE_S
    while not release_due(utc_now()):  # the server lets go of a dead worker's lock in a moment
        assert time.monotonic() < until_s, row_of(name).why
        time.sleep(0.1)
    work()
    made = models.Item.objects.get(kind="derivative")
    assert (made.state, row_of(name).derivative_id) == ("sealed", made.id)
    assert open_vault().check(ItemId(made.id)) is not None
    left = set(open_vault().items()) - known - {made.id}
    assert left, "some died with a sealed film in the vault"
    assert all(open_vault().keys.is_shredded(one) for one in left)
    assert not list((settings.DATA / "vault-incoming").glob("red_*"))
    assert acts(item.id)[-2:] == ["reviewed", "redacted"]
