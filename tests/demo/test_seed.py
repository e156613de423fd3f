"""The seed fills an empty platform through the rooms' services, once."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from consentry.accounts.queries import demo_person
from consentry.agencies.queries import get_programme
from consentry.agencies.types import State
from consentry.cameras.queries import cameras_of, get_cameras
from consentry.cells.queries import published_cells
from consentry.consent.queries import consents_for
from consentry.consent.types import ConsentState
from consentry.demo.people import find_seeded
from consentry.demo.seed import seed
from consentry.incidents.queries import get_feed
from consentry.kernel.clock import utc_now
from consentry.kernel.roles import Role
from consentry.ledger.models import LedgerEntry

URL = "rtsp://127.0.0.1:8554"


@pytest.mark.django_db
def test_the_seed_makes_port_meridian_and_makes_it_once() -> None:
    now = utc_now()
    made = seed(now, cameras_url=URL)
    entries = LedgerEntry.objects.count()
    assert seed(datetime.now(UTC), cameras_url=URL) == made
    assert LedgerEntry.objects.count() == entries

    programme = get_programme(made.programme)
    assert (programme.state, programme.private_camera_cap) == (State.ACTIVE, 5)
    assert programme.is_running(utc_now())
    assert get_feed(made.feed).agency == made.agency

    cameras = get_cameras(list(made.cameras.values()))
    assert Counter(str(camera.klass) for camera in cameras.values()) == {"private": 205, "public": 5}
    assert all(camera.cell for camera in cameras.values())
    private = [made.cameras[key] for key in made.cameras if not key.startswith("public")]
    consents = consents_for(private, made.programme, utc_now())
    assert {consent.state for consent in consents.values()} == {ConsentState.GIVEN}
    assert Counter(str(consent.terms.tier) for consent in consents.values()) == {"live": 5, "registry": 200}

    assert {cell.band for cell in published_cells()} == {"under_5", "5_to_9", "10_or_more"}
    assert all(demo_person(role) for role in (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.MANAGER))
    owner = demo_person(Role.OWNER)
    assert owner == find_seeded("person:owner-1")
    mine = {consents[camera.id].terms.approval.value for camera in cameras_of(owner)}
    assert mine == {"automatic", "ask_me"}
