"""The child that decodes an original: finds faces, renders the redaction or one picture, and may do nothing else.

Run as `python -I -m consentry.evidence.redact.child`. On stdin its job, then the finder (empty when none is needed),
then what it asks of the original; on stdout `records`. It gives up its rights before the first byte of the original.
Any fault ends it: there is no half of a redaction.
"""

import ctypes
import io
import signal
import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import BinaryIO, cast

import av
import av.subtitles.stream
import numpy as np
from av.audio.frame import AudioFrame
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from consentry.evidence.redact.burn import burn_in, is_covered, outline
from consentry.evidence.redact.decode import (
    Fault,
    Noise,
    PartFile,
    Picture,
    open_part,
    packet_times,
    pictures_and_sound,
    time_us,
    upright,
)
from consentry.evidence.redact.encode import Encoder, Sound
from consentry.evidence.redact.job import Job, parse_job
from consentry.evidence.redact.records import DONE, FIND, FINDS_HEAD, FRAME, MOST_BYTES, SHAPE, Said, say, take
from consentry.evidence.redact.remote_file import RemoteFile
from consentry.evidence.redact.types import Hush, SoundSpan
from consentry.evidence.redact.yunet import Face, FaceFinder, apart, sizes_to_look_at
from consentry.kernel.limits import MAX_PREVIEW_PX
from consentry.kernel.mask import MASK_SPAN
from consentry.media.sandbox import give_up_rights

MAX_MEMORY_BYTES = 3 * 1024 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_TOLD_FRAMES = 25
FINDER_THREADS = 2
# Some containers write sound well ahead of its pictures.
_LATE_SOUND_US = 5_000_000


def main() -> None:
    """Take the job, warm up, give up rights, work; exit code 0 when all of it was done, 1 after a fault."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    job, model = parse_job(take(source)), take(source)
    finder = FaceFinder(model, threads=FINDER_THREADS) if model else None
    warm_up(finder)
    give_up_rights(max_memory_bytes=MAX_MEMORY_BYTES, max_cpu_s=None)
    parts = [
        PartFile(RemoteFile((source, sink), number, size_bytes), start_us, container)
        for number, (size_bytes, start_us, container) in enumerate(job.parts)
    ]
    try:
        work(job, parts, finder, sink)
    except Fault as fault:
        say(sink, Said.FAULT, str(fault).encode())
        sys.exit(1)


def work(job: Job, parts: Sequence[PartFile], finder: FaceFinder | None, sink: BinaryIO) -> None:
    """Do the job; Fault when the original cannot be read to its end."""
    if job.task == "index":
        count = index(parts, sink)
    elif job.task == "scan":
        count = scan(job, parts, finder, sink)
    elif job.task == "render":
        count = render(job, parts, sink)
    elif job.task == "check":
        count = check(job, parts, sink)
    elif job.task == "film":
        count = film(job, parts, sink)
    else:
        count = picture(job, parts, sink)
    say(sink, Said.DONE, DONE.pack(count))


def index(parts: Sequence[PartFile], sink: BinaryIO) -> int:
    """Say every frame that the containers name, in the order of showing; how many."""
    with open_part(parts[0]) as opened:
        has_sound = bool(opened.streams.audio)
    shown = pictures_and_sound(parts[:1], with_sound=False)
    first = next((found.frame for found in shown if isinstance(found, Picture)), None)
    if first is None:
        raise Fault("no-video")
    say(sink, Said.SHAPE, SHAPE.pack(first.width, first.height, has_sound))
    last_us, count = -1, 0
    for part in parts:
        for at_us, is_key in packet_times(part):
            last_us = max(at_us, last_us + 1)
            say(sink, Said.FRAME, FRAME.pack(last_us, is_key))
            count += 1
    return count


def scan(job: Job, parts: Sequence[PartFile], finder: FaceFinder | None, sink: BinaryIO) -> int:
    """Say every frame and, each `every_us`, the faces in it; how many frames."""
    count, shape, next_look_us = 0, (0, 0), 0
    with open_part(parts[0]) as opened:
        has_sound = bool(opened.streams.audio)
    for found in pictures_and_sound(parts, with_sound=False):
        if not isinstance(found, Picture):
            continue
        if shape != (found.frame.width, found.frame.height):
            if count:
                raise Fault("unsupported")  # a picture that changes its size is cut into clips first
            shape = found.frame.width, found.frame.height
            say(sink, Said.SHAPE, SHAPE.pack(*shape, has_sound))
        say(sink, Said.FRAME, FRAME.pack(found.at_us, found.key))
        if finder is not None and found.at_us >= next_look_us:
            next_look_us = found.at_us + job.every_us
            _say_faces(found, look(finder, found.frame, job), sink)
        count += 1
    return count


def look(finder: FaceFinder, frame: VideoFrame, job: Job) -> list[Face]:
    """The faces in one frame, in its own pixels."""
    faces = []
    for width, height in sizes_to_look_at(frame.width, frame.height, job.look_px):
        sized = np.asarray(frame.reformat(width, height, "bgr24", interpolation="BICUBIC").to_ndarray(), np.uint8)
        across, down = frame.width / width, frame.height / height
        faces += [
            Face(left * across, top * down, right * across, bottom * down, score)
            for left, top, right, bottom, score in finder.find(sized, job.least_score_pm / 1_000)
        ]
    return apart(faces)


def _say_faces(found: Picture, faces: Sequence[Face], sink: BinaryIO) -> None:
    wide, high = found.frame.width, found.frame.height
    records = [
        FIND.pack(
            int(face.left * MASK_SPAN // wide), int(face.top * MASK_SPAN // high),
            int(-(-face.right * MASK_SPAN // wide)), int(-(-face.bottom * MASK_SPAN // high)), int(face.score * 1_000),
        )
        for face in faces
    ]  # fmt: skip
    say(sink, Said.FINDS, FINDS_HEAD.pack(found.number) + b"".join(records))


def render(job: Job, parts: Sequence[PartFile], sink: BinaryIO) -> int:
    """Every frame with its cover burnt in; Fault unless the frames are those of the plan, one for one."""
    sound = Sound(job.sound_spans) if job.has_sound else None
    encoder = Encoder(lambda data: _say_out(sink, data), job.size_px, sound)
    count = 0
    for found in pictures_and_sound(parts, with_sound=job.has_sound):
        if isinstance(found, Noise):
            encoder.hear(found)
            continue
        if count >= len(job.at_us) or found.at_us != job.at_us[count]:
            raise Fault("damaged")
        burn_in(found.frame, job.covers[count])
        encoder.see(found.frame, found.at_us)
        count += 1
        if count % _TOLD_FRAMES == 0:
            say(sink, Said.AT, DONE.pack(count))
    if count != len(job.at_us):
        raise Fault("damaged")
    encoder.finish()
    return count


def _say_out(sink: BinaryIO, data: bytes) -> None:
    step = MOST_BYTES[Said.OUT]
    for at in range(0, len(data), step):
        say(sink, Said.OUT, data[at : at + step])


def check(job: Job, parts: Sequence[PartFile], sink: BinaryIO) -> int:
    """Is a rendered file what the plan says? Fault unless every frame has its time and its cover of one colour."""
    count = 0
    for found in pictures_and_sound(parts, with_sound=False):
        if not isinstance(found, Picture):
            continue
        is_wanted = count < len(job.at_us) and found.at_us == job.at_us[count] - job.at_us[0]
        if not is_wanted or not is_covered(found.frame, job.covers[count]):
            raise Fault("uncovered")
        count += 1
        if count % _TOLD_FRAMES == 0:
            say(sink, Said.AT, DONE.pack(count))
    if count != len(job.at_us):
        raise Fault("uncovered")
    return count


def film(job: Job, parts: Sequence[PartFile], sink: BinaryIO) -> int:
    """The frames at `at_us` and their sound as a film that begins at 0; Fault unless each is there at its time."""
    begin_us, last_us = job.at_us[0], job.at_us[-1]
    spans = [SoundSpan(one.start_us - begin_us, one.end_us - begin_us, one.how) for one in job.sound_spans]
    encoder = Encoder(lambda data: _say_out(sink, data), job.size_px, Sound(spans) if job.has_sound else None)
    count, change = 0, outline if job.is_outline else burn_in
    for found in pictures_and_sound(parts, with_sound=job.has_sound, seek_us=job.seek_us, from_us=begin_us):
        if found.at_us > (job.until_us if count == len(job.at_us) else last_us + _LATE_SOUND_US):
            break
        if isinstance(found, Noise):
            if found.at_us < job.until_us:
                encoder.hear(Noise(found.at_us - begin_us, found.frame))
        elif begin_us <= found.at_us <= last_us:
            if found.at_us != job.at_us[count]:
                raise Fault("damaged")
            change(found.frame, job.covers[count])
            encoder.see(found.frame, found.at_us - begin_us)
            count += 1
    if count != len(job.at_us):
        raise Fault("damaged")
    encoder.finish()
    return count


def picture(job: Job, parts: Sequence[PartFile], sink: BinaryIO) -> int:
    """One frame as JPEG, at most `MAX_PREVIEW_PX` wide, its cover burnt in or outlined."""
    wanted_us = job.at_us[0]
    part = [one for one in parts if one.start_us <= wanted_us][-1:] or list(parts[:1])
    frame = _frame_at(part[0], wanted_us)
    (outline if job.is_outline else burn_in)(frame, job.covers[0])
    width = min(frame.width, MAX_PREVIEW_PX) // 2 * 2
    height = max(frame.height * width // frame.width // 2 * 2, 2)
    small = frame.reformat(width, height, "yuvj420p")
    _say_out(sink, _as_jpeg(small))
    return 1


def _frame_at(part: PartFile, wanted_us: int) -> VideoFrame:
    """The frame shown at `wanted_us`: from the key frame before it on; Fault when there is none."""
    with open_part(part) as opened:
        track = opened.streams.video[0]
        try:
            first_us = time_us(next(opened.decode(track)))
            inside_us = wanted_us - part.start_us
            opened.seek(int((first_us + inside_us) / 1_000_000 / (track.time_base or 1)), stream=track)
            for frame in opened.decode(track):
                if time_us(frame) - first_us >= inside_us:
                    return upright(frame)
        except (av.FFmpegError, ValueError, StopIteration) as error:
            raise Fault("damaged") from error
    raise Fault("no-frame")


def _as_jpeg(frame: VideoFrame) -> bytes:
    codec = VideoCodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = frame.width, frame.height, "yuvj420p", Fraction(1, 25)
    codec.options = {"qmin": "2", "qmax": "5"}
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])


def warm_up(finder: FaceFinder | None) -> None:
    """What libraries load late they load now, while files can be opened: a small film goes through the whole road."""
    made = io.BytesIO()
    encoder = Encoder(made.write, (64, 64), Sound((SoundSpan(0, 1, Hush.BLEEP),)))
    for number in range(2):
        encoder.see(VideoFrame(64, 64, "yuv420p"), number * 40_000)
        silence = AudioFrame.from_ndarray(np.zeros((1, 1_920), np.int16), "s16", "mono")
        silence.sample_rate, silence.pts, silence.time_base = 48_000, number * 1_920, Fraction(1, 48_000)
        encoder.hear(Noise(number * 40_000, silence))
    encoder.finish()
    part = PartFile(cast("RemoteFile", io.BytesIO(made.getvalue())), 0, "mov,mp4,m4a,3gp,3g2,mj2")
    for found in pictures_and_sound([part], with_sound=True):
        if isinstance(found, Picture):
            _as_jpeg(found.frame.reformat(32, 32, "yuvj420p"))
            if finder is not None:
                look(finder, found.frame, Job("scan", (), look_px=64))


if __name__ == "__main__":
    main()
