"""Certificates of a reply in the order that DER asks for.

OpenSSL's own authority, and those that run it, send a chain as it stands in their file; `rfc3161-client` refuses such a
set. The signature does not cover it, and sorting changes no length, so what is checked is otherwise the reply itself.
What is kept is the reply as it came.
"""

from collections.abc import Iterator

_SEQUENCE, _CERTIFICATES = 0x30, 0xA0
_MOST_PARTS = 64


def in_order(reply: bytes) -> bytes:
    """`reply` with its certificates sorted; unchanged when it is not formed as expected (the decoder then judges)."""
    try:
        begin, end = _certificates(reply)
        parts = sorted(reply[first:last] for _, first, _, last in _parts(reply, begin, end))
    except (ValueError, IndexError):
        return reply
    return reply[:begin] + b"".join(parts) + reply[end:]


def _certificates(reply: bytes) -> tuple[int, int]:
    """Where the certificates lie: reply → ContentInfo → [0] → SignedData → [0]."""
    begin, end = 0, len(reply)
    for tag, number in ((_SEQUENCE, 0), (_SEQUENCE, 1), (0xA0, 1), (_SEQUENCE, 0), (_CERTIFICATES, 3)):
        found = list(_parts(reply, begin, end))[number]
        if found[0] != tag:
            raise ValueError("something else stands there")
        begin, end = found[2], found[3]
    return begin, end


def _parts(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, beginning, beginning of the content, end of each element between; ValueError when they do not fit."""
    for _ in range(_MOST_PARTS):
        if begin == end:
            return
        content, length = begin + 2, data[begin + 1]
        if length & 0x80:
            size = length & 0x7F
            if not 0 < size <= 4:
                raise ValueError("no definite length")
            length, content = int.from_bytes(data[content : content + size], "big"), content + size
        if content + length > end:
            raise ValueError("longer than what holds it")
        yield data[begin], begin, content, content + length
        begin = content + length
    raise ValueError("too many parts")
