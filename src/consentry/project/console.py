"""Serves the built console: files as they are, every other address as its one page."""

import json
import mimetypes
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils._os import safe_join
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_http_date_safe
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import ensure_csrf_cookie

NOT_BUILT = "The console is not built yet: run ./run, or npm ci && npm run build in console/.\n"
FOREVER = "public, max-age=31536000, immutable"
_RELATIONS = {".js": "modulepreload", ".css": "preload; as=style; crossorigin"}
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
    answer = send_file(request, page, cache=FOREVER if path.startswith("assets/") and found else "no-cache")
    if found is None:
        _name_ahead(request, path, answer)
    return answer


def _name_ahead(request: HttpRequest, path: str, answer: HttpResponseBase) -> None:
    """Name the files that this page and its words need in `Link`: a browser fetches them beside the program that would
    ask for them. A guess by the language that the browser likes best; a wrong one costs the one file of words.
    """
    by_language = _ahead(settings.CONSOLE_DIST / "ahead.json").get(path.rstrip("/"), {})
    if not by_language:
        return
    liked = (tag.partition("-")[0] for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    language = next((tag for tag in liked if tag in by_language), "en")
    named = (f"</{name}>; rel={_RELATIONS[Path(name).suffix]}" for name in by_language.get(language, ()))
    answer["Link"] = ", ".join(named)
    patch_vary_headers(answer, ["Accept-Language"])


@lru_cache(maxsize=1)
def _ahead(path: Path) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What the build wrote, once: a new build is a new start of the server."""
    read: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(path.read_bytes()) if path.is_file() else {}
    return read


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
