"""Fills an empty platform with Port Meridian, through the rooms' services only; running it again changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import h3
from django.db import transaction

from consentry.agencies.queries import get_programme
from consentry.agencies.services import change_state, create_agency, create_programme, record_vote, set_papers
from consentry.agencies.types import Papers, State, Vote
from consentry.cameras.services import move_public_address
from consentry.cells.queries import has_partition
from consentry.cells.services import freeze_partition
from consentry.consent.services import snapshot_bands
from consentry.demo.city import NAME, City, DemoCamera, bounds, build_city
from consentry.demo.consents import HomeCameras, enter_city_camera, paper
from consentry.demo.models import Seeded
from consentry.demo.names import person_name
from consentry.demo.people import find_seeded, once, seat_owner, seat_staff
from consentry.incidents.services import FeedPlan, add_feed
from consentry.incidents.types import Bounds
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId, CameraId, FeedId, ProgrammeId

AGENCY, PROGRAMME, FEED = "Port Meridian Police", "Port Meridian live pilot", "Port Meridian dispatch"
DONE, CAMERA = "done", "camera:"
PILOT_DAYS = 45
REGISTRY_OWNERS = 40
STEPS = (State.COMMENT, State.PUBLISHED)


@dataclass(frozen=True)
class Seeding:
    """What stands after seeding; `cameras` by the keys of `demo.city`."""

    agency: AgencyId
    programme: ProgrammeId
    feed: FeedId
    cameras: dict[str, CameraId]


@transaction.atomic
def seed(now: datetime, *, cameras_url: str) -> Seeding:
    """Make agency, people, programme, cameras, consents, feed, cells and bands, all or nothing.

    Args:
        cameras_url: where the simulated cameras are played, for example `rtsp://127.0.0.1:8554`.
    """
    if find_seeded(DONE) is not None:
        return _move_city_cameras(find_seeding(), cameras_url)
    city = build_city()
    if not has_partition(NAME):
        freeze_partition(city.homes(), city=NAME, now=now)
    make = partial(create_agency, AGENCY, jurisdiction="us_city", place=NAME, is_demo=True)
    agency = AgencyId(once("agency", lambda: make().id))
    seat_staff(agency)
    programme = _publish(agency, now)
    cameras = _public(city, agency, cameras_url, now) | _private(city, programme, now)
    if get_programme(programme).state is State.PUBLISHED:
        change_state(programme, State.ACTIVE, now=now)
    snapshot_bands(programme, now=now)
    made = Seeding(agency, programme, _feed(agency), cameras)
    once(DONE, lambda: agency)
    return made


def find_seeding() -> Seeding:
    """What the seed made; NotFound before."""
    found = dict(Seeded.objects.values_list("key", "object_id"))
    if DONE not in found:
        raise NotFound("the demo is not seeded")
    cameras = {key.removeprefix(CAMERA): CameraId(made) for key, made in found.items() if key.startswith(CAMERA)}
    return Seeding(AgencyId(found["agency"]), ProgrammeId(found["programme"]), FeedId(found["feed"]), cameras)


def _move_city_cameras(made: Seeding, cameras_url: str) -> Seeding:
    """They may be played at another port than last time."""
    for key, camera in made.cameras.items():
        if key.startswith("public-"):
            move_public_address(camera, f"{cameras_url}/{key}")
    return made


def _publish(agency: AgencyId, now: datetime) -> ProgrammeId:
    """The Jackson pilot, voted, with its papers, ready to take consents."""

    def make() -> str:
        made = create_programme(agency, preset="jackson_pilot", name=PROGRAMME).id
        ends_at = now + timedelta(days=PILOT_DAYS)
        contacts = {
            "programme": "pilot@port-meridian.invalid",
            "privacy": "privacy@port-meridian.invalid",
            "complaints": "complaints@port-meridian.invalid",
        }
        set_papers(made, Papers(now, ends_at, paper("impact report"), paper("use policy"), contacts))
        vote = Vote("Port Meridian Council", "Resolution 26-41", now - timedelta(days=20), ends_at, paper("resolution"))
        record_vote(made, vote)
        for state in STEPS:
            change_state(made, state, now=now)
        return made

    return ProgrammeId(once("programme", make))


def _public(city: City, agency: AgencyId, cameras_url: str, now: datetime) -> dict[str, CameraId]:
    found = [camera for camera in city.live_cameras() if not camera.is_private]
    return {
        camera.key: enter_city_camera(camera, agency=agency, url=f"{cameras_url}/{camera.key}", now=now)
        for camera in found
    }


def _private(city: City, programme: ProgrammeId, now: datetime) -> dict[str, CameraId]:
    """The first resident has an automatic and an ask-me camera; the other three live homes have one owner each."""
    live = [camera for camera in city.live_cameras() if camera.is_private]
    numbers = {camera.key: max(1, at) for at, camera in enumerate(live)}
    numbers |= {camera.key: len(live) + at % REGISTRY_OWNERS for at, camera in enumerate(_spread(city))}
    owners = {number: seat_owner(number, person_name(number), now=now) for number in sorted(set(numbers.values()))}
    homes = HomeCameras(programme, now=now)
    return {
        camera.key: homes.enter(camera, owners[numbers[camera.key]]) for camera in city.cameras if camera.is_private
    }


def _spread(city: City) -> list[DemoCamera]:
    """Registered cameras in order of their cells, so that owners handed out in turn never share a cell."""
    places = {camera.key: camera.place for camera in city.registered()}
    return sorted(
        city.registered(),
        key=lambda camera: [h3.latlng_to_cell(*places[camera.key], resolution) for resolution in (8, 9)],
    )


def _feed(agency: AgencyId) -> FeedId:
    box = Bounds(*bounds())
    plan = FeedPlan(agency=agency, name=FEED, kind="eido", bounds=box)
    return FeedId(once("feed", lambda: add_feed(plan).id))
