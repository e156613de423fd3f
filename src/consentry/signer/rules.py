"""What the signer checks before it signs. Pure but for the serials that it has given.

It never signs for what is not in the log: the leaf is recomputed from the opening's fields and must be included under
a checkpoint that the log signed. So whoever runs the web server cannot make a ticket for a look that nobody can see.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consentry.kernel.canonical import canonical_json, from_b64
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import CameraId, GatewayId, bytes_of_id
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS, TICKET_LIFE_MS
from consentry.kernel.merkle import verify_inclusion
from consentry.kernel.note import Verifier
from consentry.kernel.opening import Opening, leaf_of, parse_opening
from consentry.kernel.ticket import Mode, Ticket

_TICKET_FIELDS = {"audience", "camera", "holder_key", "not_after", "not_before", "sealed"}
_MAX_LEAVES = 100_000


class Serials:
    """Serials that rise per leaf, also over a restart (they start at the time), for the newest 100,000 leaves."""

    def __init__(self) -> None:
        self._last: OrderedDict[bytes, int] = OrderedDict()

    def next(self, leaf: bytes, now_ms: int) -> int:
        """A serial for `leaf`, higher than any before it."""
        serial = max(self._last.pop(leaf, 0) + 1, now_ms)
        self._last[leaf] = serial
        if len(self._last) > _MAX_LEAVES:
            self._last.popitem(last=False)
        return serial


@dataclass(frozen=True)
class Wish:
    """The ticket that the web process wishes for; times in ms since 1970."""

    camera: str
    audience: str
    holder_sha256: bytes
    not_before_ms: int
    not_after_ms: int
    sealed: bool = False


def parse_request(value: Mapping[str, Any]) -> tuple[Wish, Opening]:
    """`{ticket: {…}, opening: {…}}`; Malformed for anything else."""
    if set(value) != {"ticket", "opening"} or not isinstance(value["ticket"], dict):
        raise Malformed("a request holds a ticket and an opening")
    wish = value["ticket"]
    if set(wish) != _TICKET_FIELDS:
        raise Malformed("a ticket to sign has other fields")
    parsed = Wish(
        _id(wish["camera"]), _id(wish["audience"]), from_b64(wish["holder_key"], length=32),
        _ms(wish["not_before"]), _ms(wish["not_after"]), wish["sealed"] is True,
    )  # fmt: skip
    return parsed, parse_opening(canonical_json(value["opening"]))


def check_request(wish: Wish, opening: Opening, *, log: Sequence[Verifier], now_ms: int) -> bytes:
    """The leaf hash to sign for; Untrusted when log, proof, opening and ticket do not agree, or the times are wrong."""
    leaf = leaf_of(opening)
    checkpoint = open_checkpoint(opening.checkpoint, log)
    verify_inclusion(leaf, opening.index, checkpoint.size, opening.proof, checkpoint.root)
    _require(opening.public["decision"] == "allow", "not-allowed")
    _require(wish.camera == opening.text("camera"), "ticket-camera")
    _require(wish.audience == opening.text("audience"), "ticket-audience")
    _require(wish.holder_sha256 == from_b64(opening.text("holder_key"), length=32), "ticket-holder")
    _require(wish.not_after_ms <= opening.number("max_until"), "ticket-past-grant")
    _require(0 < wish.not_after_ms - wish.not_before_ms <= TICKET_LIFE_MS, "ticket-life")
    _require(abs(wish.not_before_ms - now_ms) <= MAX_CLOCK_SKEW_MS and now_ms < wish.not_after_ms, "ticket-time")
    _require(opening.t_ms <= now_ms + MAX_CLOCK_SKEW_MS, "opening-in-future")
    return leaf


def ticket_of(wish: Wish, *, leaf: bytes, serial: int) -> Ticket:
    """The ticket to sign."""
    return Ticket(
        leaf=leaf, camera=CameraId(wish.camera), audience=GatewayId(wish.audience), holder_sha256=wish.holder_sha256,
        not_before_ms=wish.not_before_ms, not_after_ms=wish.not_after_ms, serial=serial,
        mode=Mode.SEALED if wish.sealed else Mode.PLAIN,
    )  # fmt: skip


def _require(holds: bool, kind: str) -> None:
    if not holds:
        raise Untrusted(kind.replace("-", " "), kind=kind)


def _id(value: Any) -> str:
    try:
        bytes_of_id(value)
    except (ValueError, AttributeError) as error:
        raise Malformed("not an id") from error
    return str(value)


def _ms(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Malformed("not a time in ms")
    return value
