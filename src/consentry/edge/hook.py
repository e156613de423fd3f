"""The signed webhook: another program in the house (Home Assistant, a doorbell's script) tells of an event.

`POST /hook/<camera>` with `{"kind": "motion" | "doorbell"}` and `Consentry-Signature: t=<ms>,n=<nonce>,s=<hex>`; s is
HMAC-SHA256 by the camera's secret over `consentry-hook-v1\\n<camera>\\n<t>\\n<nonce>\\n` ‖ body. docs/spec/events.md.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

from consentry.edge.clock import EdgeClock
from consentry.edge.events import CameraEvent, EventKind
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import LimitReached, Malformed, Untrusted
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS

HEADER = "Consentry-Signature"
MAX_HOOK_BYTES = 1_000
MAX_NONCES = 4_096
_SIGNED = re.compile(r"t=(\d{1,15}),n=([A-Za-z0-9_-]{16,64}),s=([0-9a-f]{64})")


def new_hook_secret() -> str:
    """256 bits, as text that a shell takes without quotes."""
    return secrets.token_hex(32)


def hook_signature(secret: str, camera: str, at_ms: int, nonce: str, body: bytes) -> str:
    """The header's value, as a sender makes it."""
    message = f"consentry-hook-v1\n{camera}\n{at_ms}\n{nonce}\n".encode() + body
    return f"t={at_ms},n={nonce},s={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


class HookDesk:
    """Checks hooks. `secret_of(camera)` is None for a camera without one, which is refused like a wrong signature."""

    def __init__(self, clock: EdgeClock, secret_of: Callable[[CameraId], str | None]) -> None:
        self._clock, self._secret_of = clock, secret_of
        self._nonces: dict[str, int] = {}
        self._started_ms = clock.now_ms()

    def read(self, camera: str, header: str, body: bytes) -> CameraEvent:
        """The event that this request tells of.

        Raises Untrusted (not signed by the camera's secret, older than a minute or than this process, or seen before),
        Malformed (another body), LimitReached (more hooks in two minutes than nonces can be remembered).
        """
        matched = _SIGNED.fullmatch(header)
        secret = self._secret_of(CameraId(camera))
        at_ms, nonce = (int(matched[1]), matched[2]) if matched else (0, "")
        due = hook_signature(secret or new_hook_secret(), camera, at_ms, nonce, body)
        if matched is None or secret is None or not hmac.compare_digest(due, header):
            raise Untrusted("this hook is not signed", kind="hook-signature")
        self._require_fresh(at_ms, nonce)
        kind = parse_object(body, max_bytes=MAX_HOOK_BYTES).get("kind")
        if kind not in tuple(EventKind):
            raise Malformed("a hook names a kind, motion or doorbell")
        return CameraEvent(CameraId(camera), EventKind(str(kind)), self._clock.now_ms(), "webhook")

    def _require_fresh(self, at_ms: int, nonce: str) -> None:
        """Nonces are in memory only; a hook of before this process began could have been seen by the one before it."""
        now_ms = self._clock.now_ms()
        if abs(now_ms - at_ms) > MAX_CLOCK_SKEW_MS or at_ms < self._started_ms:
            raise Untrusted("this hook is too old, from the future, or of before the edge started", kind="hook-time")
        for seen in [seen for seen, said_ms in self._nonces.items() if said_ms < now_ms - MAX_CLOCK_SKEW_MS]:
            del self._nonces[seen]
        if nonce in self._nonces:
            raise Untrusted("this hook was seen before", kind="hook-replayed")
        if len(self._nonces) >= MAX_NONCES:
            raise LimitReached("too many hooks")
        self._nonces[nonce] = at_ms
