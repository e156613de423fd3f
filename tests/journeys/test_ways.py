"""One tile, three ways for its picture: chosen by hand, and taken by itself where one is blocked."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.people import Analyst, Owner
from tests.journeys.stage import Stage

# As where a network lets no UDP through: checks leave, nothing ever answers.
NO_UDP = """
localStorage.setItem('consentry.way', 'webrtc');
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor() { super({iceTransportPolicy: 'relay'}); window.triedUdp = true; }
};
"""
# As where a proxy does not know WebSockets: every one is closed at once.
NO_SOCKET = """
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(url, protocols) { super(url, protocols); window.triedSocket = true; this.close(); }
};
"""


def test_the_picture_changes_its_way_by_hand_and_stays_one_look(stage: Stage, analyst: Analyst, owner: Owner) -> None:
    call = stage.report()
    analyst.ask(call.number)
    tile = analyst.tiles.first
    analyst.see(tile)
    tile.get_by_role("button", name="WebSocket").click()
    expect(tile.get_by_role("button", name="WebRTC")).to_be_visible()
    analyst.see(tile)
    expect(tile).to_contain_text("s behind")
    assert tile.locator("video").evaluate("video => video.srcObject !== null && video.videoWidth > 0")
    tile.get_by_role("button", name="WebRTC").click()
    expect(tile.get_by_role("button", name="HLS")).to_be_visible()
    analyst.see(tile)
    expect(tile).to_contain_text("s behind")
    tile.get_by_role("button", name="HLS").click()
    expect(tile.get_by_role("button", name="WebSocket")).to_be_visible()
    analyst.see(tile)
    expect(owner.watched).to_be_visible()
    owner.page.get_by_role("button", name="Stop").click()
    expect(tile).to_contain_text("The owner stopped it")


def blocked(stage: Stage, page: Page, script: str, seen: tuple[str, str]) -> None:
    """Look with what `script` blocks; `seen`: what was tried in vain, and the way that showed the picture."""
    page.context.add_init_script(script)
    analyst = Analyst.enter(page)
    call = stage.report()
    analyst.ask(call.number)
    tile = analyst.tiles.first
    analyst.see(tile)
    expect(tile.get_by_role("button", name=seen[1])).to_be_visible()
    assert page.evaluate(f"window.{seen[0]}") is True
    stage.close(call)
    expect(tile).to_contain_text("The call was closed")


@pytest.mark.slow
def test_a_way_that_is_blocked_is_no_dead_tile(stage: Stage, open_page: Callable[..., Page], owner: Owner) -> None:
    blocked(stage, open_page(), NO_SOCKET, ("triedSocket", "WebRTC"))
    blocked(stage, open_page(), NO_UDP, ("triedUdp", "WebSocket"))


@pytest.mark.slow
def test_where_neither_sockets_nor_udp_pass_plain_requests_do(
    stage: Stage, open_page: Callable[..., Page], owner: Owner
) -> None:
    blocked(stage, open_page(), NO_SOCKET + NO_UDP, ("triedUdp", "HLS"))
