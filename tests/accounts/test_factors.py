"""Secrets of second factors: sealed in the database, useless in another installation."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from consentry.accounts.adapters import FactorAdapter
from consentry.kernel.errors import ConsentryError, Untrusted

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_a_secret_is_sealed_anew_each_time_and_comes_back() -> None:
    adapter = FactorAdapter()
    first, second = adapter.encrypt(SECRET), adapter.encrypt(SECRET)
    assert SECRET not in first
    assert first != second
    assert adapter.decrypt(first) == adapter.decrypt(second) == SECRET


def test_a_secret_of_another_installation_or_a_changed_one_is_refused(settings: LazySettings, tmp_path: Path) -> None:
    adapter = FactorAdapter()
    sealed = adapter.encrypt(SECRET)
    with pytest.raises(ConsentryError):
        adapter.decrypt(sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1])
    with pytest.raises(ConsentryError):
        adapter.decrypt(SECRET)
    settings.DATA = tmp_path
    with pytest.raises(Untrusted):
        adapter.decrypt(sealed)
    assert (tmp_path / "keys" / "factors.key").stat().st_mode & 0o077 == 0
