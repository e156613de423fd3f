"""What notices hands to other rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consentry.kernel.roles import Role


@dataclass(frozen=True)
class Words:
    """Of one kind in one language: `title`, one line for a push, the text of an e-mail."""

    title: str
    short: str
    text: str


@dataclass(frozen=True)
class Kind:
    """What people can be told of, `noun.verb`; see `kinds.py`. `words` by language."""

    name: str
    worth: timedelta
    page: str
    roles: frozenset[Role]
    is_urgent: bool
    words: Mapping[str, Words] = field(repr=False)

    @property
    def mail_page(self) -> str:
        """Where an e-mail leads: never an id in it."""
        return self.page if "{object}" not in self.page else f"/{self.page.split('/')[1]}"


@dataclass(frozen=True)
class NoticeRead:
    """One notice as its person reads it."""

    id: int
    kind: str
    object_id: str
    at: datetime
    is_seen: bool


@dataclass(frozen=True)
class Wishes:
    """How a person wants to be told: by e-mail, and in how many browsers by push."""

    by_email: bool
    browsers: int


@dataclass(frozen=True)
class Browser:
    """Where and how to push: `endpoint` at a push service, `p256dh` 65 bytes, `auth` 16 bytes."""

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)
