"""Headers on every reply, and the fence around the demo."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from consentry.core.problems import problem
from consentry.kernel.errors import Malformed

GetResponse = Callable[[HttpRequest], HttpResponseBase]

LOOPBACK = frozenset({"127.0.0.1", "::1"})
HOME_HOSTS = frozenset({"localhost", "127.0.0.1"})
# What proxies and tunnels call the headers that they add; no browser sends one of these.
FORWARDED = ("CLIENT_IP", "CONNECTING_IP", "FORWARDED", "ORIGINAL_HOST", "REAL_IP")
PERMISSIONS_POLICY = "camera=(self), microphone=(), geolocation=(self), payment=(), usb=(), browsing-topics=()"


def security_headers(get_response: GetResponse) -> GetResponse:
    """Put the content policy on every reply and `no-store` on whatever is not a static file."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        if request.path.startswith(("/api/", "/_allauth/", "/internal/")):
            response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def demo_only_at_home(get_response: GetResponse) -> GetResponse:
    """In demo mode refuse (400) any Host but this machine's own name and any sign of a proxy in between."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if settings.DEMO and not is_at_home(request):
            refusal: HttpResponse = problem(
                request, Malformed("the demo answers on this machine only", kind="demo-host")
            )
            return refusal
        return get_response(request)

    return middleware


def is_at_home(request: HttpRequest) -> bool:
    """Did the request come from this machine, to its own name, through no proxy?

    The peer is the socket's, never a header's. A unix socket (no peer) does not count.
    """
    host, _, port = request.headers.get("Host", "").partition(":")
    headers = [name for name in request.META if name.startswith("HTTP_")]
    forwarded = "HTTP_VIA" in headers or any(mark in name for name in headers for mark in FORWARDED)
    return (
        host in HOME_HOSTS
        and (not port or port.isdecimal())
        and not forwarded
        and request.META.get("REMOTE_ADDR") in LOOPBACK
    )
