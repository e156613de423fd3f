"""`consentry sequencer`, `consentry verify log` and `consentry verify proof`."""

import argparse
import logging
import signal
import sys
from pathlib import Path
from threading import Event
from typing import Any

from consentry.kernel.canonical import from_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, Malformed, NotFound
from consentry.kernel.note import Verifier
from consentry.kernel.proof import verify_proof
from consentry.ledger.audit.keys import find_rotations, follow
from consentry.ledger.files import POLICY
from consentry.ledger.source import source_of
from consentry.ledger.trust import Witness, WitnessPolicy, parse_policy
from consentry.ledger.verify import Audit, audit_log


def add_commands(subparsers: Any) -> None:  # Any: argparse keeps the type of its subparsers private
    """Add `sequencer`; `verify` takes words of several rooms (`project/verify.py`)."""
    sequencer = subparsers.add_parser("sequencer", help="give entries their order and sign the log")
    sequencer.add_argument("--data", type=Path, help="data folder")
    sequencer.set_defaults(run=run_sequencer)


def add_verifications(kinds: Any) -> None:  # Any: as above
    """Add `verify log` and `verify proof`."""
    log = kinds.add_parser("log", help="re-derive the whole log from its static files")
    log.add_argument("place", help="address or folder with `checkpoint` and `tile/`")
    _add_trust(log)
    log.add_argument("--policy", type=Path, help="the log's keys and witnesses, kept from its file `policy`")
    log.add_argument(
        "--recovery-key", help="the installation's recovery key (or a file): follow rotated keys from --log-vkey on"
    )
    log.set_defaults(run=run_verify_log)
    proof = kinds.add_parser("proof", help="check one .tlog-proof file")
    proof.add_argument("file", type=Path)
    proof.add_argument("--entry", type=Path, help="the entry's bytes, if the file does not hold them")
    _add_trust(proof)
    proof.set_defaults(run=run_verify_proof)


def run_sequencer(_arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    from consentry.ledger.sequencer.loop import run
    from consentry.ledger.sequencer.settings import settings_from_environment

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(settings_from_environment(), stop)
    return 0


def run_verify_log(arguments: argparse.Namespace) -> int:
    """0 when all of the log holds; 1 with the layer that does not."""
    trusted = _policy_of(arguments)
    try:
        if arguments.recovery_key:
            trusted = _follow(arguments, trusted)
        audit = audit_log(arguments.place, trusted.logs, trusted.verifiers, trusted.quorum)
    except (ConsentryError, UnicodeError) as error:
        kind = error.kind if isinstance(error, ConsentryError) else "ledger-checkpoint"
        return _refuse(f"{kind}: {error}")
    sys.stdout.write(_summary(audit))
    for finding in audit.findings:
        sys.stdout.write(f"  {finding.layer}: entry {finding.index}: {finding.text}\n")
    if not audit.holds:
        return _refuse(f"{audit.found} findings, first in layer {audit.findings[0].layer}")
    sys.stdout.write("the log holds\n")
    return 0


def run_verify_proof(arguments: argparse.Namespace) -> int:
    """0 when the file proves its entry; prints the entry."""
    if not arguments.log_vkey:
        raise SystemExit("consentry: a proof is checked with --log-vkey")
    trusted = _pinned(arguments)
    entry = arguments.entry.read_bytes() if arguments.entry else None
    try:
        content, head = verify_proof(
            arguments.file.read_text(), trusted.logs[0], trusted.verifiers, trusted.quorum, entry
        )
    except (ConsentryError, OSError, UnicodeError) as error:
        return _refuse(f"proof: {error}")
    sys.stdout.buffer.write(content + b"\n")
    sys.stdout.write(f"is in {head.origin} at size {head.size}, cosigned by {len(head.cosigned)} witnesses\n")
    return 0


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log-vkey", help="the log's key `name+hash+base64`, or a file that holds it")
    parser.add_argument("--witness-vkey", action="append", default=[], help="a witness's key or file; repeatable")
    parser.add_argument("--quorum", type=int, default=0, help="how many witnesses must have cosigned")


def _policy_of(arguments: argparse.Namespace) -> WitnessPolicy:
    """Whom to believe: the keys that were said, a policy that was kept, else the one that the log itself publishes."""
    if arguments.log_vkey and arguments.policy:
        raise SystemExit("consentry: --log-vkey and --policy both say whom to believe: give one")
    if arguments.log_vkey:
        return _pinned(arguments)
    if arguments.witness_vkey or arguments.quorum:
        raise SystemExit("consentry: --witness-vkey and --quorum go with --log-vkey")
    if arguments.policy:
        return _named(_read(arguments.policy))
    found = _named(source_of(arguments.place)(POLICY).decode(errors="replace"))
    sys.stdout.write(
        "keys: as this log publishes them. That proves the log whole, not whose it is:\n"
        "keep its file `policy`, compare it with others, and use --policy from then on\n"
    )
    return found


def _named(text: str) -> WitnessPolicy:
    policy = parse_policy(text)
    if not policy.logs:
        raise Malformed("the policy names no log", kind="ledger-policy")
    return policy


def _pinned(arguments: argparse.Namespace) -> WitnessPolicy:
    if not 0 <= arguments.quorum <= len(arguments.witness_vkey):
        raise SystemExit("consentry: --quorum lies between 0 and the number of --witness-vkey")
    witnesses = tuple(Witness(_key(text), "", "") for text in arguments.witness_vkey)
    return WitnessPolicy(witnesses, arguments.quorum, (_key(arguments.log_vkey),))


def _follow(arguments: argparse.Namespace, trusted: WitnessPolicy) -> WitnessPolicy:
    """The keys that count now, by the rotations in the log, which are told one by one."""
    said, now_ms = str(arguments.recovery_key), to_ms(utc_now())
    recovery = from_b64(Path(said).read_text().strip() if Path(said).exists() else said, length=32)
    rotations = find_rotations(source_of(arguments.place), recovery=recovery, origin=trusted.logs[0].name)
    for rotation in rotations:
        sys.stdout.write(f"rotation {rotation.number} of {rotation.origin}: {rotation.role} {rotation.new_key}\n")
    witnesses = tuple(Witness(key, "", "") for key in follow(trusted.verifiers, rotations, now_ms))
    return WitnessPolicy(witnesses, trusted.quorum, follow(trusted.logs, rotations, now_ms))


def _key(text: str) -> Verifier:
    return Verifier.parse(text if "+" in text else _read(Path(text)))


def _read(file: Path) -> str:
    """A file that somebody named; NotFound, saying which, when it cannot be read."""
    try:
        return file.read_text(errors="replace")
    except OSError as error:
        raise NotFound(f"cannot read {file}: {error.strerror}") from error


def _summary(audit: Audit) -> str:
    head = audit.head
    lines = [
        f"{head.origin}: {head.size} entries, cosigned by {len(head.cosigned)} witnesses",
        f"looks: {audit.commits} committed, {audit.reveals} revealed, {audit.waiting} waiting, {audit.sealed} sealed",
    ]
    return "\n".join(lines) + "\n"


def _refuse(why: str) -> int:
    sys.stderr.write(f"consentry: the log does not hold: {why}\n")
    return 1
