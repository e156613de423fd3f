"""One message to one browser: sealed for it (RFC 8291), signed by us (RFC 8292), given to its push service once."""

import json
import time
from enum import StrEnum
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pywebpush import WebPusher

from consentry.kernel.canonical import to_b64
from consentry.notices.types import Browser

TIMEOUT_S = 10
TOKEN_LIFE_S = 3_600


class Handed(StrEnum):
    """What the push service said: taken, the browser is gone, try again later, or never."""

    TAKEN = "taken"
    GONE = "gone"
    LATER = "later"
    NEVER = "never"


def push(browser: Browser, message: dict[str, str], *, key: ec.EllipticCurvePrivateKey, contact: str) -> Handed:
    """Seal `message` for the browser and hand it to its push service; follows no redirect.

    Args:
        message: ids and the language only; it is sealed, and still nothing in it would tell where or who.
        contact: `mailto:` address that the service may write to.
    """
    keys = {"p256dh": to_b64(browser.p256dh), "auth": to_b64(browser.auth)}
    sealed = WebPusher({"endpoint": browser.endpoint, "keys": keys}).encode(json.dumps(message).encode())
    at = urlsplit(browser.endpoint)
    claims = {"aud": f"{at.scheme}://{at.netloc}", "exp": int(time.time()) + TOKEN_LIFE_S, "sub": contact}
    headers = {
        **Vapid02(key).sign(claims), "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
        "TTL": "300", "Urgency": "high",
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
