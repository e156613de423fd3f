"""What notices hands to other rooms."""

from dataclasses import dataclass, field
from datetime import datetime


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
