"""The sound of a named copy: without a gap from piece to piece, at the time of its pictures, and only where allowed."""

import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from tests.evidence.named.test_render import MARK, SIZE, frames_of

from consentry.evidence.named.render import Piece, Wish, render_pieces
from consentry.evidence.named.sound import SoundTrack
from consentry.evidence.redact.bench_film import RATE_HZ, make_film
from consentry.evidence.redact.decode import Noise
from consentry.evidence.redact.original import BytesReader, Original, Part

SECOND_US = 1_000_000


def parts(*films: bytes, apart_us: int = 8 * SECOND_US) -> tuple[Part, ...]:
    return tuple(Part(BytesReader(one), "", at * apart_us) for at, one in enumerate(films))


def pieces_of(*films: bytes, from_us: int = 0, until_us: int = 0) -> list[Piece]:
    wish = Wish(from_us, until_us, heard=parts(*films))
    return list(render_pieces(Original("itm_x", parts(*films)), MARK, wish))


def beeping(frames: int, *, container: str = "mp4") -> bytes:
    """A tone in every odd second, and no tone in every even one."""
    made = io.BytesIO()
    with av.open(made, "w", format=container) as film:
        track, tone = film.add_stream("libx264", rate=25), film.add_stream("aac", rate=RATE_HZ)
        track.width, track.height, track.pix_fmt = *SIZE, "yuv420p"
        track.codec_context.gop_size = 25
        for number in range(frames):
            frame = VideoFrame.from_ndarray(np.full((SIZE[1], SIZE[0], 3), number % 250, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            film.mux(track.encode(frame.reformat(format="yuv420p")))
        film.mux(track.encode(None))
        at = np.arange(frames * RATE_HZ // 25)
        waves = (0.3 * np.sin(at * (2 * np.pi * 440 / RATE_HZ)) * (at // RATE_HZ % 2)).astype(np.float32)
        for begin in range(0, len(waves) - 1_023, 1_024):
            noise = AudioFrame.from_ndarray(np.stack([waves[begin : begin + 1_024]] * 2), "fltp", "stereo")
            noise.sample_rate, noise.pts, noise.time_base = RATE_HZ, begin, Fraction(1, RATE_HZ)
            film.mux(tone.encode(noise))
        film.mux(tone.encode(None))
    return made.getvalue()


def heard_in(pieces: list[Piece]) -> tuple[int, "np.ndarray[tuple[int], np.dtype[np.float32]]"]:
    """First sample since the item began, and all that follows: the pieces' coded frames put one behind the other."""
    coded = [(at + round(piece.start_us * 0.048) - RATE_HZ, data) for piece in pieces for at, data in packets(piece)]
    assert {later[0] - one[0] for one, later in pairwise(coded)} <= {1_023, 1_024, 1_025}
    with av.open(io.BytesIO(pieces[0].data)) as opened:
        codec = av.CodecContext.create("aac", "r")
        codec.extradata = opened.streams.audio[0].codec_context.extradata
    samples = [frame.to_ndarray()[0] for _, data in coded for frame in codec.decode(av.Packet(data))]
    return coded[0][0], np.concatenate(samples)


def packets(piece: Piece) -> Iterator[tuple[int, bytes]]:
    with av.open(io.BytesIO(piece.data)) as opened:
        track = opened.streams.audio[0]
        yield from ((packet.pts or 0, bytes(packet)) for packet in opened.demux(track) if packet.size)


def loud(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]", at_s: float, first: int) -> float:
    begin = round(at_s * RATE_HZ) - first
    return float(np.abs(samples[begin : begin + RATE_HZ // 5]).max())


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
def test_what_is_heard_is_heard_with_its_pictures_over_all_pieces(container: str) -> None:
    pieces = pieces_of(beeping(350, container=container))
    assert [piece.has_sound for piece in pieces] == [True] * len(pieces)
    assert sum(1 for piece in pieces for _ in frames_of(piece.data)) == 350
    first, samples = heard_in(pieces)
    assert abs(first) <= 1_024
    for second in range(13):
        level = loud(samples, second + 0.4, first)
        assert level > 0.15 if second % 2 else level < 0.03, second


def test_from_the_middle_of_a_film_it_is_heard_at_the_same_time() -> None:
    pieces = pieces_of(beeping(700), from_us=18 * SECOND_US, until_us=24 * SECOND_US)
    assert [(piece.start_us, piece.end_us) for piece in pieces] == [(18 * SECOND_US, 24 * SECOND_US)]
    first, samples = heard_in(pieces)
    assert [loud(samples, second + 0.4, first) > 0.15 for second in (18, 19, 20, 21, 22)] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_a_part_without_sound_is_silent_among_others_that_have_some() -> None:
    pieces = pieces_of(make_film(SIZE, 175, ()), beeping(75))
    assert all(piece.has_sound for piece in pieces)
    first, samples = heard_in(pieces)
    assert loud(samples, 3.4, first) < 0.01
    assert loud(samples, 9.4, first) > 0.15


def test_without_the_right_to_hear_there_is_no_track_of_sound() -> None:
    pieces = list(render_pieces(Original("itm_x", parts(beeping(50))), MARK, Wish()))
    assert not any(piece.has_sound for piece in pieces)
    with av.open(io.BytesIO(pieces[0].data)) as opened:
        assert len(opened.streams.audio) == 0


def test_a_film_without_sound_gets_none() -> None:
    (piece,) = pieces_of(make_film(SIZE, 50, ()))
    assert not piece.has_sound


def test_sound_that_says_it_lies_hours_ahead_takes_no_memory_and_leaves_silence() -> None:
    noise = AudioFrame.from_ndarray(np.ones((1, 1_024), np.float32), "fltp", "mono")
    noise.sample_rate, noise.pts, noise.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
    track = SoundTrack(iter([Noise(10 * 3_600 * SECOND_US, noise), Noise(-5 * SECOND_US, noise)]), 0)
    frames = list(track.until(2 * SECOND_US))
    assert [at for at, _ in frames] == list(range(0, len(frames) * 1_024, 1_024))
    assert 2 * RATE_HZ < frames[-1][0] + 3 * 1_024 < 2.3 * RATE_HZ
