"""A server that speaks HTTP for the demo's processes."""

from collections.abc import Iterator

import pytest
from django.test import override_settings


@pytest.fixture(scope="session", autouse=True)
def static_address() -> Iterator[None]:
    """Django's test server wants to know where static files would be; we serve none through Django."""
    with override_settings(STATIC_URL="/static/"):
        yield
