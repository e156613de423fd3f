"""E-mails of signing in, in the reader's language: what happened, what to do, and what to do if it was not you.

No name and no address of anybody, no link but to this site's own pages, nothing in a link; a code stands alone on a
line, to be typed where it was asked for.
"""

import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import get_language

from consentry.accounts.models import Person
from consentry.accounts.rules import spoken

# What allauth may send some day and we have no words for: it says no more than that.
ANY_CHANGE = "changed"


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, dict[str, str]]]:
    """Subject, body and what to do if it was not you, by kind and language."""
    found: dict[str, dict[str, dict[str, str]]] = json.loads(
        Path(__file__).with_name("mail_words.json").read_text(encoding="utf-8")
    )
    return found


def compose(kind: str, address: str, code: str) -> EmailMessage:
    """The e-mail of `kind` (allauth's name of it) to `address`; `code` is "" where there is none."""
    said = words().get(kind, words()[ANY_CHANGE])[language_for(address)]
    holes = {
        "code": code, "origin": settings.ORIGIN, "sign_in_min": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
        "verify_min": settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT // 60,
    }  # fmt: skip
    return EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{said['subject']}",
        body=f"{said['body']}\n\n{said['not_you']}\n".format_map(holes), to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip


def language_for(address: str) -> str:
    """The language of the person with that address; without one, that of who asks."""
    known = Person.objects.filter(email__iexact=address).values_list("language", flat=True).first()
    return known or spoken(get_language())
