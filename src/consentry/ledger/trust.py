"""Whom to believe about the log: its key, the witnesses' keys and addresses, how many must agree.

The file is a C2SP tlog-policy of this shape. One group at most; `none` as quorum trusts the log's key alone; `log`
lines stand in what a log publishes and an auditor keeps, the log's own settings have its key already:

    log <vkey>
    witness <name> <vkey> <url>          the name says who runs it: the public page shows it
    group <name> <threshold> <witness>...
    quorum <group, witness or none>
"""

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from consentry.kernel.errors import Malformed
from consentry.kernel.note import COSIGNATURE_V1, Verifier


@dataclass(frozen=True)
class Witness:
    """A witness: its verifier (cosignature/v1), where it takes checkpoints, who runs it."""

    verifier: Verifier
    url: str
    operator: str

    @property
    def is_on_this_machine(self) -> bool:
        """Is it reached over loopback? Such a witness shows the protocol and proves nothing."""
        return urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class WitnessPolicy:
    """The witnesses, and how many of them must have cosigned; the log's keys, if the policy names them."""

    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0
    logs: tuple[Verifier, ...] = ()

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """Their keys."""
        return tuple(witness.verifier for witness in self.witnesses)


NO_WITNESSES = WitnessPolicy()


def read_policy(path: Path) -> WitnessPolicy:
    """The policy in a file; no witnesses when there is no such file. Malformed when it is not understood in full."""
    return parse_policy(path.read_text()) if path.exists() else NO_WITNESSES


def parse_policy(text: str) -> WitnessPolicy:
    """The policy in `text`; Malformed for a line that is not understood, so that no rule is ever dropped."""
    witnesses: dict[str, Witness] = {}
    groups: dict[str, tuple[int, frozenset[str]]] = {}
    logs: list[Verifier] = []
    quorum: str | None = None
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        match words:
            case []:
                continue
            case ["log", vkey]:
                logs.append(Verifier.parse(vkey))
            case ["witness", name, vkey, url] if name not in witnesses and url.startswith(("http://", "https://")):
                witnesses[name] = Witness(_cosigner(vkey), url, name)
            case ["group", name, threshold, *members] if not groups:
                groups[name] = (_threshold(threshold, len(members)), frozenset(members))
            case ["quorum", name] if quorum is None:
                quorum = name
            case _:
                raise Malformed(f"not understood in the witness policy: {line[:100]!r}")
    return replace(_decide_quorum(witnesses, groups, quorum), logs=tuple(logs))


def write_policy(policy: WitnessPolicy) -> str:
    """The text of a policy."""
    names = [witness.operator for witness in policy.witnesses]
    lines = [f"log {verifier.vkey}" for verifier in policy.logs]
    lines += [f"witness {witness.operator} {witness.verifier.vkey} {witness.url}" for witness in policy.witnesses]
    if policy.quorum:
        lines += [f"group all {policy.quorum} {' '.join(names)}", "quorum all"]
    return "\n".join([*lines, *([] if policy.quorum else ["quorum none"])]) + "\n"


def _decide_quorum(
    witnesses: dict[str, Witness], groups: dict[str, tuple[int, frozenset[str]]], quorum: str | None
) -> WitnessPolicy:
    if len({witness.verifier.public for witness in witnesses.values()}) != len(witnesses):
        raise Malformed("two witnesses share a key")
    everybody = tuple(witnesses.values())
    if quorum == "none":
        return WitnessPolicy(everybody, 0)
    if quorum in witnesses:
        return WitnessPolicy((witnesses[quorum],), 1)
    if quorum not in groups or groups[quorum][1] - set(witnesses):
        raise Malformed("the witness policy names no quorum that it defines")
    threshold, members = groups[quorum]
    return WitnessPolicy(tuple(witness for name, witness in witnesses.items() if name in members), threshold)


def _cosigner(vkey: str) -> Verifier:
    verifier = Verifier.parse(vkey)
    if verifier.algorithm != COSIGNATURE_V1:
        raise Malformed("a witness has a cosignature/v1 key")
    return verifier


def _threshold(text: str, members: int) -> int:
    value = {"any": 1, "all": members}.get(text) or (int(text) if text.isascii() and text.isdecimal() else 0)
    if not 0 < value <= members:
        raise Malformed("a group's threshold lies between 1 and its members")
    return value
