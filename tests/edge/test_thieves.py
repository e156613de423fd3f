"""The thief's table of docs/design/keys.md, played against an edge: what a stolen key gains, and for how long."""

import dataclasses
from pathlib import Path

import pytest
from tests.edge.world import NOW_MS, POLICY, Log, World

from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Denied
from consentry.edge.looks import Ended, Look, Looks, Request
from consentry.edge.store import Store
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Untrusted
from consentry.kernel.opening import Opening


class Target:
    """An honest home that saw `world`'s log up to five entries; thieves act with keys of `world` that they hold."""

    def __init__(self, folder: Path) -> None:
        self.world, self.store, self.ended = World(), Store(folder), list[Ended]()
        self.store.pin(self.world.pins(), (POLICY,))
        self.store.put_address(self.world.camera, b"sealed")
        self.store.put_terms(self.world.camera, self.world.terms(), version=1)
        self.steady_ms = 0
        clock = EdgeClock(lambda: self.world.now_ms, lambda: self.steady_ms)
        self.looks = Looks(self.store, self.world.trusted(), clock, self.ended.append)
        self.seen = self.world.log.witnessed(5)

    def attack(self, thief: World, opening: Opening, ticket: bytes) -> Look | Denied:
        """Present what the thief made; the thief also serves the tiles."""
        size = open_checkpoint(opening.checkpoint, thief.log.signer.verifier).size
        request = Request(
            str(opening.private["session"]), thief.gateway, opening, ticket, self.seen, thief.log.bridge(5, size)
        )
        return self.looks.open(request)

    def thief(self, **stolen: object) -> World:
        """Another world at the same camera and gateway, with nothing of ours but what was stolen or is public."""
        world = World(camera=self.world.camera, gateway=self.world.gateway, programme=self.world.programme)
        world.log.entries = list(self.world.log.entries)
        return dataclasses.replace(world, **stolen)

    def stolen_log_key(self) -> Log:
        """The log's key without its witnesses."""
        log = Log()
        log.signer, log.entries = self.world.log.signer, list(self.world.log.entries)
        return log


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return Target(tmp_path)


def test_the_ticket_key_alone_gains_nothing(target: Target) -> None:
    thief = target.thief(ticket_key=target.world.ticket_key)
    assert target.attack(thief, *thief.look()) == Denied("note-signature")


def test_the_log_key_alone_gains_nothing_at_an_edge(target: Target) -> None:
    thief = target.thief(log=target.stolen_log_key())
    assert target.attack(thief, *thief.look()) == Denied("ticket-signature")


def test_ticket_and_log_key_together_gain_ten_seconds(target: Target) -> None:
    thief = target.thief(ticket_key=target.world.ticket_key, log=target.stolen_log_key())
    assert isinstance(target.attack(thief, *thief.look()), Look)
    for _ in range(40):
        target.steady_ms += 250
        target.world.now_ms += 250
        target.looks.tick()
    assert [(ended.reason, target.steady_ms) for ended in target.ended] == [("unwitnessed", 10_000)]


def test_the_thief_of_both_keys_cannot_hide_an_older_history(target: Target) -> None:
    thief = target.thief(ticket_key=target.world.ticket_key, log=target.stolen_log_key())
    thief.log.entries[3] = b"never happened"
    assert target.attack(thief, *thief.look()) == Denied("log-proof")


def test_a_witness_key_alone_makes_no_quorum(target: Target) -> None:
    log = target.stolen_log_key()
    log.witnesses = (target.world.log.witnesses[0], *Log().witnesses[:2])
    trust = target.world.trust()
    with pytest.raises(Untrusted) as caught:
        open_checkpoint(log.note(5, witnesses=3), trust.logs, trust.witnesses, trust.quorum)
    assert caught.value.kind == "witness-quorum"


def test_a_gateway_in_the_wrong_hands_cannot_use_another_gateways_opening(target: Target) -> None:
    opening, ticket = target.world.look()
    bridge = target.world.log.bridge(5, 6)
    request = Request(str(opening.private["session"]), "gwy_thief", opening, ticket, target.seen, bridge)
    assert target.looks.open(request) == Denied("ticket-audience")


def test_web_signer_log_and_witnesses_together_still_need_the_owners_terms(target: Target) -> None:
    """All servers in the wrong hands: they log and sign a look that the owner never allowed."""
    world = target.world
    looser = world.terms(call_types=frozenset({"NOISE"}), version=2)
    for opening, ticket in (world.look(type="NOISE"), world.look(looser, type="NOISE"), world.look(distance_m=900)):
        size = opening.index + 1
        session = str(opening.private["session"])
        request = Request(session, world.gateway, opening, ticket, target.seen, world.log.bridge(5, size))
        assert target.looks.open(request) in {
            Denied(kind) for kind in ("terms-call-type", "terms-differ", "terms-distance")
        }


def test_the_owners_key_opens_nothing_that_is_not_logged(target: Target) -> None:
    thief = target.thief(owner=target.world.owner)
    assert isinstance(target.attack(thief, *thief.look(approval_sig=thief.approval())), Denied)
    assert target.world.now_ms == NOW_MS


def test_the_edges_key_opens_no_look_and_loosens_nothing(target: Target) -> None:
    """Who has the box's key can lie for that home; what opens it is still the log, the signer and the owner."""
    thief = target.thief(edge=target.world.edge)
    assert target.attack(thief, *thief.look()) == Denied("note-signature")
    held = target.store.camera(target.world.camera)
    assert held is not None
    assert held.terms == target.world.terms()
