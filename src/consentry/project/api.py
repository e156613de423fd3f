"""One API from the rooms' routers: strict bodies, policy before parsing, CSRF with every session, our errors."""

import logging
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.utils import check_csrf

from consentry.core.json_body import StrictParser
from consentry.core.permissions import PERMISSIONS
from consentry.core.policy import require
from consentry.core.principal import principal_of
from consentry.core.problems import problem
from consentry.kernel.errors import ConsentryError, Malformed, NotFound, Refused
from consentry.project.errors import broken

logger = logging.getLogger(__name__)

ROOMS = (
    "accounts", "agencies", "notices", "core", "ledger", "cells", "cameras", "consent", "incidents", "orders",
    "access", "evidence", "live", "requests", "home", "neighbors", "transparency", "demo", "project.city",
)  # fmt: skip
# Doors that sign somebody in: a foreign page must not push them either, although no session exists yet.
SIGN_IN_ACTIONS = frozenset({"demo:door:enter"})
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def build_api(attribute: str, *, namespace: str, openapi_url: str | None) -> NinjaAPI:
    """An API of every room's `api.<attribute>` router, each operation behind its own outer door.

    Raises ImproperlyConfigured for an operation without `@policy`.
    """
    api = NinjaAPI(
        title="Consentry", version="1", urls_namespace=namespace, openapi_url=openapi_url, docs_url=None,
        parser=StrictParser(),
    )  # fmt: skip
    _handle_errors(api)
    for room in ROOMS:
        if find_spec(f"consentry.{room}.api") is not None:
            router = getattr(import_module(f"consentry.{room}.api"), attribute, None)
            if router is not None:
                api.add_router("", router)
    for operation in operations_of(api):
        operation.auth_callbacks = [_door(operation)]
    return api


def operations_of(api: NinjaAPI) -> list[Operation]:
    """Every operation of `api`."""
    # Mounting clones operations, also of routers inside routers; the clones are what serves.
    bound = api._get_bound_routers()  # noqa: SLF001 ninja has no public way
    views = [view for router in bound for view in router.path_operations.values()]
    return [operation for view in views for operation in view.operations]


def action_of(operation: Operation) -> str:
    """The action that guards `operation`; ImproperlyConfigured when none does."""
    action = getattr(operation.view_func, "policy_action", None)
    if not isinstance(action, str):
        raise ImproperlyConfigured(f"{operation.view_func.__qualname__} has no @policy")
    return action


def _door(operation: Operation) -> Callable[[HttpRequest], bool]:
    """Role, second factor and CSRF, checked before a byte of the body is parsed."""
    action = action_of(operation)
    permission = PERMISSIONS[action]

    def door(request: HttpRequest) -> bool:
        require(principal_of(request), permission)
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if request.method in UNSAFE and (has_session or action in SIGN_IN_ACTIONS) and check_csrf(request):
            raise Refused("the page is too old; please reload it", kind="csrf")
        return True

    return door


def _handle_errors(api: NinjaAPI) -> None:
    """Every error leaves as problem+json; what we did not foresee leaves no word of itself."""

    def ours(request: HttpRequest, error: ConsentryError) -> HttpResponse:
        return problem(request, error)

    def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = sorted({".".join(str(step) for step in found.get("loc", ())[1:]) for found in error.errors})
        return problem(request, Malformed(f"malformed: {', '.join(fields)[:500]}"))

    def out_of_range(request: HttpRequest, _error: DataError) -> HttpResponse:
        logger.warning("%s %s: a value that the database cannot hold", request.method, request.path)
        return problem(request, Malformed("malformed: a value is out of range"))

    def too_big(request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
        return problem(request, Malformed("too large"))

    def absent(request: HttpRequest, _error: Http404) -> HttpResponse:
        return problem(request, NotFound("there is nothing here"))

    def http(request: HttpRequest, _error: HttpError) -> HttpResponse:
        return problem(request, Malformed("malformed request"))

    def unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        return problem(request, broken())

    # Any: each handler takes its own error class, which ninja's signature cannot say.
    handlers: dict[type[Exception], Any] = {
        ConsentryError: ours, ValidationError: malformed, DataError: out_of_range, RequestDataTooBig: too_big,
        Http404: absent, HttpError: http, Exception: unforeseen,
    }  # fmt: skip
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
