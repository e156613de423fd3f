"""Decoding in the child: every frame of every part, upright, with its time and whether it is a key frame.

A frame that is damaged ends it all: what cannot be seen whole cannot be said to be covered. Only formats and codecs in
the lists are opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from consentry.kernel.limits import MAX_MASKED_PX, MAX_REDACTED_FRAMES

if TYPE_CHECKING:
    from av.container import InputContainer

    from consentry.evidence.redact.remote_file import RemoteFile

CODECS = (
    "h264,hevc,mpeg4,msmpeg4,msmpeg4v2,mjpeg,vp8,libvpx,vp9,libvpx-vp9,libdav1d,av1,"
    "aac,mp3,mp3float,opus,libopus,vorbis,libvorbis,pcm_s16le,pcm_s16be,pcm_alaw,pcm_mulaw,pcm_u8"
)
THREADS = 2
Pixels = NDArray[np.uint8]


class Fault(Exception):
    """What is wrong with the original, as one of `records.FAULTS`."""


@dataclass(frozen=True, slots=True)
class PartFile:
    """One part: its bytes, its time since the item began, its container."""

    file: "RemoteFile"
    start_us: int
    container: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame, upright: `frame` is 4:2:0, 8 bits, of even size."""

    number: int
    at_us: int
    key: bool
    frame: VideoFrame


@dataclass(frozen=True, slots=True)
class Noise:
    """A piece of sound and when it is heard; `at_us` may lie before the item's first frame."""

    at_us: int
    frame: AudioFrame


def container_of(head: bytes) -> str | None:
    """The container that a file beginning with `head` (at least 400 bytes of it) is read as; None for no known one."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"styp", b"wide", b"free", b"skip"):
        return "mov,mp4,m4a,3gp,3g2,mj2"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska,webm"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:1] == b"G" and head[188:189] == b"G":
        return "mpegts"
    return "flv" if head[:4] == b"FLV\x01" else None


def open_part(part: PartFile) -> "InputContainer":
    """Open for reading; Fault for what is not video that we read."""
    options = {"codec_whitelist": CODECS, "format_whitelist": part.container}
    part.file.seek(0)
    try:
        opened = av.open(part.file, "r", format=part.container.split(",")[0], options=options)
    except (av.FFmpegError, ValueError) as error:
        raise Fault("unsupported") from error
    if not opened.streams.video:
        raise Fault("no-video")
    track = opened.streams.video[0]
    if track.width * track.height > MAX_MASKED_PX:
        raise Fault("too-large")
    track.thread_count = THREADS
    track.thread_type = "AUTO"
    return opened


def pictures_and_sound(
    parts: Sequence[PartFile], *, with_sound: bool, seek_us: int = 0, from_us: int = 0
) -> Iterator[Picture | Noise]:
    """All that is to be seen and, if wanted, heard, in the order of the file; Fault when anything is damaged.

    `seek_us`: the first part is read from the key frame there on; `from_us`: nothing before it is wanted, nor is it
    a fault there, since what is shown between two key frames may need pictures from before the first.
    """
    number, last_us = 0, -1
    for place, part in enumerate(parts):
        for found in _of_part(part, with_sound=with_sound, start=(0 if place else seek_us, from_us)):
            if isinstance(found, Noise):
                yield found
                continue
            # Parts of a recording may overlap by a frame; time goes on all the same.
            last_us = max(found.at_us, last_us + 1)
            if number >= MAX_REDACTED_FRAMES:
                raise Fault("too-large")
            yield Picture(number, last_us, found.key, found.frame)
            number += 1


def _of_part(part: PartFile, *, with_sound: bool, start: tuple[int, int]) -> Iterator[Picture | Noise]:
    seek_us, from_us = start
    with open_part(part) as opened:
        first_us: int | None = None
        heard: list[AudioFrame] = []
        tracks = [opened.streams.video[0], *(opened.streams.audio[:1] if with_sound else ())]
        try:
            if seek_us > part.start_us:
                first_us = _first_us(opened)
                _seek(opened, first_us + seek_us - part.start_us)
            is_leading = seek_us > part.start_us
            for packet in opened.demux(tracks):
                if packet.is_corrupt and not is_leading:
                    raise Fault("damaged")
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        if is_leading and _is_before(frame, from_us - part.start_us + (first_us or 0)):
                            continue
                        is_leading = False
                        first_us = time_us(frame) if first_us is None else first_us
                        at_us = part.start_us + time_us(frame) - first_us
                        yield Picture(0, at_us, bool(frame.key_frame), upright(frame))
                    elif isinstance(frame, AudioFrame):
                        heard.append(frame)
                if first_us is not None:
                    yield from (Noise(part.start_us + time_us(frame) - first_us, frame) for frame in heard)
                    heard.clear()
        except (av.FFmpegError, ValueError, StopIteration) as error:
            raise Fault("damaged") from error


def _first_us(opened: "InputContainer") -> int:
    return time_us(next(opened.decode(opened.streams.video[0])))


def _seek(opened: "InputContainer", wanted_us: int) -> None:
    track = opened.streams.video[0]
    opened.seek(int(wanted_us / 1_000_000 / (track.time_base or 1)), stream=track)


def _is_before(frame: VideoFrame, wanted_us: int) -> bool:
    if frame.pts is None or frame.time_base is None:
        return True
    return round(frame.pts * frame.time_base * 1_000_000) < wanted_us


def packet_times(part: PartFile) -> list[tuple[int, bool]]:
    """Time and key of each coded picture of a part, in the order of showing; Fault for one without a time."""
    with open_part(part) as opened:
        track = opened.streams.video[0]
        found: list[tuple[int, bool]] = []
        try:
            for packet in opened.demux(track):
                if packet.size == 0 or packet.is_discard:
                    continue
                at = packet.pts if packet.pts is not None else packet.dts
                if at is None or track.time_base is None or len(found) >= MAX_REDACTED_FRAMES:
                    raise Fault("damaged")
                found.append((round(at * track.time_base * 1_000_000), packet.is_keyframe))
        except (av.FFmpegError, ValueError) as error:
            raise Fault("damaged") from error
    found.sort()
    first_us = found[0][0] if found else 0
    return [(part.start_us + at_us - first_us, is_key) for at_us, is_key in found]


def time_us(frame: VideoFrame | AudioFrame) -> int:
    """The frame's own time, rounded to a microsecond; Fault for a frame that is damaged or has none."""
    if frame.is_corrupt or frame.pts is None or frame.time_base is None:
        raise Fault("damaged")
    return round(frame.pts * frame.time_base * 1_000_000)


def upright(frame: VideoFrame) -> VideoFrame:
    """The same picture as 4:2:0 with 8 bits and even sides, turned as its camera says it is held."""
    if frame.width * frame.height > MAX_MASKED_PX:
        raise Fault("too-large")
    quarters = round(frame.rotation / 90) % 4
    width, height = max(frame.width // 2 * 2, 2), max(frame.height // 2 * 2, 2)
    is_plain = frame.format.name in ("yuv420p", "yuvj420p") and (frame.width, frame.height) == (width, height)
    plain = frame if is_plain else frame.reformat(width, height, "yuv420p")
    if not quarters:
        return plain
    turned = VideoFrame(height if quarters % 2 else width, width if quarters % 2 else height, plain.format.name)
    for at, plane in enumerate(plain.planes):
        fill_plane(turned, at, np.rot90(pixels_of(plain, at)[: plane.height, : plane.width], quarters))
    turned.colorspace, turned.color_range = plain.colorspace, plain.color_range
    return turned


def pixels_of(frame: VideoFrame, plane: int) -> Pixels:
    """A plane as uint8[height, line_size], sharing the frame's memory."""
    buffer = frame.planes[plane]
    return np.frombuffer(memoryview(buffer), np.uint8).reshape(-1, buffer.line_size)


def fill_plane(frame: VideoFrame, plane: int, pixels: Pixels) -> None:
    """Write uint8[height, width] into a plane."""
    target = pixels_of(frame, plane)
    target[: pixels.shape[0], : pixels.shape[1]] = pixels
