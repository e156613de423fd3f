"""Encoding in the child: a fragmented MP4 with H.264 and, where sound is kept, AAC; bytes leave as they are made.

Times are the original's to the microsecond. Nothing of the original's metadata comes along: a new file is made.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from consentry.evidence.redact.decode import Noise
from consentry.evidence.redact.types import Hush, SoundSpan

if TYPE_CHECKING:
    from av.container import OutputContainer
    from numpy.typing import NDArray

THREADS = 2
RATE_HZ = 48_000
BLEEP_HZ = 1_000
_BLEEP_LEVEL = 0.1
AAC_SAMPLES = 1_024
_MICROSECONDS = Fraction(1, 1_000_000)
_GOP_FRAMES = 50
# A gap this small is rounding of the container's times, not silence.
_JITTER_SAMPLES = RATE_HZ // 50
# Speech does not begin or end at a sample; a span hides this much more on both sides.
SPAN_MARGIN_US = 50_000


class Outlet:
    """A file that can only be written onwards: what the muxer writes goes to `out`."""

    def __init__(self, out: Callable[[bytes], object]) -> None:
        self._out = out

    def write(self, data: bytes) -> int:
        """Pass on."""
        self._out(bytes(data))
        return len(data)


class Encoder:
    """One MP4; `finish` must be called for it to be whole."""

    def __init__(self, out: Callable[[bytes], object], size_px: tuple[int, int], sound: "Sound | None") -> None:
        options = {"movflags": "frag_keyframe+delay_moov+default_base_moof", "fflags": "+bitexact"}
        self._file = av.open(Outlet(out), "w", format="mp4", options=options)
        self._size_px, self._sound = size_px, sound
        self._video = _add_video(self._file, size_px)
        self._audio = None if sound is None else _add_audio(self._file)
        self._count = 0

    def see(self, frame: VideoFrame, at_us: int) -> None:
        """The next picture, scaled if it must be."""
        if (frame.width, frame.height) != self._size_px:
            frame = frame.reformat(*self._size_px)
        frame.pts, frame.time_base = at_us, _MICROSECONDS
        frame.pict_type = PictureType.I if self._count % _GOP_FRAMES == 0 else PictureType.NONE
        self._count += 1
        self._file.mux(self._video.encode(frame))

    def hear(self, noise: Noise) -> None:
        """The next piece of sound."""
        if self._sound is not None and self._audio is not None:
            for frame in self._sound.take(noise):
                self._file.mux(self._audio.encode(frame))

    def finish(self) -> None:
        """Write what is held back and close."""
        self._file.mux(self._video.encode(None))
        if self._sound is not None and self._audio is not None:
            for frame in self._sound.rest():
                self._file.mux(self._audio.encode(frame))
            self._file.mux(self._audio.encode(None))
        self._file.close()


def _add_video(file: "OutputContainer", size_px: tuple[int, int]) -> VideoStream:
    track = file.add_stream("libx264", rate=25)
    track.width, track.height, track.pix_fmt = *size_px, "yuv420p"
    track.time_base = track.codec_context.time_base = _MICROSECONDS
    codec = track.codec_context
    codec.max_b_frames, codec.thread_count, codec.gop_size = 0, THREADS, 10 * _GOP_FRAMES
    track.options = {
        # What is next to a moving cover must not bleed into it: at most 6 levels so, 10 with `superfast` at crf 20.
        "preset": "ultrafast", "crf": "18", "aq-mode": "1", "aq-strength": "1.5", "qmax": "36",
        "forced-idr": "1", "sc_threshold": "0", "a53cc": "0", "udu_sei": "0",
    }  # fmt: skip
    return track


def _add_audio(file: "OutputContainer") -> AudioStream:
    track = file.add_stream("aac", rate=RATE_HZ)
    track.codec_context.layout, track.codec_context.bit_rate = "mono", 96_000
    return track


class Sound:
    """One track of mono sound at 48 kHz without gaps, spans muted or bleeped before it is encoded."""

    def __init__(self, spans: Sequence[SoundSpan], *, from_us: int = 0) -> None:
        """From `from_us` on, or up to a frame (21 ms) earlier: frames lie on one grid wherever somebody begins."""
        self._spans = [
            (_sample_of(span.start_us - SPAN_MARGIN_US), _sample_of(span.end_us + SPAN_MARGIN_US), span.how)
            for span in spans
        ]
        self._resampler = AudioResampler("fltp", "mono", RATE_HZ)
        self._held = np.zeros(0, np.float32)
        self._held_at = _sample_of(from_us) // AAC_SAMPLES * AAC_SAMPLES
        self._began = False

    def take(self, noise: Noise) -> list[AudioFrame]:
        """Whole frames of what was heard so far."""
        heard = [np.asarray(frame.to_ndarray()[0], np.float32) for frame in self._resampler.resample(noise.frame)]
        if heard:
            self._place(np.concatenate(heard), _sample_of(noise.at_us))
        return self._whole_frames()

    def lacks(self, until_us: int) -> bool:
        """Is nothing there yet for some of the time up to `until_us`?"""
        return self._held_at + len(self._held) < _sample_of(until_us)

    def silence(self, until_us: int) -> list[AudioFrame]:
        """Whole frames up to `until_us`, silent where nothing was heard; what comes later for that time is left out."""
        missing = _sample_of(until_us) - self._held_at - len(self._held)
        self._held = np.concatenate([self._held, np.zeros(max(0, missing), np.float32)])
        return self._whole_frames()

    def rest(self) -> list[AudioFrame]:
        """The end, filled up with silence to a whole frame."""
        missing = -len(self._held) % AAC_SAMPLES
        self._held = np.concatenate([self._held, np.zeros(missing, np.float32)])
        return self._whole_frames()

    def _place(self, samples: "NDArray[np.float32]", at: int) -> None:
        """Put `samples` where they belong: silence into gaps, nothing twice, nothing from before the first frame."""
        gap = at - (self._held_at + len(self._held))
        if abs(gap) > _JITTER_SAMPLES or not self._began:
            samples = samples[max(0, -gap) :]
            self._held = np.concatenate([self._held, np.zeros(max(0, gap), np.float32)])
        self._began = True
        self._held = np.concatenate([self._held, samples])

    def _whole_frames(self) -> list[AudioFrame]:
        frames = []
        while len(self._held) >= AAC_SAMPLES:
            samples, self._held = self._held[:AAC_SAMPLES].copy(), self._held[AAC_SAMPLES:]
            hush(samples, self._held_at, self._spans)
            frame = AudioFrame.from_ndarray(samples.reshape(1, -1), "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._held_at, Fraction(1, RATE_HZ)
            self._held_at += AAC_SAMPLES
            frames.append(frame)
        return frames


def hush(samples: "NDArray[np.float32]", at: int, spans: Sequence[tuple[int, int, Hush]]) -> None:
    """Silence or bleep what of `samples` (float[n], the first is sample `at`) lies in a span. Mute beats bleep."""
    for start, end, how in sorted(spans, key=lambda span: span[2] is Hush.MUTE):
        first, last = max(0, start - at), min(len(samples), end - at)
        if first < last:
            turns = np.arange(at + first, at + last) * (2 * np.pi * BLEEP_HZ / RATE_HZ)
            samples[first:last] = _BLEEP_LEVEL * np.sin(turns) if how is Hush.BLEEP else 0


def _sample_of(at_us: int) -> int:
    return at_us * RATE_HZ // 1_000_000
