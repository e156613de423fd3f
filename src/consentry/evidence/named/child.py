"""The child that decodes an original and burns a name into each picture; it may do nothing else.

Run as `python -I -m consentry.evidence.named.child`. On stdin its job, then the mark, then what it asks of the
original; on stdout `redact.records`: `AT` (how many seconds there are, 0 when the container does not say), then for
each piece `FRAME` (its first picture, true), `OUT` again and again, `FRAME` (where it ends, false). It gives up its
rights before the first byte of the original. Each piece is a file as our recorder makes them (`media/fmp4.py`).
"""

import ctypes
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

import av
import av.subtitles.stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from consentry.evidence.named.burn import Burner
from consentry.evidence.named.mark import Mark, parse_mark
from consentry.evidence.redact.decode import Fault, PartFile, open_part, upright
from consentry.evidence.redact.job import parse_job
from consentry.evidence.redact.records import DONE, FRAME, MOST_BYTES, Said, say, take
from consentry.evidence.redact.remote_file import RemoteFile
from consentry.kernel.limits import NAMED_GOP_US, NAMED_PIECE_BYTES, NAMED_PIECE_US
from consentry.media.fmp4 import Muxer
from consentry.media.h264 import PPS, SPS, from_annex_b, nal_kind
from consentry.media.sandbox import give_up_rights
from consentry.media.units import AccessUnit

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

MAX_MEMORY_BYTES = 2 * 1024 * 1024 * 1024
NICE = 10
_PR_SET_PDEATHSIG = 1
_MICROSECONDS = Fraction(1, 1_000_000)
_GAP_US = 40_000
_SEEK_BACK_US = 10_000_000
THREADS = 2


def main() -> None:
    """Take job and mark, warm up, give up rights, work; exit code 0 when all was done, 1 after a fault."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(NICE)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    job, mark = parse_job(take(source)), parse_mark(take(source))
    warm_up(mark)
    give_up_rights(max_memory_bytes=MAX_MEMORY_BYTES, max_cpu_s=None)
    parts = [
        PartFile(RemoteFile((source, sink), number, size_bytes), start_us, container)
        for number, (size_bytes, start_us, container) in enumerate(job.parts)
    ]
    try:
        say(sink, Said.DONE, DONE.pack(work(parts, job.at_us[0], (mark, job.size_px[0]), sink)))
    except Fault as fault:
        say(sink, Said.FAULT, str(fault).encode())
        sys.exit(1)


def work(parts: Sequence[PartFile], from_us: int, look: tuple[Mark, int], sink: BinaryIO) -> int:
    """Say the pieces from `from_us` on; how many pictures. `look`: the mark, and how wide or high a picture may be."""
    say(sink, Said.AT, DONE.pack(length_s(parts[-1])))
    film, count, last_us = _Film(sink, look), 0, from_us - 1
    for at_us, frame in pictures(parts, from_us):
        if at_us <= last_us:
            continue  # parts may overlap by a picture
        film.see(frame, at_us)
        last_us, count = at_us, count + 1
    if not count and not from_us:
        raise Fault("no-video")
    film.finish()
    return count


def length_s(part: PartFile) -> int:
    """Seconds from the item's beginning to the end of its last part, as its container says; 0: it does not."""
    with open_part(part) as opened:
        return 0 if not opened.duration else min((part.start_us + opened.duration) // 1_000_000 + 1, 0xFFFFFFFF)


def pictures(parts: Sequence[PartFile], from_us: int) -> Iterator[tuple[int, VideoFrame]]:
    """Every picture that is shown at `from_us` or later, upright, with its time in the item.

    What cannot be decoded is left out, as a player would: nothing is hidden here, so nothing can come to light.
    """
    for number, part in enumerate(parts):
        following = parts[number + 1].start_us if number + 1 < len(parts) else None
        if following is None or following > from_us:
            yield from _of_part(part, from_us)


def _of_part(part: PartFile, from_us: int) -> Iterator[tuple[int, VideoFrame]]:
    with open_part(part) as opened:
        track = opened.streams.video[0]
        gap_us = int(1_000_000 / (track.average_rate or 25))
        frames = _timed(_decoded(opened.demux(track)), gap_us)
        first = next(frames, None)
        if first is None:
            return
        wanted_us = max(from_us - part.start_us, 0) + first[0]
        if wanted_us - first[0] > _SEEK_BACK_US:
            # Some containers have no index and are entered too late; what comes too early is dropped.
            opened.seek(int((wanted_us - _SEEK_BACK_US) / 1_000_000 / (track.time_base or 1)), stream=track)
            frames = _timed(_decoded(opened.demux(track)), gap_us)
        else:
            frames = chain([first], frames)
        for at_us, frame in frames:
            if at_us >= wanted_us:
                yield part.start_us + at_us - first[0], upright(frame)


def _timed(frames: Iterator[VideoFrame], gap_us: int) -> Iterator[tuple[int, VideoFrame]]:
    """Each picture's own time, always rising; where the container gives none, so much after the one before."""
    last_us: int | None = None
    for frame in frames:
        has_own = frame.pts is not None and frame.time_base is not None
        own_us = round((frame.pts or 0) * (frame.time_base or 0) * 1_000_000) if has_own else None
        if last_us is None:
            last_us = own_us or 0
        else:
            last_us = last_us + gap_us if own_us is None else max(own_us, last_us + 1_000)
        yield last_us, frame


def _decoded(packets: "Iterator[Packet[VideoStream]]") -> Iterator[VideoFrame]:
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, ValueError):
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            continue
        yield from (frame for frame in frames if isinstance(frame, VideoFrame))


class _Film:
    """Encodes pictures with the name in them and says them as pieces, each of which can be played by itself."""

    def __init__(self, sink: BinaryIO, look: tuple[Mark, int]) -> None:
        self._sink, (self._mark, self._most_px) = sink, look
        self._codec: VideoCodecContext | None = None
        self._burner: Burner | None = None
        self._key_us = 0
        self._muxer: Muxer | None = None
        self._start_us = self._last_us = self._bytes = 0
        self._gap_us = _GAP_US

    def see(self, frame: VideoFrame, at_us: int) -> None:
        """The next picture."""
        codec, burner = self._ready(frame)
        if (frame.width, frame.height) != burner.size_px or frame.format.name != "yuv420p":
            frame = frame.reformat(*burner.size_px, "yuv420p")
        burner.burn(frame)
        frame.pts, frame.time_base = at_us, _MICROSECONDS
        is_key = at_us - self._key_us >= NAMED_GOP_US
        if is_key:
            self._key_us = at_us
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        self._take(codec.encode(frame))

    def finish(self) -> None:
        """What is held back, and the last piece's end."""
        if self._codec is not None:
            self._take(self._codec.encode(None))
            self._end(self._last_us + self._gap_us)

    def _ready(self, frame: VideoFrame) -> tuple[VideoCodecContext, Burner]:
        """One size for the whole item; a picture that changes its size is fitted to the first one's."""
        if self._codec is None or self._burner is None:
            share = min(1.0, self._most_px / max(frame.width, frame.height))
            size = max(int(frame.width * share) // 2 * 2, 16), max(int(frame.height * share) // 2 * 2, 16)
            self._burner = Burner(self._mark, *size)
            self._codec = new_codec(size)
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

    def _is_long_enough(self, at_us: int) -> bool:
        is_long = at_us - self._start_us >= NAMED_PIECE_US or self._bytes >= NAMED_PIECE_BYTES
        return self._muxer is None or is_long

    def _begin(self, at_us: int, nals: tuple[bytes, ...]) -> None:
        self._muxer = Muxer(tuple(nal for nal in nals if nal_kind(nal) in (SPS, PPS)))
        self._start_us, self._bytes = at_us, 0
        say(self._sink, Said.FRAME, FRAME.pack(at_us, True))
        self._out(self._muxer.init)

    def _end(self, at_us: int) -> None:
        if self._muxer is not None:
            say(self._sink, Said.FRAME, FRAME.pack(at_us, False))

    def _write(self, nals: tuple[bytes, ...], at_us: int, *, is_key: bool) -> None:
        if self._muxer is not None:
            self._out(self._muxer.take(AccessUnit(0, at_us, nals, is_key, at_us)).build())

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


def warm_up(mark: Mark) -> None:
    """What libraries load late they load now, while files can be opened: a small film goes through the whole road."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        out.mux([*track.encode(VideoFrame(64, 64, "yuv420p")), *track.encode(None)])
    part = PartFile(cast("RemoteFile", io.BytesIO(made.getvalue())), 0, "mov,mp4,m4a,3gp,3g2,mj2")
    work([part], 0, (mark, 32), io.BytesIO())


if __name__ == "__main__":
    main()
