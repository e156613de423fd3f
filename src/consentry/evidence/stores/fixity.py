"""Is every file of an item still what was signed? Reads all of it again, no faster than one allows; changes nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from consentry.evidence.stores.plan import Readable, is_segment, read_plan
from consentry.evidence.stores.types import FileSaid, StoredName, measure
from consentry.kernel.errors import NotFound, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.note import Verifier

Seconds = Callable[[], float]
Sleep = Callable[[float], None]

OK, CHANGED, MISSING, BROKEN = "ok", "changed", "missing", "broken"
_LONGEST_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Checked:
    """One file (or, for `broken`, one layer: about, journal, manifest, item-signature) and what was found.

    `expected`, `found`: SHA-256 in hex, "" where there is none; `size_bytes`: how much was read.
    """

    file: str
    state: str
    expected: str = ""
    found: str = ""
    size_bytes: int = 0
    why: str = ""


class Pace:
    """Lets through `bytes_per_s` on the average, so that a check leaves the disk and the line to others."""

    def __init__(
        self,
        bytes_per_s: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bytes_per_s, self._clock, self._sleep = bytes_per_s, clock, sleep
        self._free_at_s = clock()

    def pieces(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """`pieces`, each no sooner than it may come."""
        for piece in pieces:
            yield piece
            self._free_at_s = max(self._free_at_s, self._clock() - _LONGEST_PAUSE_S) + len(piece) / self._bytes_per_s
            while (pause_s := self._free_at_s - self._clock()) > 0:
                self._sleep(min(pause_s, _LONGEST_PAUSE_S))


@dataclass(frozen=True)
class Eye:
    """Where to read, whose signature to believe, how fast."""

    files: Readable
    verifiers: Sequence[Verifier]
    pace: Pace


def check_item(eye: Eye, item: ItemId, *, after: str = "", shredded: bool = False) -> Iterator[Checked]:
    """Every file of a sealed item, as it is read. `after`: the last segment of an earlier look, to go on behind it.

    Of a shredded item the segments are not asked for. NotFound: the item is not sealed. Unavailable: it could not be
    read now, which says nothing about it.
    """
    try:
        plan = read_plan(eye.files, item, eye.verifiers)
    except Untrusted as error:
        yield Checked(error.kind, BROKEN, why=str(error))
        return
    for name, said in plan.files.items():
        if is_segment(name) and (shredded or name.partition("/")[2] <= after):
            continue
        yield _check_file(eye, name, said)


def _check_file(eye: Eye, name: StoredName, said: FileSaid) -> Checked:
    file = name.partition("/")[2]
    try:
        found = measure(eye.pace.pieces(eye.files.read(name)))
    except NotFound:
        return Checked(file, MISSING, said.sha256)
    state = OK if found == said else CHANGED
    return Checked(file, state, said.sha256, found.sha256, found.size_bytes)
