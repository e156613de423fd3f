"""Serves the basemap: one file, by byte ranges, as PMTiles readers ask for it."""

import re
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase

from consentry.project.city.basemap import BASEMAP

MAX_RANGE_BYTES = 4_194_304
KIND = "application/vnd.pmtiles"
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def serve_basemap(request: HttpRequest) -> HttpResponseBase:
    """GET or HEAD of the whole file or of one range (at most 4 MiB are sent); 416 outside the file."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
    path = Path(settings.DATA) / "city" / BASEMAP
    if not path.is_file():
        raise Http404
    state = path.stat()
    tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "public, max-age=0, must-revalidate", "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    said = request.headers.get("Range", "")
    span = (0, state.st_size)
    if said and request.headers.get("If-Range", tag) == tag:
        found = parse_range(said, state.st_size)
        if found is None:
            headers["Content-Range"] = f"bytes */{state.st_size}"
            return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        span = found
        headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{state.st_size}"
    if "Content-Range" not in headers:
        return FileResponse(path.open("rb"), headers=headers, content_type=KIND)
    start, end = span
    with path.open("rb") as stream:
        stream.seek(start)
        body = stream.read(end - start)
    return HttpResponse(body, status=HTTPStatus.PARTIAL_CONTENT, headers=headers, content_type=KIND)


def parse_range(said: str, size: int) -> tuple[int, int] | None:
    """[start, end) of one range within `size` bytes, cut to 4 MiB; None when it is malformed, several, or outside."""
    found = _RANGE.fullmatch(said.strip())
    if found is None or (not found[1] and not found[2]):
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
    return (start, min(end, start + MAX_RANGE_BYTES)) if start < end else None
