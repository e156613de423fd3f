"""What notices hands to other rooms."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class NoticeRead:
    """One notice as its person reads it."""

    id: int
    kind: str
    object_id: str
    at: datetime
    is_seen: bool
