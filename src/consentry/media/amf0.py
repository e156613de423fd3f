"""AMF0, the values in RTMP's commands: numbers, texts, objects. Bounded in depth, count and length.

Source: Adobe, Action Message Format AMF 0 (2007).
"""

import struct
from collections.abc import Callable, Mapping, Sequence

from consentry.kernel.errors import Malformed

# What a command may hold; objects as dicts, arrays as dicts or lists, undefined and null as None.
Value = float | bool | str | None | dict[str, "Value"] | list["Value"]
MAX_DEPTH = 6
MAX_VALUES = 512
MAX_TEXT_BYTES = 8_192
_END = b"\x00\x00\x09"


def read_values(data: bytes) -> list[Value]:
    """All values in `data`; Malformed for an unknown kind, too many, too deep, or when it is cut short."""
    reading = _Reading(data)
    values: list[Value] = []
    while reading.at < len(data):
        values.append(reading.value(0))
    return values


def write_values(values: Sequence[Value]) -> bytes:
    """The bytes of `values`; floats, bools, texts, None, and dicts of those."""
    return b"".join(map(_write, values))


class _Reading:
    """Walks through one message."""

    def __init__(self, data: bytes) -> None:
        self.at = 0
        self._data = data
        self._count = 0

    def value(self, depth: int) -> Value:
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_VALUES:
            raise Malformed("a command holds too much")
        kind = self._take(1)[0]
        reader = _READERS.get(kind)
        if reader is None:
            raise Malformed("a command holds what we do not read")
        return reader(self, depth)

    def number(self, _depth: int) -> float:
        return float(struct.unpack(">d", self._take(8))[0])

    def boolean(self, _depth: int) -> bool:
        return self._take(1) != b"\x00"

    def text(self, _depth: int) -> str:
        return self._text(int.from_bytes(self._take(2), "big"))

    def long_text(self, _depth: int) -> str:
        return self._text(int.from_bytes(self._take(4), "big"))

    def nothing(self, _depth: int) -> None:
        return None

    def date(self, _depth: int) -> float:
        moment = self.number(0)
        self._take(2)
        return moment

    def mapping(self, depth: int) -> dict[str, Value]:
        made: dict[str, Value] = {}
        while self._data[self.at : self.at + 3] != _END:
            name = self.text(depth)
            made[name] = self.value(depth + 1)
        self.at += 3
        return made

    def counted_mapping(self, depth: int) -> dict[str, Value]:
        self._take(4)
        return self.mapping(depth)

    def strict_list(self, depth: int) -> list[Value]:
        count = int.from_bytes(self._take(4), "big")
        if count > MAX_VALUES:
            raise Malformed("a command holds too much")
        return [self.value(depth + 1) for _ in range(count)]

    def _text(self, size: int) -> str:
        if size > MAX_TEXT_BYTES:
            raise Malformed("a text in a command is too long")
        return self._take(size).decode("utf-8", "replace")

    def _take(self, size: int) -> bytes:
        taken = self._data[self.at : self.at + size]
        if len(taken) != size:
            raise Malformed("a command is cut short")
        self.at += size
        return taken


_READERS: Mapping[int, Callable[[_Reading, int], Value]] = {
    0: _Reading.number, 1: _Reading.boolean, 2: _Reading.text, 3: _Reading.mapping, 5: _Reading.nothing,
    6: _Reading.nothing, 8: _Reading.counted_mapping, 10: _Reading.strict_list, 11: _Reading.date,
    12: _Reading.long_text,
}  # fmt: skip


def _write(value: Value) -> bytes:
    if value is None:
        return b"\x05"
    if isinstance(value, bool):
        return bytes((1, value))
    if isinstance(value, str):
        return b"\x02" + _name(value)
    if isinstance(value, dict):
        return b"\x03" + b"".join(_name(name) + _write(item) for name, item in value.items()) + _END
    if isinstance(value, list):
        return b"\x0a" + struct.pack(">I", len(value)) + b"".join(map(_write, value))
    return b"\x00" + struct.pack(">d", value)


def _name(text: str) -> bytes:
    data = text.encode()
    if len(data) > MAX_TEXT_BYTES:
        raise Malformed("a text in a command is too long")
    return struct.pack(">H", len(data)) + data
