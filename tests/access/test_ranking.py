"""Who is asked first among the cameras that may open."""

from consentry.access.rules import rank_key
from consentry.cameras.types import Near
from consentry.kernel.geo import Place, bearing_deg, distance_m, offset
from consentry.kernel.ids import CameraId

CALL = Place(39.96, -83.0)
MIDDLE = offset(CALL, bearing=90, metres=150)


def near(name: str, metres: float, *, looks_here: bool = False) -> Near:
    """A camera so far from the call; all of them belong to one block, whose middle is 150 m away."""
    place = offset(CALL, bearing=90, metres=metres)
    heading = round(bearing_deg(place, CALL)) if looks_here else 90
    return Near(CameraId(name), place.lat, place.lon, heading, 90, 200, 250, distance_m(MIDDLE, CALL))


def test_the_cameras_of_one_block_are_asked_by_where_they_stand_and_not_by_chance() -> None:
    cameras = [near("a", 140), near("b", 60), near("c", 100)]
    assert [camera.id for camera in sorted(cameras, key=lambda one: rank_key(one, CALL))] == ["b", "c", "a"]


def test_who_sees_the_place_is_asked_before_who_is_nearer() -> None:
    cameras = [near("a", 20), near("b", 180, looks_here=True)]
    assert [camera.id for camera in sorted(cameras, key=lambda one: rank_key(one, CALL))] == ["b", "a"]
