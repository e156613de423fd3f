"""The looks that are running here: opened by the guard, ended by the clock, the owner, the witnesses or the viewer.

No network and no task in here: `dial` and `watch` feed it, tests drive it with clocks of their own. All on one thread.
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Allowed, Denied, Facts, Trust, Witnessed, check_opening, check_renewal, check_still
from consentry.edge.owner_terms import Shown
from consentry.edge.store import Store, Use
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import CameraId, GatewayId
from consentry.kernel.limits import MAX_INCIDENT_ACCESS_MIN, WITNESS_COVER_MS
from consentry.kernel.opening import Opening, leaf_of
from consentry.kernel.ticket import Mode

MAX_LOOKS = 64
STILL_ALLOWED_MS = 1_000
# Reasons of an end that the owner's state gives, in the words of the grant's ends (docs/design/rooms.md).
_END_WORDS = {
    "stopped": "stopped", "paused": "paused", "no-terms": "withdrawn", "terms-differ": "withdrawn",
    "terms-hours": "expired", "terms-expired": "expired", "grant-over": "expired",
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """Somebody at gateway `audience` presents an opening and a ticket (192 bytes) for session `session`.

    `witnessed`: the last checkpoint with a quorum; `bridge`: consistency hashes between it and the opening's.
    """

    session: str
    audience: GatewayId
    opening: Opening
    ticket: bytes
    witnessed: Witnessed | None = None
    bridge: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Look:
    """One running look. `hears`: its terms allow sound too.

    `steady_until_ms`, `steady_hard_ms`, `opened_ms`, `checked_ms` are of the steady clock.
    """

    request: Request
    camera: CameraId
    allowed: Allowed
    opened_ms: int
    checked_ms: int
    steady_until_ms: int
    steady_hard_ms: int
    covered: bool = False
    hears: bool = False


@dataclass(frozen=True)
class Ended:
    """A look is over. `shown`: the log's checkpoint that it was presented with."""

    session: str
    camera: CameraId
    audience: GatewayId
    reason: str
    shown: str = field(default="", repr=False)


class Looks:
    """Owns all running looks; `on_end` is told of each end, exactly once. `trusted()`: whom to believe now.

    `shown(camera)`: the mask that is in its pictures.
    """

    def __init__(
        self, store: Store, trusted: Callable[[], Trust], clock: EdgeClock, on_end: Callable[[Ended], None],
        shown: Callable[[CameraId], Shown] = lambda _: Shown(),
    ) -> None:  # fmt: skip
        self._shown = shown
        self._store, self._trusted, self._clock, self._on_end = store, trusted, clock, on_end
        self.sealed_only = False
        self._running: dict[str, Look] = {}
        self._blocked = False
        self._seen_changes = store.changes()

    def block(self, *, blocked: bool) -> None:
        """The owner's switch, in memory: it must hold even when the disk does not take it."""
        self._blocked = blocked
        if blocked:
            self.close_all("stopped")

    def running(self) -> tuple[Look, ...]:
        """All looks that run."""
        return tuple(self._running.values())

    def uncovered(self) -> tuple[Look, ...]:
        """Looks that wait for a witnessed checkpoint whose tree holds their opening."""
        return tuple(look for look in self._running.values() if not look.covered)

    def cover(self, session: str) -> None:
        """A witnessed tree was proven to be the one that this look was shown, and to reach its opening."""
        look = self._running.get(session)
        if look is not None:
            self._running[session] = dataclasses.replace(look, covered=True)

    def waits_for_witnesses(self) -> bool:
        """Does a look run that no witnessed checkpoint covers yet?"""
        return bool(self.uncovered())

    def open(self, request: Request) -> Look | Denied:
        """Start a look if the guard agrees; the opening is used up, durably, before this returns."""
        if request.session != request.opening.private["session"]:
            return Denied("session-other")
        if request.session in self._running or len(self._running) >= MAX_LOOKS:
            return Denied("too-many-looks")
        try:
            facts = self._facts(request)
        except ConsentryError as error:
            return Denied(error.kind)
        decision = check_opening(request.opening, request.ticket, facts)
        if isinstance(decision, Denied):
            return decision
        return self._start(request, decision, facts)

    def renew(self, session: str, ticket: bytes) -> Denied | None:
        """Prolong a running look under its next ticket; a ticket that does not hold changes nothing."""
        look = self._running.get(session)
        if look is None:
            return Denied("no-such-look")
        facts = self._facts(look.request)
        decision = check_renewal(look.request.opening, look.allowed, ticket, facts)
        if isinstance(decision, Denied):
            return decision
        steady = self._clock.steady_ms()
        until = min(steady + decision.until_ms - facts.now_ms, look.steady_hard_ms)
        self._running[session] = dataclasses.replace(look, allowed=decision, checked_ms=steady, steady_until_ms=until)
        return None

    def close(self, session: str, reason: str) -> None:
        """End a look; nothing when it does not run."""
        look = self._running.pop(session, None)
        if look is not None:
            self._on_end(Ended(session, look.camera, look.request.audience, reason, look.request.opening.checkpoint))

    def close_all(self, reason: str, *, camera: CameraId | None = None, audience: GatewayId | None = None) -> None:
        """End all looks, or those at one camera or one gateway."""
        for session, look in tuple(self._running.items()):
            if camera in (None, look.camera) and audience in (None, look.request.audience):
                self.close(session, reason)

    def may_send(self, camera: CameraId, audience: GatewayId) -> bool:
        """May a unit of `camera` leave for `audience` at this very moment? Asked for every unit."""
        return any(True for _ in self._at(camera, audience))

    def may_hear(self, camera: CameraId, audience: GatewayId) -> bool:
        """May a piece of its sound leave at this very moment? Asked for every piece."""
        return any(look.hears for look in self._at(camera, audience))

    def _at(self, camera: CameraId, audience: GatewayId) -> Iterator[Look]:
        for look in self._running.values():
            if look.camera == camera and look.request.audience == audience and self._in_time(look):
                yield look

    def may_turn(self, session: str, audience: GatewayId) -> CameraId | Denied:
        """The camera that this look may turn at this very moment: it runs, the owner allows turning and hid nothing."""
        look = self._running.get(session)
        if look is None or look.request.audience != audience or not self._in_time(look):
            return Denied("no-such-look")
        facts = self._facts(look.request)
        denied = check_still(look.request.opening, facts)
        if denied is not None:
            return denied
        terms = facts.camera.terms if facts.camera is not None else None
        if terms is None or not terms.ptz:
            return Denied("terms-ptz")
        # A mask is drawn on one view: turned away, what the owner hid would stand beside it.
        return Denied("terms-mask") if terms.view_attested.mask_sha256 else look.camera

    def tick(self) -> None:
        """End what is over. Call at least four times a second, and after any change of the owner's state."""
        changes = self._store.changes()
        changed, self._seen_changes = changes != self._seen_changes, changes
        steady = self._clock.steady_ms()
        for session, look in tuple(self._running.items()):
            if not self._in_time(look):
                self.close(session, "expired")
            elif not look.covered and steady - look.opened_ms >= WITNESS_COVER_MS:
                self.close(session, "unwitnessed")
            elif changed or steady - look.checked_ms >= STILL_ALLOWED_MS:
                self._check_still(session, look, steady)

    def _check_still(self, session: str, look: Look, steady: int) -> None:
        denied = check_still(look.request.opening, self._facts(look.request))
        if denied is not None:
            self.close(session, _END_WORDS.get(denied.kind, denied.kind))
        else:
            self._running[session] = dataclasses.replace(look, checked_ms=steady)

    def _start(self, request: Request, allowed: Allowed, facts: Facts) -> Look | Denied:
        now_ms, opening, steady = facts.now_ms, request.opening, self._clock.steady_ms()
        camera = CameraId(opening.text("camera"))
        use = Use(opening.text("incident"), camera, now_ms, opening.number("max_until"))
        # An incident may reach over hours; so do the uses that bound it.
        remember_ms = 2 * MAX_INCIDENT_ACCESS_MIN * 60_000
        if not self._store.use(allowed.leaf, use, forget_before_ms=now_ms - remember_ms):
            return Denied("opening-used")
        look = Look(
            request, camera, allowed, opened_ms=steady, checked_ms=steady,
            steady_until_ms=steady + allowed.until_ms - now_ms, steady_hard_ms=steady + allowed.hard_stop_ms - now_ms,
            # The guard proved both trees to be one, so a witnessed one that is long enough holds this opening.
            covered=request.witnessed is not None and opening.index < request.witnessed.size,
            hears=_may_hear(facts, allowed),
        )  # fmt: skip
        self._running[request.session] = look
        return look

    def _in_time(self, look: Look) -> bool:
        """Both clocks must agree that time is left: setting one of them back gains nothing."""
        return self._clock.now_ms() < look.allowed.until_ms and self._clock.steady_ms() < look.steady_until_ms

    def _facts(self, request: Request) -> Facts:
        opening, store = request.opening, self._store
        camera = CameraId(opening.text("camera"))
        return Facts(
            now_ms=self._clock.now_ms(), audience=request.audience, trust=self._trusted(), camera=store.camera(camera),
            policies=store.policies(), witnessed=request.witnessed, bridge=request.bridge,
            used=store.is_used(leaf_of(opening)), first_use_ms=store.first_use_ms(opening.text("incident"), camera),
            stopped=self._blocked or store.fact("stopped") is not None, forked=store.fact("forked") is not None,
            sealed_only=self.sealed_only,
            shown=self._shown(camera),
        )  # fmt: skip


def _may_hear(facts: Facts, allowed: Allowed) -> bool:
    """The owner said so, hid nothing, and the look is not sealed: a sealed unit holds pictures only."""
    terms = facts.camera.terms if facts.camera is not None else None
    if terms is None or not terms.audio or allowed.ticket.mode is Mode.SEALED:
        return False
    return not (terms.view_attested.mask_sha256 or facts.shown.mask_sha256)
