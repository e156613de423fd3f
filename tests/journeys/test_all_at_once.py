"""Every kind of source at once, on one analyst's map and wall: phone, drone by SRT, ONVIF home, street camera."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.demo_home import WORKING, home_of, rehang
from tests.journeys.doorbell import WHO, doorbell
from tests.journeys.drone import flying
from tests.journeys.people import Analyst, Owner, wait_until
from tests.journeys.phone import sending
from tests.journeys.stage import Stage
from tests.journeys.test_h265 import VIDEO
from tests.journeys.two_streams import playing

from consentry.media.file_source import load_loop

ONVIF_HEIGHT = 252
ONVIF_IS_SEEN = (
    "height => [...document.querySelectorAll('article.tile.live video')].some(it => it.videoHeight === height)"
)
KLV = Path(__file__).resolve().parents[3] / "shared" / "data" / "drone" / "synthetic_drone_klv.ts"


@pytest.mark.slow
def test_a_phone_a_drone_by_srt_an_onvif_home_and_a_street_camera_are_seen_at_once(
    stage: Stage, with_camera: Browser, analyst: Analyst, owner: Owner, tmp_path: Path, unused_udp_port: int
) -> None:
    if not KLV.exists() or not VIDEO.exists():
        pytest.skip("needs ../shared/data/drone and ../shared/data/video")
    page, camera = analyst.page, stage.cameras["private-1"]  # it opens by itself
    home, cars = home_of(stage, camera), load_loop(VIDEO, key_every_s=1.0, most_s=2, height_px=ONVIF_HEIGHT)
    with (
        playing(None, cars) as hung, doorbell(hung.url_of("main")) as onvif,
        flying(stage, tmp_path, unused_udp_port, by="srt", recording=KLV),
    ):  # fmt: skip
        rehang(home, camera, "--onvif", onvif.address, "--user", WHO.user, typed=WHO.password + "\n")
        try:
            wait_until(owner.page, WORKING, timeout_s=60)  # the policy opens no other
            with sending(stage, with_camera) as phone:
                said = page.locator(".legend").get_by_role("listitem")
                expect(said.filter(has_text="Drone 1")).to_contain_text(re.compile(r"29\d\d m above the sea, looks "))
                expect(said.filter(has_text="Car 12")).to_be_visible()
                call = stage.report()
                analyst.call(call.number).click()
                page.get_by_role("button", name="Show all").click()
                for name in ("Car 12", "Drone 1"):
                    page.get_by_role("checkbox", name=name).check()
                page.get_by_role("checkbox", name="City camera").first.check()
                analyst.ask(call.number)
                expect(analyst.tiles).to_have_count(4)  # and one home whose owner is asked
                for name in ("Car 12", "Drone 1"):
                    analyst.see(analyst.tiles.filter(has_text=name))
                expect(page.locator("article.tile.live")).to_have_count(4)
                wait_until(page, ONVIF_IS_SEEN, ONVIF_HEIGHT)
                assert "CreatePullPointSubscription" in " ".join(onvif.calls)
                picture(page, "all-at-once")
                page.set_viewport_size({"width": 390, "height": 844})
                picture(page, "all-at-once-phone")
                picture(phone, "all-at-once-sending")
                phone.get_by_role("button", name="Stop sending").click()
        finally:
            rehang(home, camera, "--url", f"{stage.cameras_url}/private-1")


def picture(page: Page, name: str) -> None:
    """For whoever wants to look at it."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
