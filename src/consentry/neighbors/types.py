"""What neighbors hands to others, and its closed lists."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from consentry.kernel.geo import Place


class PostCategory(StrEnum):
    """What a post is about. A person who looks suspicious is not a category."""

    CRIME = "crime"
    GOOD_NEWS = "good_news"
    HAZARD = "hazard"
    LOST_AND_FOUND = "lost_and_found"
    SAFETY = "safety"


# Only these may wake neighbours at once.
URGENT = frozenset({PostCategory.CRIME, PostCategory.HAZARD, PostCategory.SAFETY})


class Tell(StrEnum):
    """What a neighbour wants to be told of the area that they follow; official alerts reach all but `none`."""

    ALERTS = "alerts"
    ALL = "all"
    NONE = "none"


class PostState(StrEnum):
    """Where a post or comment stands."""

    REMOVED = "removed"
    SHOWN = "shown"
    WITHDRAWN = "withdrawn"


class RemovalReason(StrEnum):
    """Why something is reported and removed; each is a paragraph of the guidelines."""

    ADVERTISING = "advertising"
    FALSE_ALARM = "false_alarm"
    HATE = "hate"
    PRIVACY = "privacy"
    PROFILING = "profiling"
    REPEATED = "repeated"
    THREAT = "threat"
    UNRELATED = "unrelated"


class Verdict(StrEnum):
    """What a moderator decides."""

    KEEP = "keep"
    REMOVE = "remove"


@dataclass(frozen=True)
class Decision:
    """A moderator's decision: a removal has a reason and words for the author, keeping has no reason."""

    verdict: Verdict
    reason: RemovalReason | None = None
    explained: str = ""


@dataclass(frozen=True)
class NewPost:
    """What a neighbour writes. `cell`: their own published cell or a parent of it; "" for their own."""

    category: PostCategory
    text: str
    cell: str = ""
    is_urgent: bool = False
    to_agency: bool = False
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Joining:
    """How somebody joins. The place only chooses the cell and is not kept."""

    place: Place = field(repr=False)
    radius_m: int
    tell: Tell


@dataclass(frozen=True)
class PostQuery:
    """Which posts to list: newest first, below number `before`; all categories when None."""

    before: int | None = None
    category: PostCategory | None = None


@dataclass(frozen=True)
class PostRead:
    """A post as somebody reads it. `author` is a pseudonym of this post alone."""

    id: str
    number: int
    category: PostCategory
    text: str
    cell: str
    is_urgent: bool
    version: int
    author: str
    is_mine: bool
    made_at: datetime
    corrected_at: datetime | None
    state: PostState
    thanks: int
    is_thanked: bool
    comments: int
    pictures: tuple["PictureRead", ...] = ()


@dataclass(frozen=True)
class PictureRead:
    """A picture or video of a post."""

    id: str
    kind: str
    state: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class CommentRead:
    """An answer below a post; `agency` is the name of an agency that answers, "" for a neighbour."""

    id: str
    author: str
    agency: str
    text: str
    made_at: datetime
    is_mine: bool
    state: PostState


@dataclass(frozen=True)
class MaskNoteRead:
    """A neighbour asks the owner of `camera` for a mask; `towards_deg` from it, in eighths of the circle."""

    id: int
    camera: str
    towards_deg: int
    said: str
    at: datetime
