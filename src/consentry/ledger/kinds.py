"""Every kind of entry and its fields, alphabetical and closed. The list is itself an entry (`schema.change`).

No name, badge, address, plate, phone, camera id, or place finer than a published cell stands in any field. `commit`
is a salted SHA-256 whose record stays private; ids of agencies, programmes and feeds are public bodies' own.

Changing this list: raise `SCHEMA_VERSION` and pin the new digest in tests/ledger/test_kinds.py; the sequencer then
writes `schema.change` before any other entry, and audits hold every entry against the list last declared.
"""

from collections.abc import Mapping
from typing import Final

from consentry.kernel.canonical import canonical_json, sha256_of
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_ENTRY_BYTES

SCHEMA_VERSION: Final = 4

# Beside `v`, `kind` and `t` (ms since 1970), which every entry has.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "admin.act": ("act", "agency", "role"),
    "alert.issue": ("agency", "cap_sha256", "msg_type"),
    "call.change": ("commit", "feed"),
    "call.receive": ("commit", "feed"),
    "camera.register": ("klass", "participation"),
    "complaint.file": ("agency", "commit"),
    "consent.give": ("commit", "participation", "programme", "waiver_sha256"),
    "consent.withdraw": ("commit", "programme"),
    "export.create": ("agency", "commit"),
    "export.open": ("agency", "commit"),
    "hold.set": ("agency", "commit", "until"),
    "item.seal": ("agency", "commit"),
    "item.shred": ("agency", "commit"),
    "key.rotate": (
        "ends",
        "new_key",
        "number",
        "old_key",
        "old_signature",
        "origin",
        "recovery_signature",
        "role",
        "starts",
    ),
    "look.commit": ("commit", "policy_sha256"),
    "look.end": ("duration_bucket", "index", "reason"),
    "look.reveal": ("index", "inner", "public", "salt_pub"),
    "mandate.connect": ("commit", "participation", "programme"),
    "mandate.disconnect": ("commit", "programme"),
    "mandate.record": ("ordinance_sha256", "programme", "section"),
    "order.execute": ("agency", "commit", "index", "seal_until"),
    "order.receive": ("agency", "commit", "instrument", "seal_until"),
    "policy.change": ("effective_at", "emergency", "policy_sha256"),
    "post.remove": ("commit", "reason"),
    "post.restore": ("commit",),
    "programme.change": ("agency", "document_sha256", "programme", "state"),
    "request.close": ("agency", "commit"),
    "request.open": ("agency", "commit"),
    "request.outcome": ("agency", "answered", "asked", "commit", "used"),
    "schema.change": ("kinds", "version"),
    "sweep.run": ("agency", "incident_family", "policy_sha256", "purpose"),
}

# Fields that hold a list of their own; every other field is a text or an integer.
_NESTED = {"kinds", "public"}


def make_entry(kind: str, fields: Mapping[str, object], *, t_ms: int) -> bytes:
    """The entry's bytes; Malformed for an unknown kind, other fields than listed, or more than 65,535 bytes."""
    if kind not in KINDS or set(fields) != set(KINDS[kind]):
        raise Malformed(f"{kind} has the fields {KINDS.get(kind)}, not {sorted(fields)}", kind="ledger-fields")
    for name, value in fields.items():
        if name not in _NESTED and (isinstance(value, bool) or not isinstance(value, str | int)):
            raise Malformed(f"{name} is neither a text nor an integer", kind="ledger-fields")
    entry = canonical_json({"v": 1, "kind": kind, "t": t_ms, **fields})
    if len(entry) > MAX_ENTRY_BYTES:
        raise Malformed("an entry has at most 65,535 bytes", kind="ledger-fields")
    return entry


def schema_entry(*, t_ms: int) -> bytes:
    """The `schema.change` entry that declares this list."""
    return make_entry("schema.change", {"kinds": declared_kinds(), "version": SCHEMA_VERSION}, t_ms=t_ms)


def schema_digest() -> bytes:
    """SHA-256 of version and list: what the sequencer compares with the one last declared."""
    return sha256_of({"kinds": declared_kinds(), "version": SCHEMA_VERSION})


def declared_kinds() -> dict[str, list[str]]:
    """The list as it stands in the entry."""
    return {kind: list(fields) for kind, fields in KINDS.items()}
