"""Warnings about pictures: of an edge's cameras as the edge says them, of city cameras as the gateway sees them."""

import pytest
from tests.gateway.world import until

from consentry.media.camera_eye import Thumbnail


async def test_an_edges_warnings_go_on_to_the_web_for_its_own_cameras_alone(city):
    edge = await city.edge()
    warnings = {city.private: ["frozen"], city.public: ["covered"]}
    await edge.socket.send_json({"type": "health", "cameras": {city.private: "online"}, "warnings": warnings})
    await until(lambda: any(event["type"] == "edge_health" for event in city.web.reports))
    told = next(event for event in city.web.reports if event["type"] == "edge_health")
    assert (told["cameras"], told["warnings"]) == ({city.private: "online"}, {city.private: ["frozen"]})


@pytest.mark.parametrize("warnings", [
    3, [], {"x": "frozen"}, {"x": [1]}, {"x": ["a b"]}, {"x": ["w"] * 9},
])  # fmt: skip
async def test_malformed_warnings_end_the_link(city, warnings):
    edge = await city.edge()
    await edge.socket.send_json({"type": "health", "cameras": {city.private: "online"}, "warnings": warnings})
    await until(edge.reading.done)
    assert edge.socket.close_code == 4001


async def test_a_city_camera_is_looked_at_and_told_when_it_sees_nothing(city, monkeypatch):
    eyes = city.gateway.eyes
    await until(lambda: city.public in eyes._newest)
    for _ in range(3):
        await eyes.look()
    assert eyes._eyes[city.public].warnings(0) == ()
    assert len(set(eyes._eyes[city.public]._first.grey)) > 20, "the real picture was decoded"

    async def black(_unit):
        return Thumbnail(bytes(32 * 18), bytes(32))

    monkeypatch.setattr(eyes._thumbnails, "take", black)
    for _ in range(3):
        await eyes.look()
    await until(lambda: any(event.get("warnings") == {city.public: ["covered"]} for event in city.web.reports))
    assert not any(city.private in event.get("warnings", {}) for event in city.web.reports)


def _warned(viewer):
    return [text["words"] for text in viewer.texts if text["type"] == "warnings"]


async def test_who_looks_at_a_home_reads_what_is_wrong_with_its_pictures_and_who_looks_elsewhere_does_not(city):
    edge = await city.sending()
    elsewhere = await city.looking()
    said = {"type": "health", "cameras": {city.private: "online"}}
    await edge.socket.send_json(said | {"warnings": {city.private: ["frozen"]}})
    await until(lambda: any(event["type"] == "edge_health" for event in city.web.reports))
    first = await city.looking(city.private)
    await until(lambda: _warned(first) == [["frozen"]])
    await edge.socket.send_json(said | {"warnings": {city.private: ["frozen"], city.public: ["covered"]}})
    await edge.socket.send_json(said | {"warnings": {}})
    await until(lambda: _warned(first) == [["frozen"], []])
    second = await city.looking(city.private)
    await second.pictures(len(second.media) + 5)
    assert _warned(second) == [], "nothing is wrong any more"
    assert _warned(elsewhere) == [], "an edge says nothing of a city camera"


async def test_who_looks_at_a_city_camera_reads_that_it_sees_nothing(city, monkeypatch):
    eyes, early = city.gateway.eyes, await city.looking()
    await until(lambda: city.public in eyes._newest)

    async def black(_unit):
        return Thumbnail(bytes(32 * 18), bytes(32))

    monkeypatch.setattr(eyes._thumbnails, "take", black)
    for _ in range(3):
        await eyes.look()
    late = await city.looking()
    await until(lambda: _warned(early) == _warned(late) == [["covered"]])
