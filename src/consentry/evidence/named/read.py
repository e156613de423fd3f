"""Reading an original for its named copy: pictures and sound from any moment on. Runs in the child.

What cannot be decoded is left out, as a player would: nothing is hidden here, so nothing can come to light. Sound is
read through files of its own, so that it may be stored anywhere: beside its pictures or behind all of them.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from consentry.evidence.redact.decode import Fault, Noise, PartFile, open_part, upright

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.frame import Frame
    from av.stream import Stream

# Some containers have no index and are entered too late: reading begins so much earlier, and what is too early is left.
_SEEK_BACK_US = 10_000_000
# No coded piece of sound is longer: what begins so much earlier may reach into what is wanted.
_LONGEST_PIECE_US = 1_000_000
_Kind = TypeVar("_Kind", VideoFrame, AudioFrame)


def length_s(part: PartFile) -> int:
    """Seconds from the item's beginning to the end of its last part, as its container says; 0: it does not."""
    with open_part(part) as opened:
        return 0 if not opened.duration else min((part.start_us + opened.duration) // 1_000_000 + 1, 0xFFFFFFFF)


def has_sound(parts: Sequence[PartFile]) -> bool:
    """Is there a track of sound in any part? What cannot be read has none."""
    for part in parts:
        try:
            with open_part(part) as opened:
                if opened.streams.audio:
                    return True
        except Fault:
            continue
    return False


def pictures(parts: Sequence[PartFile], from_us: int) -> Iterator[tuple[int, VideoFrame]]:
    """Every picture that is shown at `from_us` or later, upright, with its time in the item."""
    for part in _from(parts, from_us):
        yield from _pictures_of(part, from_us)


def noises(parts: Sequence[PartFile], from_us: int) -> Iterator[Noise]:
    """All that is heard at `from_us` or later, from a little before on; nothing of parts without sound."""
    for part in _from(parts, from_us):
        try:
            yield from _noises_of(part, from_us)
        except Fault:
            continue


def _from(parts: Sequence[PartFile], from_us: int) -> Iterator[PartFile]:
    for number, part in enumerate(parts):
        following = parts[number + 1].start_us if number + 1 < len(parts) else None
        if following is None or following > from_us:
            yield part


def _pictures_of(part: PartFile, from_us: int) -> Iterator[tuple[int, VideoFrame]]:
    with open_part(part) as opened:
        track = opened.streams.video[0]
        gap_us = int(1_000_000 / (track.average_rate or 25))
        frames = _timed(_decoded(opened, track, VideoFrame), gap_us)
        first = next(frames, None)
        if first is None:
            return
        wanted_us = max(from_us - part.start_us, 0) + first[0]
        if wanted_us - first[0] > _SEEK_BACK_US:
            _enter(opened, track, wanted_us - _SEEK_BACK_US)
            frames = _timed(_decoded(opened, track, VideoFrame), gap_us)
        else:
            frames = chain([first], frames)
        for at_us, frame in frames:
            if at_us >= wanted_us:
                yield part.start_us + at_us - first[0], upright(frame)


def _noises_of(part: PartFile, from_us: int) -> Iterator[Noise]:
    with open_part(part) as opened:
        first = next(_timed(_decoded(opened, opened.streams.video[0], VideoFrame), 0), None)
        has_track = bool(opened.streams.audio)
    if first is None or not has_track:
        return
    wanted_us = max(from_us - part.start_us, 0) + first[0]
    with open_part(part) as opened:
        track = opened.streams.audio[0]
        if wanted_us - first[0] > _SEEK_BACK_US:
            _enter(opened, track, wanted_us - _SEEK_BACK_US)
        for frame in _decoded(opened, track, AudioFrame):
            at_us = _own_us(frame)
            if at_us is not None and at_us + _LONGEST_PIECE_US >= wanted_us:
                yield Noise(part.start_us + at_us - first[0], frame)


def _enter(opened: "InputContainer", track: "Stream", wanted_us: int) -> None:
    try:
        opened.seek(int(wanted_us / 1_000_000 / (track.time_base or 1)), stream=track)
    except (av.FFmpegError, ValueError) as error:
        raise Fault("damaged") from error


def _timed(frames: Iterator[VideoFrame], gap_us: int) -> Iterator[tuple[int, VideoFrame]]:
    """Each picture's own time, always rising; where the container gives none, so much after the one before."""
    last_us: int | None = None
    for frame in frames:
        own_us = _own_us(frame)
        if last_us is None:
            last_us = own_us or 0
        else:
            last_us = last_us + gap_us if own_us is None else max(own_us, last_us + 1_000)
        yield last_us, frame


def _own_us(frame: "Frame") -> int | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return round(frame.pts * frame.time_base * 1_000_000)


def _decoded(opened: "InputContainer", track: "Stream", kind: type[_Kind]) -> Iterator[_Kind]:
    packets = opened.demux(track)
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
        yield from (frame for frame in frames if isinstance(frame, kind))
