"""What notices hands to other rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from consentry.kernel.roles import Role


class Channel(StrEnum):
    """How a notice leaves the page."""

    EMAIL = "email"
    PUSH = "push"


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
    channels: frozenset[Channel] = frozenset(Channel)
    is_listed: bool = True

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


class Rhythm(StrEnum):
    """How often e-mail comes that is not urgent: each by itself, or gathered."""

    NOW = "now"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True)
class Quiet:
    """From when until when nothing should ring: minutes of the day by the person's own clock; may cross midnight."""

    from_minute: int
    until_minute: int


@dataclass(frozen=True)
class Times:
    """When a person wants to be told. `zone`: IANA name; `is_strict`: quiet hours hold what is urgent too."""

    rhythm: Rhythm
    quiet: Quiet | None
    zone: str
    is_strict: bool


@dataclass(frozen=True)
class Mute:
    """What a person wants no more: a kind by a channel, of one object (a camera) or of all (`object_id` "")."""

    kind: str
    channel: Channel
    object_id: str = ""


@dataclass(frozen=True)
class Wishes:
    """How a person wants to be told: by e-mail, and in how many browsers by push; when, and of what not.

    `zone`: IANA name; `is_strict`: quiet hours hold what is urgent too.
    """

    by_email: bool = False
    browsers: int = 0
    rhythm: Rhythm = Rhythm.NOW
    quiet: Quiet | None = None
    zone: str = "UTC"
    is_strict: bool = False
    mutes: frozenset[Mute] = frozenset()

    def wants(self, kind: str, channel: Channel, object_id: str) -> bool:
        """Nothing that would stop this notice here was said."""
        return self.mutes.isdisjoint({Mute(kind, channel), Mute(kind, channel, object_id)})


@dataclass(frozen=True)
class Browser:
    """Where and how to push: `endpoint` at a push service, `p256dh` 65 bytes, `auth` 16 bytes."""

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)
