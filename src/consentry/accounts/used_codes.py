"""A code from an authenticator app works once, for as long as it would be taken at all (RFC 6238, 5.2).

allauth forgets a used code after 30 s, but takes the codes of the steps before and after too, so for up to 90 s.
"""

import hashlib
import json

from django.core.cache import cache
from django.http import HttpRequest

from consentry.kernel.ids import PersonId

TAKES_CODE = ("/auth/2fa/authenticate", "/auth/2fa/reauthenticate", "/account/authenticators/totp")
REMEMBERED_S = 120
MAX_CODE_CHARS = 100


def code_key(request: HttpRequest, person: PersonId) -> str | None:
    """The name under which the code in this request is remembered; None where the request carries none."""
    if request.method != "POST" or not request.path.endswith(TAKES_CODE):
        return None
    try:
        said = json.loads(request.body)
    except ValueError:
        return None
    code = said.get("code") if isinstance(said, dict) else None
    if not isinstance(code, str) or len(code) > MAX_CODE_CHARS:
        return None
    bare = "".join(letter for letter in code if letter.isalnum()).lower()
    return "consentry.used-code." + hashlib.sha256(f"{person}\n{bare}".encode()).hexdigest()


def is_used(key: str | None) -> bool:
    """Was this very code right before?"""
    return key is not None and cache.get(key) is not None


def remember(key: str | None) -> None:
    """It was right just now."""
    if key is not None:
        cache.set(key, True, REMEMBERED_S)
