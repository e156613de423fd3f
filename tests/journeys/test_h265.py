"""A camera of H.265 in a browser that cannot play it: its smaller stream and why, or a plain word."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from tests.journeys.conftest import Open
from tests.journeys.people import Analyst
from tests.journeys.stage import Stage
from tests.journeys.two_streams import standing
from tests.media.sinks import needs_ffmpeg

from consentry.media.file_source import Loop, load_loop

pytestmark = needs_ffmpeg
VIDEO = Path(__file__).resolve().parents[3] / "shared" / "data" / "video" / "car-detection.mp4"
CANNOT = "MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L120.B0\"')"


@pytest.fixture(scope="module")
def small() -> Loop:
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    return load_loop(VIDEO, key_every_s=1, most_s=2, height_px=216)


def look_at(analyst: Analyst, stage: Stage, name: str) -> Locator:
    """The tile of the city camera `name`."""
    if analyst.page.evaluate(CANNOT):
        pytest.skip("this Chromium plays H.265")
    call = stage.report()
    analyst.call(call.number).click()
    analyst.page.get_by_label(name).check()
    analyst.ask(call.number)
    return analyst.page.get_by_role("article", name=name)


@pytest.mark.slow
def test_a_browser_without_h265_is_shown_the_smaller_stream_and_told_why(
    stage: Stage, open_page: Open, small: Loop
) -> None:
    with standing(stage, "Market hall", small):
        analyst = Analyst.enter(open_page())
        tile = look_at(analyst, stage, "Market hall")
        analyst.see(tile)
        expect(tile).to_contain_text("Smaller picture: this browser cannot play the large one")
        assert tile.locator("video").evaluate("video => video.videoHeight") == 216


@pytest.mark.slow
def test_without_a_smaller_stream_the_tile_says_plainly_that_it_cannot_be_played(stage: Stage, open_page: Open) -> None:
    with standing(stage, "Town hall", None):
        analyst = Analyst.enter(open_page())
        tile = look_at(analyst, stage, "Town hall")
        expect(tile).to_contain_text("This browser cannot play this camera’s video")
