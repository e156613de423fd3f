"""RTP for H.265: packets to access units and back (RFC 7798: single NAL units, aggregation packets, fragments).

Decoding order numbers (`sprop-max-don-diff` above 0) are not read: cameras send in decoding order.
"""

from collections.abc import Iterator

from consentry.media.coding import H265
from consentry.media.rtp import Depacketiser

AP, FU = 48, 49
_HEAD_BYTES = 2


class H265Depacketiser(Depacketiser):
    """RFC 7798 4.4; PACI packets (50) and what is reserved break their picture."""

    coding, fragment_head_bytes, fragment_kind, kind_mask = H265, 3, FU << 1, 0x7E

    def nal_head(self, fragment_head: bytes) -> bytes:
        """Of the NAL unit that a fragment with this head begins."""
        return bytes(((fragment_head[0] & 0x81) | (fragment_head[2] & 63) << 1, fragment_head[1]))

    def _take_apart(self, payload: bytes) -> bool:
        if len(payload) <= _HEAD_BYTES:
            return False
        kind = payload[0] >> 1 & 63
        if kind == FU:
            return self._add_fragment(payload)
        if kind == AP:
            return self._add_aggregate(payload, _HEAD_BYTES, _HEAD_BYTES)
        if kind < AP:
            self._nals.append(payload)
            return True
        return False


def split_nals(nals: tuple[bytes, ...], *, most: int = 1_400) -> Iterator[bytes]:
    """RTP payloads of at most `most` bytes for the NAL units of one picture: single, or fragments of longer ones.

    All fragments of one NAL unit but the last are of the same size.
    """
    for nal in nals:
        if len(nal) <= most:
            yield nal
            continue
        head, kind, room = bytes(((nal[0] & 0x81) | FU << 1, nal[1])), nal[0] >> 1 & 63, most - 3
        for at in range(_HEAD_BYTES, len(nal), room):
            edge = (0x80 if at == _HEAD_BYTES else 0) | (0x40 if at + room >= len(nal) else 0)
            yield head + bytes((edge | kind,)) + nal[at : at + room]
