"""What the operations of neighbours take and give."""

from datetime import datetime

from ninja import Field, Schema

from consentry.kernel.limits_residents import (
    MAX_COVERS,
    MAX_FOLLOW_M,
    MAX_PICTURES_PER_POST,
    MAX_SAID_CHARS,
    MIN_FOLLOW_M,
)
from consentry.neighbors.types import PostCategory, PostRead, PostState, RemovalReason, Tell, Verdict

# Longer texts are refused with words of their own (`text-long`), not as malformed.
_TEXT = 400_000


class JoinIn(Schema):
    """Where one lives; the place chooses the quarter and is not kept."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    radius_m: int = Field(1_600, ge=MIN_FOLLOW_M, le=MAX_FOLLOW_M)
    tell: Tell = Tell.ALERTS


class FollowIn(Schema):
    """How far one follows and what one is told."""

    radius_m: int = Field(ge=MIN_FOLLOW_M, le=MAX_FOLLOW_M)
    tell: Tell


class NeighborOut(Schema):
    """Oneself as a neighbour; all empty before joining. `choices`: where one's posts may lie, nearest first."""

    joined: bool
    cell: str
    choices: list[str]
    radius_m: int
    tell: Tell
    is_new: bool
    pieces: list[str]


class PostPictureOut(Schema):
    """A picture or video of a post."""

    id: str
    kind: str
    state: str
    width_px: int
    height_px: int


class OwnPictureOut(PostPictureOut):
    """One's own that is not posted: faces as [left, top, right, bottom] in ten-thousandths; `said`: what was wrong."""

    faces: list[list[int]]
    said: str


class CoverIn(Schema):
    """Places to paint over for good."""

    boxes: list[list[int]] = Field(max_length=MAX_COVERS)


class PostIn(Schema):
    """A post. `cell`: one of one's choices, one's own when empty."""

    category: PostCategory
    text: str = Field(max_length=_TEXT)
    cell: str = Field("", max_length=16)
    is_urgent: bool = False
    to_agency: bool = False
    pictures: list[str] = Field(default_factory=list, max_length=MAX_PICTURES_PER_POST)


class CorrectIn(Schema):
    """What a post says from now on."""

    category: PostCategory
    text: str = Field(max_length=_TEXT)


class PostOut(Schema):
    """A post; `author` is a pseudonym that holds for this post alone."""

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
    pictures: list[PostPictureOut]


class PostsOut(Schema):
    """A page of posts, newest first; `next_before` is the next page's `before`, null at the end."""

    posts: list[PostOut]
    next_before: int | None


class VersionOut(Schema):
    """An earlier text of a post."""

    version: int
    text: str
    until: datetime


class NeighborMadeOut(Schema):
    """The id of what was made."""

    id: str


class CommentIn(Schema):
    """An answer."""

    text: str = Field(max_length=_TEXT)


class AgencyAnswerIn(Schema):
    """An answer in the name of an agency."""

    agency: str = Field(max_length=40)
    text: str = Field(max_length=_TEXT)


class CommentOut(Schema):
    """An answer; `agency` is empty for a neighbour's."""

    id: str
    author: str
    agency: str
    text: str
    made_at: datetime
    is_mine: bool
    state: PostState


class PostReportIn(Schema):
    """What is wrong with a post or answer."""

    reason: RemovalReason
    said: str = Field("", max_length=MAX_SAID_CHARS)


class DecideIn(Schema):
    """A moderator's decision."""

    verdict: Verdict
    reason: RemovalReason | None = None
    explained: str = Field("", max_length=MAX_SAID_CHARS)


class AppealIn(Schema):
    """What the author says."""

    said: str = Field(min_length=1, max_length=MAX_SAID_CHARS)


class ReviewOut(Schema):
    """What waits for a decision."""

    id: str
    state: str
    kind: str
    text: str
    category: PostCategory
    post: str
    pictures: list[str]
    reasons: dict[str, int]
    said: list[str]
    opened_at: datetime
    is_claimed: bool
    is_claimed_by_me: bool
    may_decide: bool
    reason: str
    explained: str
    appeal: str


class OwnReviewOut(Schema):
    """Why something of one's own was removed; `record` and `salt` (base64url) open the commitment in the log."""

    id: str
    subject: str
    state: str
    reason: str
    explained: str
    decided_at: datetime | None
    appeal: str
    appeal_verdict: str
    appeal_explained: str
    record: str
    salt: str


class FiguresOut(Schema):
    """Removals of one year by reason, what was kept, appeals, and what came back."""

    year: int
    counts: dict[str, int]


class MaskAskIn(Schema):
    """Which place no camera should see; used once and destroyed."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    said: str = Field("", max_length=MAX_SAID_CHARS)


class MaskAskedOut(Schema):
    """Always the same."""

    answer: str = "asked-if-seen"


class MaskNoteOut(Schema):
    """A neighbour asks the owner of a camera for a mask; `towards_deg` from the camera, in eighths of the circle."""

    id: int
    camera: str
    towards_deg: int
    said: str
    at: datetime


def posts_out(posts: list[PostRead], page: int) -> PostsOut:
    """A page of posts."""
    shown = [post_out(post) for post in posts]
    return PostsOut(posts=shown, next_before=posts[-1].number if len(posts) == page else None)


def post_out(post: PostRead) -> PostOut:
    """One post."""
    return PostOut(**{**vars(post), "pictures": [PostPictureOut(**vars(picture)) for picture in post.pictures]})
