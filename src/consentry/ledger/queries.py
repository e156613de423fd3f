"""What others may ask of the ledger: is it durable, prove it, is the log alive."""

import json
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import local

import psycopg
from django.conf import settings
from django.db import connection
from django.db.models import Count
from psycopg.conninfo import make_conninfo

from consentry.kernel.checkpoint import parse_body
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Conflict, NotFound, Unavailable
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.limits import LEDGER_FRESH_S
from consentry.kernel.note import Verifier, split_note
from consentry.kernel.opening import Opening
from consentry.kernel.proof import Proof, dump_proof
from consentry.kernel.rotation import keys_in_force
from consentry.kernel.tiles import TileReader
from consentry.ledger.files import CHECKPOINT, LATEST, read_file
from consentry.ledger.inbox_sql import PLACED_CHANNEL
from consentry.ledger.models import LedgerEntry, LedgerState, LookRecord
from consentry.ledger.trust import WitnessPolicy, read_policy
from consentry.ledger.types import Look, LookEnd, Place

_readers = local()


def ledger_folder() -> Path:
    """Where the static files lie."""
    return Path(settings.DATA) / "ledger"


def find_place(key: str) -> Place | None:
    """Where the entry under `key` stands; None while it is not durable (or there is none)."""
    row = LedgerEntry.objects.filter(key=key, index__isnull=False).values_list("index", "leaf").first()
    return None if row is None or row[0] is None or row[1] is None else Place(row[0], bytes(row[1]))


def find_entry(key: str) -> bytes | None:
    """The canonical JSON that was logged under `key`, placed or waiting; None when there is none."""
    entry = LedgerEntry.objects.filter(key=key).values_list("entry", flat=True).first()
    return None if entry is None else bytes(entry)


def prove(index: int, *, witnessed: bool = False) -> Proof:
    """Prove that entry `index` is in the log, up to the newest own-signed checkpoint, or the newest witnessed one.

    NotFound while that checkpoint does not cover it.
    """
    return _prove_under(index, read_file(ledger_folder(), CHECKPOINT if witnessed else LATEST).decode())


def _prove_under(index: int, checkpoint: str) -> Proof:
    head, _ = parse_body(split_note(checkpoint)[0])
    if not 0 <= index < head.size:
        raise NotFound("this checkpoint does not cover that entry")
    return Proof(index, _reader().inclusion(index, head.size), checkpoint)


def prove_in_file(index: int, *, extra: bytes = b"") -> str:
    """The `tlog-proof` file of entry `index` under the newest witnessed checkpoint (see `kernel/proof.py`)."""
    return dump_proof(prove(index, witnessed=True), extra=extra)


def prove_together(*indices: int) -> tuple[str, ...]:
    """The `tlog-proof` files of some entries, each with its entry, all under one checkpoint: the newest witnessed."""
    checkpoint = read_file(ledger_folder(), CHECKPOINT).decode()
    return tuple(dump_proof(_prove_under(index, checkpoint), extra=read_entry(index)) for index in indices)


def read_entry(index: int) -> bytes:
    """The bytes of entry `index` out of the static files; NotFound beyond the newest checkpoint."""
    head, _ = parse_body(split_note(read_file(ledger_folder(), LATEST).decode())[0])
    return _reader().entry(index, head.size)


def entries_of(kind: str, *, before: int | None = None, limit: int = 100) -> list[tuple[int, bytes]]:
    """The newest integrated entries of `kind` as (index, bytes), newest first, below index `before`."""
    rows = LedgerEntry.objects.filter(kind=kind, index__isnull=False).order_by("-index")
    if before is not None:
        rows = rows.filter(index__lt=before)
    return [(row.index, bytes(row.entry)) for row in rows[:limit] if row.index is not None]


def count_by_kind() -> dict[str, int]:
    """How many integrated entries there are of each kind."""
    rows = LedgerEntry.objects.filter(index__isnull=False).values_list("kind").annotate(n=Count("id")).order_by("kind")
    return dict(rows)


def ends_of_looks(commits: Sequence[int]) -> dict[int, tuple[str, str]]:
    """For each commit index of `commits` whose end is in the log: (duration bucket, reason)."""
    keys = dict(LedgerEntry.objects.filter(index__in=commits).values_list("key", "index"))
    rows = LedgerEntry.objects.filter(key__in=[f"{key}:end" for key in keys], index__isnull=False)
    said = [json.loads(bytes(row.entry)) for row in rows]
    return {end["index"]: (end["duration_bucket"], end["reason"]) for end in said}


def revealed_times(cells: Collection[str], start_ms: int, end_ms: int) -> list[int]:
    """When (ms) somebody looked for a call in one of `cells`, in [start_ms, end_ms), of looks whose reveal is logged.

    What was refused is not a look. The same comes out of the log's static files.
    """
    looks = LookRecord.objects.filter(
        revealed_at__isnull=False, t_ms__gte=start_ms, t_ms__lt=end_ms, public__decision="allow",
        public__cell__in=sorted(cells),
    )  # fmt: skip
    times = {f"{key}:reveal": t_ms for key, t_ms in looks.values_list("entry__key", "t_ms")}
    logged = LedgerEntry.objects.filter(key__in=list(times), index__isnull=False).values_list("key", flat=True)
    return sorted(times[key] for key in logged)


def find_look(key: str) -> Look | None:
    """The record behind the commit under `key`. Who may see it is the caller's to decide: owner and auditor only."""
    row = LookRecord.objects.select_related("entry").filter(entry__key=key).first()
    return None if row is None else _look_of(row)


def make_opening(key: str) -> Opening:
    """The opening of the look under `key`, proven up to the newest own-signed checkpoint.

    NotFound when there is no such look, Unavailable while it is not durable, Conflict once its private half is erased.
    """
    look = find_look(key)
    if look is None:
        raise NotFound("no such look")
    if look.index is None:
        raise Unavailable("this look is not in the log yet", kind="ledger-late")
    if look.salt_priv is None:
        raise Conflict("the private half of this look was erased")
    proof = prove(look.index)
    return Opening(
        public=look.public, private=look.private, salt_pub=look.salt_pub, salt_priv=look.salt_priv, t_ms=look.t_ms,
        index=look.index, proof=proof.hashes, checkpoint=proof.checkpoint,
    )  # fmt: skip


def wait_until_durable(key: str, *, timeout_s: float) -> Place:
    """Wait until the entry under `key` (already committed) is durable; Unavailable after `timeout_s`.

    Listens on a connection of its own, so never call it inside the transaction that appended.
    """
    found = find_place(key)
    if found is not None:
        return found
    deadline_s = time.monotonic() + timeout_s
    with psycopg.connect(connection_string(), autocommit=True) as listener:
        listener.execute(f"LISTEN {PLACED_CHANNEL}")
        while (found := find_place(key)) is None:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise Unavailable("the ledger did not take this entry in time", kind="ledger-late")
            for _ in listener.notifies(timeout=left_s, stop_after=1):
                pass
    return found


def is_fresh(now: datetime) -> bool:
    """Did the sequencer, within `LEDGER_FRESH_S`, write to its disk, and does it report no fault?"""
    state = LedgerState.objects.filter(id=1).values_list("alive_at", "fault").first()
    if state is None or state[0] is None or state[1]:
        return False
    return abs(now - state[0]) <= timedelta(seconds=LEDGER_FRESH_S)


def key_folder() -> KeyFolder:
    """The public keys of this installation and their rotations."""
    folder = Path(settings.DATA) / "keys"
    if getattr(_readers, "keys_at", None) != folder:
        _readers.keys_at, _readers.keys = folder, KeyFolder(folder)
    found: KeyFolder = _readers.keys
    return found


def log_vkey() -> str:
    """The log's newest public key as text; Unavailable before the sequencer's first start."""
    return log_verifiers()[0].vkey


def log_verifiers() -> tuple[Verifier, ...]:
    """The log's keys that count now, newest first: two while it rotates."""
    return key_folder().log_verifiers(to_ms(utc_now()))


def witness_policy() -> WitnessPolicy:
    """Which witnesses, and how many of them, stand behind this log."""
    return read_policy(Path(settings.DATA) / "keys" / "witnesses.policy")


def witness_verifiers() -> tuple[Verifier, ...]:
    """The witnesses' keys that count now."""
    first = [verifier.vkey for verifier in witness_policy().verifiers]
    keys = keys_in_force(first, key_folder().rotations(), to_ms(utc_now()))
    return tuple(Verifier.parse(key) for key in keys)


def connection_string() -> str:
    """How to reach the database beside Django's pool."""
    said = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo("", **{name: str(said[key]) for name, key in names.items() if said[key]})


def _reader() -> TileReader:
    """This thread's reader; its tiles stay expanded between proofs."""
    folder = ledger_folder()
    if getattr(_readers, "folder", None) != folder:
        _readers.folder, _readers.reader = folder, TileReader(lambda path: read_file(folder, path))
    found: TileReader = _readers.reader
    return found


def _look_of(row: LookRecord) -> Look:
    return Look(
        key=row.entry.key, index=row.entry.index, t_ms=row.t_ms, public=row.public, private=row.private,
        salt_pub=bytes(row.salt_pub), salt_priv=None if row.salt_priv is None else bytes(row.salt_priv),
        end=None if row.ended_at is None else LookEnd(row.end_reason, row.watched_s, row.sent_bytes),
        ended_at=row.ended_at, sealed_until=row.sealed_until, revealed_at=row.revealed_at,
    )  # fmt: skip
