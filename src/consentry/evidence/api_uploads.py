"""Officers' files on their way into the vault (docs/spec/upload.md)."""

from collections.abc import Iterator

from django.http import HttpRequest
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.evidence import services
from consentry.evidence.schemas import FinishIn, UploadIn, UploadOut, upload_out
from consentry.evidence.services.uploads import NewUpload
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed

router = Router(tags=["evidence"])
_PIECE_BYTES = 1_048_576


@router.post("/uploads", response=UploadOut)
@policy("evidence:upload:make")
def begin_upload(request: HttpRequest, body: UploadIn) -> UploadOut:
    """Say what file is to come."""
    if body.taken_at is not None and body.taken_at.tzinfo is None:
        raise Malformed("a time has a zone")
    return upload_out(services.begin_upload(principal_of(request), NewUpload(**body.model_dump()), now=utc_now()))


@router.get("/uploads/{upload}", response=UploadOut)
@policy("evidence:upload:make")
def read_upload(request: HttpRequest, upload: str) -> UploadOut:
    """How one's own file stands, and from which byte on it goes on."""
    return upload_out(services.access_upload(principal_of(request), upload))


@router.patch("/uploads/{upload}/part", response=UploadOut)
@policy("evidence:upload:make")
def take_part(request: HttpRequest, upload: str, offset: int = 0) -> UploadOut:
    """The next bytes, at most 16 MiB, as `application/octet-stream`, from `offset` on."""
    principal = principal_of(request)
    services.access_upload(principal, upload)
    if offset < 0 or request.content_type != "application/octet-stream":
        raise Malformed("a part is bytes at an offset")
    services.take_part(principal, upload, offset, _pieces_of(request))
    return upload_out(services.access_upload(principal, upload))


@router.post("/uploads/{upload}/finish", response=UploadOut)
@policy("evidence:upload:make")
def finish_upload(request: HttpRequest, upload: str, body: FinishIn) -> UploadOut:
    """All was sent: the hash is compared here; scanning and sealing follow."""
    return upload_out(services.finish_upload(principal_of(request), upload, body.sha256))


@router.delete("/uploads/{upload}", response={204: None})
@policy("evidence:upload:make")
def drop_upload(request: HttpRequest, upload: str) -> Status[None]:
    """Throw one's own unsealed file away."""
    services.drop_upload(principal_of(request), upload)
    return Status(204, None)


def _pieces_of(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(_PIECE_BYTES):
        yield piece
