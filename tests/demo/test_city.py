"""Port Meridian: the same for the same seed, far from any real address, with what the story needs."""

from collections import Counter

from consentry.cells.rules import band_of
from consentry.demo.basemap import features
from consentry.demo.city import bounds, build_city
from consentry.demo.ground import Point, between, inland_m, to_place, to_point
from consentry.kernel.geo import distance_m
from consentry.kernel.limits import DEFAULT_DISTANCE_M

CITY = build_city()


def test_the_same_seed_gives_the_same_city_and_another_another() -> None:
    assert build_city() == CITY
    assert build_city(7).cameras != CITY.cameras


def test_the_city_lies_in_the_open_atlantic() -> None:
    south, west, north, east = bounds()
    assert 40.9 < south < north < 41.1
    assert -40.1 < west < east < -39.9


def test_about_six_thousand_homes_each_with_its_own_address() -> None:
    homes = [building for building in CITY.buildings if building.is_home]
    assert 5_500 < len(homes) < 6_700
    assert max(Counter(building.address for building in CITY.buildings).values()) == 1
    assert all(inland_m(home.door) > 0 for home in homes)


def test_ten_cameras_are_live_and_two_hundred_registered() -> None:
    live = CITY.live_cameras()
    assert Counter(camera.is_private for camera in live) == {True: 5, False: 5}
    assert Counter(camera.approval for camera in live if camera.is_private) == {"automatic": 3, "ask_me": 2}
    assert len(CITY.registered()) == 200
    assert len({camera.key for camera in CITY.cameras}) == 210


def test_the_burglary_is_near_every_private_live_camera_and_some_of_the_citys() -> None:
    call = to_place(CITY.burglary.door)
    away = {camera.key: distance_m(call, camera.place) for camera in CITY.live_cameras()}
    assert all(metres < DEFAULT_DISTANCE_M for key, metres in away.items() if key.startswith("private"))
    assert sum(metres < DEFAULT_DISTANCE_M for key, metres in away.items() if key.startswith("public")) >= 2


def test_registered_cameras_fall_into_every_band() -> None:
    import h3

    counts = Counter(h3.latlng_to_cell(camera.place.lat, camera.place.lon, 9) for camera in CITY.registered())
    assert {band_of(count) for count in counts.values()} == {"under_5", "5_to_9", "10_or_more"}


def test_metres_and_degrees_agree() -> None:
    for point in (Point(0, 0), Point(1_200, -900), Point(-1_500, 300)):
        assert between(to_point(to_place(point)), point) < 0.2
    assert abs(distance_m(to_place(Point(0, 0)), to_place(Point(1_000, 0))) - 1_000) < 1


def test_every_feature_is_closed_and_named_as_the_map_expects() -> None:
    layers = Counter(layer for layer, _ in features(CITY))
    assert set(layers) == {"buildings", "names", "parks", "roads", "water"}
    for layer, feature in features(CITY):
        geometry = feature["geometry"]
        assert isinstance(geometry, dict)
        if geometry["type"] == "Polygon":
            assert all(ring[0] == ring[-1] for ring in geometry["coordinates"])
        elif layer == "roads":
            assert len(geometry["coordinates"]) >= 2
