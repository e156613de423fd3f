"""Which addresses an ONVIF camera may make us dial: its own host, whatever it says.

A camera names the addresses of its services, its subscriptions and its stream itself. Followed as they stand they would
let it point this box at anything in the house. So host and scheme are always those that the owner chose (or that
answered on the home's network); of what the camera says only port and path are taken. That also mends cameras that
name an address from before they moved.
"""

import ipaddress
from urllib.parse import quote, urlsplit, urlunsplit

from consentry.kernel.errors import Malformed, Untrusted
from consentry.media.rtsp_auth import Credentials

DEFAULT_PATH = "/onvif/device_service"
MAX_PLACE_CHARS = 500


def device_url(text: str) -> str:
    """`host`, `host:port` or `http(s)://…` as the address of a camera's device service; Malformed when it is none."""
    text = text.strip()
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Malformed("not a camera's address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > MAX_PLACE_CHARS or parts.query:
        raise Malformed("an ONVIF address is http://host or https://host")
    if parts.username or parts.password:
        raise Malformed("name and password do not belong into an ONVIF address")
    path = parts.path if parts.path not in ("", "/") else DEFAULT_PATH
    return urlunsplit((parts.scheme, _netloc(parts.hostname, port), path, "", ""))


def same_host(device: str, named: str) -> str:
    """The service that the camera at `device` calls `named`, on that camera; Malformed when it is no address."""
    here = urlsplit(device)
    try:
        there = urlsplit(named.strip())
        port = there.port
    except ValueError as error:
        raise Malformed("a camera named an address that is none") from error
    if there.scheme not in ("http", "https") or len(named) > MAX_PLACE_CHARS:
        raise Malformed("a camera named an address that is none")
    if there.scheme != here.scheme:
        port = here.port  # the owner's choice of TLS holds; the camera's port is one of the other kind
    return urlunsplit((here.scheme, _netloc(here.hostname or "", port), there.path or "/", there.query, ""))


def stream_url(device: str, named: str, who: Credentials | None) -> str:
    """The RTSP address that the camera at `device` calls `named`, on that camera and with its password."""
    try:
        there = urlsplit(named.strip())
        port = there.port
    except ValueError as error:
        raise Malformed("a camera named a stream that is none") from error
    if there.scheme != "rtsp" or len(named) > MAX_PLACE_CHARS:
        raise Malformed("a camera named a stream that is not RTSP")
    login = f"{quote(who.user, safe='')}:{quote(who.password, safe='')}@" if who else ""
    host = urlsplit(device).hostname or ""
    return urlunsplit(("rtsp", login + _netloc(host, port), there.path or "/", there.query, ""))


def answered_url(named: str, answered_from: str) -> str:
    """The device service in a discovery answer that came from `answered_from`; Untrusted when it names another host
    or the answer did not come from a home's network.
    """
    sender = ipaddress.ip_address(answered_from)
    if not (sender.is_private or sender.is_link_local) or sender.is_multicast or sender.is_unspecified:
        raise Untrusted("an answer from outside of the home", kind="camera-elsewhere")
    url = device_url(named)
    try:
        host = ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError as error:
        raise Untrusted("a discovery answer names no address in numbers", kind="camera-elsewhere") from error
    if host != sender:
        raise Untrusted("a discovery answer names another host", kind="camera-elsewhere")
    return url


def _netloc(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
