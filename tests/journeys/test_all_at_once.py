"""Every kind of source at once, on one analyst's map and wall: phone, drone by SRT, ONVIF home, street camera."""

import os
import subprocess
from pathlib import Path

from playwright.sync_api import Browser, expect
from tests.journeys.doorbell import WHO, doorbell
from tests.journeys.drone import flying
from tests.journeys.people import Analyst, Owner, wait_until
from tests.journeys.phone import sending
from tests.journeys.stage import CONSENTRY, Stage

from consentry.edge.store import Store
from consentry.kernel.ids import CameraId

WORKING = """async () => (await (await fetch("/api/home")).json()).cameras.every(camera => camera.state === "online")"""


def home_of(stage: Stage, camera: str) -> Path:
    """The folder of the demo's home that reads `camera`."""
    for folder in sorted((stage.data / "homes").iterdir()):
        if (folder / "edge.sqlite").exists():
            store = Store(folder)
            try:
                if store.camera(CameraId(camera)) is not None:
                    return folder
            finally:
                store.close()
    raise AssertionError("no home reads this camera")


def rehang(home: Path, camera: str, *words: str, typed: str = "") -> None:
    """Give the home's box another address for its camera, by the command on the box."""
    done = subprocess.run(
        [CONSENTRY, "edge", "camera", "add", camera, *words], env={**os.environ, "CONSENTRY_EDGE_DATA": str(home)},
        input=typed, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_phone_a_drone_by_srt_an_onvif_home_and_a_street_camera_are_seen_at_once(
    stage: Stage, with_camera: Browser, analyst: Analyst, owner: Owner, tmp_path: Path, unused_udp_port: int
) -> None:
    page, camera = analyst.page, stage.cameras["private-2"]
    home, street = home_of(stage, camera), stage.cameras_url
    with doorbell(f"{street}/private-2") as onvif, flying(stage, tmp_path, unused_udp_port, by="srt"):
        rehang(home, camera, "--onvif", onvif.address, "--user", WHO.user, typed=WHO.password + "\n")
        try:
            wait_until(owner.page, WORKING, timeout_s=60)  # the policy opens no other
            with sending(stage, with_camera) as phone:
                said = page.locator(".legend").get_by_role("listitem")
                expect(said.filter(has_text="Drone 1")).to_contain_text("120 m above the sea")
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
                assert "CreatePullPointSubscription" in " ".join(onvif.calls)
                picture(analyst, "all-at-once")
                page.set_viewport_size({"width": 390, "height": 844})
                picture(analyst, "all-at-once-phone")
                phone.get_by_role("button", name="Stop sending").click()
        finally:
            rehang(home, camera, "--url", f"{street}/private-2")


def picture(analyst: Analyst, name: str) -> None:
    """For whoever wants to look at it."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        analyst.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
