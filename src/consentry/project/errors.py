"""Django's own refusals in our words, as problem+json."""

from django.http import HttpRequest, HttpResponse

from consentry.core.problems import problem
from consentry.kernel.errors import ConsentryError, Malformed, NotFound, Refused


def broken() -> ConsentryError:
    """What we say when something of ours broke: the log has the cause, the reply has not."""
    return ConsentryError("something of ours broke; it has been written down", kind="failed")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 Django names it
    """403 when the CSRF cookie and header do not agree; the reason stays in Django's log."""
    return problem(request, Refused("the page is too old; please reload it", kind="csrf"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 Django names it
    """400 for what Django itself refuses (a Host that is not ours, say)."""
    return problem(request, Malformed("malformed request"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 Django names it
    """404 for an address that nothing answers."""
    return problem(request, NotFound("there is nothing here"))


def failed(request: HttpRequest) -> HttpResponse:
    """500, without a word of what broke."""
    return problem(request, broken())
