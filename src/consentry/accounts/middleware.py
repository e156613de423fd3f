"""Fills `request.principal` from the session, and keeps the rules of signing in."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def sign_in_rules(get_response: GetResponse) -> GetResponse:
    """Written next."""
    return get_response


def sign_in_lock(get_response: GetResponse) -> GetResponse:
    """Written next."""
    return get_response
