"""Pictures and videos of posts."""

from collections.abc import Iterator

from django.db import transaction
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import Principal, principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.roles import Role
from consentry.neighbors import services
from consentry.neighbors.access import access_own_picture, access_picture
from consentry.neighbors.models import Picture
from consentry.neighbors.review_queries import may_see_for_review
from consentry.neighbors.schemas import CoverIn, NeighborMadeOut, OwnPictureOut
from consentry.neighbors.services.pictures import file_of

router = Router(tags=["neighbors"])
_PIECE_BYTES = 1_048_576
_TYPES = {"picture": "image/jpeg", "video": "video/mp4"}


@router.post("/neighbors/pictures", response={201: NeighborMadeOut})
@policy("neighbors:picture:send")
def send_picture(request: HttpRequest) -> Status[NeighborMadeOut]:
    """Send a picture as `application/octet-stream`; it is made anew and nothing else of it is kept."""
    _check_bytes(request)
    made = services.take_picture(principal_of(request), b"".join(_pieces_of(request)), now=utc_now())
    return Status(201, NeighborMadeOut(id=made))


@router.post("/neighbors/videos", response={201: NeighborMadeOut})
@policy("neighbors:picture:send")
def send_video(request: HttpRequest, cover_faces: bool = True) -> Status[NeighborMadeOut]:
    """Send a video of at most a minute; it is made anew without sound, with every face covered that is found."""
    _check_bytes(request)
    made = services.take_video(principal_of(request), _pieces_of(request), cover_faces=cover_faces, now=utc_now())
    return Status(201, NeighborMadeOut(id=made))


@router.get("/neighbors/pictures/{picture}", response=OwnPictureOut)
@policy("neighbors:picture:send")
def read_picture(request: HttpRequest, picture: str) -> OwnPictureOut:
    """One's own picture that is not posted: is it ready, and where are faces."""
    return _out(_own(principal_of(request), picture))


@router.put("/neighbors/pictures/{picture}/covers", response=OwnPictureOut)
@policy("neighbors:picture:send")
def cover_picture(request: HttpRequest, picture: str, body: CoverIn) -> OwnPictureOut:
    """Paint places over for good."""
    services.cover_picture(principal_of(request), picture, body.boxes)
    return _out(_own(principal_of(request), picture))


@router.delete("/neighbors/pictures/{picture}", response={204: None})
@policy("neighbors:picture:send")
def drop_picture(request: HttpRequest, picture: str) -> Status[None]:
    """Throw away one's own picture that is not posted."""
    services.drop_picture(principal_of(request), picture)
    return Status(204, None)


@router.get("/neighbors/pictures/{picture}/file", response={200: None})
@policy("neighbors:picture:read")
def read_file(request: HttpRequest, picture: str) -> HttpResponseBase:
    """The picture itself: of a post that one may read, one's own, or one that a moderator decides about."""
    row = _readable(principal_of(request), picture)
    if row.state not in ("ready", "posted"):
        raise NotFound("there is no such picture")
    try:
        file = file_of(row.id).open("rb")
    except OSError as error:
        raise NotFound("there is no such picture") from error
    response = FileResponse(file, content_type=_TYPES[row.kind])
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _readable(principal: Principal, picture: str) -> Picture:
    if principal.has(Role.MODERATOR) and may_see_for_review(picture):
        return Picture.objects.get(id=picture)
    return access_picture(principal, picture)


def _own(principal: Principal, picture: str) -> Picture:
    with transaction.atomic():
        return access_own_picture(principal, picture)


def _out(row: Picture) -> OwnPictureOut:
    return OwnPictureOut(
        id=row.id, kind=row.kind, state=row.state, width_px=row.width_px, height_px=row.height_px, faces=row.faces,
        said=row.said,
    )  # fmt: skip


def _check_bytes(request: HttpRequest) -> None:
    if request.content_type != "application/octet-stream":
        raise Malformed("a picture comes as bytes", kind="picture-bytes")


def _pieces_of(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(_PIECE_BYTES):
        yield piece
