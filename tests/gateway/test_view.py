"""A viewer at a real gateway: what it sees, what it is refused, how it ends."""

import io

import av
import pytest
from tests.gateway.world import until

from consentry.kernel.canonical import to_b64


def decode(viewer) -> list[av.VideoFrame]:
    data = b"".join(body for _, _, body in viewer.media)
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


async def test_a_city_camera_plays_at_once_and_decodes(city):
    viewer = await city.looking(count=12)
    told = [text["type"] for text in viewer.texts]
    assert told[:2] == ["stage", "init"]
    assert viewer.texts[1]["codec"].startswith("avc1.")
    assert viewer.texts[1]["height"] == 216
    assert [kind for kind, _, _ in viewer.media[:2]] == [1, 2]
    assert len(decode(viewer)) >= 11


async def test_a_private_camera_plays_only_after_its_edge_agreed(city):
    edge = await city.sending()
    edge.agrees = False
    viewer = await (await city.viewer(city.private).dial()).present()
    await until(lambda: "open" in edge.kinds())
    assert [text for text in viewer.texts if text["type"] == "stage"] == [{"type": "stage", "stage": "edge"}]
    assert not viewer.media
    await edge.socket.send_json({"type": "opened", "session": viewer.session})
    await viewer.pictures(6)
    assert len(decode(viewer)) >= 5


async def test_reports_tell_the_web_of_start_first_picture_and_end(city):
    viewer = await city.looking()
    await until(lambda: any(event["type"] == "first_frame" for event in city.web.reports))
    city.web.tell("end", {"session": viewer.session, "reason": "withdrawn"})
    assert await viewer.ended() in ("withdrawn", None)
    await until(lambda: any(event["type"] == "ended" for event in city.web.reports))
    mine = [event for event in city.web.reports if event.get("session") == viewer.session]
    assert [event["type"] for event in mine] == ["started", "first_frame", "ended"]
    assert mine[-1]["reason"] == "withdrawn"
    assert mine[-1]["pictures"] >= 3


@pytest.mark.parametrize("private", [False, True])
async def test_a_reloaded_page_takes_its_session_over_and_the_web_sees_one(city, private):
    edge = await city.sending()
    first = await city.looking(city.private if private else None)
    second = city.viewer(city.private if private else None)
    second.holder, second.opening, second.ticket = first.holder, first.opening, first.ticket
    await (await second.dial()).present()
    await second.pictures(2)
    assert await first.ended() in ("superseded", None)
    await second.pictures(len(second.media) + 2)
    told = [event["type"] for event in city.web.reports if event.get("session") == first.session]
    assert "ended" not in told
    assert edge.kinds() == (["open"] if private else [])


async def test_a_viewer_goes_on_under_renewed_tickets_and_ends_when_none_comes(city):
    viewer = city.viewer()
    viewer.ticket = city.authority.ticket(viewer.opening, life_ms=1_300)
    await (await viewer.dial()).present()
    await viewer.pictures(2)
    renewed = city.authority.ticket(viewer.opening, life_ms=1_900)
    await viewer.socket.send_json({"type": "renew", "ticket": to_b64(renewed)})
    await until(lambda: any(text["type"] == "renewed" for text in viewer.texts))
    assert await viewer.ended() in ("expired", None)
    assert viewer.media[-1][1] > viewer.media[1][1] + 1_300_000


@pytest.mark.parametrize("origin", [None, "http://evil.test", "null"])
async def test_another_page_may_not_even_dial(city, origin):
    viewer = city.viewer()
    with pytest.raises(Exception, match="403"):
        await viewer.dial(origin)


@pytest.mark.parametrize("private", [False, True])
async def test_a_viewer_whose_line_broke_comes_back_to_its_session(city, private):
    await city.sending()
    first = await city.looking(city.private if private else None)
    first.socket._response.connection.transport.abort()
    await until(lambda: city.gateway.sessions.find(first.session).lost_s is not None)
    second = city.viewer(city.private if private else None)
    second.holder, second.opening, second.ticket = first.holder, first.opening, first.ticket
    await (await second.dial()).present()
    await second.pictures(3)
    assert [event["type"] for event in city.web.reports if event.get("session") == first.session][-1] != "ended"


async def test_a_viewer_that_does_not_come_back_is_ended_and_the_cache_with_it(city):
    edge = await city.sending()
    viewer = await city.looking(city.private)
    viewer.socket._response.connection.transport.abort()
    await until(lambda: city.private not in city.gateway.sessions.hubs)
    await until(lambda: "close" in edge.kinds())
    await until(lambda: city.web.reports[-1]["type"] == "ended")


async def test_a_viewer_that_hangs_up_is_ended_at_once(city):
    viewer = await city.looking()
    await viewer.socket.close()
    await until(lambda: city.gateway.sessions.find(viewer.session) is None, 1.5)  # well before the wait for a lost one
