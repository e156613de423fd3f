"""The forgery suite: an honest look passes, and each thing changed by itself closes the door."""

import dataclasses
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edge.world import MINUTE_MS, NOW_MS, Log, World

from consentry.edge.guard import Allowed, Denied, Facts, check_opening, check_renewal, check_still
from consentry.edge.store import CameraState
from consentry.kernel.ids import new_id
from consentry.kernel.opening import PRIVATE_FIELDS, PUBLIC_FIELDS, Opening
from consentry.kernel.owner_record import owner_record, sign_as_device
from consentry.kernel.terms import Approval, HourSpan, Participation, Tier, ViewAttested, terms_sha256
from consentry.kernel.ticket import sign_ticket


def kind_of(decision: Allowed | Denied) -> str:
    return decision.kind if isinstance(decision, Denied) else "allowed"


def decide(world: World, opening: Opening, ticket: bytes, **changes: object) -> str:
    return kind_of(check_opening(opening, ticket, world.facts(opening, **changes)))


def test_an_honest_look_is_allowed_until_its_ticket_ends_and_never_past_the_grant() -> None:
    world = World()
    opening, ticket = world.look()
    allowed = check_opening(opening, ticket, world.facts(opening))
    assert isinstance(allowed, Allowed)
    assert (allowed.until_ms, allowed.hard_stop_ms) == (NOW_MS + 60_000, NOW_MS + 10 * MINUTE_MS)


def test_a_log_witnessed_after_the_look_is_fine_too() -> None:
    world = World()
    opening, ticket = world.look()
    for at in range(9):
        world.log.append(b"later %d" % at)
    size = len(world.log.entries)
    facts = world.facts(opening, witnessed=world.log.witnessed(size), bridge=world.log.bridge(opening.index + 1, size))
    assert kind_of(check_opening(opening, ticket, facts)) == "allowed"


@pytest.mark.parametrize("field", sorted(PRIVATE_FIELDS))
def test_each_private_field_changed_after_logging_is_refused(field: str) -> None:
    world = World()
    opening, ticket = world.look()
    value = opening.private[field]
    changed = value + 1 if isinstance(value, int) else value + "x"
    forged = dataclasses.replace(opening, private={**opening.private, field: changed})
    assert decide(world, forged, ticket) == "log-proof"


@pytest.mark.parametrize("field", sorted(PUBLIC_FIELDS))
def test_each_public_field_changed_after_logging_is_refused(field: str) -> None:
    world = World()
    opening, ticket = world.look()
    forged = dataclasses.replace(opening, public={**opening.public, field: opening.public[field] + "x"})
    assert decide(world, forged, ticket) == "log-proof"


FORGED_STATEMENTS: dict[str, tuple[Callable[[Opening], dict[str, object]], str]] = {
    "salt_pub": (lambda o: {"salt_pub": b"\x09" * 32}, "log-proof"),
    "salt_priv": (lambda o: {"salt_priv": b"\x09" * 32}, "log-proof"),
    "time": (lambda o: {"t_ms": o.t_ms + 1}, "log-proof"),
    "index": (lambda o: {"index": o.index - 1}, "log-proof"),
    "index beyond": (lambda o: {"index": o.index + 1}, "log-proof"),
    "no proof": (lambda o: {"proof": ()}, "log-proof"),
    "longer proof": (lambda o: {"proof": (*o.proof, b"\x00" * 32)}, "log-proof"),
    "other sibling": (lambda o: {"proof": (b"\x00" * 32, *o.proof[1:])}, "log-proof"),
    "no checkpoint": (lambda o: {"checkpoint": ""}, "malformed"),
    "cut checkpoint": (lambda o: {"checkpoint": o.checkpoint[:-20]}, "malformed"),
    "unsigned checkpoint": (lambda o: {"checkpoint": o.checkpoint.split("\n\n")[0] + "\n\n"}, "malformed"),
}


@pytest.mark.parametrize("what", FORGED_STATEMENTS)
def test_a_forged_statement_is_refused(what: str) -> None:
    world = World()
    opening, ticket = world.look()
    change, kind = FORGED_STATEMENTS[what]
    assert decide(world, dataclasses.replace(opening, **change(opening)), ticket) == kind


def test_a_proof_of_another_log_is_refused() -> None:
    world, other = World(), Log("example.org/log")
    opening, ticket = world.look()
    index = other.append(world.log.entries[opening.index])
    size = len(other.entries)
    forged = dataclasses.replace(opening, index=index, proof=other.prove(index, size), checkpoint=other.note(size))
    assert decide(world, forged, ticket) == "note-signature"


def test_a_second_tree_by_the_thief_of_the_log_key_is_refused() -> None:
    """The log's own key signs another history: it does not continue what the witnesses vouched for."""
    world = World()
    opening, ticket = world.look()
    entry, witnessed = world.log.entries[opening.index], world.log.witnessed(opening.index)
    world.log.entries = [b"rewritten %d" % at for at in range(opening.index)] + [entry]
    size = len(world.log.entries)
    forged = dataclasses.replace(opening, proof=world.log.prove(opening.index, size), checkpoint=world.log.note(size))
    facts = world.facts(forged, witnessed=witnessed)
    assert kind_of(check_opening(forged, ticket, facts)) == "log-proof"


TICKETS: dict[str, tuple[dict[str, object], str]] = {
    "another leaf": ({"leaf": b"\x00" * 32}, "ticket-leaf"),
    "another camera": ({"camera": new_id("camera")}, "ticket-camera"),
    "another gateway": ({"audience": new_id("gateway")}, "ticket-audience"),
    "another viewer": ({"holder_sha256": b"\x00" * 32}, "ticket-holder"),
    "expired": ({"not_before_ms": NOW_MS - 60_000, "not_after_ms": NOW_MS}, "ticket-expired"),
    "not yet": ({"not_before_ms": NOW_MS + 1, "not_after_ms": NOW_MS + 2}, "ticket-expired"),
}


@pytest.mark.parametrize("what", TICKETS)
def test_a_ticket_for_something_else_is_refused(what: str) -> None:
    world = World()
    opening, _ = world.look()
    changes, kind = TICKETS[what]
    assert decide(world, opening, world.ticket(opening, **changes)) == kind


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 191), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_ticket_is_refused(at: int, bit: int) -> None:
    opening, ticket = _SHARED.look_once()
    forged = bytearray(ticket)
    forged[at] ^= 1 << bit
    assert decide(_SHARED, opening, bytes(forged)) in {"ticket-signature", "malformed", "ticket-life"}


class _Shared(World):
    """One look for all examples of a property."""

    _once: tuple[Opening, bytes] | None = None

    def look_once(self) -> tuple[Opening, bytes]:
        self._once = self._once or self.look()
        return self._once


_SHARED = _Shared()


def test_a_ticket_past_the_end_of_its_grant_is_refused() -> None:
    world = World()
    opening, _ = world.look(max_until=NOW_MS + 30_000)
    assert decide(world, opening, world.ticket(opening)) == "ticket-past-grant"


def test_a_ticket_of_another_signer_is_refused() -> None:
    world = World()
    opening, _ = world.look()
    forged = dataclasses.replace(world, ticket_key=Ed25519PrivateKey.generate()).ticket(opening)
    assert decide(world, opening, forged) == "ticket-signature"


STATES: dict[str, tuple[Callable[[Facts], dict[str, object]], str]] = {
    "stopped": (lambda f: {"stopped": True}, "stopped"),
    "forked log": (lambda f: {"forked": True}, "log-forked"),
    "unknown camera": (lambda f: {"camera": None}, "unknown-camera"),
    "camera without address": (lambda f: {"camera": _camera(f, has_address=False)}, "unknown-camera"),
    "paused": (lambda f: {"camera": _camera(f, paused_at_ms=1)}, "paused"),
    "withdrawn": (lambda f: {"camera": _camera(f, terms=None)}, "no-terms"),
    "used before": (lambda f: {"used": True}, "opening-used"),
    "policy unknown": (lambda f: {"policies": {}}, "policy-unknown"),
    "policy not yet": (lambda f: {"policies": {"ab" * 32: f.now_ms + 1}}, "policy-unknown"),
    "never witnessed": (lambda f: {"witnessed": None}, "never-witnessed"),
    "witnesses silent": (lambda f: {"witnessed": _seen(f, -60_001)}, "witness-stale"),
    "our clock 10 min fast": (lambda f: {"witnessed": _seen(f, -600_000)}, "witness-stale"),
    "our clock 10 min slow": (lambda f: {"witnessed": _seen(f, 600_000)}, "clock"),
    "wrong bridge": (lambda f: {"bridge": ()}, "log-proof"),
    "another gateway asks": (lambda f: {"audience": new_id("gateway")}, "ticket-audience"),
    "incident over 4 h": (lambda f: {"first_use_ms": f.now_ms - 231 * MINUTE_MS}, "incident-minutes"),
}


def _camera(facts: Facts, **changes: object) -> CameraState:
    assert facts.camera is not None
    return dataclasses.replace(facts.camera, **changes)


def _seen(facts: Facts, shift_ms: int) -> object:
    assert facts.witnessed is not None
    return dataclasses.replace(facts.witnessed, median_ms=facts.now_ms + shift_ms)


@pytest.mark.parametrize("what", STATES)
def test_each_state_that_is_not_in_order_refuses(what: str) -> None:
    world = World()
    opening, ticket = world.look()
    facts = world.facts(opening)
    change, kind = STATES[what]
    assert kind_of(check_opening(opening, ticket, dataclasses.replace(facts, **change(facts)))) == kind


TERMS: dict[str, tuple[dict[str, object], str]] = {
    "only registry": ({"tier": Tier.REGISTRY}, "terms-tier"),
    "only requests": ({"tier": Tier.REQUEST}, "terms-tier"),
    "other calls": ({"call_types": frozenset({"ROBBERY"})}, "terms-call-type"),
    "other purposes": ({"purposes": frozenset({"find_vehicle"})}, "terms-purpose"),
    "nearer": ({"max_distance_m": 199}, "terms-distance"),
    "shorter": ({"max_minutes_per_grant": 9}, "terms-minutes"),
    "never": ({"hours": ()}, "terms-hours"),
    "other hours": ({"hours": (HourSpan((0, 1, 2, 3, 4, 5, 6), 0, 1),)}, "terms-hours"),
    "over": ({"expires_at_ms": NOW_MS}, "terms-expired"),
    "ask me": ({"approval": Approval.ASK_ME}, "approval-missing"),
    "another programme": ({"programme_id": new_id("programme")}, "terms-programme"),
    "another camera": ({"camera_id": new_id("camera")}, "terms-camera"),
    "mandated": ({"participation": Participation.MANDATED}, "terms-participation"),
    "mask drawn": ({"view_attested": ViewAttested(True, True, "ee" * 32)}, "mask-missing"),
    "indoor": ({"view_attested": ViewAttested(False, True, "")}, "view-not-attested"),
}


@pytest.mark.parametrize("what", TERMS)
def test_each_condition_of_the_owner_refuses(what: str) -> None:
    """The server logs and signs it all, with the very hash of these terms; the edge still reads them by itself."""
    world = World()
    changes, kind = TERMS[what]
    terms = world.terms(**changes)
    opening, ticket = world.look(terms)
    assert decide(world, opening, ticket, terms=terms) == kind


def test_terms_that_the_owner_did_not_bring_here_are_refused() -> None:
    world = World()
    opening, ticket = world.look(world.terms(max_distance_m=800), distance_m=700)
    assert decide(world, opening, ticket) == "terms-differ"


CLAIMS: dict[str, tuple[dict[str, str | int], str]] = {
    "typed by hand": ({"origin": "manual"}, "call-origin"),
    "from an officer": ({"origin": "officer"}, "call-origin"),
    "an alarm alone": ({"origin": "alarm"}, "call-origin"),
    "too old": ({"reported_at": NOW_MS - 121 * MINUTE_MS}, "call-too-old"),
    "in the future": ({"reported_at": NOW_MS + 61_000}, "call-in-future"),
    "too long": ({"max_until": NOW_MS + 16 * MINUTE_MS}, "terms-minutes"),
    "for another gateway": ({"audience": new_id("gateway")}, "ticket-audience"),
    "holder of another shape": ({"holder_key": "AA"}, "malformed"),
}


@pytest.mark.parametrize("what", CLAIMS)
def test_a_logged_claim_beyond_the_ceilings_is_refused(what: str) -> None:
    world = World()
    claims, kind = CLAIMS[what]
    opening, ticket = world.look(**claims)
    assert decide(world, opening, ticket) == kind


def test_the_owners_signed_yes_opens_a_camera_that_asks() -> None:
    world = World()
    terms = world.terms(approval=Approval.ASK_ME)
    opening, ticket = world.look(terms, approval_sig=world.approval())
    assert decide(world, opening, ticket, terms=terms) == "allowed"


APPROVALS: dict[str, tuple[Callable[[World], str], str]] = {
    "another camera": (lambda w: w.approval(camera="cam_x"), "approval-other"),
    "another incident": (lambda w: w.approval(incident="inc_2"), "approval-other"),
    "another agency": (lambda w: w.approval(agency="agy_x"), "approval-other"),
    "another purpose": (lambda w: w.approval(purpose="find_vehicle"), "approval-other"),
    "fewer minutes": (lambda w: w.approval(minutes=4), "approval-minutes"),
    "an old yes": (lambda w: w.approval(t_ms=NOW_MS - 11 * MINUTE_MS), "approval-minutes"),
    "a yes from the future": (lambda w: w.approval(t_ms=NOW_MS + 61_000), "approval-in-future"),
    "somebody else's key": (
        lambda w: dataclasses.replace(w, owner=ec.generate_private_key(ec.SECP256R1())).approval(), "holder-signature",
    ),
    "another record": (
        lambda w: sign_as_device(owner_record("camera.resume", t_ms=NOW_MS, camera=w.camera), w.owner), "malformed",
    ),
    "no JSON": (lambda w: "yes", "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("what", APPROVALS)
def test_a_yes_that_the_owner_did_not_give_for_this_is_refused(what: str) -> None:
    world = World()
    make, kind = APPROVALS[what]
    terms = world.terms(approval=Approval.ASK_ME)
    opening, ticket = world.look(terms, approval_sig=make(world))
    assert decide(world, opening, ticket, terms=terms) == kind


def test_a_renewal_needs_a_newer_ticket_for_the_same_look() -> None:
    world = World()
    opening, ticket = world.look()
    allowed = check_opening(opening, ticket, world.facts(opening))
    assert isinstance(allowed, Allowed)
    world.now_ms += 30_000
    facts = world.facts(opening)
    renewed = check_renewal(opening, allowed, world.ticket(opening, serial=2), facts)
    assert isinstance(renewed, Allowed)
    assert renewed.until_ms == NOW_MS + 90_000
    assert kind_of(check_renewal(opening, renewed, world.ticket(opening, serial=2), facts)) == "ticket-serial"
    other = world.ticket(opening, serial=3, camera=new_id("camera"))
    assert kind_of(check_renewal(opening, renewed, other, facts)) == "ticket-camera"


def test_a_renewal_cannot_pass_the_end_of_the_grant() -> None:
    world = World()
    opening, ticket = world.look()
    allowed = check_opening(opening, ticket, world.facts(opening))
    assert isinstance(allowed, Allowed)
    world.now_ms += 9 * MINUTE_MS + 30_000
    late = world.ticket(opening, serial=2)
    assert kind_of(check_renewal(opening, allowed, late, world.facts(opening))) == "ticket-past-grant"


def test_a_running_look_ends_when_its_owner_changes_anything() -> None:
    world = World()
    opening, _ = world.look()
    facts = world.facts(opening)
    assert check_still(opening, facts) is None
    tighter = _camera(facts, terms=world.terms(max_distance_m=300, version=2))
    assert check_still(opening, dataclasses.replace(facts, camera=tighter)) == Denied("terms-differ")
    assert check_still(opening, dataclasses.replace(facts, stopped=True)) == Denied("stopped")


def test_the_thief_of_the_ticket_key_alone_opens_nothing() -> None:
    """keys.md: a ticket for a look that is not in the log has no leaf that the log proves."""
    world = World()
    opening, _ = world.look()
    unlogged = dataclasses.replace(opening, private={**opening.private, "viewer": "per_thief"})
    ticket = sign_ticket_for(world, unlogged)
    assert decide(world, unlogged, ticket) == "log-proof"


def sign_ticket_for(world: World, opening: Opening) -> bytes:
    from consentry.kernel.opening import leaf_of
    from consentry.kernel.ticket import verify_ticket

    body = verify_ticket(world.ticket(opening), (world.ticket_key.public_key(),), now_ms=NOW_MS)
    return sign_ticket(dataclasses.replace(body, leaf=leaf_of(opening)), world.ticket_key)


def test_the_hash_that_is_compared_is_that_of_the_stored_terms() -> None:
    world = World()
    opening, _ = world.look()
    assert opening.private["terms_sha256"] == terms_sha256(world.terms())
