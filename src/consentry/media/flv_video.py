"""Video as FLV and RTMP carry it, to NAL units: AVC in the old form, AVC and HEVC in that of Enhanced RTMP v1."""

from consentry.kernel.errors import Malformed
from consentry.media.avcc import split_lengths
from consentry.media.coding import H264, H265, Coding
from consentry.media.outlet import Outlet
from consentry.media.units import SourceFault

_AVC = 7
_ENHANCED = 0x80
_SETS, _PICTURE = 0, 1
_PICTURE_WITHOUT_OFFSET = 3
_ENHANCED_CODINGS = {b"avc1": H264, b"hvc1": H265}


class FlvVideo:
    """Takes the bodies of one publisher's video messages and gives pictures to `outlet`."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._size_bytes = 0
        self._coding = H264

    def take(self, body: bytes, time_ms: int) -> None:
        """One message, decoded at `time_ms`; SourceFault `no-video` for another codec, Malformed for what is none."""
        if len(body) < 5:
            return  # an end of sequence, or a keep-alive
        coding, kind, at, offset_ms = _open(body)
        if kind == _SETS:
            self._size_bytes, sets = coding.read_record(body[at:])
            if coding is not self._coding:
                self._coding = coding
                self._outlet.expect(coding)
            self._outlet.learn(sets)
        elif kind == _PICTURE:
            if not self._size_bytes or coding is not self._coding:
                raise SourceFault("no-parameter-sets", "a picture before the decoder's configuration")
            self._outlet.give(split_lengths(body[at:], self._size_bytes), 1_000 * (time_ms + offset_ms))


def _open(body: bytes) -> tuple[Coding, int, int, int]:
    """(how it is coded, what it is, where its payload starts, milliseconds from decoding to showing)."""
    if not body[0] & _ENHANCED:
        if body[0] & 15 != _AVC:
            raise SourceFault("no-video", "the video is not H.264")
        return H264, body[1], 5, _signed(body[2:5])
    coding = _ENHANCED_CODINGS.get(body[1:5])
    if coding is None:
        raise SourceFault("no-video", "the video is neither H.264 nor H.265")
    kind = body[0] & 15
    if kind == _PICTURE:
        if len(body) < 8:
            raise Malformed("a video message is cut short")
        return coding, kind, 8, _signed(body[5:8])
    return coding, (_PICTURE if kind == _PICTURE_WITHOUT_OFFSET else kind), 5, 0


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)
