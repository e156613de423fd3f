"""Fills `request.principal` from the session, and keeps the rules of signing in around allauth's own views."""

from collections.abc import Callable
from functools import partial

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import unstash_login
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from consentry.accounts import queries, services, used_codes
from consentry.core.principal import attach_principal
from consentry.core.problems import problem
from consentry.kernel.clock import from_ms, to_ms, utc_now
from consentry.kernel.errors import LimitReached, NotFound, Refused
from consentry.kernel.ids import PersonId

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# A page that refreshes itself sends this header; it does not keep an unattended desk signed in.
BACKGROUND_HEADER = "Consentry-Background"
ALLAUTH = "/_allauth/browser/v1/"
# Where a wrong code, factor or passkey counts against the account.
ATTEMPTS = frozenset(
    f"{ALLAUTH}auth/{step}"
    for step in (
        "2fa/authenticate",
        "2fa/reauthenticate",
        "code/confirm",
        "email/verify",
        "reauthenticate",
        "webauthn/authenticate",
        "webauthn/reauthenticate",
    )
)
# What proves something that allauth does not record: (verb, path) → how and what. A new account's code came by e-mail.
PROOFS = {
    ("POST", f"{ALLAUTH}account/authenticators/totp"): ("mfa", "totp"),
    ("POST", f"{ALLAUTH}account/authenticators/webauthn"): ("mfa", "webauthn"),
    ("POST", f"{ALLAUTH}auth/email/verify"): ("code", "email"),
    ("PUT", f"{ALLAUTH}auth/webauthn/signup"): ("mfa", "webauthn"),
}
# There are no passwords here, so nothing about them is open.
CLOSED = (f"{ALLAUTH}auth/login", f"{ALLAUTH}auth/password/", f"{ALLAUTH}account/password/")
# allauth answers 401 where a further step is needed: the code was right, the second factor comes next.
RIGHT = frozenset({200, 401})


def sign_in_rules(get_response: GetResponse) -> GetResponse:
    """End sign-ins that are idle, too old or unused; attach the principal, or `sign_in_ended`."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            _read_session(request)
        return get_response(request)

    return middleware


def sign_in_lock(get_response: GetResponse) -> GetResponse:
    """Count wrong attempts per account, refuse while it is locked, and note an enrolled factor as proven."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(CLOSED):
            return problem(request, NotFound("there are no passwords here"))
        is_attempt = request.method == "POST" and request.path in ATTEMPTS
        response = _attempt(request, get_response) if is_attempt else get_response(request)
        person = queries.signed_in_person(request)
        proof = PROOFS.get((request.method or "", request.path))
        if proof is not None and response.status_code == 200 and person is not None:
            # Whoever has just shown a new factor need not show it again to see its recovery codes.
            record_authentication(request, person, proof[0], type=proof[1], reauthenticated=proof[0] == "mfa")
            used_codes.remember(used_codes.code_key(request, PersonId(person.id)))
        return response

    return middleware


def _attempt(request: HttpRequest, get_response: GetResponse) -> HttpResponseBase:
    """One try at a code or factor, counted before it is made and forgiven when it was right."""
    person = _who_tries(request)
    if person is None:
        return get_response(request)
    try:
        attempt = services.begin_attempt(person, now=utc_now())
    except LimitReached as error:
        return problem(request, error)
    code = used_codes.code_key(request, person)
    if used_codes.is_used(code):
        return problem(request, Refused("this code was used before; wait for the next one", kind="code-used"))
    response = get_response(request)
    if response.status_code in RIGHT:
        services.forgive_attempt(attempt)
        used_codes.remember(code)
    return response


def _who_tries(request: HttpRequest) -> PersonId | None:
    person = queries.signed_in_person(request)
    if person is None:
        pending = unstash_login(request, peek=True)
        person = pending.user if pending else None
    return None if person is None else PersonId(person.id)


def _read_session(request: HttpRequest) -> None:
    person, now = queries.signed_in_person(request), utc_now()
    if person is None:
        return
    if services.disable_if_unused(person, now=now):
        logout(request)
        return
    principal, ended = queries.examine(request, now=now)
    if ended is not None:
        logout(request)
        vars(request).update(sign_in_ended=ended.value)
        return
    attach_principal(request, principal, partial(queries.principal_of_session, principal.session_key))
    if BACKGROUND_HEADER not in request.headers:
        _note_activity(request)
        services.touch(person, now=now)


def _note_activity(request: HttpRequest) -> None:
    """Write to the session at most once a minute."""
    now, before = utc_now(), request.session.get(queries.ACTIVE_AT)
    if not isinstance(before, int) or (now - from_ms(before)).total_seconds() >= 60:
        request.session[queries.ACTIVE_AT] = to_ms(now)
