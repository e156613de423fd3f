"""The ledger's own promises, checked on a data folder."""

import hashlib
from collections.abc import Iterator

from consentry.core.invariants import Broken
from consentry.kernel.errors import ConsentryError
from consentry.ledger.models import LedgerEntry, LookRecord
from consentry.ledger.queries import ledger_folder, log_verifiers, read_entry, witness_verifiers
from consentry.ledger.verify import audit_log


def broken_invariants() -> Iterator[Broken]:
    """3 and 6: the static files are one whole, signed tree, and hold every entry that we ever called durable."""
    try:
        audit = audit_log(str(ledger_folder()), log_verifiers(), witness_verifiers())
    except (ConsentryError, OSError) as error:
        yield Broken(6, f"the log does not hold: {error}")
        return
    for finding in audit.findings:
        yield Broken(6, f"log, {finding.layer}, entry {finding.index}: {finding.text}")
    for row in LedgerEntry.objects.filter(index__isnull=False).order_by("index").iterator():
        yield from _broken_entry(row)
    for look in LookRecord.objects.filter(revealed_at__isnull=False, entry__index__isnull=True):
        yield Broken(6, f"look {look.pk} was revealed and is not in the log")


def _broken_entry(row: LedgerEntry) -> Iterator[Broken]:
    try:
        published = read_entry(row.index or 0)
    except ConsentryError:
        yield Broken(6, f"entry {row.index} was acknowledged and is not in the published log")
        return
    if published != bytes(row.entry) or hashlib.sha256(b"\0" + published).digest() != bytes(row.leaf or b""):
        yield Broken(6, f"entry {row.index} of the published log is not the one that was acknowledged")
