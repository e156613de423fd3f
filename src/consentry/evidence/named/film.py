"""Encodes pictures with the name in them, and their sound, as pieces, each of which can be played by itself.

A piece is a file as our recorder makes them (`media/fmp4.py`): one picture a fragment, its first at one second; sound,
where there is some, is its second track, one coded frame a fragment.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO

from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from consentry.evidence.named.burn import Burner
from consentry.evidence.named.mark import Mark
from consentry.evidence.named.sound import SoundTrack
from consentry.evidence.redact.decode import Fault
from consentry.evidence.redact.encode import RATE_HZ
from consentry.evidence.redact.records import FRAME, MOST_BYTES, SHAPE, Said, say
from consentry.kernel.limits import NAMED_GOP_US, NAMED_PIECE_BYTES, NAMED_PIECE_US
from consentry.media.coding import CODINGS
from consentry.media.fmp4 import Muxer, init_segment
from consentry.media.fmp4_sound import sound_fragment, sound_track
from consentry.media.h264 import PPS, SPS, from_annex_b, nal_kind
from consentry.media.units import AccessUnit

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_MICROSECONDS = Fraction(1, 1_000_000)
_GAP_US = 40_000
THREADS = 2
_SOUND = 2  # the track


class Film:
    """Says pieces to `sink`. `look`: the mark, and how wide or high a picture may be."""

    def __init__(
        self, sink: BinaryIO, look: tuple[Mark, int], sound_from: Callable[[int], SoundTrack] | None
    ) -> None:  # fmt: skip
        """`sound_from`: the sound from a time on; None: it has none, or it is not to be heard."""
        self._sink, (self._mark, self._most_px) = sink, look
        self._sound_from = sound_from
        self._sound: SoundTrack | None = None
        self._codec: VideoCodecContext | None = None
        self._burner: Burner | None = None
        self._key_us = 0
        self._muxer: Muxer | None = None
        self._start_us = self._last_us = self._bytes = self._heard = 0
        self._gap_us = _GAP_US

    def see(self, frame: VideoFrame, at_us: int) -> None:
        """The next picture."""
        codec, burner = self._ready(frame, at_us)
        if (frame.width, frame.height) != burner.size_px or frame.format.name != "yuv420p":
            frame = frame.reformat(*burner.size_px, "yuv420p")
        burner.burn(frame)
        frame.pts, frame.time_base = at_us, _MICROSECONDS
        is_key = at_us - self._key_us >= NAMED_GOP_US
        if is_key:
            self._key_us = at_us
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        self._take(codec.encode(frame))

    def finish(self, until_us: int) -> None:
        """What is held back, and the last piece's end: `until_us`, where another piece begins; 0: the film ends."""
        if self._codec is None:
            return
        self._take(self._codec.encode(None))
        end_us = until_us or self._last_us + self._gap_us
        self._hear(end_us)
        if self._sound is not None:
            for at, data in self._sound.rest():
                self._write_sound(at, data)
        self._end(end_us)

    def _ready(self, frame: VideoFrame, at_us: int) -> tuple[VideoCodecContext, Burner]:
        """One size for the whole item; a picture that changes its size is fitted to the first one's."""
        if self._codec is None or self._burner is None:
            share = min(1.0, self._most_px / max(frame.width, frame.height))
            size = max(int(frame.width * share) // 2 * 2, 16), max(int(frame.height * share) // 2 * 2, 16)
            self._burner = Burner(self._mark, *size)
            self._codec = new_codec(size)
            self._key_us = at_us - NAMED_GOP_US
            if self._sound_from is not None:
                self._sound = self._sound_from(at_us)
            say(self._sink, Said.SHAPE, SHAPE.pack(*size, self._sound is not None))
        return self._codec, self._burner

    def _take(self, packets: "Sequence[Packet[VideoStream]]") -> None:
        for packet in packets:
            at_us, nals = int(packet.pts or 0), from_annex_b(bytes(packet))
            if packet.is_keyframe and self._is_long_enough(at_us):
                self._end(at_us)
                self._begin(at_us, nals)
            elif self._muxer is None:
                raise Fault("damaged")
            else:
                self._gap_us = max(at_us - self._last_us, 1_000)
            self._last_us = at_us
            self._write(nals, at_us, is_key=packet.is_keyframe)
            self._hear(at_us)

    def _is_long_enough(self, at_us: int) -> bool:
        is_long = at_us - self._start_us >= NAMED_PIECE_US or self._bytes >= NAMED_PIECE_BYTES
        return self._muxer is None or is_long

    def _begin(self, at_us: int, nals: tuple[bytes, ...]) -> None:
        self._muxer = Muxer(tuple(nal for nal in nals if nal_kind(nal) in (SPS, PPS)))
        self._start_us, self._bytes = at_us, 0
        say(self._sink, Said.FRAME, FRAME.pack(at_us, True))
        beside = () if self._sound is None else (sound_track(self._sound.config, track=_SOUND),)
        self._out(init_segment(self._muxer.parameter_sets, self._muxer.picture, CODINGS["h264"], *beside))

    def _end(self, at_us: int) -> None:
        if self._muxer is not None:
            say(self._sink, Said.FRAME, FRAME.pack(at_us, False))

    def _write(self, nals: tuple[bytes, ...], at_us: int, *, is_key: bool) -> None:
        if self._muxer is not None:
            self._out(self._muxer.take(AccessUnit(0, at_us, nals, is_key, at_us)).build())

    def _hear(self, until_us: int) -> None:
        """Sound up to a picture: into the piece that is being made, so that it lies near its pictures."""
        if self._sound is not None:
            for at, data in self._sound.until(until_us):
                self._write_sound(at, data)

    def _write_sound(self, at: int, data: bytes) -> None:
        # A second in front as the pictures have it, so what is heard just before the first of them is still after zero.
        placed = at - self._start_us * RATE_HZ // 1_000_000 + RATE_HZ
        if placed >= 0:
            self._heard += 1
            self._out(sound_fragment(self._heard, placed, data, track=_SOUND))

    def _out(self, data: bytes) -> None:
        self._bytes += len(data)
        step = MOST_BYTES[Said.OUT]
        for at in range(0, len(data), step):
            say(self._sink, Said.OUT, data[at : at + step])


def new_codec(size_px: tuple[int, int]) -> VideoCodecContext:
    """An H.264 encoder that any browser's decoder follows; no picture is shown before an earlier one."""
    codec = VideoCodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = *size_px, "yuv420p"
    codec.time_base, codec.framerate = _MICROSECONDS, Fraction(25)
    codec.max_b_frames, codec.thread_count, codec.gop_size = 0, THREADS, 1_000
    codec.options = {"preset": "superfast", "crf": "23", "forced-idr": "1", "sc_threshold": "0", "udu_sei": "0"}
    return codec
