"""A served file as an HTTP answer: ranges, never stored anywhere on its way."""

from django.http import StreamingHttpResponse

from consentry.core.streaming import piecewise
from consentry.evidence.services.play import ServedFile


def stream_of(served: ServedFile, *, name: str = "") -> StreamingHttpResponse:
    """200 with the whole, 206 with a part; to be saved under `name` where one is given, else shown in the page."""
    status, pieces = 206 if served.is_part else 200, piecewise(served.pieces)
    answer = StreamingHttpResponse(pieces, status=status, content_type=served.media_type)
    answer["Content-Length"] = str(served.end - served.start)
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = f'attachment; filename="{name}"' if name else "inline"
    if served.is_part:
        answer["Content-Range"] = f"bytes {served.start}-{served.end - 1}/{served.size_bytes}"
    return answer
