"""Events of a camera pass through here sealed: its owner fetches them, everybody else finds nothing, and they end."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from tests.agencies.make import make_agency
from tests.cameras.stage import Home, Owner, make_camera, make_owner, pair
from tests.sign_in import client_for, make_person

from consentry.cameras import queries, services
from consentry.cameras.events import CameraNoticed
from consentry.cameras.models import EventPicture, SealedEvent
from consentry.cameras.services import kept_events
from consentry.cameras.types import Camera
from consentry.core.announcements import wire
from consentry.core.models import OutboxEvent
from consentry.edge.event_desk import event_letter
from consentry.edge.events import CameraEvent, EventKind
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import CameraId
from consentry.kernel.owner_record import public_point
from consentry.kernel.roles import Role
from consentry.kernel.sealed_box import event_context, open_box, open_event_picture, seal_event_picture
from consentry.notices.plan import plan
from consentry.notices.services import add_browser, wish_email
from consentry.notices.types import Browser

pytestmark = pytest.mark.django_db
KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def scene() -> tuple[Owner, Home, Camera]:
    """An owner with a paired edge and one camera."""
    owner = make_owner()
    home = pair(owner)
    return owner, home, make_camera(owner, home)


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """What is announced."""
    events: list[object] = []
    wire({CameraNoticed: (events.append,)})
    yield events
    wire({})


def rung(home: Home, camera: CameraId, **changes: object) -> dict[str, Any]:
    """A letter as a real edge makes it."""
    event = CameraEvent(camera, EventKind.DOORBELL, 1_800_000_000_000, "onvif")
    fields = event_letter(event, (public_point(KEY),)).letter | changes
    return home.say(str(fields.pop("type")), **fields)


def test_an_event_reaches_its_owner_once_and_nobody_else(
    scene: tuple[Owner, Home, Camera], heard: list[object]
) -> None:
    owner, home, camera = scene
    letter = rung(home, camera.id)
    for _ in range(2):
        services.take_letters(home.id, letter, now=utc_now())
    assert heard == [CameraNoticed(camera.id, owner.principal.person)]  # type: ignore[arg-type]
    told = OutboxEvent.objects.filter(kind="camera.event").values_list("audience", "object_id")
    assert list(told) == [(f"person:{owner.id}", camera.id)]
    (event,) = client_for(owner.principal.person, second_factor=False).get("/api/home/events").json()  # type: ignore[arg-type]
    assert (event["camera"], event["boxes"]) == (camera.id, letter["letter"]["boxes"])
    other = client_for(make_owner().principal.person, second_factor=False)  # type: ignore[arg-type]
    assert other.get("/api/home/events").json() == []
    agency = make_agency()
    for role in (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR):
        assert client_for(make_person(role, agency.id)).get("/api/home/events").status_code == 403


def test_an_edge_speaks_of_its_own_cameras_alone_and_boxes_have_one_size(scene: tuple[Owner, Home, Camera]) -> None:
    _, home, camera = scene
    stranger = make_owner()
    elsewhere = make_camera(stranger, pair(stranger))
    services.take_letters(home.id, rung(home, elsewhere.id), now=utc_now())
    assert not SealedEvent.objects.exists()
    for changes in (
        {"boxes": []}, {"boxes": [to_b64(b"x" * 348)]}, {"boxes": "AA"}, {"boxes": [to_b64(b"x" * 349)] * 9},
        {"event": "short"}, {"event": 7}, {"boxes": [None]},
    ):  # fmt: skip
        with pytest.raises(Malformed):
            services.take_letters(home.id, rung(home, camera.id, **changes), now=utc_now())


def pictured(home: Home, of: CameraId, name: str, key: bytes = b"k" * 32, **changes: object) -> dict[str, Any]:
    """The letter with the picture of `event`, as a real edge makes it."""
    sealed = to_b64(seal_event_picture(key, b"a jpeg", camera=of, event=name))
    return home.say("event_picture", **({"event": name, "camera": of, "sealed": sealed} | changes))


def test_the_picture_of_an_event_opens_with_the_key_inside_it_and_reaches_its_owner_alone(
    scene: tuple[Owner, Home, Camera],
) -> None:
    owner, home, camera = scene
    services.take_letters(home.id, ring := rung(home, camera.id), now=utc_now())
    event = ring["letter"]["event"]
    mine = client_for(owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    assert mine.get("/api/home/events").json()[0]["has_picture"] is False
    assert mine.get(f"/api/home/events/{event}/picture").status_code == 404
    said = json.loads(open_box(from_b64(ring["letter"]["boxes"][0]), KEY, context=event_context(camera.id)))
    key = from_b64(said["picture_key"], length=32)
    for _ in range(2):
        services.take_letters(home.id, pictured(home, camera.id, event, key), now=utc_now())
    services.take_letters(home.id, pictured(home, camera.id, event, b"z" * 32), now=utc_now())  # the first one stays
    assert mine.get("/api/home/events").json()[0]["has_picture"] is True
    answer = mine.get(f"/api/home/events/{event}/picture")
    assert "no-store" in answer.headers["Cache-Control"]
    sealed = from_b64(answer.json()["sealed"])
    assert open_event_picture(key, sealed, camera=camera.id, event=event) == b"a jpeg"
    for wrong in ({"camera": "cam_other", "event": event}, {"camera": camera.id, "event": "another"}):
        with pytest.raises(Untrusted):
            open_event_picture(key, sealed, **wrong)
    told = OutboxEvent.objects.filter(kind="camera.event", audience=f"person:{owner.id}")
    assert [one.object_id for one in told] == [camera.id] * 2
    other = client_for(make_owner().principal.person, second_factor=False)  # type: ignore[arg-type]
    assert other.get(f"/api/home/events/{event}/picture").status_code == 404
    assert Client(SERVER_NAME="localhost").get(f"/api/home/events/{event}/picture").status_code == 401


def test_a_picture_of_no_event_of_another_camera_or_of_another_size_is_not_kept(
    scene: tuple[Owner, Home, Camera],
) -> None:
    owner, home, camera = scene
    second = make_camera(owner, home)
    services.take_letters(home.id, ring := rung(home, camera.id), now=utc_now())
    event = ring["letter"]["event"]
    for letter in (
        pictured(home, camera.id, to_b64(b"n" * 16)), pictured(home, second.id, event),
        pictured(home, camera.id, event, camera="cam_unknown"),
    ):  # fmt: skip
        services.take_letters(home.id, letter, now=utc_now())
    for name in ("\0", "", 7, {"a": 1}):
        with pytest.raises(Malformed):
            services.take_letters(home.id, pictured(home, camera.id, event, event=name), now=utc_now())
    with pytest.raises(Malformed):
        services.take_letters(home.id, pictured(home, camera.id, event, camera=None), now=utc_now())
    for sealed in ("", to_b64(b"x" * 100), to_b64(b"x" * 40_000), None, 7):
        with pytest.raises(Malformed):
            services.take_letters(home.id, pictured(home, camera.id, event, sealed=sealed), now=utc_now())
    assert not EventPicture.objects.exists()


def test_pictures_are_few_and_end_before_their_events(
    scene: tuple[Owner, Home, Camera], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, home, camera = scene
    monkeypatch.setattr(kept_events, "MAX_PICTURES", 2)
    for _ in range(4):
        services.take_letters(home.id, ring := rung(home, camera.id), now=utc_now())
        services.take_letters(home.id, pictured(home, camera.id, ring["letter"]["event"]), now=utc_now())
    assert EventPicture.objects.count() == 2
    services.purge(utc_now() + timedelta(days=8))
    assert (EventPicture.objects.count(), SealedEvent.objects.count()) == (0, 4)


def test_what_happened_is_told_by_push_to_who_asked_and_not_by_e_mail_nor_in_the_list_of_notices(
    scene: tuple[Owner, Home, Camera],
) -> None:
    owner, home, camera = scene
    person = owner.principal.person
    assert person is not None
    wish_email(person, wanted=True)
    add_browser(person, Browser("https://fcm.googleapis.com/x", public_point(KEY), b"a" * 16), now=utc_now())
    services.take_letters(home.id, rung(home, camera.id), now=utc_now())
    assert plan(now=utc_now()) == 1
    assert client_for(person, second_factor=False).get("/api/notices").json() == []


def test_events_are_few_and_end(scene: tuple[Owner, Home, Camera], monkeypatch: pytest.MonkeyPatch) -> None:
    owner, home, camera = scene
    monkeypatch.setattr(kept_events, "MAX_KEPT", 3)
    for _ in range(5):
        services.take_letters(home.id, rung(home, camera.id), now=utc_now())
    kept = queries.events_of(owner.principal.person, limit=10)  # type: ignore[arg-type]
    assert len(kept) == 3
    assert [item.came_at for item in kept] == sorted((item.came_at for item in kept), reverse=True)
    services.purge(utc_now() + timedelta(days=31))
    assert not SealedEvent.objects.exists()


def test_owner_asks_the_box_to_look_around_and_fetches_the_sealed_list(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, _ = scene
    client = client_for(owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    path, point = f"/api/home/edges/{home.id}/find", to_b64(public_point(KEY))

    def ask(signer: Owner, edge: str = home.id) -> int:
        signed = signer.sign("cameras.find", edge=edge, reply_key=point)
        status: int = client.post(path, {"owner_signature": signed}, content_type="application/json").status_code
        return status

    assert client.get(path).status_code == 404
    assert ask(make_owner()) == 403
    assert ask(owner, edge="edg_another") == 403
    assert ask(owner) == 202
    assert client.get(path).json() == {"state": "waiting", "box": None, "fault": ""}
    (letter,) = [item for item in queries.waiting_letters([home.id], utc_now()) if item.kind == "find"]
    services.take_letters(home.id, home.say("found", id=letter.id, box=to_b64(b"sealed")), now=utc_now())
    assert client.get(path).json() == {"state": "ready", "box": to_b64(b"sealed"), "fault": ""}
    services.take_letters(home.id, home.say("found", id=letter.id, box=to_b64(b"again")), now=utc_now())
    assert client.get(path).json()["box"] == to_b64(b"sealed")
    assert ask(owner) == 202
    (letter,) = [item for item in queries.waiting_letters([home.id], utc_now()) if item.kind == "find"]
    services.take_letters(home.id, home.say("letter_refused", id=letter.id, kind="no-network"), now=utc_now())
    assert client.get(path).json() == {"state": "failed", "box": None, "fault": "no-network"}


def test_owner_names_a_browser_that_may_read_events(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, _ = scene
    client = client_for(owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    signed = owner.sign("events.key", edge=home.id, reply_key=to_b64(public_point(KEY)))
    answer = client.post(
        f"/api/home/edges/{home.id}/events", {"owner_signature": signed}, content_type="application/json"
    )
    assert answer.status_code == 202
    assert [item.kind for item in queries.waiting_letters([home.id], utc_now())].count("events") == 1
