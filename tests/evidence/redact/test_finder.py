"""What the finder finds: drawn heads of all sizes, and people on a street whose faces are 8 to 14 pixels wide."""

import itertools

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from tests.conftest import SHARED

from consentry.evidence.redact.bench_film import Walker, draw_frame
from consentry.evidence.redact.child import look
from consentry.evidence.redact.finder_file import load_finder
from consentry.evidence.redact.job import Job
from consentry.evidence.redact.types import FinderRules
from consentry.evidence.redact.yunet import Face, FaceFinder, apart, decode_boxes, sizes_to_look_at

RULES = FinderRules()
JOB = Job("scan", (), look_px=RULES.look_px, least_score_pm=RULES.least_score_pm)
STREET = SHARED / "video" / "vtest.avi"


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(load_finder())


def test_drawn_heads_from_sixteen_to_three_hundred_pixels_are_found_where_they_are(finder: FaceFinder) -> None:
    sizes = (16, 24, 40, 64, 100, 160, 300)
    lefts = itertools.accumulate((20, *(size + 40 for size in sizes[:-1])))
    walkers = [Walker(size, (left, 150), (0, 0)) for size, left in zip(sizes, lefts, strict=True)]
    frame = VideoFrame.from_ndarray(draw_frame((1280, 720), walkers, 0), format="rgb24").reformat(format="yuv420p")
    found = look(finder, frame, JOB)
    for walker in walkers:
        face = walker.face_at(0)
        assert face is not None
        middle = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
        here = [one for one in found if one.left < middle[0] < one.right and one.top < middle[1] < one.bottom]
        assert here, f"{walker.size_px} px"
        assert (here[0].right - here[0].left) / (face[2] - face[0]) == pytest.approx(1, abs=0.35)


@pytest.mark.skipif(not STREET.exists(), reason="no film of a street is there (shared/data/video/vtest.avi)")
def test_small_faces_on_a_street_are_found_because_the_picture_is_enlarged(finder: FaceFinder) -> None:
    with av.open(str(STREET)) as film:
        frames = [
            frame for number, frame in enumerate(itertools.islice(film.decode(video=0), 260)) if number % 100 == 50
        ]
    found = [face for frame in frames for face in look(finder, frame, JOB)]
    bare = [face for frame in frames for face in look(finder, frame, Job("scan", (), 0, 1, RULES.least_score_pm))]
    assert len(found) >= 12
    assert len(found) >= 2 * len(bare)
    assert np.median([face.right - face.left for face in found]) < 16


def test_a_picture_is_enlarged_three_times_at_most_and_never_shrunk_for_small_faces() -> None:
    assert sizes_to_look_at(1280, 720, 1920) == [(1920, 1080), (640, 360)]
    assert sizes_to_look_at(320, 240, 1920) == [(960, 720), (160, 120)]
    assert sizes_to_look_at(3840, 2160, 1920) == [(3840, 2160), (1920, 1080)]


def test_of_overlapping_boxes_the_best_stays_and_neighbours_do_too() -> None:
    best, worse, beside = Face(0, 0, 10, 10, 0.9), Face(1, 1, 11, 11, 0.8), Face(9, 0, 19, 10, 0.5)
    assert apart([worse, beside, best]) == [best, beside]


def test_boxes_are_decoded_from_the_grid() -> None:
    scores, boxes = np.zeros(8, np.float32), np.zeros((8, 4), np.float32)
    scores[6], boxes[6] = 0.7, (0.5, 0.25, np.log(2), np.log(4))
    (face,) = decode_boxes(scores, boxes, (8, 32), 0.5)
    assert face[:4] == pytest.approx((12, -6, 28, 26), abs=0.01)
