"""KLV packets as drones send them in MPEG-TS: the outer key, BER lengths, the checksum. Pure and bounded.

What the items of the UAS Datalink Local Set mean is in `telemetry`. Sources: SMPTE ST 336 (KLV, BER, BER-OID),
MISB ST 0601 (the key, the checksum), MISB ST 1402 (the cell header of the synchronous carriage).
"""

from collections.abc import Iterator, Mapping

from consentry.kernel.errors import Malformed

UAS_KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
MAX_PACKET_BYTES = 65_536
MAX_ITEMS = 512
MAX_PACKETS = 32
TAG_CHECKSUM = 1
_CELL_HEAD_BYTES = 5
_MAX_TAG = 1 << 21


def local_sets(data: bytes) -> Iterator[dict[int, bytes]]:
    """The items by tag of each UAS local set in one demuxed packet, at most 32; other keys are passed over.

    Asynchronous carriage puts sets one behind the other, synchronous puts 5 bytes before each; both are read.

    Raises:
        Malformed: no key where one must be, a length that does not fit, a checksum that is missing or wrong.
    """
    if len(data) > MAX_PACKET_BYTES:
        raise Malformed("a KLV packet is too long")
    at, found = 0, 0
    while at < len(data):
        at = _skip_cell_head(data, at)
        key, start = data[at : at + 16], at + 16
        size, start = _length(data, start)
        end, found = start + size, found + 1
        if end > len(data) or found > MAX_PACKETS:
            raise Malformed("a KLV packet is cut short, or holds too many sets")
        if key == UAS_KEY:
            yield _checked(data[at:end], start - at)
        at = end


def write_local_set(items: Mapping[int, bytes]) -> bytes:
    """One UAS local set with its checksum; tags 2 to 2^21 in the order given, values as they are."""
    body = b"".join(_write_tag(tag) + _write_length(len(value)) + value for tag, value in items.items())
    head = UAS_KEY + _write_length(len(body) + 4) + body + bytes((TAG_CHECKSUM, 2))
    return head + checksum(head).to_bytes(2, "big")


def checksum(data: bytes) -> int:
    """The running 16-bit sum of ST 0601: even places count as high bytes."""
    return ((sum(data[::2]) << 8) + sum(data[1::2])) & 0xFFFF


def _checked(packet: bytes, body_at: int) -> dict[int, bytes]:
    """The items of one whole set, which ends with the checksum of everything before its two bytes."""
    items: dict[int, bytes] = {}
    at, count, last = body_at, 0, 0
    while at < len(packet):
        last, at = _tag(packet, at)
        size, at = _length(packet, at)
        count += 1
        if at + size > len(packet) or count > MAX_ITEMS:
            raise Malformed("an item of a KLV packet does not fit")
        items[last] = packet[at : at + size]
        at += size
    said = items.pop(TAG_CHECKSUM, b"")
    if last != TAG_CHECKSUM or len(said) != 2 or int.from_bytes(said, "big") != checksum(packet[:-2]):
        raise Malformed("the checksum of a KLV packet does not hold")
    return items


def _skip_cell_head(data: bytes, at: int) -> int:
    """Synchronous metadata has a service id, a sequence number, flags and a length before each set (ST 1402)."""
    if data[at : at + 4] != UAS_KEY[:4] and data[at + _CELL_HEAD_BYTES : at + _CELL_HEAD_BYTES + 4] == UAS_KEY[:4]:
        return at + _CELL_HEAD_BYTES
    if data[at : at + 4] != UAS_KEY[:4]:
        raise Malformed("no KLV key where one must be")
    return at


def _length(data: bytes, at: int) -> tuple[int, int]:
    """(length, where it ends) of a BER length: short, or long of at most 4 bytes; never the indefinite one."""
    if at >= len(data):
        raise Malformed("a KLV length is cut short")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= 4 or at + 1 + count > len(data):
        raise Malformed("not a KLV length")
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def _tag(data: bytes, at: int) -> tuple[int, int]:
    """(tag, where it ends) in BER-OID: 7 bits a byte, at most 3 bytes."""
    tag = 0
    for end in range(at, min(at + 3, len(data))):
        tag = tag << 7 | data[end] & 0x7F
        if data[end] < 0x80:
            return tag, end + 1
    raise Malformed("not a KLV tag")


def _write_tag(tag: int) -> bytes:
    if not 0 < tag < _MAX_TAG:
        raise Malformed("not a KLV tag")
    rest = [tag >> shift & 0x7F for shift in (14, 7) if tag >> shift]
    return bytes([*(part | 0x80 for part in rest), tag & 0x7F])


def _write_length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    body = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body
