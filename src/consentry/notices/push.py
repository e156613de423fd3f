"""One message to one browser: sealed for it (RFC 8291), signed by us (RFC 8292), given to its push service once."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pywebpush import WebPusher

import requests
from consentry.kernel.canonical import to_b64
from consentry.notices.types import Browser, Kind

TIMEOUT_S = 10
TOKEN_LIFE_S = 3_600
MAX_TTL_S = 86_400


class Handed(StrEnum):
    """What the push service said: taken, the browser is gone, try again later, or never."""

    TAKEN = "taken"
    GONE = "gone"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True)
class Sender:
    """Who pushes: our key, and the `mailto:` address that a push service may write to."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str


def push(browser: Browser, message: Mapping[str, str], sender: Sender, *, kind: Kind) -> Handed:
    """Seal `message` for the browser and hand it to its push service; follows no redirect.

    Args:
        message: ids and the language only; it is sealed, and still nothing in it would tell where or who.
        kind: how long the service may keep it for a phone that is off, and whether it may wake one that saves power.
    """
    keys = {"p256dh": to_b64(browser.p256dh), "auth": to_b64(browser.auth)}
    sealed = WebPusher({"endpoint": browser.endpoint, "keys": keys}).encode(json.dumps(message).encode())
    at = urlsplit(browser.endpoint)
    claims = {"aud": f"{at.scheme}://{at.netloc}", "exp": int(time.time()) + TOKEN_LIFE_S, "sub": sender.contact}
    headers = {
        **Vapid02(sender.key).sign(claims), "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
        "TTL": str(min(MAX_TTL_S, int(kind.worth.total_seconds()))), "Urgency": "high" if kind.is_urgent else "normal",
    }  # fmt: skip
    try:
        reply = requests.post(
            browser.endpoint, data=sealed["body"], headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
    except requests.ConnectTimeout:
        return Handed.LATER
    except requests.Timeout:
        return Handed.NEVER  # it may have arrived: once is enough
    except requests.RequestException:
        return Handed.LATER
    return _meaning(reply.status_code)


def _meaning(status: int) -> Handed:
    if 200 <= status < 300:
        return Handed.TAKEN
    if status in (404, 410):
        return Handed.GONE
    return Handed.LATER if status == 429 or status >= 500 else Handed.NEVER
