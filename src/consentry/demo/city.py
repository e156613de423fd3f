"""Port Meridian: a made-up island city in the mid-Atlantic, the same for the same seed. Pure; nothing is stored."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from consentry.demo.ground import CENTRE, Point, between, shore, to_place
from consentry.demo.lots import Building, Park, lay_buildings, lay_parks
from consentry.demo.names import QUARTERS, person_name
from consentry.demo.streets import Block, Street, lay_streets
from consentry.kernel.geo import Place, View

SEED = 20
NAME = "Port Meridian"
BURGLARY = Point(430.0, 260.0)
LIVE_HOMES, LIVE_PUBLIC, REGISTERED = 5, 5, 200


@dataclass(frozen=True)
class DemoCamera:
    """A camera of the demo. `key`: stable word for ids and the RTSP path; `approval` is empty for the city's own."""

    key: str
    name: str
    place: Place
    view: View
    is_private: bool
    is_live: bool
    owner_name: str = ""
    approval: str = ""
    address: str = ""


@dataclass(frozen=True)
class City:
    """All of it. Lines and rings in metres from the centre (`ground.to_place` turns them into degrees)."""

    seed: int
    streets: tuple[Street, ...]
    blocks: tuple[Block, ...]
    buildings: tuple[Building, ...]
    parks: tuple[Park, ...]
    cameras: tuple[DemoCamera, ...]
    burglary: Building

    def homes(self) -> Iterator[Place]:
        """Where the residential addresses are, for the partition into cells."""
        return (to_place(building.door) for building in self.buildings if building.is_home)

    def live_cameras(self) -> list[DemoCamera]:
        """The ten whose pictures are rendered, the city's own first."""
        return sorted((camera for camera in self.cameras if camera.is_live), key=lambda camera: camera.is_private)

    def registered(self) -> list[DemoCamera]:
        """Private cameras that are only in the registry, so that bands show."""
        return [camera for camera in self.cameras if not camera.is_live]


def build_city(seed: int = SEED) -> City:
    """The city of `seed`; about 6,000 homes."""
    rng = random.Random(seed)  # noqa: S311 a drawing, not a secret
    streets, blocks = lay_streets(rng)
    parks = lay_parks()
    buildings = lay_buildings(blocks, parks, rng)
    homes = [building for building in buildings if building.is_home]
    burglary = min(homes, key=lambda home: between(home.door, BURGLARY))
    cameras = (*_public(blocks, burglary), *_private(homes, burglary, rng), *_registered(homes, rng))
    return City(seed, streets, blocks, buildings, parks, cameras, burglary)


def _public(blocks: tuple[Block, ...], burglary: Building) -> Iterator[DemoCamera]:
    """Two city cameras within 300 m of the common neighbourhood, three elsewhere."""
    corners = sorted({block.start: block for block in blocks}.items(), key=lambda item: between(item[0], burglary.door))
    for at, rank in enumerate((2, 9, 45, 120, 220)):
        corner, block = corners[rank]
        heading = math.degrees(math.atan2(block.end.x - corner.x, block.end.y - corner.y)) % 360
        yield DemoCamera(
            key=f"public-{at + 1}",
            name=f"City camera {at + 1}: {block.street}",
            place=to_place(corner),
            view=View(round(heading), 70, 120),
            is_private=False,
            is_live=True,
        )


def _private(homes: list[Building], burglary: Building, rng: random.Random) -> Iterator[DemoCamera]:
    """Five front doors 40 to 330 m from the burglary; three open by themselves, two ask each time."""
    near = [home for home in homes if 40 < between(home.door, burglary.door) < 330]
    chosen: list[Building] = []
    while len(chosen) < LIVE_HOMES:
        home = rng.choice(near)
        if all(between(home.door, other.door) > 60 for other in chosen):
            chosen.append(home)
    chosen.sort(key=lambda home: between(home.door, burglary.door))
    for at, home in enumerate(chosen):
        yield _door_camera(home, f"private-{at + 1}", at, approval="ask_me" if at % 2 else "automatic")


def _registered(homes: list[Building], rng: random.Random) -> Iterator[DemoCamera]:
    """Some streets have many, most have few, as in real cities."""
    hearts = [rng.choice(homes).door for _ in range(9)]
    weights = [0.12 + sum(math.exp(-((between(home.door, heart) / 170) ** 2)) for heart in hearts) for home in homes]
    chosen: dict[str, Building] = {}
    while len(chosen) < REGISTERED:
        home = rng.choices(homes, weights)[0]
        chosen.setdefault(home.address, home)
    for at, home in enumerate(chosen.values()):
        yield _door_camera(home, f"registered-{at + 1}", LIVE_HOMES + at, approval="")


def _door_camera(home: Building, key: str, person: int, *, approval: str) -> DemoCamera:
    return DemoCamera(
        key=key,
        name="Back gate" if key == "private-2" else "Front door",  # one resident has both: two names to tell apart
        place=to_place(home.door),
        view=View(round(home.faces_deg) % 360, 90, 60),
        is_private=True,
        is_live=bool(approval),
        owner_name=person_name(person),
        approval=approval,
        address=home.address,
    )


def bounds() -> tuple[float, float, float, float]:
    """South, west, north, east of the island, degrees."""
    places = [to_place(point) for point in shore(-60.0)]
    lats, lons = [place.lat for place in places], [place.lon for place in places]
    return min(lats), min(lons), max(lats), max(lons)


def quarters() -> Iterator[tuple[str, Place]]:
    """Names of quarters for the map."""
    spots = (
        Point(-430.0, -700.0),
        Point(430.0, 330.0),
        Point(950.0, -250.0),
        Point(560.0, 980.0),
        Point(-820.0, 300.0),
    )
    return zip(QUARTERS, map(to_place, spots), strict=True)


__all__ = ["CENTRE", "NAME", "SEED", "City", "DemoCamera", "bounds", "build_city", "quarters"]
