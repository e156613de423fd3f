"""What a request shows beside what is secret."""

import pytest

from consentry.gateway.bearer import shows_bearer


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer secre", "bearer secret", "Bearer \udcff\udc80", "\udcff" * 9]
)
def test_anything_but_the_secret_is_refused_bytes_that_are_no_text_too(header: str) -> None:
    assert not shows_bearer(header, "secret")


def test_the_secret_is_known() -> None:
    assert shows_bearer("Bearer secret", "secret")
