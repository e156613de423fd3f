"""An item's journal: one line per segment, then one line `closed`; a chain of hashes behind the file `about`.

Format and rules: docs/spec/item.md; vector: docs/spec/vectors/item.json.
"""

import hashlib
import re
from dataclasses import dataclass

from consentry.kernel.canonical import canonical_json, parse_object
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.item import Origin, SegmentSpan, check_span, need_natural
from consentry.kernel.limits import MAX_ITEM_JOURNAL_BYTES, MAX_ITEM_LINE_BYTES

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEGMENT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class SegmentLine:
    """One line of an item's journal.

    `segment`: its random id (16 bytes, hex); `size_bytes`, `sha256` (hex) of the plain bytes, `sealed_*` of the file;
    `origin`: what the sender said of it; `previous`: SHA-256 (hex) of the line before, of `about` for the first.
    """

    number: int
    segment: str
    start_us: int
    end_us: int
    media_type: str
    size_bytes: int
    sha256: str
    sealed_bytes: int
    sealed_sha256: str
    origin: Origin
    previous: str

    def to_bytes(self) -> bytes:
        """Canonical JSON and a newline."""
        return canonical_json(vars(self)) + b"\n"

    @property
    def span(self) -> SegmentSpan:
        """What of it goes into the manifest."""
        return SegmentSpan(
            self.number, self.start_us, self.end_us, self.media_type, self.size_bytes, self.sha256, self.origin
        )


@dataclass(frozen=True)
class ClosedLine:
    """The last line of a journal: nothing comes after it."""

    closed_ms: int
    previous: str

    def to_bytes(self) -> bytes:
        """Canonical JSON and a newline."""
        return canonical_json(vars(self)) + b"\n"


def parse_line(line: bytes) -> SegmentLine | ClosedLine:
    """One whole line of a journal, newline included; Malformed unless it is exactly what `to_bytes` makes."""
    value = parse_object(line, max_bytes=MAX_ITEM_LINE_BYTES)
    try:
        parsed: SegmentLine | ClosedLine = ClosedLine(**value) if "closed_ms" in value else SegmentLine(**value)
    except TypeError as error:
        raise Malformed("a journal's line has other fields") from error
    if not _SHA256.fullmatch(str(parsed.previous)):
        raise Malformed("a journal's line names the one before it")
    if isinstance(parsed, ClosedLine):
        need_natural(parsed.closed_ms)
    else:
        check_span(parsed.span)
        need_natural(parsed.sealed_bytes)
        if not _SEGMENT_ID.fullmatch(str(parsed.segment)) or not _SHA256.fullmatch(str(parsed.sealed_sha256)):
            raise Malformed("a journal's line has no segment id or digest")
    if parsed.to_bytes() != line:
        raise Malformed("a journal's line is not canonical")
    return parsed


def read_journal(about: bytes, journal: bytes) -> tuple[list[SegmentLine], ClosedLine | None]:
    """The lines of a journal that begins behind the file `about`.

    Raises:
        Malformed: too long, or its last line is not whole.
        Untrusted `journal`: a line is damaged, or the chain is broken.
    """
    if len(journal) > MAX_ITEM_JOURNAL_BYTES or (journal and not journal.endswith(b"\n")):
        raise Malformed("a journal is whole lines of bounded length")
    lines: list[SegmentLine] = []
    link = hashlib.sha256(about).hexdigest()
    whole = journal.splitlines(keepends=True)
    for number, line in enumerate(whole):
        parsed = read_line(line, number=number, link=link)
        if isinstance(parsed, ClosedLine):
            if number + 1 != len(whole):
                raise Untrusted("a journal goes on after its end", kind="journal")
            return lines, parsed
        lines.append(parsed)
        link = hashlib.sha256(line).hexdigest()
    return lines, None


def read_line(line: bytes, *, number: int, link: str) -> SegmentLine | ClosedLine:
    """The line that comes behind `number` segments and the line with hash `link`; Untrusted `journal` otherwise."""
    try:
        parsed = parse_line(line)
    except Malformed as error:
        raise Untrusted(f"line {number} of an item's journal is damaged: {error}", kind="journal") from error
    if parsed.previous != link or (isinstance(parsed, SegmentLine) and parsed.number != number):
        raise Untrusted(f"the chain of an item's journal is broken at line {number}", kind="journal")
    return parsed
