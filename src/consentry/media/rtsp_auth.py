"""Basic and digest authentication as RTSP uses them (RFC 2617, RFC 7616). Secrets are never put in a message or log."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_REPEATED: tuple[str, ...] = ("realm", "nonce", "opaque", "algorithm")
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True)
class Credentials:
    """A name and a password; the password does not show in `repr`."""

    user: str
    password: str = field(repr=False)


def parse_parameters(text: str) -> dict[str, str]:
    """`a="1", b=2` as a dict with lower-case names."""
    return {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(text)}


def answer_challenge(challenges: Sequence[str], who: Credentials, method: str, uri: str) -> str | None:
    """The Authorization header for the best of `challenges` (digest before basic), None when none is usable."""
    for wanted in ("SHA-256", "MD5"):
        for challenge in challenges:
            scheme, _, rest = challenge.partition(" ")
            asked = parse_parameters(rest)
            if scheme.lower() == "digest" and asked.get("algorithm", "MD5").upper() == wanted:
                return _digest_header(asked, who, method, uri)
    if any(challenge.lower().startswith("basic") for challenge in challenges):
        return "Basic " + base64.b64encode(f"{who.user}:{who.password}".encode()).decode()
    return None


def digest_challenge(realm: str, nonce: str) -> str:
    """A WWW-Authenticate header of our own server."""
    return f'Digest realm="{realm}", nonce="{nonce}"'


def check_digest(header: str, who: Credentials, method: str, nonce: str) -> bool:
    """Does an Authorization header of a client answer our `digest_challenge` with `nonce`?"""
    scheme, _, rest = header.partition(" ")
    given = parse_parameters(rest)
    if scheme.lower() != "digest" or given.get("username") != who.user or given.get("nonce") != nonce:
        return False
    due = _response(given, who, method, given.get("uri", ""))
    return hmac.compare_digest(due, given.get("response", ""))


def _digest_header(asked: dict[str, str], who: Credentials, method: str, uri: str) -> str:
    given: dict[str, str] = {key: asked[key] for key in _REPEATED if key in asked}
    given |= {"username": who.user, "uri": uri}
    if "auth" in [option.strip() for option in asked.get("qop", "").split(",")]:
        given |= {"qop": "auth", "nc": "00000001", "cnonce": secrets.token_hex(8)}
    given["response"] = _response(given, who, method, uri)
    bare = {"qop", "nc", "algorithm"}
    return "Digest " + ", ".join(
        f"{key}={value}" if key in bare else f'{key}="{value}"' for key, value in given.items()
    )


def _response(given: dict[str, str], who: Credentials, method: str, uri: str) -> str:
    hashed = _hash_of(given.get("algorithm", "MD5"))
    secret = hashed(f"{who.user}:{given.get('realm', '')}:{who.password}")
    action = hashed(f"{method}:{uri}")
    if given.get("qop") == "auth":
        middle = f"{given.get('nonce', '')}:{given.get('nc', '')}:{given.get('cnonce', '')}:auth"
    else:
        middle = given.get("nonce", "")
    return hashed(f"{secret}:{middle}:{action}")


def _hash_of(algorithm: str) -> Callable[[str], str]:
    if algorithm.upper() == "SHA-256":
        return lambda text: hashlib.sha256(text.encode()).hexdigest()
    return lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
