"""The one table from errors to HTTP: problem+json (RFC 9457) with a stable `kind`."""

import json

from django.http import HttpRequest, HttpResponse

from consentry.kernel import errors

STATUS: dict[type[errors.ConsentryError], int] = {
    errors.Malformed: 400,
    errors.NotSignedIn: 401,
    errors.Refused: 403,
    errors.Untrusted: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.LimitReached: 429,
    errors.Unavailable: 503,
}


def status_of(error: errors.ConsentryError) -> int:
    """The HTTP status for `error`; 500 for one that the table forgot."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def problem(_request: HttpRequest, error: errors.ConsentryError) -> HttpResponse:
    """`error` as an HTTP response; the message is ours, never an exception of a library."""
    status = status_of(error)
    body: dict[str, object] = {"type": f"about:blank#{error.kind}", "kind": error.kind, "status": status}
    body["title"] = str(error)
    if isinstance(error, errors.Refused) and error.conditions:
        body["conditions"] = list(error.conditions)
    response = HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    return response
