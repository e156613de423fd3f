"""Serves the built console: files as they are, every other address as its one page."""

import mimetypes
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils._os import safe_join
from django.utils.http import http_date, parse_http_date_safe
from django.views.decorators.csrf import ensure_csrf_cookie

NOT_BUILT = "The console is not built yet: run ./run, or npm ci && npm run build in console/.\n"
FOREVER = "public, max-age=31536000, immutable"
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")


@ensure_csrf_cookie
def serve_console(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file `path` of the console, or its page; files named by their hash may be kept for ever."""
    found = find_file(settings.CONSOLE_DIST, path)
    if found is None and Path(path).suffix:
        raise Http404
    page = found or settings.CONSOLE_DIST / "index.html"
    if not page.is_file():
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    return send_file(request, page, cache=FOREVER if path.startswith("assets/") and found else "no-cache")


def find_file(root: Path, path: str) -> Path | None:
    """The file `path` inside `root`; None when there is none or it leads outside."""
    try:
        found = Path(safe_join(root, path))
    except SuspiciousFileOperation:
        return None
    inside = found.resolve().is_relative_to(root.resolve())
    return found if inside and found.is_file() and not found.name.startswith(".") else None


def send_file(request: HttpRequest, path: Path, *, cache: str) -> HttpResponseBase:
    """`path` as a reply; 304 when the client's copy is as new."""
    changed_s = int(path.stat().st_mtime)
    since_s = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    if since_s is not None and changed_s <= since_s:
        return HttpResponseNotModified()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    small = _compressed(request, path)
    response = FileResponse((small or path).open("rb"), content_type=kind)
    response["Vary"] = "Accept-Encoding"
    if small is not None:
        response["Content-Encoding"] = "gzip"
    response["Last-Modified"] = http_date(changed_s)
    response["Cache-Control"] = cache
    return response


def _compressed(request: HttpRequest, path: Path) -> Path | None:
    """The copy that the build laid beside `path`, where the client takes it and it is not of an older build."""
    small = path.with_name(f"{path.name}.gz")
    takes = "gzip" in request.headers.get("Accept-Encoding", "") and "Range" not in request.headers
    return small if takes and small.is_file() and small.stat().st_mtime >= path.stat().st_mtime else None
