"""Reads of the public record. Each figure can be derived by anybody from the log's static files."""

import json
from base64 import b64encode
from datetime import UTC, date, datetime, time, timedelta

from consentry.cells.queries import same_ground
from consentry.kernel.checkpoint import open_checkpoint, parse_body
from consentry.kernel.clock import to_ms
from consentry.kernel.note import split_note
from consentry.ledger.files import CHECKPOINT, LATEST, read_file
from consentry.ledger.queries import (
    count_by_kind,
    ends_of_looks,
    entries_of,
    ledger_folder,
    log_verifiers,
    read_entry,
    revealed_times,
    witness_policy,
    witness_verifiers,
)
from consentry.transparency.rules import band_per_day, days_between
from consentry.transparency.types import DayOfLooks, Head, RevealedLook, WitnessLine


def revealed_looks(*, before: int | None = None, limit: int = 50) -> list[RevealedLook]:
    """The newest revealed looks, newest reveal first, of reveals below index `before`."""
    reveals = [(index, json.loads(entry)) for index, entry in entries_of("look.reveal", before=before, limit=limit)]
    ends = ends_of_looks([reveal["index"] for _, reveal in reveals])
    return [_look(index, reveal, ends.get(reveal["index"], ("", ""))) for index, reveal in reveals]


def looks_in_area(cell: str, first: date, last: date, *, now: datetime) -> list[DayOfLooks]:
    """Was this area looked at? For each whole day (UTC) a band of five, from what is revealed.

    Counted are looks for calls in `cell`, and in cells of other freezes on the same ground. Raises NotFound for a cell
    that was never published, Malformed for days that cannot be asked for.
    """
    days = days_between(first, last, now)
    start = datetime.combine(first, time.min, tzinfo=UTC)
    end = datetime.combine(last, time.min, tzinfo=UTC) + timedelta(days=1)
    return band_per_day(days, revealed_times(same_ground(cell), to_ms(start), to_ms(end)), now)


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
