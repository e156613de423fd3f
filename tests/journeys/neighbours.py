"""Other residents of the demo than the one whom the door lets in: each on a phone of their own."""

import subprocess
import sys

from playwright.sync_api import Browser, Page
from tests.journeys.conftest import PHONE, new_page
from tests.journeys.stage import Stage, _environment

# In a process of its own, as its Django belongs to the platform: signed in as after the code of an e-mail.
SIGN_IN = """
import sys
import time
from pathlib import Path
from consentry.project.cli import prepare_django
prepare_django(Path(sys.argv[1]))
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from consentry.accounts.models import Person
from consentry.accounts.queries import ACTIVE_AT, DEMO_AT
from consentry.accounts.services import BACKEND
from consentry.kernel.clock import to_ms, utc_now
from consentry.requests.models import Recipient
for row in Recipient.objects.filter(request=sys.argv[2]).order_by("id"):
    request = HttpRequest()
    request.session = SessionStore()
    login(request, Person.objects.get(id=row.person_id), backend=BACKEND)
    request.session[DEMO_AT] = request.session[ACTIVE_AT] = to_ms(utc_now())
    request.session["account_authentication_methods"] = [{"method": "code", "at": time.time()}]
    request.session["account_authentication_methods_user"] = row.person_id
    request.session.save()
    print(row.person_id, request.session.session_key)
"""


def asked_homes(stage: Stage, request: str) -> dict[str, str]:
    """A signed-in session by person, of everybody whom `request` reached: what no page of the platform tells."""
    said = subprocess.run(
        [sys.executable, "-c", SIGN_IN, str(stage.data), request], env=_environment(), check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return dict(line.split() for line in said.stdout.splitlines())


def phone_of(browser: Browser, stage: Stage, session: str, *, language: str) -> Page:
    """The phone of the resident with this session; the caller closes its context."""
    page = new_page(browser, stage, PHONE, language=language)
    page.context.add_cookies([{"name": "consentry", "value": session, "url": stage.origin}])
    return page
