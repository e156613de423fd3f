"""RTP for H.264: packets to access units and back (RFC 6184: single NAL units, STAP-A, FU-A)."""

from collections.abc import Iterator

from consentry.media.coding import H264
from consentry.media.rtp import Depacketiser

STAP_A, FU_A = 24, 28


class H264Depacketiser(Depacketiser):
    """RFC 6184 5.6 to 5.8; what is not in use (STAP-B, MTAP, FU-B) breaks its picture."""

    coding, fragment_head_bytes, fragment_kind, kind_mask = H264, 2, FU_A, 31

    def nal_head(self, fragment_head: bytes) -> bytes:
        """Of the NAL unit that a fragment with this head begins."""
        return bytes(((fragment_head[0] & 0xE0) | (fragment_head[1] & 31),))

    def _take_apart(self, payload: bytes) -> bool:
        kind = payload[0] & 31
        if kind == FU_A:
            return self._add_fragment(payload)
        if kind == STAP_A:
            return self._add_aggregate(payload, 1, 0)
        if 1 <= kind <= 23:
            self._nals.append(payload)
            return True
        return False


def split_nals(nals: tuple[bytes, ...], *, most: int = 1_400) -> Iterator[bytes]:
    """RTP payloads of at most `most` bytes for the NAL units of one picture: single, or FU-A for longer ones."""
    for nal in nals:
        if len(nal) <= most:
            yield nal
            continue
        indicator, kind = (nal[0] & 0xE0) | FU_A, nal[0] & 31
        for at in range(1, len(nal), most - 2):
            edge = (0x80 if at == 1 else 0) | (0x40 if at + most - 2 >= len(nal) else 0)
            yield bytes((indicator, edge | kind)) + nal[at : at + most - 2]
