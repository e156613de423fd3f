"""Addresses of sources: taken apart once, with what is secret kept apart from what may be logged or sent."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from consentry.kernel.errors import Malformed
from consentry.media.rtsp_auth import Credentials
from consentry.media.units import SourceFault

PORTS = {"http": 80, "https": 443, "rtmp": 1935, "rtmps": 443, "rtsp": 554, "rtsps": 322, "srt": 0}
SCHEMES = frozenset(PORTS)
_ENCRYPTED = frozenset({"https", "rtmps", "rtsps"})
MAX_URL_CHARS = 1_000
_HEX = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Address:
    """A camera's address; the credentials are apart from `url`, so that what is logged or sent never holds them.

    A query may hold a secret as well (SRT's passphrase, a token): only `host` is for logs. `certificate`: SHA-256
    (hexadecimal) of the one that the camera made itself and its owner confirmed, written behind `#`; "" for what this
    machine's authorities vouch for.
    """

    url: str = field(repr=False)
    host: str
    port: int
    encrypted: bool
    credentials: Credentials | None = field(repr=False)
    scheme: str = "rtsp"
    certificate: str = ""


def parse_source(url: str) -> Address:
    """Take an address of one of `SCHEMES` apart; SourceFault `unreachable` when it is none or leads nowhere."""
    text = url.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise SourceFault("unreachable", "this is not an address of a camera") from None
    if parts.scheme not in PORTS or not parts.hostname or any(ord(char) < 33 for char in text):
        raise SourceFault("unreachable", f"an address starts with one of {', '.join(sorted(SCHEMES))} and names a host")
    if len(text) > MAX_URL_CHARS or is_off_limits(parts.hostname) or (parts.scheme == "srt" and not port):
        raise SourceFault("unreachable", "this address leads nowhere that we dial")
    encrypted = parts.scheme in _ENCRYPTED
    try:
        certificate = read_fingerprint(parts.fragment) if encrypted else ""
    except Malformed as error:
        raise SourceFault("unreachable", f"behind # of an address: {error}") from error
    who = Credentials(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    at = port or PORTS[parts.scheme]
    return Address(bare, parts.hostname, at, encrypted, who, parts.scheme, certificate)


def read_fingerprint(text: str) -> str:
    """64 hexadecimal digits in small letters, out of `AB:CD:…` or the like; "" for ""; Malformed for anything else."""
    found = re.sub("[ :]", "", text.strip()).lower()
    if found and not _HEX.fullmatch(found):
        raise Malformed("a certificate's fingerprint has 64 hexadecimal digits (SHA-256)")
    return found


def is_off_limits(host: str) -> bool:
    """Is `host` an IP address that no camera has: link-local (cloud metadata is one), multicast, reserved?"""
    try:
        at = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(at, "ipv4_mapped", None)
    at = mapped or at
    return at.is_link_local or at.is_multicast or (at.is_reserved and not (at.is_loopback or at.is_unspecified))
