"""Join the database and the files at start: after a crash the files may be ahead by one batch, never behind."""

from consentry.kernel.canonical import parse_object
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.limits import MAX_ENTRY_BYTES
from consentry.kernel.merkle import leaf_hash
from consentry.ledger.kinds import schema_digest, schema_entry
from consentry.ledger.sequencer.inbox import Inbox, KnownState, Pending, Placed
from consentry.ledger.sequencer.store import LogStore


def recover(inbox: Inbox, store: LogStore) -> None:
    """Give rows the places that they have in the files already, then declare the kinds if the log has others.

    Untrusted when the files are behind the database or tell another story: then nothing may be appended.
    """
    known = inbox.known()
    _check_prefix(known, store)
    _place_tail(inbox, store, known)
    if known.schema != schema_digest():
        _declare_kinds(inbox, store)


def _check_prefix(known: KnownState, store: LogStore) -> None:
    if known.size > store.head.size:
        raise Untrusted(
            f"the ledger's files end at {store.head.size}, the database knows {known.size}: restore the files",
            kind="ledger-broken",
        )
    if known.size and store.reader().root(known.size) != known.root:
        raise Untrusted("the ledger's files tell another story than the database", kind="ledger-broken")


def _place_tail(inbox: Inbox, store: LogStore, known: KnownState) -> None:
    reader, size = store.reader(), store.head.size
    rows: list[Pending] = []
    for index in range(known.size, size):
        entry = reader.entry(index, size)
        row = inbox.find_pending(entry, besides=[row.id for row in rows])
        if row is None:  # the database is an older copy: the entry is in the log all the same
            inbox.enter(f"log:{index}", _kind_of(entry), entry)
            row = inbox.find_pending(entry, besides=[row.id for row in rows])
        if row is None:
            raise Untrusted("an entry of the log has no row", kind="ledger-broken")
        rows.append(row)
    if rows:
        digest = schema_digest() if any(row.kind == "schema.change" for row in rows) else known.schema
        leaves = [leaf_hash(row.entry) for row in rows]
        inbox.place(Placed(rows, known.size, leaves, store.head, digest), utc_now())


def _declare_kinds(inbox: Inbox, store: LogStore) -> None:
    known, digest = inbox.known(), schema_digest()
    if known.schema == digest:
        return
    inbox.enter(f"schema:{known.size}:{digest.hex()}", "schema.change", schema_entry(t_ms=to_ms(utc_now())))
    rows, first = inbox.take_kind("schema.change"), store.head.size
    leaves = store.append([row.entry for row in rows])
    inbox.place(Placed(rows, first, leaves, store.head, digest), utc_now())


def _kind_of(entry: bytes) -> str:
    try:
        return str(parse_object(entry, max_bytes=MAX_ENTRY_BYTES).get("kind", "unknown"))
    except Malformed:
        return "unknown"
