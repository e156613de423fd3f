"""Whom to believe, published as the file that `verify bag --trust` takes."""

from pathlib import Path

import pytest
from django.test import Client
from tests.access.stage import integrate
from tests.evidence.stage import give_vault_key

from consentry.evidence.api_trust import trust_text
from consentry.evidence.bag.check.roots import parse_roots
from consentry.kernel.errors import NotFound

pytestmark = pytest.mark.django_db


def test_anybody_fetches_a_trust_file_that_the_check_understands() -> None:
    key = give_vault_key()
    integrate()
    answer = Client(SERVER_NAME="localhost").get("/api/vault/trust")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    roots = parse_roots(answer.content.decode())
    assert [one.vkey for one in roots.vault] == [key.vkey]


def test_without_a_key_there_is_no_file_and_a_key_that_gave_way_stays_in_it(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        trust_text([], tmp_path / "policy")
    key = give_vault_key()
    assert len(parse_roots(trust_text([key.vkey, key.vkey], tmp_path / "policy")).vault) == 2
