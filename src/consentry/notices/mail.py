"""Notices as an e-mail: plain words, no name, no camera, no place; who and why stand behind the sign-in."""

import json
import smtplib
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage

from consentry.notices.push import Handed
from consentry.notices.types import Kind

# Answers of a mail server that another try cannot change begin with 5.
PERMANENT = 500


@dataclass(frozen=True)
class Letter:
    """One e-mail of one notice, or of several that were held; `stop`: the word that ends letters (`stop.py`)."""

    address: str = field(repr=False)
    language: str
    told: list[Kind]
    stop: str = field(repr=False)


@lru_cache(maxsize=1)
def letter_words() -> dict[str, dict[str, str]]:
    """What stands in every letter, by language."""
    found: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name("letter_words.json").read_text(encoding="utf-8")
    )
    return found


def send_letter(letter: Letter) -> Handed:
    """Hand one e-mail to the mail server; `later` only when it certainly was not taken."""
    message = _write(letter)
    try:
        message.send()
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


def _write(letter: Letter) -> EmailMessage:
    footer, stop = (letter_words()[name][letter.language] for name in ("footer", "stop"))
    subject, said = _one(letter) if len(letter.told) == 1 else _several(letter)
    body = f"{said}\n\n{footer}\n{settings.ORIGIN}/notices\n\n{stop}\n{settings.ORIGIN}/unsubscribe#{letter.stop}\n"
    return EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", body=body, to=[letter.address],
        headers={
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{settings.ORIGIN}/api/notices/stop/{letter.stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )  # fmt: skip


def _one(letter: Letter) -> tuple[str, str]:
    (kind,) = letter.told
    words = kind.words[letter.language]
    return words.title, f"{words.text}\n\n{settings.ORIGIN}{kind.mail_page}"


def _several(letter: Letter) -> tuple[str, str]:
    """Each kind once, the newest last, with how many there were."""
    counts = Counter(kind.name for kind in letter.told)
    titles = {kind.name: kind.words[letter.language].title for kind in letter.told}
    lines = [f"- {titles[name]}{f' ({count})' if count > 1 else ''}" for name, count in counts.items()]
    held, subject = (letter_words()[name][letter.language] for name in ("held", "held_subject"))
    return subject, "\n".join([held, "", *lines, "", f"{settings.ORIGIN}/notices"])
