"""Operations of neighbours: joining, the feed, posts, answers, thanks, reports."""

from django.http import HttpRequest
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place
from consentry.neighbors import queries, services
from consentry.neighbors.api_alerts import router as alerts_router
from consentry.neighbors.api_me import router as me_router
from consentry.neighbors.api_pictures import router as pictures_router
from consentry.neighbors.api_reviews import router as reviews_router
from consentry.neighbors.schemas import (
    AgencyAnswerIn,
    CommentIn,
    CommentOut,
    CorrectIn,
    MaskAskedOut,
    MaskAskIn,
    MaskNoteOut,
    NeighborMadeOut,
    PostIn,
    PostOut,
    PostReportIn,
    PostsOut,
    VersionOut,
    post_out,
    posts_out,
)
from consentry.neighbors.types import NewPost, PostCategory, PostQuery

router = Router(tags=["neighbors"])
for part in (me_router, pictures_router, reviews_router, alerts_router):
    router.add_router("", part)


@router.get("/neighbors/feed", response=PostsOut)
@policy("neighbors:follow:read")
def read_feed(request: HttpRequest, before: int | None = None, category: PostCategory | None = None) -> PostsOut:
    """The newest posts of the area that one follows."""
    found = queries.feed_of(principal_of(request), PostQuery(before, category), now=utc_now())
    return posts_out(found, queries.PAGE)


@router.get("/neighbors/cells/{cell}/posts", response=PostsOut)
@policy("neighbors:post:read")
def read_cell(
    request: HttpRequest, cell: str, before: int | None = None, category: PostCategory | None = None
) -> PostsOut:
    """The newest posts of one quarter, for whoever is signed in, the police like anyone."""
    found = queries.posts_in(principal_of(request), cell, PostQuery(before, category), now=utc_now())
    return posts_out(found, queries.PAGE)


@router.get("/neighbors/mine", response=list[PostOut])
@policy("neighbors:post:write")
def read_mine(request: HttpRequest) -> list[PostOut]:
    """One's own posts, also those that are not shown any more."""
    return [post_out(post) for post in queries.own_posts(principal_of(request))]


@router.get("/agencies/{agency}/neighbor-posts", response=PostsOut)
@policy("neighbors:agency_post:list")
def read_sent(request: HttpRequest, agency: str, before: int | None = None) -> PostsOut:
    """What neighbours sent to the agency."""
    found = queries.sent_to_agency(principal_of(request), agency, before, now=utc_now())
    return posts_out(found, queries.PAGE)


@router.post("/neighbors/posts", response={201: NeighborMadeOut})
@policy("neighbors:post:write")
def write_post(request: HttpRequest, body: PostIn) -> Status[NeighborMadeOut]:
    """Post."""
    new = NewPost(body.category, body.text, body.cell, body.is_urgent, body.to_agency, tuple(body.pictures))
    return Status(201, NeighborMadeOut(id=services.write_post(principal_of(request), new, now=utc_now())))


@router.get("/neighbors/posts/{post}", response=PostOut)
@policy("neighbors:post:read")
def read_post(request: HttpRequest, post: str) -> PostOut:
    """One post."""
    return post_out(queries.read_post(principal_of(request), post, now=utc_now()))


@router.patch("/neighbors/posts/{post}", response={204: None})
@policy("neighbors:post:write")
def correct_post(request: HttpRequest, post: str, body: CorrectIn) -> Status[None]:
    """Correct one's own post; everybody who was shown it is told."""
    services.correct_post(
        principal_of(request), post, text=body.text, category=body.category, now=utc_now()
    )  # fmt: skip
    return Status(204, None)


@router.delete("/neighbors/posts/{post}", response={204: None})
@policy("neighbors:post:write")
def withdraw_post(request: HttpRequest, post: str) -> Status[None]:
    """Take one's own post back."""
    services.withdraw_post(principal_of(request), post)
    return Status(204, None)


@router.get("/neighbors/posts/{post}/versions", response=list[VersionOut])
@policy("neighbors:post:read")
def read_versions(request: HttpRequest, post: str) -> list[VersionOut]:
    """What the post said before it was corrected."""
    found = queries.versions_of(principal_of(request), post)
    return [VersionOut(version=version, text=text, until=until) for version, text, until in found]


@router.get("/neighbors/posts/{post}/comments", response=list[CommentOut])
@policy("neighbors:post:read")
def read_comments(request: HttpRequest, post: str) -> list[CommentOut]:
    """The answers below a post."""
    return [CommentOut(**vars(found)) for found in queries.comments_of(principal_of(request), post)]


@router.post("/neighbors/posts/{post}/comments", response={201: NeighborMadeOut})
@policy("neighbors:comment:write")
def write_comment(request: HttpRequest, post: str, body: CommentIn) -> Status[NeighborMadeOut]:
    """Answer as a neighbour."""
    return Status(201, NeighborMadeOut(id=services.comment(principal_of(request), post, body.text, now=utc_now())))


@router.post("/neighbors/posts/{post}/answers", response={201: NeighborMadeOut})
@policy("neighbors:agency_post:write")
def answer_as_agency(request: HttpRequest, post: str, body: AgencyAnswerIn) -> Status[NeighborMadeOut]:
    """Answer in the name of one's agency."""
    made = services.answer_as_agency(principal_of(request), body.agency, post, body.text, now=utc_now())
    return Status(201, NeighborMadeOut(id=made))


@router.delete("/neighbors/comments/{comment}", response={204: None})
@policy("neighbors:comment:write")
def withdraw_comment(request: HttpRequest, comment: str) -> Status[None]:
    """Take one's own answer back."""
    services.withdraw_comment(principal_of(request), comment)
    return Status(204, None)


@router.put("/neighbors/posts/{post}/thanks", response={204: None})
@policy("neighbors:post:thank")
def thank(request: HttpRequest, post: str) -> Status[None]:
    """Thank for a post."""
    services.thank(principal_of(request), post)
    return Status(204, None)


@router.delete("/neighbors/posts/{post}/thanks", response={204: None})
@policy("neighbors:post:thank")
def unthank(request: HttpRequest, post: str) -> Status[None]:
    """Take thanks back."""
    services.unthank(principal_of(request), post)
    return Status(204, None)


@router.post("/neighbors/posts/{post}/report", response={204: None})
@policy("neighbors:post:report")
def report_post(request: HttpRequest, post: str, body: PostReportIn) -> Status[None]:
    """Report a post to the moderators."""
    services.report(principal_of(request), post, body.reason, body.said, now=utc_now())
    return Status(204, None)


@router.post("/neighbors/comments/{comment}/report", response={204: None})
@policy("neighbors:post:report")
def report_comment(request: HttpRequest, comment: str, body: PostReportIn) -> Status[None]:
    """Report an answer to the moderators."""
    services.report(principal_of(request), comment, body.reason, body.said, now=utc_now())
    return Status(204, None)


@router.post("/neighbors/masks", response={202: MaskAskedOut})
@policy("neighbors:mask:ask")
def ask_for_mask(request: HttpRequest, body: MaskAskIn) -> Status[MaskAskedOut]:
    """Ask that no camera sees a place: if a registered one may, its owner is asked. Always this answer."""
    services.ask_for_mask(principal_of(request), Place(body.lat, body.lon), body.said, now=utc_now())
    return Status(202, MaskAskedOut())


@router.get("/neighbors/mask-notes", response=list[MaskNoteOut])
@policy("neighbors:mask:ask")
def read_mask_notes(request: HttpRequest) -> list[MaskNoteOut]:
    """What neighbours ask of one's own cameras."""
    return [MaskNoteOut(**vars(found)) for found in queries.mask_notes(principal_of(request))]
