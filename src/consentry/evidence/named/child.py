"""The child that decodes an original and burns a name into each picture; it may do nothing else.

Run as `python -I -m consentry.evidence.named.child`. On stdin its job, then the mark, then what it asks of the
original; on stdout `redact.records`: `AT` (how many seconds there are, 0 when the container does not say), `SHAPE` with
the first picture, then for each piece `FRAME` (its first picture, true), `OUT` again and again, `FRAME` (where it ends,
false). It gives up its rights before the first byte of the original.
"""

import ctypes
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import BinaryIO, cast

import av
import av.subtitles.stream
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from consentry.evidence.named.film import Film
from consentry.evidence.named.mark import Mark, parse_mark
from consentry.evidence.named.read import has_sound, length_s, noises, pictures
from consentry.evidence.named.sound import SoundTrack
from consentry.evidence.redact.decode import Fault, PartFile
from consentry.evidence.redact.encode import AAC_SAMPLES, RATE_HZ
from consentry.evidence.redact.job import Job, parse_job
from consentry.evidence.redact.records import DONE, Said, say, take
from consentry.evidence.redact.remote_file import RemoteFile
from consentry.media.sandbox import give_up_rights

MAX_MEMORY_BYTES = 2 * 1024 * 1024 * 1024
NICE = 10
_PR_SET_PDEATHSIG = 1
_CONTAINER = "mov,mp4,m4a,3gp,3g2,mj2"


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
        say(sink, Said.DONE, DONE.pack(work(job, parts, mark, sink)))
    except Fault as fault:
        say(sink, Said.FAULT, str(fault).encode())
        sys.exit(1)


def work(job: Job, parts: Sequence[PartFile], mark: Mark, sink: BinaryIO) -> int:
    """Say the pieces of [at_us[0], until_us), until_us 0: to the end; how many pictures.

    With `has_sound` the parts come twice, so that sound is read without going back and forth in one file.
    """
    shown = parts[: len(parts) // 2] if job.has_sound else parts
    heard = parts[len(shown) :]
    from_us = job.at_us[0]
    say(sink, Said.AT, DONE.pack(length_s(shown[-1])))
    sound_from: Callable[[int], SoundTrack] | None = partial(_sound, heard) if has_sound(heard) else None
    film, count, last_us = Film(sink, (mark, job.size_px[0]), sound_from), 0, from_us - 1
    for at_us, frame in pictures(shown, from_us):
        if job.until_us and at_us >= job.until_us:
            break
        if at_us <= last_us:
            continue  # parts may overlap by a picture
        film.see(frame, at_us)
        last_us, count = at_us, count + 1
    if not count and not from_us:
        raise Fault("no-video")
    film.finish(job.until_us)
    return count


def _sound(heard: Sequence[PartFile], from_us: int) -> SoundTrack:
    return SoundTrack(noises(heard, from_us), from_us)


def warm_up(mark: Mark) -> None:
    """What libraries load late they load now, while files can be opened: a small film goes through the whole road."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as out:
        track, tone = out.add_stream("libx264", rate=25), out.add_stream("aac", rate=RATE_HZ)
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        out.mux([*track.encode(VideoFrame(64, 64, "yuv420p")), *track.encode(None)])
        for number in range(3):
            noise = AudioFrame.from_ndarray(np.zeros((2, AAC_SAMPLES), np.float32), "fltp", "stereo")
            noise.sample_rate, noise.pts, noise.time_base = RATE_HZ, number * AAC_SAMPLES, Fraction(1, RATE_HZ)
            out.mux(tone.encode(noise))
        out.mux(tone.encode(None))
    parts = [PartFile(cast("RemoteFile", io.BytesIO(made.getvalue())), 0, _CONTAINER) for _ in range(2)]
    work(Job("name", (), at_us=(0,), size_px=(32, 32), has_sound=True), parts, mark, io.BytesIO())


if __name__ == "__main__":
    main()
