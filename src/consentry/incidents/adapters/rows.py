"""Rows of a CSV file of unknown encoding and health; one broken row never swallows the next ones."""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_ROW_BYTES = 65_536
MAX_LINES_PER_ROW = 20


@dataclass(frozen=True)
class Row:
    """One record: its number from 1 (lines of the file) and its fields, or why it has none."""

    position: int
    fields: list[str] | None
    reason: str = ""


@dataclass
class _Lines:
    """Decoded lines with a place to put some back. An unreadable line is None."""

    source: Iterator[str | None]
    back: deque[str | None]
    position: int = 0

    def take(self) -> tuple[bool, str | None]:
        """(is there one, the line)."""
        if self.back:
            line = self.back.popleft()
        else:
            try:
                line = next(self.source)
            except StopIteration:
                return False, None
        self.position += 1
        return True, line

    def give_back(self, lines: list[str | None]) -> None:
        """Put `lines` back in front."""
        self.back.extendleft(reversed(lines))
        self.position -= len(lines)


def read_rows(stream: BinaryIO) -> Iterator[Row]:
    """Records of `stream`; empty lines are skipped."""
    lines = _Lines(_decoded(stream), deque())
    while True:
        there, line = lines.take()
        if not there:
            return
        position = lines.position
        if line is None:
            yield Row(position, None, "too_long")
        elif line.strip():
            yield _record(lines, line, position)


def _record(lines: _Lines, first: str, position: int) -> Row:
    """Join lines until the quotes are even; give them back and refuse the first line alone when they never are."""
    text, extra = first, list[str | None]()
    while text.count('"') % 2:
        there, line = lines.take() if len(extra) < MAX_LINES_PER_ROW and len(text) < MAX_ROW_BYTES else (False, None)
        if there:
            extra.append(line)
        if not there or line is None:
            lines.give_back(extra)
            return Row(position, None, "open_quote")
        text += line
    try:
        parsed = list(csv.reader([text] if "\n" not in text.rstrip("\r\n") else text.splitlines(keepends=True)))
    except csv.Error:
        return Row(position, None, "not_csv")
    return Row(position, parsed[0]) if len(parsed) == 1 else Row(position, None, "not_csv")


def _decoded(stream: BinaryIO) -> Iterator[str | None]:
    """Lines of text: UTF-16 by its byte order mark, else UTF-8 line by line with Windows-1252 for what is not."""
    head = stream.read(4)
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        yield from _utf16(stream, head)
        return
    rest = head.removeprefix(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else head
    for raw in _split(stream, rest):
        yield None if raw is None else _text(raw)


def _utf16(stream: BinaryIO, head: bytes) -> Iterator[str | None]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    text = decoder.decode(head)
    while True:
        block = stream.read(MAX_ROW_BYTES)
        text += decoder.decode(block, final=not block)
        whole, newline, tail = text.rpartition("\n")
        if newline:
            yield from (line + "\n" for line in whole.split("\n"))
        text = tail
        if len(text) > MAX_ROW_BYTES:
            yield None
            text = ""
        if not block:
            if text:
                yield text
            return


def _split(stream: BinaryIO, head: bytes) -> Iterator[bytes | None]:
    """Lines of at most `MAX_ROW_BYTES`; a longer one is skipped whole and stands as None."""
    first = True
    while True:
        before = head if first else b""
        line = before if before.endswith(b"\n") else before + stream.readline(MAX_ROW_BYTES)
        first = False
        if not line:
            return
        if len(line) < MAX_ROW_BYTES or line.endswith(b"\n"):
            yield from line.splitlines(keepends=True)
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_ROW_BYTES)
        yield None


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
