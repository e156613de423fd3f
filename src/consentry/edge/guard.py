"""The heart of the edge: may this look begin, may it go on? Pure, offline, any doubt is a no.

The server decided already; this decides again from what is pinned and what the owner signed, so that servers in the
wrong hands open nothing. Every door of `check_opening` is a line of the table in docs/spec/opening.md.
Source: docs/design/access.md, keys.md, invariants 3 and 4 of overview.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.edge.owner_terms import Home, Shown, require_terms
from consentry.edge.store import CameraState
from consentry.kernel.canonical import from_b64
from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.errors import ConsentryError, Untrusted
from consentry.kernel.ids import CameraId, GatewayId
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS, WITNESSED_CHECKPOINT_AGE_MS
from consentry.kernel.merkle import verify_consistency, verify_inclusion
from consentry.kernel.note import Verifier
from consentry.kernel.opening import Opening, leaf_of
from consentry.kernel.owner_record import OwnerKey
from consentry.kernel.ticket import Mode, Ticket, verify_ticket


@dataclass(frozen=True)
class Trust:
    """Whom this edge believes: as pinned at pairing, moved on by rotations. While a key rotates, old and new count."""

    logs: tuple[Verifier, ...]
    witnesses: tuple[Verifier, ...]
    quorum: int
    ticket_keys: tuple[Ed25519PublicKey, ...]
    owner: OwnerKey


@dataclass(frozen=True)
class Witnessed:
    """The last checkpoint that a quorum cosigned: its tree, and the median of the witnesses' times in ms."""

    size: int
    root: bytes
    median_ms: int


@dataclass(frozen=True)
class Facts:
    """All that a decision may use.

    `camera`: what this edge holds of the opening's camera. `policies`: hash → from when it counts (ms).
    `bridge`: consistency hashes between the witnessed tree and the opening's. `used`: was this leaf used here?
    `first_use_ms`: when its incident first opened this camera here. `audience`: the gateway at the other end.
    `sealed_only`: the owner lets no gateway see a picture. `shown`: the mask in the camera's pictures.
    """

    now_ms: int
    audience: GatewayId
    trust: Trust
    camera: CameraState | None
    policies: Mapping[str, int]
    witnessed: Witnessed | None
    bridge: tuple[bytes, ...] = ()
    used: bool = False
    first_use_ms: int | None = None
    stopped: bool = False
    forked: bool = False
    sealed_only: bool = False
    shown: Shown = field(default_factory=Shown)

    @property
    def home(self) -> Home:
        """What the owner's terms are held against."""
        return Home(self.now_ms, self.trust.owner, self.shown)


@dataclass(frozen=True)
class Allowed:
    """Frames may flow until `until_ms` and, with renewals, never past `hard_stop_ms`."""

    leaf: bytes
    ticket: Ticket
    hard_stop_ms: int

    @property
    def until_ms(self) -> int:
        """When frames stop unless renewed."""
        return min(self.ticket.not_after_ms, self.hard_stop_ms)


@dataclass(frozen=True)
class Denied:
    """No; `kind` is stable and tells the owner which door was closed."""

    kind: str


def check_opening(opening: Opening, ticket: bytes, facts: Facts) -> Allowed | Denied:
    """May the look that `opening` states begin now under `ticket` (192 bytes)?"""
    try:
        return _open(opening, ticket, facts)
    except ConsentryError as error:
        return Denied(error.kind)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return Denied("fault")


def check_renewal(opening: Opening, allowed: Allowed, ticket: bytes, facts: Facts) -> Allowed | Denied:
    """May the running look go on under the next `ticket`? All that can have changed is asked again."""
    try:
        state = _require_door(facts)
        require_terms(opening, state, facts.home)
        renewed = _require_ticket(opening, allowed.leaf, ticket, facts)
        if renewed.serial <= allowed.ticket.serial:
            raise Untrusted("an older ticket", kind="ticket-serial")
        _require(renewed.mode is allowed.ticket.mode, "ticket-mode")
        _require(facts.now_ms < allowed.hard_stop_ms, "grant-over")
        return Allowed(allowed.leaf, renewed, allowed.hard_stop_ms)
    except ConsentryError as error:
        return Denied(error.kind)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return Denied("fault")


def check_still(opening: Opening, facts: Facts) -> Denied | None:
    """Does what the owner said still allow a running look? Asked on every change of state and at least each second."""
    try:
        state = _require_door(facts)
        require_terms(opening, state, facts.home)
    except ConsentryError as error:
        return Denied(error.kind)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return Denied("fault")
    return None


def _open(opening: Opening, ticket: bytes, facts: Facts) -> Allowed:
    state = _require_door(facts)
    _require(not facts.used, "opening-used")
    leaf = _require_logged(opening, facts)
    verified = _require_ticket(opening, leaf, ticket, facts)
    usable_from_ms = facts.policies.get(opening.text("policy_sha256"))
    _require(usable_from_ms is not None and usable_from_ms <= facts.now_ms, "policy-unknown")
    hard_stop_ms = require_terms(opening, state, facts.home, first_use_ms=facts.first_use_ms)
    return Allowed(leaf, verified, hard_stop_ms)


def _require_door(facts: Facts) -> CameraState:
    """The owner's own switches, before anything that others say."""
    _require(not facts.stopped, "stopped")
    _require(not facts.forked, "log-forked")
    state = facts.camera
    if state is None or not state.has_address:
        raise Untrusted("not a camera of this edge", kind="unknown-camera")
    _require(state.paused_at_ms is None, "paused")
    return state


def _require_logged(opening: Opening, facts: Facts) -> bytes:
    """*This* look is in the log that the witnesses see: leaf from the fields, proof, signature, consistency, clock."""
    witnessed = facts.witnessed
    if witnessed is None:
        raise Untrusted("no checkpoint with a quorum of witnesses yet", kind="never-witnessed")
    _require(witnessed.median_ms - facts.now_ms <= MAX_CLOCK_SKEW_MS, "clock")
    _require(facts.now_ms - witnessed.median_ms <= WITNESSED_CHECKPOINT_AGE_MS, "witness-stale")
    checkpoint = open_checkpoint(opening.checkpoint, facts.trust.logs)
    leaf = leaf_of(opening)
    verify_inclusion(leaf, opening.index, checkpoint.size, opening.proof, checkpoint.root)
    _require_one_log(checkpoint, witnessed, facts.bridge)
    _require(opening.t_ms <= facts.now_ms + MAX_CLOCK_SKEW_MS, "opening-in-future")
    return leaf


def _require_one_log(checkpoint: Checkpoint, witnessed: Witnessed, bridge: tuple[bytes, ...]) -> None:
    ours, theirs = (witnessed.size, witnessed.root), (checkpoint.size, checkpoint.root)
    (old_size, old_root), (new_size, new_root) = sorted((ours, theirs), key=lambda tree: tree[0])
    verify_consistency(old_size, new_size, bridge, old_root, new_root)


def _require_ticket(opening: Opening, leaf: bytes, ticket: bytes, facts: Facts) -> Ticket:
    verified = verify_ticket(ticket, facts.trust.ticket_keys, now_ms=facts.now_ms)
    _require(verified.leaf == leaf, "ticket-leaf")
    _require(verified.camera == opening.text("camera") == _camera_id(facts), "ticket-camera")
    _require(verified.audience == opening.text("audience") == facts.audience, "ticket-audience")
    _require(verified.holder_sha256 == from_b64(opening.text("holder_key"), length=32), "ticket-holder")
    _require(verified.mode is Mode.SEALED or not facts.sealed_only, "ticket-mode")
    _require(verified.not_after_ms <= opening.number("max_until"), "ticket-past-grant")
    return verified


def _camera_id(facts: Facts) -> CameraId | None:
    return None if facts.camera is None else facts.camera.id


def _require(holds: bool, kind: str) -> None:
    if not holds:
        raise Untrusted(kind.replace("-", " "), kind=kind)
