"""The child that burns a mask in: decodes one camera's pictures, paints over what is hidden, encodes it anew.

Run as `python -I -m consentry.edge.mask_child`; records (`mask_records`) on stdin and stdout. It gives up its rights
before the first byte of the camera. Any error ends it: no picture leaves, which is what must happen.
"""

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from consentry.edge.mask_records import HEAD_BYTES, Head, Kind, pack_record, parse_head
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_MASKED_PX
from consentry.kernel.mask import Mask, parse_mask
from consentry.media.coding import H264, H265, Coding, coding_of_key
from consentry.media.h264 import IDR, PPS, SPS, from_annex_b, from_avcc, nal_kind, to_avcc
from consentry.media.mask_area import Hidden, Span, hidden_spans
from consentry.media.sandbox import give_up_rights

# One grey for all that is hidden, in both ranges of brightness.
HIDDEN_LUMA, HIDDEN_CHROMA = 64, 128
_PIXEL_FORMATS = ("yuv420p", "yuvj420p")
_KEPT = frozenset({1, IDR, SPS, PPS})
# Bits per second and pixel of one picture: 6 Mbit/s for 1080p, 2.8 for 720p; bursts of at most a second of it.
_BITS_PER_PX = 3
_LEAST_BITS = 500_000
_MICROSECONDS = Fraction(1, 1_000_000)
_NOMINAL_RATE = 25


def main() -> None:
    """Warm up, take the mask, give up rights, work until the pipe ends."""
    _warm_up()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    head = _read_head(source)
    if head is None or head.kind is not Kind.MASK:
        raise Malformed("the mask comes first")
    burner = MaskBurner(parse_mask(json.loads(source.read(head.size))))
    # It lives as long as its camera plays: the edge bounds its time, by how far it is behind.
    give_up_rights(max_cpu_s=None)
    while (head := _read_head(source)) is not None:
        body = source.read(head.size)
        for number, key, unit in burner.burn(head.number, body, key=head.kind is Kind.KEY):
            sink.write(pack_record(Kind.KEY if key else Kind.DELTA, number, unit))
        sink.write(pack_record(Kind.DONE, head.number))
        sink.flush()


class MaskBurner:
    """One camera's pictures with `mask` burnt in; size and format may change between them."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._coding, self._decoder = H264, _open_decoder(H264)
        self._encoder: VideoCodecContext | None = None
        self._hidden = Hidden((), ())
        self._shape = (0, 0, "")
        self._numbers: dict[int, int] = {}
        self._placed = 0

    def burn(self, number: int, unit: bytes, *, key: bool) -> Iterator[tuple[int, bool, bytes]]:
        """Decode the unit `number` (length-prefixed NALs); each picture that comes of it as (number, key, unit).

        `key`: is it one of the camera's key units? A unit that the decoder refuses gives none. Malformed for pictures
        that are too large.
        """
        nals = from_avcc(unit)
        if key:
            self._follow(coding_of_key(nals))
        packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in nals))
        packet.pts = number
        try:
            frames = self._decoder.decode(packet)
        except av.FFmpegError:
            return
        for frame in frames:
            yield from self._encode(frame)

    def _follow(self, coding: Coding) -> None:
        """A camera that was set to another coding begins it with a key unit."""
        if coding is not self._coding:
            self._coding, self._decoder = coding, _open_decoder(coding)

    def _encode(self, frame: VideoFrame) -> Iterator[tuple[int, bool, bytes]]:
        number = frame.pts if frame.pts is not None else 0
        plain = frame if frame.format.name in _PIXEL_FORMATS else frame.reformat(format="yuv420p")
        encoder = self._encoder_for(plain)
        self._numbers[self._placed] = number
        plain.pts, plain.time_base = self._placed * 1_000_000 // _NOMINAL_RATE, _MICROSECONDS
        self._placed += 1
        plain.pict_type = PictureType.I if frame.key_frame else PictureType.NONE
        burn_in(plain, self._hidden)
        for packet in encoder.encode(plain):
            place = round((packet.pts or 0) * _NOMINAL_RATE / 1_000_000)
            nals = tuple(nal for nal in from_annex_b(bytes(packet)) if nal_kind(nal) in _KEPT)
            yield self._numbers.pop(place), any(nal_kind(nal) == IDR for nal in nals), to_avcc(nals)

    def _encoder_for(self, frame: VideoFrame) -> VideoCodecContext:
        shape = (frame.width, frame.height, frame.format.name)
        if self._encoder is None or shape != self._shape:
            if frame.width * frame.height > MAX_MASKED_PX:
                raise Malformed("this picture is too large to be masked")
            self._hidden, self._shape = hidden_spans(self._mask, frame.width, frame.height), shape
            self._encoder = _open_encoder(frame)
            self._numbers.clear()
        return self._encoder


def burn_in(frame: VideoFrame, hidden: Hidden) -> None:
    """Paint the hidden spans of `frame` (4:2:0, 8 bits) over."""
    frame.make_writable()  # the decoder predicts from its own copy; painted into it, the mask would smear
    for plane, spans, level in zip(
        frame.planes, (hidden.luma, hidden.chroma, hidden.chroma), (HIDDEN_LUMA, HIDDEN_CHROMA, HIDDEN_CHROMA),
        strict=True,
    ):  # fmt: skip
        _fill(memoryview(plane).cast("B"), plane.line_size, spans, level)


def _fill(pixels: memoryview, line_bytes: int, spans: tuple[Span, ...], level: int) -> None:
    paint = bytes([level]) * line_bytes
    for span in spans:
        start = span.row * line_bytes + span.start
        pixels[start : start + span.end - span.start] = paint[: span.end - span.start]


def _open_decoder(coding: Coding) -> VideoCodecContext:
    decoder = VideoCodecContext.create(coding.decoder, "r")
    decoder.thread_count = 1
    return decoder


def _open_encoder(frame: VideoFrame) -> VideoCodecContext:
    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base, encoder.framerate = _MICROSECONDS, Fraction(_NOMINAL_RATE)
    encoder.color_range, encoder.colorspace = frame.color_range, frame.colorspace
    encoder.max_b_frames, encoder.thread_count = 0, 1
    bits = max(_LEAST_BITS, frame.width * frame.height * _BITS_PER_PX)
    encoder.options = {
        "preset": "ultrafast", "tune": "zerolatency", "crf": "23", "maxrate": str(bits), "bufsize": str(bits),
        # Flat areas fine, none coarse: what is next to the mask would else bleed into it on a busy street. Measured:
        # 0 levels off inside, against 2 to 70 without, for at most the same bits.
        "aq-mode": "1", "aq-strength": "1.5", "qmax": "36",
        # Key frames stand where the camera's do, and nothing of the camera but its pictures comes along.
        "g": "100000", "sc_threshold": "0", "forced-idr": "1", "a53cc": "0", "udu_sei": "0",
    }  # fmt: skip
    return encoder


def _read_head(source: BinaryIO) -> Head | None:
    data = source.read(HEAD_BYTES)
    return parse_head(data) if len(data) == HEAD_BYTES else None


def _warm_up() -> None:
    """Whatever the codecs load or start, they do before the rights are gone."""
    frame = VideoFrame(64, 64, "yuv420p")
    encoder, decoder = _open_encoder(frame), _open_decoder(H264)
    _open_decoder(H265)
    frame.pts, frame.time_base = 0, _MICROSECONDS
    for packet in [*encoder.encode(frame), *encoder.encode(None)]:
        decoder.decode(packet)


if __name__ == "__main__":
    main()
