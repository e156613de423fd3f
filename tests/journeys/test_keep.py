"""*Keep this*, with every process real: a private look is recorded by the gateway, sealed, logged, and plays again."""

import io
import time
from typing import Any

import av
import pytest
from playwright.sync_api import expect
from tests.journeys.people import Analyst, Owner
from tests.journeys.stage import Stage

PATIENCE_S = 60.0
READ = """async (path) => {
  const answer = await fetch(path, { credentials: "same-origin" });
  return [...new Uint8Array(await answer.arrayBuffer())];
}"""
POST = """async ([path, body]) => {
  const token = document.cookie.split("; ").find((one) => one.includes("csrftoken="))?.split("=")[1] ?? "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return (await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })).status;
}"""


def item_of(analyst: Analyst) -> dict[str, Any]:
    """The newest item, read again until it is sealed."""
    until_s = time.monotonic() + PATIENCE_S
    while True:
        found = analyst.page.evaluate("() => fetch('/api/items?kind=look').then((answer) => answer.json())")
        if found and found[0]["state"] == "sealed":
            return dict(found[0])
        assert time.monotonic() < until_s, found
        analyst.page.wait_for_timeout(300)


@pytest.mark.slow
def test_a_private_look_is_kept_until_its_owner_stops_it_and_plays_from_the_vault(
    stage: Stage, analyst: Analyst, owner: Owner
) -> None:
    call = stage.report()
    analyst.ask(call.number)
    tile = analyst.tiles.first
    analyst.see(tile)
    tile.get_by_role("button", name="Keep this").click()
    expect(tile.get_by_role("button", name="Stop keeping")).to_be_visible()
    expect(tile).to_contain_text("Being kept")
    analyst.page.wait_for_timeout(4_000)
    owner.page.get_by_role("button", name="Stop").click()
    expect(tile).to_contain_text("The owner stopped it")

    item = item_of(analyst)
    assert item["keep_reason"] == "programme"
    assert item["size_bytes"] > 10_000
    path = f"/api/items/{item['id']}"
    assert analyst.page.evaluate(POST, [f"{path}/open", {"why": "To see who came"}]) == 200
    with av.open(io.BytesIO(bytes(analyst.page.evaluate(READ, f"{path}/files/0")))) as video:
        shown = sum(1 for _ in video.decode(video=0))
    assert shown > 20
    assert bytes(analyst.page.evaluate(READ, f"{path}/thumbnail")).startswith(b"\xff\xd8")
    detail = analyst.page.evaluate("(path) => fetch(path).then((answer) => answer.json())", path)
    kinds = [act["kind"] for act in detail["custody"]]
    assert kinds == ["began", "stopped", "closed", "sealed", "opened"]
    assert detail["custody"][1]["why"] == "stopped"
    assert detail["custody"][3]["ledger_index"] > 0

    looks = "([camera]) => fetch(`/api/home/cameras/${camera}/looks`).then((answer) => answer.json())"
    cameras = owner.page.evaluate("() => fetch('/api/home').then((answer) => answer.json())")["cameras"]
    told = [look["kept"] for camera in cameras for look in owner.page.evaluate(looks, [camera["id"]])]
    assert True in told, "the owner reads that it was kept"
