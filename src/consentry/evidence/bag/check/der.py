"""As much of DER (X.690) as a time-stamp reply needs: definite lengths, tags of one byte; callers bound the depth."""

from dataclasses import dataclass
from datetime import UTC, datetime

SEQUENCE, SET, INTEGER, OCTETS, OID, GENERALIZED_TIME = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18
_MAX_ITEMS = 256


@dataclass(frozen=True)
class Der:
    """One value: its tag, its content, and the bytes that it was read from (tag and length included)."""

    tag: int
    content: bytes
    whole: bytes

    def items(self) -> list["Der"]:
        """What is inside a constructed value; ValueError when it does not fit."""
        if not self.tag & 0x20:
            raise ValueError("a value that holds others was expected")
        found, rest = [], self.content
        while rest:
            item, rest = read_der(rest)
            found.append(item)
            if len(found) > _MAX_ITEMS:
                raise ValueError("a time-stamp holds too much")
        return found

    def expect(self, tag: int) -> "Der":
        """Itself, if it has this tag; ValueError otherwise."""
        if self.tag != tag:
            raise ValueError("a time-stamp holds another kind of value there")
        return self

    @property
    def number(self) -> int:
        """An INTEGER's value."""
        return int.from_bytes(self.expect(INTEGER).content, "big", signed=True)

    @property
    def oid(self) -> str:
        """An OBJECT IDENTIFIER's dotted text."""
        raw = self.expect(OID).content
        if not raw or raw[-1] & 0x80 or len(raw) > 64:
            raise ValueError("an object identifier is none")
        arcs, value = [], 0
        for byte in raw:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))

    @property
    def time(self) -> datetime:
        """A GeneralizedTime's value, in UTC, to the microsecond."""
        text = self.expect(GENERALIZED_TIME).content.decode("ascii")
        whole, _, part = text.removesuffix("Z").partition(".")
        if not text.endswith("Z") or len(whole) != 14 or not (whole + part).isdecimal():
            raise ValueError("a time is none")
        found = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return found.replace(microsecond=int(part.ljust(6, "0")[:6]))


def read_der(raw: bytes) -> tuple[Der, bytes]:
    """The first value in `raw` and what follows it; ValueError when it is cut or not DER."""
    if len(raw) < 2 or raw[0] & 0x1F == 0x1F:
        raise ValueError("a time-stamp is cut, or not DER")
    length, head = raw[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, head = int.from_bytes(raw[2 : 2 + count], "big"), 2 + count
        if not 0 < count <= 4 or len(raw) < head or length < 0x80 or raw[2] == 0:
            raise ValueError("a length in a time-stamp is none")
    if len(raw) < head + length:
        raise ValueError("a time-stamp is cut")
    return Der(raw[0], raw[head : head + length], raw[: head + length]), raw[head + length :]


def read_one(raw: bytes) -> Der:
    """The one value that `raw` is; ValueError when something follows."""
    value, rest = read_der(raw)
    if rest:
        raise ValueError("something follows a time-stamp")
    return value
