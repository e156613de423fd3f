"""A name in every picture: what the child makes, read back pixel by pixel; and what a hostile child may not say."""

import io
from collections.abc import Iterator
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.evidence.named.burn import LETTER_LUMA, STRIP_LUMA, Burner, scaled
from consentry.evidence.named.mark import Mark, lines_of, mark_of, parse_mark
from consentry.evidence.named.render import Wish, _Heard, render_pieces
from consentry.evidence.redact.bench_film import Walker, make_film
from consentry.evidence.redact.decode import pixels_of
from consentry.evidence.redact.original import BytesReader, Original, Part
from consentry.evidence.redact.records import DONE, FRAME, SHAPE, Said
from consentry.kernel.errors import Malformed, Unavailable

SIZE = (320, 240)
MARK = mark_of("Ms Ode, counsel for the defence", "dsc_aaaaaaaaaaaaaaaaaaaaaaaaaa")


def film(frames: int = 200, size: tuple[int, int] = SIZE) -> bytes:
    return make_film(size, frames, (Walker(40, (20, 40), (0.5, 0.1)),))


def original(*films: bytes, apart_us: int = 8_000_000) -> Original:
    return Original("itm_x", tuple(Part(BytesReader(one), "", at * apart_us) for at, one in enumerate(films)))


def frames_of(data: bytes) -> Iterator[av.VideoFrame]:
    with av.open(io.BytesIO(data), "r") as opened:
        yield from opened.decode(opened.streams.video[0])


def luma(frame: av.VideoFrame) -> "np.ndarray[tuple[int, int], np.dtype[np.int16]]":
    return frame.to_ndarray(format="gray").astype(np.int16)


@pytest.mark.slow
def test_every_picture_of_every_piece_bears_the_name() -> None:
    pieces = list(render_pieces(original(film()), MARK, Wish()))
    assert [(piece.start_us, piece.end_us) for piece in pieces] == [(0, 6_000_000), (6_000_000, 8_000_000)]
    strip = scaled(np.frombuffer(MARK.alpha, np.uint8).reshape(MARK.height_px, MARK.width_px), 20, SIZE[0])
    inside, outside, count = strip > 240, strip < 8, 0
    for piece in pieces:
        for frame in frames_of(piece.data):
            shown = luma(frame)[SIZE[1] - strip.shape[0] :, : strip.shape[1]]
            assert shown[inside].mean() > LETTER_LUMA - 60
            assert shown[outside].mean() < STRIP_LUMA + 40
            assert np.corrcoef(shown.ravel(), strip.ravel())[0, 1] > 0.9
            count += 1
    assert count == 200


@pytest.mark.slow
def test_the_rest_of_the_picture_is_the_original_with_the_name_lightly_over_it() -> None:
    data = film(25)
    made = next(iter(render_pieces(original(data), MARK, Wish()))).data
    for before, after in zip(frames_of(data), frames_of(made), strict=True):
        above = slice(0, SIZE[1] * 10 // 12)
        away = np.abs(luma(before)[above] - luma(after)[above])
        assert np.median(away) <= 4
        assert (away > 15).mean() > 0.01, "the name lies all over"


@pytest.mark.slow
def test_parts_follow_each_other_at_their_own_times_and_it_goes_on_where_it_stopped() -> None:
    both = original(film(100), film(100))
    whole = list(render_pieces(both, MARK, Wish()))
    assert (whole[0].start_us, whole[-1].end_us) == (0, 12_000_000)
    assert all(one.end_us == other.start_us for one, other in pairwise(whole))
    rest = list(render_pieces(both, MARK, Wish(whole[0].end_us)))
    assert [(piece.start_us, piece.end_us) for piece in rest] == [(p.start_us, p.end_us) for p in whole[1:]]
    assert [luma(frame).mean() for frame in frames_of(rest[0].data)] == pytest.approx(
        [luma(frame).mean() for frame in frames_of(whole[1].data)], abs=1
    )


@pytest.mark.slow
def test_a_long_part_goes_on_in_its_middle() -> None:
    data = original(film(400))
    whole = list(render_pieces(data, MARK, Wish()))
    rest = list(render_pieces(data, MARK, Wish(whole[1].end_us)))
    assert [piece.start_us for piece in rest] == [12_000_000]
    assert sum(1 for _ in frames_of(rest[0].data)) == 100


@pytest.mark.slow
def test_it_is_made_from_the_wanted_place_up_to_where_another_piece_stands() -> None:
    data = original(film(500))
    whole = list(render_pieces(data, MARK, Wish()))
    (part,) = render_pieces(data, MARK, Wish(12_000_000, 18_000_000))
    assert (part.start_us, part.end_us) == (12_000_000, 18_000_000)
    pairs = zip(frames_of(part.data), frames_of(whole[2].data), strict=True)
    assert all(np.abs(luma(one) - luma(other)).mean() < 2 for one, other in pairs)
    assert list(render_pieces(data, MARK, Wish(25_000_000))) == []


@pytest.mark.slow
def test_a_child_may_not_go_beyond_where_another_piece_stands() -> None:
    heard = _Heard(Wish(0, 6_000_000))
    heard.take(Said.FRAME, FRAME.pack(0, True))
    heard.take(Said.OUT, b"x")
    with pytest.raises(Unavailable):
        heard.take(Said.FRAME, FRAME.pack(6_000_001, False))


@pytest.mark.parametrize("container", ["matroska", "mpegts", "avi"])
@pytest.mark.slow
def test_other_containers_play_as_well(container: str) -> None:
    data = make_film(SIZE, 30, (), container=container)
    pieces = list(render_pieces(original(data), MARK, Wish()))
    assert sum(1 for piece in pieces for _ in frames_of(piece.data)) == 30


@pytest.mark.slow
def test_what_is_no_video_is_refused_by_name() -> None:
    with pytest.raises(Malformed, match="format"):
        list(render_pieces(original(b"no film" * 100), MARK, Wish()))
    with pytest.raises(Malformed):
        list(render_pieces(original(film(25)[:700]), MARK, Wish()))


@pytest.mark.slow
def test_a_film_that_is_cut_off_plays_as_far_as_it_goes() -> None:
    data = make_film(SIZE, 100, (), container="mpegts")
    pieces = list(render_pieces(original(data[: len(data) // 2]), MARK, Wish()))
    assert 20 < sum(1 for piece in pieces for _ in frames_of(piece.data)) < 80


@pytest.mark.parametrize(
    "said",
    [
        [(Said.OUT, b"x")], [(Said.FRAME, b"")], [(Said.FRAME, FRAME.pack(0, False))], [(Said.SHAPE, b"")],
        [(Said.FRAME, FRAME.pack(0, True)), (Said.FRAME, FRAME.pack(5, False))],
        [(Said.FRAME, FRAME.pack(9, True)), (Said.OUT, b"x"), (Said.FRAME, FRAME.pack(9, False))],
        [(Said.FRAME, FRAME.pack(0, True)), (Said.DONE, DONE.pack(1))],
        [(Said.FRAME, FRAME.pack(1 << 62, True))], [(Said.SHAPE, SHAPE.pack(16, 16, True))],
    ],
)  # fmt: skip
@pytest.mark.slow
def test_a_child_that_says_what_cannot_be_is_not_believed(said: list[tuple[Said, bytes]]) -> None:
    heard = _Heard(Wish())
    with pytest.raises(Unavailable):
        [heard.take(kind, body) for kind, body in said]


@pytest.mark.slow
def test_a_child_may_not_send_a_piece_without_end() -> None:
    heard = _Heard(Wish())
    heard.take(Said.FRAME, FRAME.pack(0, True))
    with pytest.raises(Unavailable):
        [heard.take(Said.OUT, bytes(8_388_608)) for _ in range(20)]


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
@pytest.mark.slow
def test_any_name_becomes_a_mark_of_bounded_size(name: str) -> None:
    assert 1 <= len(lines_of(name)) <= 3
    mark = mark_of(name, "dsc_" + "a" * 26)
    assert parse_mark(mark.pack()) == mark
    assert (mark.width_px <= 2_048, mark.height_px <= 260, max(mark.alpha) > 200) == (True, True, True)


@given(st.integers(8, 200), st.integers(8, 200))
@settings(max_examples=40, deadline=None)
@pytest.mark.slow
def test_a_burner_fits_any_even_size(wide: int, high: int) -> None:
    frame = av.VideoFrame(2 * wide, 2 * high, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([200]) * plane.buffer_size)
    Burner(MARK, 2 * wide, 2 * high).burn(frame)
    shown = pixels_of(frame, 0)[: 2 * high, : 2 * wide]
    assert shown[-1, -1] < 100
    assert (shown == 200).any()


@pytest.mark.slow
def test_what_is_no_mark_is_refused() -> None:
    for data in (b"", b"\0\0\0\0", Mark(3, 3, bytes(8)).pack()):
        with pytest.raises(Malformed):
            parse_mark(data)
