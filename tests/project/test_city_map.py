"""City import: from an extract or the demo to one file that is served by ranges."""

import json
import struct
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.test import Client, override_settings

from consentry.demo.basemap import features
from consentry.demo.city import build_city
from consentry.kernel.errors import Malformed, NotFound
from consentry.project.city import build_basemap, read_city
from consentry.project.city.commands import run_import
from consentry.project.city.osm import read_osm
from consentry.project.city.views import parse_range

Found = list[tuple[str, Mapping[str, object]]]


def read(path: Path) -> tuple[Found, object, list[tuple[int, int]]]:
    """Everything in an extract."""
    found: Found = []
    seen: list[tuple[int, int]] = []
    reading = read_osm(path, lambda layer, item: found.append((layer, item)), lambda a, b: seen.append((a, b)))
    return found, reading, seen


def test_a_small_extract_becomes_a_basemap(shared_data: Path, tmp_path: Path) -> None:
    found, _reading, seen = read(shared_data / "osm" / "bangor_me.osm.pbf")
    percents: list[int] = []
    city = build_basemap(found, tmp_path, name="Bangor", attribution="© OSM", percent=percents.append)
    assert Counter(layer for layer, _ in found)["roads"] > 1_500
    assert seen[-1][0] == seen[-1][1] > 0
    assert percents[-1] == 100
    assert read_city(tmp_path) == city
    head = (tmp_path / "basemap.pmtiles").read_bytes()[:127]
    assert head[:8] == b"PMTiles\x03"
    west, south, east, north = (value / 1e7 for value in struct.unpack("<4i", head[102:118]))
    assert (round(south, 5), round(west, 5)) == (round(city.bounds[0], 5), round(city.bounds[1], 5))
    assert 44.7 < south < north < 44.9 and west < east  # noqa: PT018 one box
    assert sorted(path.name for path in tmp_path.iterdir()) == ["basemap.pmtiles", "city.json"]


def test_the_unsorted_columbus_extract_is_read_without_relations(shared_data: Path, tmp_path: Path) -> None:
    found, reading, _ = read(shared_data / "osm" / "columbus_oh.osm.pbf")
    counts = Counter(layer for layer, _ in found)
    assert counts["roads"] > 9_000
    assert counts["buildings"] > 1_000
    assert not reading.has_relations  # type: ignore[attr-defined] # an OsmReading
    city = build_basemap(found, tmp_path, name="Columbus", attribution="© OSM")
    assert 39.8 < city.bounds[0] < city.bounds[2] < 40.2


def test_a_file_that_is_no_extract_is_refused_in_plain_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"nothing of the kind")
    with pytest.raises(Malformed, match=r"broken\.osm\.pbf"):
        read(broken)


def test_a_truncated_extract_is_refused(shared_data: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes((shared_data / "osm" / "bangor_me.osm.pbf").read_bytes()[:60_000])
    with pytest.raises(Malformed):
        read(cut)


def test_a_city_without_roads_is_refused_and_leaves_the_old_map(tmp_path: Path) -> None:
    (tmp_path / "basemap.pmtiles").write_bytes(b"old")
    with pytest.raises(Malformed):
        build_basemap([], tmp_path, name="x", attribution="y")
    assert (tmp_path / "basemap.pmtiles").read_bytes() == b"old"
    with pytest.raises(NotFound):
        read_city(tmp_path)


@pytest.mark.django_db
def test_the_command_divides_a_city_when_it_has_addresses(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import argparse

    homes = tmp_path / "homes.csv"
    rows = (f"{44.80 + n % 30 / 2_000},{-68.78 + n // 30 / 2_000}" for n in range(900))
    homes.write_text("lat,lon\n" + "\n".join(rows) + "\n")
    said = argparse.Namespace(file=shared_data / "osm" / "bangor_me.osm.pbf", name="Bangor", addresses=homes)
    with override_settings(DATA=tmp_path):
        assert run_import(said) == 0
        assert run_import(said) == 0
    text = capsys.readouterr()
    assert "cells of at least 50 homes" in text.out
    assert "frozen" in text.out
    assert "100 %" in text.err


def test_the_demo_city_goes_through_the_same_pipeline(tmp_path: Path) -> None:
    city = build_basemap(features(build_city()), tmp_path, name="Port Meridian", attribution="made up")
    assert city.bounds[0] < 41.0 < city.bounds[2]
    assert json.loads((tmp_path / "city.json").read_text())["name"] == "Port Meridian"


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=10-", (10, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=100-", None),
        ("bytes=5-4", None),
        ("bytes=-0", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=0-99999999999999999999", None),
    ],
)
def test_ranges_are_parsed_as_http_says(said: str, span: tuple[int, int] | None) -> None:
    assert parse_range(said, 100) == span


def test_a_range_is_never_longer_than_four_mebibytes() -> None:
    assert parse_range("bytes=0-", 1 << 40) == (0, 4_194_304)


def test_the_basemap_is_served_by_ranges(tmp_path: Path) -> None:
    (tmp_path / "city").mkdir()
    content = bytes(range(256)) * 10
    (tmp_path / "city" / "basemap.pmtiles").write_bytes(content)
    with override_settings(DATA=tmp_path, ALLOWED_HOSTS=["*"]):
        whole = Client().get("/city/basemap.pmtiles")
        part = Client().get("/city/basemap.pmtiles", headers={"range": "bytes=5-9"})
        outside = Client().get("/city/basemap.pmtiles", headers={"range": "bytes=9999-"})
        changed = Client().get("/city/basemap.pmtiles", headers={"range": "bytes=5-9", "if-range": '"other"'})
        same = Client().get("/city/basemap.pmtiles", headers={"if-none-match": whole["ETag"]})
        pushed = Client().post("/city/basemap.pmtiles")
    assert b"".join(whole.streaming_content) == content
    assert (part.status_code, part.content, part["Content-Range"]) == (206, content[5:10], "bytes 5-9/2560")
    assert (outside.status_code, outside["Content-Range"]) == (416, "bytes */2560")
    assert (changed.status_code, same.status_code, pushed.status_code) == (200, 304, 405)


def test_without_an_import_there_is_no_city_and_no_basemap(tmp_path: Path) -> None:
    with override_settings(DATA=tmp_path, ALLOWED_HOSTS=["*"]):
        assert Client().get("/city/basemap.pmtiles").status_code == 404
        assert Client().get("/api/city").json()["kind"] == "not-found"
