"""A small, real world around an edge: a log with witnesses, a signer, an owner with a device key. Nothing is faked."""

import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.edge.guard import Facts, Trust, Witnessed
from consentry.edge.pins import Pins, parse_pins
from consentry.edge.store import CameraState
from consentry.kernel.canonical import to_b64
from consentry.kernel.checkpoint import Checkpoint, sign_checkpoint
from consentry.kernel.ids import CameraId, EdgeId, GatewayId, ProgrammeId, new_id
from consentry.kernel.merkle import leaf_hash, root_of
from consentry.kernel.note import COSIGNATURE_V1, Signer
from consentry.kernel.opening import Opening, commit_entry, commit_of, inner_hash
from consentry.kernel.owner_record import OwnerKey, owner_record, public_point, sign_as_device
from consentry.kernel.terms import (
    ALWAYS,
    Approval,
    Participation,
    Terms,
    Tier,
    ViewAttested,
    terms_sha256,
)
from consentry.kernel.ticket import Ticket, sign_ticket
from consentry.kernel.tiles import Tile, compute_consistency, compute_inclusion

NOW_MS = 1_790_000_000_000
POLICY = "ab" * 32
MINUTE_MS = 60_000


class Log:
    """A transparency log of fewer than 256 entries, with three witnesses."""

    def __init__(self, name: str = "example.org/log") -> None:
        self.signer = Signer.generate(name)
        self.witnesses = tuple(Signer.generate(f"example.org/w{at}", COSIGNATURE_V1) for at in (1, 2, 3))
        self.entries: list[bytes] = []
        for at in range(5):
            self.append(b"before %d" % at)

    def append(self, entry: bytes) -> int:
        """The index of a new entry."""
        self.entries.append(entry)
        assert len(self.entries) < 256
        return len(self.entries) - 1

    def leaves(self, size: int) -> list[bytes]:
        """Leaf hashes of the first `size` entries."""
        return [leaf_hash(entry) for entry in self.entries[:size]]

    def files(self, size: int) -> dict[str, bytes]:
        """The tile that holds the first `size` leaves."""
        return {Tile(0, 0, size).path: b"".join(self.leaves(size))}

    def note(self, size: int, *, witnesses: int = 0, time_ms: int = NOW_MS) -> str:
        """A checkpoint, cosigned by some of the witnesses."""
        head = Checkpoint(self.signer.name, size, root_of(self.leaves(size)))
        return sign_checkpoint(head, self.signer, *self.witnesses[:witnesses], time_s=time_ms // 1_000)

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion proof."""
        return compute_inclusion(index, size, self.files(size))

    def bridge(self, old: int, new: int) -> tuple[bytes, ...]:
        """Consistency proof."""
        return compute_consistency(old, new, self.files(new))

    def witnessed(self, size: int, *, at_ms: int = NOW_MS) -> Witnessed:
        """What an edge would remember of the checkpoint at `size`."""
        return Witnessed(size, root_of(self.leaves(size)), at_ms)


@dataclass
class World:
    """One home with one camera, one gateway, one log, one signer, one viewer."""

    log: Log = field(default_factory=Log)
    ticket_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    recovery: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    owner: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    camera: CameraId = field(default_factory=lambda: CameraId(new_id("camera")))
    gateway: GatewayId = field(default_factory=lambda: GatewayId(new_id("gateway")))
    edge: EdgeId = field(default_factory=lambda: EdgeId(new_id("edge")))
    programme: ProgrammeId = field(default_factory=lambda: ProgrammeId(new_id("programme")))
    now_ms: int = NOW_MS

    def trust(self) -> Trust:
        """What pairing pinned."""
        return Trust(
            logs=(self.log.signer.verifier,), witnesses=tuple(w.verifier for w in self.log.witnesses), quorum=2,
            ticket_keys=(self.ticket_key.public_key(),), owner=OwnerKey(public_point(self.owner)),
        )  # fmt: skip

    def trusted(self) -> Callable[[], Trust]:
        """What pairing pinned, whatever becomes of this world later."""
        pinned = self.trust()
        return lambda: pinned

    def answer(self, *, gateway_url: str = "ws://127.0.0.1:1/edge", ledger_url: str = "http://127.0.0.1:1/") -> bytes:
        """A server's answer to pairing."""
        return json.dumps({
            "edge": self.edge, "owner_key": to_b64(public_point(self.owner)), "owner_rp_id": "",
            "log_vkey": self.log.signer.verifier.vkey, "witness_vkeys": [w.verifier.vkey for w in self.log.witnesses],
            "quorum": 2, "ticket_keys": [to_b64(self.ticket_key.public_key().public_bytes_raw())],
            "recovery_key": to_b64(self.recovery.public_key().public_bytes_raw()),
            "gateways": [{"id": self.gateway, "url": gateway_url}], "ledger_url": ledger_url, "policies": [POLICY],
        }).encode()  # fmt: skip

    def pins(self, **urls: str) -> Pins:
        """The same, pinned."""
        return parse_pins(json.loads(self.answer(**urls)), server="http://127.0.0.1")

    def terms(self, **changes: object) -> Terms:
        """The owner's terms; live, automatic, at any hour."""
        terms = Terms(
            camera_id=self.camera, programme_id=self.programme, participation=Participation.VOLUNTARY, tier=Tier.LIVE,
            purposes=frozenset({"crime_in_progress"}), call_types=frozenset({"BURGLARY", "ROBBERY"}),
            max_distance_m=400, max_minutes_per_grant=15, hours=ALWAYS, time_zone="America/Chicago", lookback_min=0,
            lookahead_min=15, approval=Approval.AUTOMATIC, audio=False, ptz=False, emergency_ok=False,
            view_attested=ViewAttested(True, True, ""), waiver_sha256="cd" * 32,
            expires_at_ms=NOW_MS + 90 * 86_400_000, version=1,
        )  # fmt: skip
        return dataclasses.replace(terms, **changes)

    def approval(self, **changes: str | int) -> str:
        """The owner's signed yes."""
        fields: dict[str, str | int] = {
            "agency": "agy_police", "ask": "ask_1", "camera": self.camera, "incident": "inc_1", "minutes": 15,
            "purpose": "crime_in_progress",
        }  # fmt: skip
        said_ms = int(changes.pop("t_ms", self.now_ms))
        return sign_as_device(owner_record("ask.yes", t_ms=said_ms, **{**fields, **changes}), self.owner)

    def look(self, terms: Terms | None = None, **private: str | int) -> tuple[Opening, bytes]:
        """A logged opening and its first ticket; `private` overrides fields before it is logged."""
        holder = b"\x07" * 32
        common = {"agency": "agy_police", "purpose": "crime_in_progress", "role": "analyst", "rule": "live-near-call",
                  "policy_sha256": POLICY}  # fmt: skip
        fields: dict[str, str | int] = {
            **common, "approval_sig": "", "audience": self.gateway, "camera": self.camera, "distance_m": 200,
            "grant": "gra_1", "holder_key": to_b64(holder), "incident": "inc_1",
            "max_until": self.now_ms + 10 * MINUTE_MS, "officer_number": "7", "origin": "cad",
            "programme": self.programme, "reported_at": self.now_ms - 5 * MINUTE_MS, "session": new_id("session"),
            "terms_sha256": terms_sha256(terms or self.terms()), "type": "BURGLARY", "viewer": "per_1", **private,
        }  # fmt: skip
        public = {
            **{name: str(fields[name]) for name in common}, "basis": "consent", "cell": "89283082837ffff",
            "decision": "allow", "duration_bucket": "5_to_15", "incident_family": "burglary", "mode": "live",
            "participation": "voluntary",
        }  # fmt: skip
        opening = self.log_opening(public, fields)
        return opening, self.ticket(opening)

    def log_opening(self, public: dict[str, str], private: dict[str, str | int]) -> Opening:
        """Put the commitment of both records into the log and prove it."""
        salts = b"\x01" * 32, b"\x02" * 32
        commit = commit_of(public, salts[0], inner_hash(private, salts[1]))
        entry = commit_entry(commit, t_ms=self.now_ms, policy_sha256=public["policy_sha256"])
        index = self.log.append(entry)
        size = len(self.log.entries)
        return Opening(public, private, *salts, self.now_ms, index, self.log.prove(index, size), self.log.note(size))

    def ticket(self, opening: Opening, **changes: object) -> bytes:
        """A ticket for `opening`, signed."""
        ticket = Ticket(
            leaf=leaf_hash(self.log.entries[opening.index]), camera=self.camera, audience=self.gateway,
            holder_sha256=b"\x07" * 32, not_before_ms=self.now_ms, not_after_ms=self.now_ms + 60_000, serial=1,
        )  # fmt: skip
        return sign_ticket(dataclasses.replace(ticket, **changes), self.ticket_key)

    def facts(self, opening: Opening, *, terms: Terms | None = None, **changes: object) -> Facts:
        """All in order: the log was witnessed one entry before the look."""
        before = opening.index
        facts = Facts(
            now_ms=self.now_ms, audience=self.gateway, trust=self.trust(),
            camera=CameraState(self.camera, terms or self.terms(), last_version=1, has_address=True),
            policies={POLICY: 0}, witnessed=self.log.witnessed(before),
            bridge=self.log.bridge(before, len(self.log.entries)),
        )  # fmt: skip
        return dataclasses.replace(facts, **changes)

    def serve_files(self, folder: Path, *, witnesses: int = 3, time_ms: int | None = None) -> None:
        """Write tiles and checkpoint as the sequencer would."""
        for size in range(1, len(self.log.entries) + 1):
            for path, data in self.log.files(size).items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
        at_ms = self.now_ms if time_ms is None else time_ms
        text = self.log.note(len(self.log.entries), witnesses=witnesses, time_ms=at_ms)
        (folder / "checkpoint").write_text(text)


def until(holds: Callable[[], object], *, within_s: float = 15.0) -> None:
    """Wait until `holds()` is true; for what another thread does."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "what was waited for did not come"
        time.sleep(0.01)
