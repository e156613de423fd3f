"""Who may see recordings on the page at home: a browser that typed a code which the box itself showed.

Everybody in the house may press *stop*; what the cameras saw is the owner's. `consentry edge code` shows a code of 60
random bits, good once and for ten minutes; the browser then keeps a secret for 30 days. Only hashes are kept here.
"""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from consentry.edge.store import Store
from consentry.kernel.errors import Refused

CODE_CHARS, CODE_MS, MAX_TRIES = 12, 600_000, 5
SESSION_MS, MAX_SESSIONS = 30 * 86_400_000, 16
_FACT = "page_door"


class Door:
    """Codes and browsers, in the edge's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def new_code(self, now_ms: int) -> str:
        """A code to be typed into the page; the one before counts no more."""
        code = base64.b32encode(secrets.token_bytes(8)).decode()[:CODE_CHARS]
        self._put(self._said() | {"code": {"sha256": _hash(code), "until": now_ms + CODE_MS, "tries": 0}})
        return "-".join(code[at : at + 4] for at in range(0, CODE_CHARS, 4))

    def enter(self, typed: str, now_ms: int) -> str:
        """A browser's secret for the right code, which is used up; Refused otherwise, for good after five tries."""
        said = self._said()
        code = said.get("code")
        letters = "".join(typed.split()).replace("-", "").upper()
        if code is None or now_ms >= code["until"] or code["tries"] >= MAX_TRIES:
            raise Refused("There is no code now. Type 'consentry edge code' on the box.", kind="page-code")
        if not hmac.compare_digest(_hash(letters), code["sha256"]):
            self._put(said | {"code": code | {"tries": code["tries"] + 1}})
            raise Refused("This is not the code.", kind="page-code")
        secret = secrets.token_urlsafe(32)
        live = [item for item in said.get("sessions", []) if item[1] > now_ms][-(MAX_SESSIONS - 1) :]
        self._put({"sessions": [*live, [_hash(secret), now_ms + SESSION_MS]]})
        return secret

    def knows(self, secret: str, now_ms: int) -> bool:
        """Did this browser enter, and not leave?"""
        hashed = _hash(secret)
        return any(
            hmac.compare_digest(hashed, item[0]) and now_ms < item[1] for item in self._said().get("sessions", [])
        )

    def leave(self, secret: str) -> None:
        """Forget one browser."""
        said = self._said()
        kept = [item for item in said.get("sessions", []) if item[0] != _hash(secret)]
        self._put(said | {"sessions": kept})

    def forget_all(self) -> None:
        """Forget every browser and the code."""
        self._store.put_fact(_FACT, None)

    def _said(self) -> dict[str, Any]:  # JSON that this module alone writes
        text = self._store.fact(_FACT)
        said: dict[str, Any] = {} if text is None else json.loads(text)
        return said

    def _put(self, said: dict[str, Any]) -> None:
        self._store.put_fact(_FACT, json.dumps(said))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
