"""`@policy("room:noun:verb")`: the outer door of every operation. Default deny; an unknown action fails at import."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest

from consentry.core.permissions import ANYONE, PERMISSIONS, SIGNED_IN, Permission
from consentry.core.principal import MFA_SECOND, Principal, principal_of
from consentry.kernel.errors import NotSignedIn, Refused
from consentry.kernel.roles import AGENCY_ROLES

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[Concatenate[HttpRequest, P], R]

GUARDED: dict[str, str] = {}


def policy(action: str) -> Callable[[View[P, R]], View[P, R]]:
    """Guard an operation by `action`; KeyError at import when `core/permissions.py` does not name it."""
    permission = PERMISSIONS[action]

    def guard(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> R:
            require(principal_of(request), permission)
            return view(request, *args, **kwargs)

        @wraps(view)
        async def guarded_async(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> Any:
            require(principal_of(request), permission)
            return await cast("View[P, Any]", view)(request, *args, **kwargs)

        # Any: functions take attributes at run time only; ninja looks whether an operation is a coroutine function.
        marked: Any = guarded_async if iscoroutinefunction(view) else guarded
        marked.policy_action = action
        GUARDED[f"{view.__module__}.{view.__qualname__}"] = action
        return cast("View[P, R]", marked)

    return guard


def require(principal: Principal, permission: Permission) -> None:
    """Raise NotSignedIn or Refused unless `principal` may try what `permission` guards."""
    if permission.audience == ANYONE:
        return
    if principal.person is None:
        raise NotSignedIn("please sign in")
    if permission.audience == SIGNED_IN:
        return
    held = {seat.role for seat in principal.seats} & permission.roles
    if not held:
        raise Refused("your role may not do this", kind="role")
    if held <= AGENCY_ROLES and principal.mfa_level < MFA_SECOND:
        raise NotSignedIn("this role needs a second factor", kind="second-factor")
