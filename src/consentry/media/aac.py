"""AAC in RTP: frames out of packets and into them (RFC 3640, mode AAC-hbr). Pure; bounded by the packet."""

import struct

_HEADER_BITS = 16  # 13 of the size, 3 of the index
MAX_FRAMES = 32


class FrameReader:
    """Frames out of the payloads of one track; `dropped_packets` counts what did not add up."""

    def __init__(self) -> None:
        self.dropped_packets = 0
        self._parts: list[bytes] = []
        self._whole_bytes = 0

    def take(self, payload: bytes, *, is_next: bool) -> list[bytes]:
        """The frames that `payload` completes. `is_next`: no packet was lost before it."""
        if not is_next:
            self._parts = []
        return self._join(payload) if self._parts else self._read(payload)

    def _read(self, payload: bytes) -> list[bytes]:
        """Whole frames, or the first part of one that does not fit into a packet."""
        read = read_frames(payload)
        if read is None:
            self.dropped_packets += 1
            return []
        frames, missing_bytes = read
        if missing_bytes:
            self._parts, self._whole_bytes = frames, len(frames[0]) + missing_bytes
            return []
        return frames

    def _join(self, payload: bytes) -> list[bytes]:
        """A further part; its header says the size of the whole frame again."""
        part, had_bytes = payload[4:], sum(map(len, self._parts))
        if not part or had_bytes + len(part) > self._whole_bytes:
            self.dropped_packets += 1
            self._parts = []
            return []
        self._parts.append(part)
        if had_bytes + len(part) < self._whole_bytes:
            return []
        frame, self._parts = b"".join(self._parts), []
        return [frame]


def read_frames(payload: bytes) -> tuple[list[bytes], int] | None:
    """The frames of one packet, and how many bytes a single one lacks that goes on in the next; None when malformed."""
    if len(payload) < 5:
        return None
    count, odd = divmod(payload[0] << 8 | payload[1], _HEADER_BITS)
    at = 2 + 2 * count
    if odd or not 0 < count <= MAX_FRAMES or at >= len(payload):
        return None
    sizes = [head >> 3 for (head,) in struct.iter_unpack(">H", payload[2:at])]
    missing_bytes = at + sum(sizes) - len(payload)
    if 0 in sizes or (missing_bytes > 0 and count > 1) or missing_bytes < 0:
        return None
    frames = []
    for size in sizes:
        frames.append(payload[at : at + size])
        at += size
    return frames, missing_bytes


def write_payload(frame: bytes) -> bytes:
    """The RTP payload of one frame of at most 8,191 bytes."""
    return struct.pack(">HH", _HEADER_BITS, len(frame) << 3) + frame
