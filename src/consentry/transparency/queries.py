"""Reads of the public record. Each figure can be derived by anybody from the log's static files."""

import json
from base64 import b64encode
from collections import Counter
from datetime import date, datetime, timedelta

from consentry.cells.queries import band_of
from consentry.kernel.checkpoint import open_checkpoint, parse_body
from consentry.kernel.clock import from_ms
from consentry.kernel.note import split_note
from consentry.ledger.files import CHECKPOINT, LATEST, read_file
from consentry.ledger.queries import (
    count_by_kind,
    ends_of_looks,
    entries_of,
    ledger_folder,
    log_verifiers,
    read_entry,
    witness_policy,
    witness_verifiers,
)
from consentry.transparency.types import CellLooks, Head, RevealedLook, WitnessLine

LOOK_DAYS = 30
MOST_REVEALS = 10_000


def revealed_looks(*, before: int | None = None, limit: int = 50) -> list[RevealedLook]:
    """The newest revealed looks, newest reveal first, of reveals below index `before`."""
    reveals = [(index, json.loads(entry)) for index, entry in entries_of("look.reveal", before=before, limit=limit)]
    ends = ends_of_looks([reveal["index"] for _, reveal in reveals])
    return [_look(index, reveal, ends.get(reveal["index"], ("", ""))) for index, reveal in reveals]


def looks_in_cell(cell: str, *, now: datetime) -> CellLooks:
    """Looks in `cell` that are revealed, by whole days (UTC) of the last month, as bands; of the newest reveals.

    A day without looks and one with four are the same band: "was this place looked at?" has no finer answer.
    """
    first = now.date() - timedelta(days=LOOK_DAYS - 1)
    counts: Counter[date] = Counter()
    for _, entry in entries_of("look.reveal", limit=MOST_REVEALS):
        reveal = json.loads(entry)
        if reveal["public"].get("cell") == cell and reveal["public"].get("decision") == "allow":
            counts[from_ms(int(json.loads(read_entry(reveal["index"]))["t"])).date()] += 1
    days = [now.date() - timedelta(days=back) for back in range(LOOK_DAYS)]
    total = sum(count for day, count in counts.items() if day >= first)
    return CellLooks(tuple((day, band_of(counts[day])) for day in days), band_of(total))


def waiting_looks() -> int:
    """How many commitments are not revealed yet; that is all that is public of them."""
    counts = count_by_kind()
    return counts.get("look.commit", 0) - counts.get("look.reveal", 0)


def head() -> Head:
    """Where the log stands, and who vouches for it."""
    policy = witness_policy()
    newest, _ = parse_body(split_note(read_file(ledger_folder(), LATEST).decode())[0])
    witnessed = open_checkpoint(
        read_file(ledger_folder(), CHECKPOINT).decode(), log_verifiers(), witnesses=witness_verifiers()
    )
    return Head(
        origin=newest.origin,
        size=newest.size,
        root=b64encode(newest.root).decode(),
        witnessed_size=witnessed.size,
        witnesses=tuple(
            WitnessLine(witness.verifier.name, witness.operator, witness.is_on_this_machine)
            for witness in policy.witnesses
        ),
        quorum=policy.quorum,
    )


def _look(index: int, reveal: dict[str, object], end: tuple[str, str]) -> RevealedLook:
    public = reveal["public"]
    commit_index = int(str(reveal["index"]))
    return RevealedLook(
        index=commit_index,
        reveal_index=index,
        committed_ms=int(json.loads(read_entry(commit_index))["t"]),
        revealed_ms=int(str(reveal["t"])),
        public={key: str(value) for key, value in public.items()} if isinstance(public, dict) else {},
        lasted=end[0],
        end_reason=end[1],
    )
