"""Challenges over HTTP, where no connection remembers which one was given.

A nonce carries when it was made and a code that only we can make, so that asking for many fills no memory and pushes
no other's out. One that admitted somebody is remembered until it is too old: it answers once.
"""

import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable

from consentry.kernel.errors import Untrusted
from consentry.kernel.limits import CHALLENGE_LIFE_MS

NONCE_BYTES = 32
_HEAD = struct.Struct(">Q8s")
MAX_USED = 100_000


class Challenges:
    """Makes and takes nonces of 32 bytes; the secret lives as long as the process."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._secret = secrets.token_bytes(32)
        self._used: dict[bytes, int] = {}

    def make(self) -> bytes:
        """A fresh nonce."""
        head = _HEAD.pack(self._now_ms(), secrets.token_bytes(8))
        return head + self._code(head)

    def check(self, nonce: bytes) -> None:
        """Untrusted when it is not ours, too old, or was used."""
        head, code = nonce[: _HEAD.size], nonce[_HEAD.size :]
        if len(nonce) != NONCE_BYTES or not hmac.compare_digest(code, self._code(head)):
            raise Untrusted("this challenge is not ours", kind="challenge-other")
        age_ms = self._now_ms() - _HEAD.unpack(head)[0]
        if not 0 <= age_ms <= CHALLENGE_LIFE_MS or nonce in self._used:
            raise Untrusted("this challenge is over", kind="challenge-over")

    def use(self, nonce: bytes) -> None:
        """It admitted somebody. Untrusted when too many did: then nobody else is, rather than one twice."""
        now_ms = self._now_ms()
        while self._used and next(iter(self._used.values())) + CHALLENGE_LIFE_MS < now_ms:
            del self._used[next(iter(self._used))]
        if len(self._used) >= MAX_USED:
            raise Untrusted("too many at once", kind="challenge-over")
        self._used[nonce] = now_ms

    def _code(self, head: bytes) -> bytes:
        return hmac.new(self._secret, head, hashlib.sha256).digest()[:16]
