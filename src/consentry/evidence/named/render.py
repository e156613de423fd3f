"""The parent's side: pieces of an item with a name in every picture, as one child makes them; each bounded. Pure."""

import struct
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from consentry.evidence.named.mark import Mark
from consentry.evidence.redact.child_process import number_in, places_of, run_child
from consentry.evidence.redact.job import Job
from consentry.evidence.redact.original import Original, Part
from consentry.evidence.redact.records import FRAME, SHAPE, Said
from consentry.kernel.errors import Unavailable
from consentry.kernel.limits import MAX_NAMED_PIECE_BYTES, NAMED_PX

COMMAND = (sys.executable, "-I", "-m", "consentry.evidence.named.child")
_LONGEST_US = 400 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """[start_us, end_us) since the item began, as a file that plays by itself. `total_us`: of the item, 0 unknown."""

    start_us: int
    end_us: int
    data: bytes
    total_us: int
    has_sound: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is made: pictures of [from_us, until_us) since the item began; `until_us` 0: to its end.

    `heard`: the original's parts once more, to read its sound apart from its pictures; without them it is silent.
    """

    from_us: int = 0
    until_us: int = 0
    heard: tuple[Part, ...] = ()


def render_pieces(original: Original, mark: Mark, wish: Wish) -> Generator[Piece, None, None]:
    """The pieces of what is wished; none where there is no picture. Closing the iterator ends the child.

    Raises: Malformed (`redact-unsupported`, `redact-no-video`, `redact-too-large`), Unavailable as `run_child`.
    """
    parts = (*original.parts, *wish.heard)
    places = places_of(original.parts)
    job = Job(
        "name", places * 2 if wish.heard else places, at_us=(wish.from_us,), until_us=wish.until_us,
        size_px=(NAMED_PX, NAMED_PX), has_sound=bool(wish.heard),
    )  # fmt: skip
    heard = _Heard(wish)
    with closing(run_child(job, parts, mark.pack(), command=COMMAND)) as answers:
        for kind, body in answers:
            piece = heard.take(kind, body)
            if piece is not None:
                yield piece


class _Heard:
    """What the child said so far; Unavailable when it cannot be."""

    def __init__(self, wish: Wish) -> None:
        self._from_us, self._until_us = wish.from_us, wish.until_us or _LONGEST_US
        self._may_sound, self._has_sound = bool(wish.heard), False
        self._total_us = 0
        self._start_us: int | None = None
        self._data = bytearray()

    def take(self, kind: Said, body: bytes) -> Piece | None:
        """One answer; a piece when it ended one."""
        if kind is Said.AT:
            self._total_us = number_in(body) * 1_000_000
        elif kind is Said.SHAPE and self._start_us is None:
            self._has_sound = self._shape(body)
        elif kind is Said.OUT and self._start_us is not None:
            self._data += body
            if len(self._data) > MAX_NAMED_PIECE_BYTES:
                raise _nonsense()
        elif kind is Said.FRAME:
            return self._edge(body)
        elif kind is not Said.DONE or self._start_us is not None:
            raise _nonsense()
        return None

    def _shape(self, body: bytes) -> bool:
        if len(body) != SHAPE.size:
            raise _nonsense()
        has_sound = bool(SHAPE.unpack(body)[2])
        if has_sound and not self._may_sound:
            raise _nonsense()
        return has_sound

    def _edge(self, body: bytes) -> Piece | None:
        try:
            at_us, begins = FRAME.unpack(body)
        except struct.error as error:
            raise _nonsense() from error
        if begins != (self._start_us is None) or not self._from_us <= at_us <= self._until_us:
            raise _nonsense()
        if self._start_us is None:
            self._start_us = at_us
            return None
        if at_us <= self._start_us or not self._data:
            raise _nonsense()
        piece = Piece(self._start_us, at_us, bytes(self._data), self._total_us, self._has_sound)
        self._from_us, self._start_us, self._data = at_us, None, bytearray()
        return piece


def _nonsense() -> Unavailable:
    return Unavailable("the helper says what cannot be", kind="redact-helper")
