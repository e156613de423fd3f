"""RTP payloads of a picture for WebRTC (RFC 6184, packetization-mode 1): STAP-A for small NAL units, FU-A for long.

Fragments of one NAL unit are all of the same size but the last, so that a kernel can cut them out of one buffer.
"""

from collections.abc import Iterator

from consentry.media.rtp_h264 import STAP_A, split_nals


def packetise(nals: tuple[bytes, ...], *, most: int) -> tuple[bytes, ...]:
    """Payloads of at most `most` bytes each, in order."""
    return tuple(_gather(nals, most))


def is_reference(nals: tuple[bytes, ...]) -> bool:
    """Is a later picture decoded from this one? The two bits of `nal_ref_idc` of its slices say so."""
    return any(nal[0] & 0x60 for nal in nals if 1 <= nal[0] & 31 <= 5)


def _gather(nals: tuple[bytes, ...], most: int) -> Iterator[bytes]:
    small: list[bytes] = []
    room = most - 1
    for nal in nals:
        if len(nal) + 2 > room and small:
            yield _aggregate(small)
            small, room = [], most - 1
        if len(nal) + 2 <= room:
            small.append(nal)
            room -= len(nal) + 2
        else:
            yield from split_nals((nal,), most=most)
    if small:
        yield _aggregate(small)


def _aggregate(nals: list[bytes]) -> bytes:
    if len(nals) == 1:
        return nals[0]
    importance = max(nal[0] & 0x60 for nal in nals)
    return bytes((importance | STAP_A,)) + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
