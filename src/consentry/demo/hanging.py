"""Hangs the simulated homes: pairs each edge by the real code and points it at its cameras."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from consentry.cameras import queries as cameras
from consentry.cameras.services import change_view, prepare_pairing
from consentry.cameras.types import ViewChange
from consentry.core.principal import Principal
from consentry.demo.city import DemoCamera, build_city
from consentry.demo.keys import device_key_of
from consentry.demo.people import find_seeded, principal_of_owner
from consentry.edge.addresses import keep_address
from consentry.edge.key_files import load_keys
from consentry.edge.pair import fingerprint_of, pair_edge
from consentry.edge.settings import EdgeSettings
from consentry.edge.store import Store
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import CameraId, PersonId
from consentry.kernel.owner_record import public_point


@dataclass(frozen=True)
class Home:
    """One resident's home: the folder of its edge and the cameras that hang there."""

    owner: Principal
    edge: EdgeSettings
    cameras: dict[CameraId, DemoCamera]


def hang_homes(folder: Path, cameras_url: str) -> list[Path]:
    """Pair every home that is new, point its edge at its cameras; the homes' folders."""
    homes = lay_homes(folder)
    for home in homes:
        settle_home(home, cameras_url)
    return [home.edge.folder for home in homes]


def lay_homes(folder: Path) -> list[Home]:
    """The homes of the live private cameras, one per owner, as the seed has made them."""
    found: dict[PersonId, dict[CameraId, DemoCamera]] = defaultdict(dict)
    for plan in build_city().live_cameras():
        if plan.is_private:
            camera = cameras.get_camera(_seeded(f"camera:{plan.key}"))
            found[PersonId(str(camera.owner))][camera.id] = plan
    return [
        Home(principal_of_owner(owner), EdgeSettings(folder / f"home-{number}", page_host=""), hung)
        for number, (owner, hung) in enumerate(found.items(), start=1)
    ]


def settle_home(home: Home, cameras_url: str) -> None:
    """Pair the home's edge once, and hang its cameras on it; the addresses stay in the home."""
    home.edge.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(home.edge.folder)
    pins = store.pins()
    store.close()
    if pins is None or pins.server != settings.ORIGIN:
        # The demo may be served at another port than last time; an edge dials only where it was paired.
        pins = asyncio.run(pair_edge(home.edge, server=settings.ORIGIN, code=_code(home.owner), again=True))
    for camera, plan in home.cameras.items():
        if cameras.get_camera(camera).edge != pins.edge:
            change_view(home.owner, camera, ViewChange(edge=pins.edge))
        store = Store(home.edge.folder)
        keep_address(store, load_keys(home.edge.folder), camera, f"{cameras_url}/{plan.key}")
        store.close()


def _code(owner: Principal) -> str:
    """What the owner reads off the phone: the server's part and the fingerprint that the phone computes."""
    person = PersonId(str(owner.person))
    point = public_point(device_key_of(person))
    key = next(device for device in cameras.owner_keys(person) if device.public_key == point)
    prepared = prepare_pairing(owner, owner_key=key.id, edge_name="Home", now=utc_now())
    return prepared.code + fingerprint_of(point)


def _seeded(key: str) -> str:
    found = find_seeded(key)
    if found is None:
        raise NotFound(f"the demo has no {key}; run `consentry demo-seed`")
    return found
