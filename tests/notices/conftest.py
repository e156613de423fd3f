"""A real mail server and a real push service, the only ones that the settings name."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings
from tests.notices.mailbox import Mailbox, running_mailbox
from tests.notices.push_service import PushService, running_push_service


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """The mail server that Django's own SMTP backend talks to."""
    with running_mailbox() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", box.port, False
        yield box


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    """The only push service that the settings name."""
    with running_push_service() as running:
        settings.PUSH_SERVICES = [running.origin]
        yield running
