"""The helper process: bytes of one source on stdin, its pictures on stdout. It gives up its rights before it reads.

Run as `python -I -m consentry.media.demux_child FORMAT`: `mpegts`, `flv` or `mp4` are taken apart and not decoded;
`mjpeg` (each JPEG behind its length in 4 bytes, big-endian) is encoded to H.264, since no browser plays MJPEG in a
video element. The frames it writes are in `demux_frames`. It has no network: its parent dials and hands the bytes in.
"""

import contextlib
import ctypes
import io
import signal
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import av
import av.audio.stream
import av.subtitles.stream  # else loaded at the first subtitle track, when no file may be opened
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.avcc import split_lengths
from consentry.media.coding import H264, H265
from consentry.media.demux_frames import MAX_KLV_BYTES, Said, pack_frame
from consentry.media.demux_sound import box_of, choose_sound
from consentry.media.h264 import from_annex_b, to_avcc
from consentry.media.sandbox import give_up_rights
from consentry.media.units import SourceFault

# Address space: what PyAV maps when idle is 160 MB; the largest JPEG that is taken, with its encoder, is the other.
MAX_MEMORY_BYTES, MAX_MJPEG_MEMORY_BYTES = 384 * 1024 * 1024, 768 * 1024 * 1024
# A container, with `+sound` behind it where its sound is wanted too.
WITH_SOUND = "+sound"
DEMUXED = ("flv", "mp4", "mpegts")
MJPEG = "mjpeg"
# Enough to find the tracks of a live stream with a key frame each few seconds; beyond it, what is known must do.
_OPTIONS = {"probesize": "500000", "analyzeduration": "1000000"}
MAX_SIDE_PX = 4_096
_PR_SET_PDEATHSIG = 1
_MJPEG_GOP_S = 2.0
_MICRO = Fraction(1, 1_000_000)


def main() -> None:
    """Give up rights, then work until the input ends; exit code 0 at its end, 1 after a fault was said."""
    chosen, out = sys.argv[1], sys.stdout.buffer
    if chosen.removesuffix(WITH_SOUND) not in (*DEMUXED, MJPEG):
        sys.exit(2)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # its parent may be killed while it is busy
    warm_up(chosen)
    most_bytes = MAX_MJPEG_MEMORY_BYTES if chosen == MJPEG else MAX_MEMORY_BYTES
    give_up_rights(max_memory_bytes=most_bytes, max_cpu_s=None)
    frames = encode_mjpeg(sys.stdin.buffer) if chosen == MJPEG else demux(sys.stdin.buffer, chosen)
    try:
        for frame in frames:
            out.write(frame)
            out.flush()
    except SourceFault as fault:
        out.write(pack_frame(Said.FAULT, 0, fault.kind.encode()))
    except (av.FFmpegError, Malformed, MemoryError, ValueError):
        out.write(pack_frame(Said.FAULT, 0, b"protocol"))
    else:
        return
    out.flush()
    sys.exit(1)


def warm_up(chosen: str) -> None:
    """Load what the libraries load late, while files may still be opened: one small stream through the whole road."""
    gray = VideoFrame(64, 64, "yuvj420p")
    gray.pts = 0
    jpeg = VideoCodecContext.create("mjpeg", "w")
    jpeg.width, jpeg.height, jpeg.pix_fmt, jpeg.time_base = 64, 64, "yuvj420p", Fraction(1, 25)
    picture = b"".join(bytes(packet) for packet in [*jpeg.encode(gray), *jpeg.encode(None)])
    if chosen == MJPEG:
        _Encoder().take(picture, 0)
        return
    made = io.BytesIO()
    with av.open(made, "w", format="mpegts") as target:
        track = target.add_stream("mpeg2video", rate=25)
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        still = gray.reformat(format="yuv420p")
        still.pts = 0
        target.mux([*track.encode(still), *track.encode(None)])
    with contextlib.suppress(SourceFault):
        list(demux(io.BytesIO(made.getvalue()), "mpegts" + WITH_SOUND))


def demux(source: BinaryIO, container: str) -> Iterator[bytes]:
    """Frames for the first H.264 track of `source`, else the first H.265 one, its KLV track and, if wanted, the sound.

    SourceFault when it has no such track.
    """
    wants_sound = container.endswith(WITH_SOUND)
    kind = container.removesuffix(WITH_SOUND)
    with av.open(_ReadOnly(source), "r", format=kind, options=_OPTIONS, buffer_size=16_384) as opened:
        found = {track.codec_context.name: track for track in reversed(opened.streams.video)}
        coding, pictures = (H264, found["h264"]) if "h264" in found else (H265, found.get("hevc"))
        if pictures is None:
            raise SourceFault("no-video", "no H.264 or H.265 track")
        if coding is H265:
            yield pack_frame(Said.CODING, 0, coding.name.encode())
        data = [track for track in opened.streams.data if is_klv(track)][:1]
        heard = choose_sound(opened) if wants_sound else None
        extra = bytes(pictures.codec_context.extradata or b"")
        size_bytes, sets = coding.read_record(extra) if extra[:1] == b"\x01" else (0, from_annex_b(extra))
        if sets:
            yield pack_frame(Said.SETS, 0, to_avcc(sets))
        for packet in opened.demux([pictures, *data, *([heard] if heard is not None else [])]):
            if packet.size == 0 or packet.size > MAX_UNIT_BYTES:
                continue
            pts_us = _pts_us(packet)
            if packet.stream_index == pictures.index:
                nals = split_lengths(bytes(packet), size_bytes) if size_bytes else from_annex_b(bytes(packet))
                yield pack_frame(Said.PICTURE, pts_us, to_avcc(nals))
            elif heard is not None and packet.stream_index == heard.index:
                if (box := box_of(heard, bytes(packet))) is not None:
                    yield pack_frame(Said.SOUND, pts_us, box)
            elif packet.size <= MAX_KLV_BYTES:
                yield pack_frame(Said.KLV, pts_us, bytes(packet))


def is_klv(track: "av.stream.Stream") -> bool:
    """Does a data track carry SMPTE 336M KLV (synchronous or asynchronous)?"""
    return track.name == "klv"


def encode_mjpeg(source: BinaryIO) -> Iterator[bytes]:
    """Frames for JPEGs behind their lengths, timed by their arrival; a JPEG that cannot be decoded is passed over."""
    encoder, bad = _Encoder(), 0
    while head := source.read(4):
        size = int.from_bytes(head, "big")
        if len(head) != 4 or not 0 < size <= MAX_UNIT_BYTES:
            raise Malformed("not a JPEG behind its length")
        try:
            frames = encoder.take(source.read(size), time.monotonic_ns() // 1_000)
        except (av.FFmpegError, ValueError):
            bad += 1
            if bad > 20:
                raise SourceFault("no-video", "no JPEG can be decoded") from None
            continue
        bad = 0
        yield from frames


class _Encoder:
    """Decodes JPEGs and encodes H.264 with a key frame each 2 s, one thread, no delay; starts anew at a new size."""

    def __init__(self) -> None:
        self._codec: VideoCodecContext | None = None
        self._jpeg = VideoCodecContext.create("mjpeg", "r")
        self._jpeg.thread_count = 1
        self._last_us = -1
        self._key_us = 0

    def take(self, jpeg: bytes, at_us: int) -> list[bytes]:
        at_us = max(at_us, self._last_us + 1)
        self._last_us = at_us
        return [frame for picture in self._jpeg.decode(av.Packet(jpeg)) for frame in self._encode(picture, at_us)]

    def _encode(self, picture: VideoFrame, at_us: int) -> list[bytes]:
        width_px, height_px = picture.width // 2 * 2, picture.height // 2 * 2
        if not (16 <= width_px <= MAX_SIDE_PX and 16 <= height_px <= MAX_SIDE_PX):
            raise Malformed("an impossible size")
        codec = self._codec
        fresh = codec is None or (codec.width, codec.height) != (width_px, height_px)
        if codec is None or fresh:
            codec = self._codec = _open_encoder(width_px, height_px)
        frame = picture.reformat(width_px, height_px, "yuv420p", dst_color_range=ColorRange.MPEG)
        frame.pts, frame.time_base = at_us, _MICRO
        if fresh or at_us - self._key_us >= _MJPEG_GOP_S * 1_000_000:
            self._key_us = at_us
            frame.pict_type = PictureType.I
        else:
            frame.pict_type = PictureType.NONE
        return [pack_frame(Said.PICTURE, int(packet.pts or 0), to_avcc(from_annex_b(bytes(packet))))
                for packet in codec.encode(frame)]  # fmt: skip


def _open_encoder(width_px: int, height_px: int) -> VideoCodecContext:
    codec = VideoCodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width_px, height_px, "yuv420p"
    codec.time_base, codec.framerate, codec.thread_count = _MICRO, Fraction(25), 1
    codec.gop_size, codec.max_b_frames = 600, 0
    codec.options = {"preset": "superfast", "tune": "zerolatency", "crf": "25", "forced-idr": "1"}
    return codec


def _pts_us(packet: "av.Packet[av.stream.Stream]") -> int:
    at = packet.pts if packet.pts is not None else packet.dts
    return 0 if at is None or packet.time_base is None else int(at * packet.time_base * 1_000_000)


class _ReadOnly:
    """Standard input as a file that can only be read onwards: what cannot seek is not asked to."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        return self._source.read1(size) if hasattr(self._source, "read1") else self._source.read(size)


if __name__ == "__main__":
    main()
