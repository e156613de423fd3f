"""The stream of events, and whether the service is up."""

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema

from consentry.core.events import open_stream
from consentry.core.policy import policy

router = Router(tags=["core"])


class HealthOut(Schema):
    """`ok` when the process serves; no word about what stands behind it."""

    status: str


@router.get("/health", response=HealthOut)
@policy("core:health:read")
def read_health(request: HttpRequest) -> HealthOut:  # noqa: ARG001 ninja hands the request over
    """Is this process serving?"""
    return HealthOut(status="ok")


@router.get("/events", openapi_extra={"responses": {200: {"content": {"text/event-stream": {}}}}})
@policy("core:events:listen")
async def listen(request: HttpRequest) -> StreamingHttpResponse:
    """Events for the person and their agencies, ids only; resumes after the header `Last-Event-ID`."""
    return await open_stream(request)
