"""The log's static files under `/ledger/`, for anyone: right types, right caching, nothing outside the log."""

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path

from consentry.core.policy import policy
from consentry.core.problems import problem
from consentry.kernel.errors import NotFound
from consentry.ledger.files import CHECKPOINT, LATEST, POLICY, file_at
from consentry.ledger.queries import ledger_folder

_TEXT, _BINARY = "text/plain; charset=utf-8", "application/octet-stream"
_PARTIAL, _FULL = "public, max-age=60", "public, max-age=31536000, immutable"


@policy("ledger:entry:read")
def serve_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """One file of the log. A tile never changes; a partial one goes when it is full; checkpoints change each second."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    is_head = name in (CHECKPOINT, LATEST, POLICY)
    try:
        response: HttpResponse | FileResponse = FileResponse(
            file_at(ledger_folder(), name).open("rb"), content_type=_TEXT if is_head else _BINARY
        )
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, NotFound):
        return problem(request, NotFound("the log has no such file"))
    response["Cache-Control"] = "no-cache" if is_head else _PARTIAL if ".p/" in name else _FULL
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Content-Type-Options"] = "nosniff"
    return response


urlpatterns: list[URLPattern] = [path("ledger/<path:name>", serve_file)]
