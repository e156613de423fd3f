"""A served file as an HTTP answer: ranges, never stored anywhere on its way."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

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


async def piecewise(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """`pieces` one by one, each decrypted in a thread: Django would read a plain iterator whole before it sends."""
    take = sync_to_async(lambda: next(pieces, b""))
    while piece := await take():
        yield piece
