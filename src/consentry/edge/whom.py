"""Whom this edge believes at this moment: what pairing pinned, moved on by the rotations that it took since."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Trust
from consentry.edge.pins import Pins
from consentry.edge.store import Store
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.note import Verifier
from consentry.kernel.rotation import Rotation, keys_in_force

Trusted = Callable[[], Trust]
Texts = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class TrustNow:
    """Call it for the keys that count now. A rotation that another process of this edge took counts at once too."""

    def __init__(self, pins: Pins, store: Store, clock: EdgeClock) -> None:
        self._pins, self._store, self._clock = pins, store, clock
        self._last: tuple[Texts, Trust] | None = None

    def __call__(self) -> Trust:
        """The trust at this moment; parsed anew only when a key changed."""
        texts = _texts(self._pins, self._store.rotations(), self._clock.now_ms())
        if self._last is None or self._last[0] != texts:
            self._last = (texts, _parsed(texts, self._pins))
        return self._last[1]


def _texts(pins: Pins, rotations: tuple[Rotation, ...], now_ms: int) -> Texts:
    tickets = [to_b64(key) for key in pins.ticket_keys]
    return (
        keys_in_force([pins.log_vkey], rotations, now_ms),
        keys_in_force(pins.witness_vkeys, rotations, now_ms),
        keys_in_force(tickets, rotations, now_ms),
    )


def _parsed(texts: Texts, pins: Pins) -> Trust:
    logs, witnesses, tickets = texts
    return Trust(
        logs=tuple(Verifier.parse(vkey) for vkey in logs),
        witnesses=tuple(Verifier.parse(vkey) for vkey in witnesses),
        quorum=pins.quorum,
        ticket_keys=tuple(Ed25519PublicKey.from_public_bytes(from_b64(key, length=32)) for key in tickets),
        owner=pins.owner,
    )
