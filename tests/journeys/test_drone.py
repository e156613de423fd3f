"""A city drone on the analyst's map: it moves, it shows what it sees on the ground, and it is faded when it is gone."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.journeys.drone import flying
from tests.journeys.people import Analyst, fetch, wait_until
from tests.journeys.stage import Stage


@pytest.mark.slow
def test_a_drone_moves_on_the_map_and_is_faded_when_nothing_is_heard_of_it(
    stage: Stage, analyst: Analyst, tmp_path: Path, unused_tcp_port: int
) -> None:
    page = analyst.page
    with flying(stage, tmp_path, unused_tcp_port) as drone:
        said = page.locator(".legend").get_by_role("listitem").filter(has_text="Drone 1")
        expect(said).to_contain_text(re.compile("120 m above the sea, looks "))
        (first,) = [it for it in fetch(page, "/api/mobile-places")[1] if it["name"] == "Drone 1"]
        assert len(first["footprint"]) == 4
        wait_until(page, """async before => {
          const now = (await (await fetch("/api/mobile-places")).json()).find(place => place.name === "Drone 1");
          return Math.abs(now.lat - before.lat) + Math.abs(now.lon - before.lon) > 0.0003;
        }""", arg=first)  # fmt: skip
        page.wait_for_timeout(1_500)
        picture(analyst, "drone")
        drone.kill()
        expect(said).to_contain_text("not heard of for 10 seconds")
        picture(analyst, "drone-stale")


def picture(analyst: Analyst, name: str) -> None:
    """For whoever wants to look at it."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        analyst.page.screenshot(path=Path(folder) / f"{name}.png")
