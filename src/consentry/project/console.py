"""Serves the built console: files as they are, every other address as its one page."""

import json
import mimetypes
import re
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
# Content codings, the smallest first, and what the build calls its copies.
_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_NEVER = re.compile(r"q=0(\.0*)?")
# What a file is fetched for; a path of the API has no suffix.
_RELATIONS = {
    ".js": "modulepreload", ".css": "preload; as=style; crossorigin", "": "preload; as=fetch; crossorigin",
}  # fmt: skip
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
    """Name in `Link` what this page needs, its words and data: a browser fetches it beside the program that would ask
    for it. The words are a guess by the language that the browser likes best; a wrong one costs that one file.
    """
    by_language = _ahead(settings.CONSOLE_DIST / "ahead.json").get(f"/{path}", {})
    if not by_language:
        return
    liked = (tag.partition("-")[0] for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    language = next((tag for tag in liked if tag in by_language), "en")
    named = (f"<{name}>; rel={_RELATIONS[Path(name).suffix]}" for name in by_language.get(language, ()))
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
    coding = _coding(request, path)
    response = FileResponse((_copy(path, coding) if coding else path).open("rb"), content_type=kind)
    response["Vary"] = "Accept-Encoding"
    if coding:
        response["Content-Encoding"] = coding
    response["Last-Modified"] = http_date(changed_s)
    response["Cache-Control"] = cache
    return response


def _coding(request: HttpRequest, path: Path) -> str:
    """The smallest coding that the client takes and of which the build laid a copy beside `path`; "" without one.

    A copy of an older build is none. Browsers take brotli by TLS and from this machine alone.
    """
    if "Range" in request.headers:
        return ""
    said = (part.partition(";") for part in request.headers.get("Accept-Encoding", "").split(","))
    taken = {name.strip() for name, _, weight in said if not _NEVER.fullmatch(weight.strip())}
    return next((name for name in _SUFFIXES if name in taken and _is_new(_copy(path, name), path)), "")


def _copy(path: Path, coding: str) -> Path:
    return path.with_name(f"{path.name}{_SUFFIXES[coding]}")


def _is_new(copy: Path, path: Path) -> bool:
    return copy.is_file() and copy.stat().st_mtime >= path.stat().st_mtime
