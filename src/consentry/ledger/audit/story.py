"""Read what the entries say: kinds and fields as the log declares them, and whether every look is told in time.

Bundles in which every entry has a declared shape are recognised at once (`shapes`), their looks by one match each.
Everything else is parsed entry by entry and must be canonical JSON of a declared kind.
"""

import hashlib
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consentry.kernel.canonical import canonical_json, parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS, MAX_ENTRY_BYTES
from consentry.kernel.opening import PUBLIC_FIELDS
from consentry.kernel.tiles import Bundle
from consentry.ledger.audit.looks import COMMIT, REVEAL
from consentry.ledger.audit.shapes import Shapes
from consentry.ledger.rules import REVEAL_WITHIN, SEAL_SLACK

_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")
MAX_FINDINGS = 1_000
_REVEAL_WITHIN_MS = int(REVEAL_WITHIN.total_seconds() * 1_000)
_SEAL_SLACK_MS = int(SEAL_SLACK.total_seconds() * 1_000)


@dataclass(frozen=True)
class Finding:
    """Something wrong in what the log says: layer `schema` or `reveal`, the entry's index, in words."""

    layer: str
    index: int
    text: str


class Story:
    """Feed every entry in order to `read`, then ask `close`. Remembers one line per commit that is still open."""

    def __init__(self) -> None:
        self.commits = self.reveals = self.found = 0
        self.findings: list[Finding] = []
        self._open: dict[int, tuple[bytes, bytes, int]] = {}
        self._seals: dict[int, int] = {}
        self._kinds: Mapping[str, frozenset[str]] = {}
        self._shapes: Shapes | None = None

    def read(self, first: int, bundle: Bundle) -> None:
        """Read the entries that stand from index `first` on."""
        found = None if self._shapes is None else self._shapes.sift(bundle)
        if found is None:
            for index, entry in enumerate(bundle.entries, first):
                self._read_parsed(index, entry)
            return
        for place, look in found:
            if look is None:
                self._read_parsed(first + place, bundle.entries[place])
            else:
                self._read_look(first + place, look)

    def _read_look(self, index: int, found: re.Match[bytes]) -> None:
        if found.re is COMMIT:
            self._open[index] = (found[1], found[2], int(found[3]))
            self.commits += 1
        elif found.re is REVEAL:
            said, inner, public, policy, salt, t_ms = found.groups()
            # Both are 43 characters, 32 bytes; with an `A` more each is whole groups of 4, so they are decoded at once.
            raw = a2b_base64((salt + b"A" + inner + b"A").translate(_FROM_URL))
            digest = hashlib.sha256(b"\x02" + raw[:32] + public + raw[33:65]).digest()
            self._close_one(index, int(said), (digest, policy), int(t_ms))
        else:
            self._check_earlier(index, int(found[1]))

    def close(self, now_ms: int) -> tuple[int, int]:
        """What is still open now: (not yet due, under a seal); anything else becomes a finding."""
        waiting = sealed = 0
        for index, (_, _, t_ms) in self._open.items():
            if self._seals.get(index, 0) > now_ms:
                sealed += 1
            elif t_ms > now_ms + MAX_CLOCK_SKEW_MS:
                self._find("reveal", index, "this look is dated in the future")
            elif now_ms > self._due_ms(index, t_ms):
                self._find("reveal", index, "this look was neither revealed in time nor is it sealed")
            else:
                waiting += 1
        return waiting, sealed

    def _close_one(self, index: int, said: int, shown: tuple[bytes, bytes], t_ms: int) -> None:
        self.reveals += 1
        found = self._open.get(said)
        if found is None:
            self._find("reveal", index, f"it reveals {said}, which is no look that is still closed")
            return
        commit, policy, committed_ms = found
        if b2a_base64(shown[0])[:43].translate(_TO_URL) != commit or shown[1] != policy:
            self._find("reveal", index, f"it does not open the commit {said}")
            return
        del self._open[said]
        if t_ms > self._due_ms(said, committed_ms):
            self._find("reveal", index, f"it reveals {said} too late")
        self._seals.pop(said, None)

    def _due_ms(self, index: int, t_ms: int) -> int:
        seal_ms = self._seals.get(index)
        return max(t_ms + _REVEAL_WITHIN_MS, 0 if seal_ms is None else seal_ms + _SEAL_SLACK_MS)

    def _read_parsed(self, index: int, entry: bytes) -> None:
        try:
            value = parse_object(entry, max_bytes=MAX_ENTRY_BYTES)
            canonical = canonical_json(value) == entry
        except Malformed:
            canonical = False
        if not canonical:
            self._find("schema", index, "this entry is not canonical JSON")
            return
        kind = value.get("kind")
        if kind == "schema.change":
            self._declare(index, value)
        elif not self._kinds:
            self._find("schema", index, "this entry stands before any list of kinds")
        fields = self._kinds.get(kind) if isinstance(kind, str) else None
        if fields is None or set(value) != fields | {"v", "kind", "t"} or value["v"] != 1:
            self._find("schema", index, f"the log declares no {kind} with these fields")
            return
        self._follow(index, kind, value)

    def _declare(self, index: int, value: Mapping[str, Any]) -> None:
        kinds = value.get("kinds")
        if not isinstance(kinds, dict) or not all(isinstance(fields, list) for fields in kinds.values()):
            self._find("schema", index, "this list of kinds is none")
            return
        self._kinds = {kind: frozenset(map(str, fields)) for kind, fields in kinds.items()}
        self._shapes = Shapes(self._kinds)

    def _follow(self, index: int, kind: str | None, value: Mapping[str, Any]) -> None:
        """A look's kind in a form that the fast match did not know, or a seal."""
        try:
            if kind == "look.commit":
                self._open[index] = (value["commit"].encode(), value["policy_sha256"].encode(), int(value["t"]))
                self.commits += 1
            elif kind == "look.reveal":
                if set(value["public"]) != PUBLIC_FIELDS:
                    self._find("reveal", index, "it tells other fields than a look has")
                public = canonical_json(value["public"])
                shown = _raw(b"\x02", value["salt_pub"].encode()) + public + _raw(b"", value["inner"].encode())
                policy = value["public"]["policy_sha256"].encode()
                self._close_one(index, int(value["index"]), (hashlib.sha256(shown).digest(), policy), int(value["t"]))
            elif kind == "look.end":
                self._check_earlier(index, int(value["index"]))
            elif kind == "order.execute" and int(value["index"]) in self._open:
                sealed = int(value["index"])
                self._seals[sealed] = max(int(value["seal_until"]), self._seals.get(sealed, 0))
        except (AttributeError, KeyError, TypeError, ValueError):
            self._find("schema", index, f"this {kind} has fields of another type")

    def _check_earlier(self, index: int, said: int) -> None:
        if said >= index:
            self._find("reveal", index, f"it ends {said}, which comes later")

    def _find(self, layer: str, index: int, text: str) -> None:
        self.found += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(layer, index, text))


def _raw(prefix: bytes, encoded: bytes) -> bytes:
    """`prefix` and the 32 bytes behind 43 characters of base64url."""
    return prefix + a2b_base64(encoded.translate(_FROM_URL) + b"=")
