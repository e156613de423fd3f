"""One notice as an e-mail: plain words, no name, no camera, no place; who and why stand behind the sign-in."""

import json
import smtplib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage

from consentry.notices.push import Handed
from consentry.notices.types import Kind

# Answers of a mail server that another try cannot change begin with 5.
PERMANENT = 500


@lru_cache(maxsize=1)
def letter_words() -> dict[str, dict[str, str]]:
    """What stands in every letter, by language."""
    found: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name("letter_words.json").read_text(encoding="utf-8")
    )
    return found


def send_mail(address: str, kind: Kind, language: str) -> Handed:
    """Hand one e-mail to the mail server; `later` only when it certainly was not taken."""
    said = kind.words[language]
    footer = letter_words()["footer"][language]
    body = f"{said.text}\n\n{settings.ORIGIN}{kind.mail_page}\n\n{footer}\n{settings.ORIGIN}/account\n"
    letter = EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{said.title}", body=body, to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    try:
        letter.send()
    except (smtplib.SMTPServerDisconnected, TimeoutError):
        return Handed.NEVER  # it may have been taken: once is enough
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Handed.NEVER if max(codes) >= PERMANENT else Handed.LATER
    except smtplib.SMTPResponseException as error:
        return Handed.NEVER if error.smtp_code >= PERMANENT else Handed.LATER
    except (smtplib.SMTPException, OSError):
        return Handed.LATER
    return Handed.TAKEN
