"""A redaction from end to end, with the real child and the real finder: found, hidden, heard, kept in time."""

import io
from dataclasses import replace

import numpy as np
import pytest
from tests.evidence.redact.stage import FRAMES, SIZE, WALKERS, film, original_of, pictures_of, reviewed, sound_of

from consentry.evidence.redact import service
from consentry.evidence.redact.burn import HIDDEN_LUMA, cells_of
from consentry.evidence.redact.cover import Covers
from consentry.evidence.redact.finder_file import load_finder
from consentry.evidence.redact.original import BytesReader
from consentry.evidence.redact.types import Box, Hush, Plan, Region, RegionKey, SoundSpan
from consentry.kernel.errors import Malformed, Refused, Untrusted


@pytest.fixture(scope="module")
def plan() -> Plan:
    return service.plan_redaction(original_of(film()), load_finder())


@pytest.fixture(scope="module")
def rendered(plan: Plan) -> bytes:
    regions = (Region("by-hand", (RegionKey(0, ((0, 9_000), (2_000, 9_000), (2_000, 10_000), (0, 10_000))),), FRAMES),)
    done = reviewed(replace(plan, regions=regions, keep_sound=True, sound_spans=(SoundSpan(0, 1_000_000, Hush.MUTE),)))
    out = io.BytesIO()
    made = service.render_release(original_of(film()), done, out)
    assert (made.size_bytes, made.frames, made.is_release) == (len(out.getvalue()), FRAMES, True)
    return out.getvalue()


def _face_cells(frame: int) -> list[tuple[int, int, int, int]]:
    faces = [face for walker in WALKERS if (face := walker.face_at(frame)) is not None]
    spans = [10_000 / SIZE[0], 10_000 / SIZE[1]] * 2
    boxes = [Box(*(int(side * span) for side, span in zip(face, spans, strict=True))) for face in faces]
    return [cells_of(box, *SIZE) for box in boxes if box.left < 10_000 and box.top < 10_000]


def test_every_drawn_face_is_under_one_colour_in_every_frame(rendered: bytes) -> None:
    for number, (_, picture) in enumerate(pictures_of(rendered)):
        for left, top, right, bottom in _face_cells(number):
            inside = picture[2 * top : 2 * bottom, 2 * left : 2 * right].astype(int)
            assert np.abs(inside - HIDDEN_LUMA).max() <= 3, f"frame {number}"


def test_all_of_a_cover_is_one_colour_and_the_rest_is_as_it_was(plan: Plan, rendered: bytes) -> None:
    covers = Covers(plan)
    for number, ((_, made), (_, before)) in enumerate(zip(pictures_of(rendered), pictures_of(film()), strict=True)):
        hidden = np.zeros(made.shape, bool)
        hidden[242:, :98] = True
        for box in covers.at(number).boxes:
            left, top, right, bottom = cells_of(box, *SIZE)
            hidden[2 * top : 2 * bottom, 2 * left : 2 * right] = True
        inside = np.abs(made.astype(int) - HIDDEN_LUMA)[hidden & ~_edge(hidden)]
        assert inside.max() <= 8
        assert inside.mean() < 0.5
        away = np.abs(made.astype(int) - before)[~hidden]
        assert away.mean() < 1
        assert away.max() < 24
        assert hidden.mean() < 0.5


def _edge(hidden: np.ndarray) -> np.ndarray:
    """The two pixels beside what is hidden by hand, whose border is not a whole cell."""
    edge = np.zeros_like(hidden)
    edge[242:246, :98] = edge[242:, 94:98] = True
    return edge


def test_a_release_is_read_back_and_what_is_not_covered_is_seen(plan: Plan, rendered: bytes) -> None:
    service.check_rendered(plan, BytesReader(rendered))
    elsewhere = Region("r", (RegionKey(55, ((5_000, 0), (5_600, 0), (5_600, 600))),), 56)
    for other, data in ((replace(plan, regions=(elsewhere,)), rendered), (plan, film())):
        with pytest.raises(Malformed) as said:
            service.check_rendered(other, BytesReader(data))
        assert said.value.kind == "redact-uncovered"


def test_times_of_all_frames_are_the_originals_to_the_microsecond(rendered: bytes) -> None:
    assert [at_us for at_us, _ in pictures_of(rendered)] == [at_us for at_us, _ in pictures_of(film())]


def test_a_muted_second_is_silent_and_the_rest_is_heard(rendered: bytes) -> None:
    heard = sound_of(rendered)
    assert np.abs(heard[:48_000]).max() < 0.001
    later = heard[60_000:100_000]
    assert 0.15 < np.sqrt((later**2).mean()) < 0.3
    spectrum = np.abs(np.fft.rfft(later))
    assert abs(np.argmax(spectrum) * 48_000 / len(later) - 440) < 3


def test_sound_is_gone_unless_somebody_decided_to_keep_it(plan: Plan) -> None:
    out = io.BytesIO()
    service.render_release(original_of(film()), reviewed(plan), out)
    with pytest.raises(IndexError):
        sound_of(out.getvalue())


def test_a_bleep_is_heard_in_place_of_the_words(plan: Plan) -> None:
    out = io.BytesIO()
    spans = (SoundSpan(500_000, 2_000_000, Hush.BLEEP),)
    service.render_release(original_of(film()), reviewed(replace(plan, keep_sound=True, sound_spans=spans)), out)
    middle = sound_of(out.getvalue())[30_000:90_000]
    assert abs(np.argmax(np.abs(np.fft.rfft(middle))) * 48_000 / len(middle) - 1_000) < 3


def test_unreviewed_or_of_another_original_writes_nothing(plan: Plan) -> None:
    out = io.BytesIO()
    with pytest.raises(Refused) as said:
        service.render_release(original_of(film()), plan, out)
    assert (said.value.kind, said.value.conditions) == ("not-reviewed", (f"0-{FRAMES}",))
    with pytest.raises(Untrusted):
        service.render_release(original_of(film() + b"\0"), reviewed(plan), out)
    assert out.getvalue() == b""


def test_a_preview_is_smaller_and_is_no_release(plan: Plan) -> None:
    out = io.BytesIO()
    said: list[tuple[int, int]] = []
    made = service.render_preview(original_of(film()), plan, out, lambda done, of: said.append((done, of)))
    assert not made.is_release
    assert said[-1] == (FRAMES, FRAMES)
    assert said == sorted(said)


def test_one_picture_shows_what_would_be_hidden_only_outlined(plan: Plan) -> None:
    wanted = 45
    shown = {kind: service.picture(original_of(film()), plan, wanted, is_outline=kind) for kind in (True, False)}
    left, top, right, bottom = _face_cells(wanted)[0]
    inside = {
        kind: pictures_of(jpeg)[0][1][2 * top + 4 : 2 * bottom - 4, 2 * left + 4 : 2 * right - 4].astype(float)
        for kind, jpeg in shown.items()
    }
    assert inside[False].std() < 2
    before = pictures_of(film())[wanted][1][2 * top + 4 : 2 * bottom - 4, 2 * left + 4 : 2 * right - 4]
    # JPEG has the full range of brightness, film 16 to 235.
    assert np.abs(inside[True] - (before.astype(float) - 16) * 255 / 219).mean() < 6
    with pytest.raises(Malformed):
        service.picture(original_of(film()), plan, FRAMES, is_outline=False)


def test_parts_follow_each_other_as_one_film_and_are_indexed_for_stepping() -> None:
    original = original_of(film(), film(), starts_us=(0, 2_400_000))
    frames = service.decode_frames(original)
    assert service.index_frames(original) == frames
    assert frames.at_us == tuple(40_000 * number for number in range(2 * FRAMES))
    assert frames.keys == (0, 25, 50, 60, 85, 110)
    assert (frames.width_px, frames.height_px, frames.has_sound) == (*SIZE, True)
