"""Letters wait until the edge answers; what an edge says is believed by its signature alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.cameras.stage import Home, Owner, make_camera, make_owner, pair

from consentry.cameras import queries, services
from consentry.cameras.events import StoppedAtEdge, TermsTaken
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.models import Picture
from consentry.cameras.types import Camera, PictureAnswer
from consentry.core.announcements import wire
from consentry.core.models import OutboxEvent
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import from_ms, utc_now
from consentry.kernel.errors import ConsentryError, LimitReached, Malformed, NotFound, Untrusted
from consentry.kernel.owner_record import public_point

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """What is announced of letters from edges."""
    events: list[object] = []
    wire({TermsTaken: (events.append,), StoppedAtEdge: (events.append,)})
    yield events
    wire({})


@pytest.fixture
def scene() -> tuple[Owner, Home, Camera]:
    """An owner with a paired edge and one camera."""
    owner = make_owner()
    home = pair(owner)
    return owner, home, make_camera(owner, home)


def _waiting(home: Home) -> list[tuple[str, str]]:
    return [(letter.kind, letter.id) for letter in queries.waiting_letters([home.id], utc_now())]


def test_a_letter_waits_until_its_edge_answered_and_gateways_hear_of_it(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, camera = scene
    services.pause_camera(owner.principal, camera.id, now=utc_now())
    (kind, letter), *_ = _waiting(home)
    assert kind == "pause"
    assert OutboxEvent.objects.filter(audience="gateway:*", kind="letter.waiting", object_id=letter).exists()
    services.take_letters(home.id, home.say("camera_state", id=letter, camera=camera.id, state="paused"), now=utc_now())
    assert _waiting(home) == []
    assert queries.get_letter(letter, utc_now()) is None


def test_a_letter_of_another_edge_answers_nothing(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, camera = scene
    other = pair(make_owner())
    services.pause_camera(owner.principal, camera.id, now=utc_now())
    (_, letter), *_ = _waiting(home)
    services.take_letters(other.id, other.say("camera_state", id=letter, camera=camera.id, state="x"), now=utc_now())
    assert len(_waiting(home)) == 1


def test_a_letter_not_signed_by_its_edge_is_refused(scene: tuple[Owner, Home, Camera], heard: list[object]) -> None:
    _, home, camera = scene
    other = pair(make_owner())
    forged = other.say("stopped", cameras=[camera.id])
    forged["letter"] |= {"edge": home.id}
    tampered = home.say("stopped", cameras=[])
    tampered["letter"] |= {"cameras": [camera.id]}
    for body in (forged, tampered):
        with pytest.raises(Untrusted):
            services.take_letters(home.id, body, now=utc_now())
    for malformed in ({}, {"letter": {}, "signature": ""}, {"letter": [], "signature": "AA"}, home.say("unknown")):
        with pytest.raises(Malformed):
            services.take_letters(home.id, malformed, now=utc_now())
    with pytest.raises(NotFound):
        services.take_letters("edg_none", home.say("stopped", cameras=[]), now=utc_now())
    assert heard == []


def test_an_old_unasked_letter_is_refused(scene: tuple[Owner, Home, Camera]) -> None:
    _, home, camera = scene
    old = home.say("stopped", at=utc_now() - timedelta(minutes=11), cameras=[camera.id])
    with pytest.raises(Untrusted):
        services.take_letters(home.id, old, now=utc_now())


def test_a_stop_at_the_edge_is_announced_for_its_own_cameras_only(
    scene: tuple[Owner, Home, Camera], heard: list[object]
) -> None:
    _, home, camera = scene
    foreign = make_camera(make_owner())
    services.take_letters(home.id, home.say("stopped", cameras=[camera.id, foreign.id]), now=utc_now())
    assert heard == [StoppedAtEdge(home.id, (camera.id,))]


def test_terms_taken_is_announced_once_even_if_the_answer_comes_twice(
    scene: tuple[Owner, Home, Camera], heard: list[object]
) -> None:
    _, home, camera = scene
    body = {"type": "terms", "camera": camera.id, "terms": {"version": 3}, "owner_signature": ""}
    letter = services.send_letter(home.id, body, now=utc_now())
    answer = home.say("terms_taken", id=letter, camera=camera.id, version=3, terms_sha256="ab")
    for _ in range(2):
        services.take_letters(home.id, answer, now=utc_now() + timedelta(hours=1))
    assert heard == [TermsTaken(camera.id, 3, "ab")]


def test_refused_terms_are_announced_with_the_reason(scene: tuple[Owner, Home, Camera], heard: list[object]) -> None:
    _, home, camera = scene
    body = {"type": "terms", "camera": camera.id, "terms": {"version": 3}, "owner_signature": ""}
    letter = services.send_letter(home.id, body, now=utc_now())
    services.take_letters(home.id, home.say("letter_refused", id=letter, kind="terms-version"), now=utc_now())
    assert heard == [TermsTaken(camera.id, 3, "", refused="terms-version")]
    assert LetterRow.objects.get().refused == "terms-version"


def test_terms_letters_stay_in_order_and_a_withdrawal_replaces_them(scene: tuple[Owner, Home, Camera]) -> None:
    _, home, camera = scene
    for version in (1, 2):
        body = {"type": "terms", "camera": camera.id, "terms": {"version": version}, "owner_signature": ""}
        services.send_letter(home.id, body, now=utc_now())
    assert [kind for kind, _ in _waiting(home)] == ["terms", "terms"]
    services.send_letter(home.id, {"type": "withdraw", "camera": camera.id}, now=utc_now())
    assert [kind for kind, _ in _waiting(home)] == ["withdraw"]


def test_a_full_queue_refuses_what_loosens_and_never_a_pause(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, camera = scene
    rows = (LetterRow(edge_id=home.id, kind="policy", body="{}", written_at=utc_now()) for _ in range(500))
    LetterRow.objects.bulk_create(rows)
    with pytest.raises(LimitReached):
        services.send_letter(home.id, {"type": "policy"}, now=utc_now())
    services.pause_camera(owner.principal, camera.id, now=utc_now())
    assert _waiting(home)[-1][0] == "pause"


def _ask(owner: Owner, camera: Camera) -> None:
    reply = to_b64(public_point(ec.generate_private_key(ec.SECP256R1())))
    signed = owner.sign("picture.ask", camera=camera.id, reply_key=reply)
    services.ask_picture(owner.principal, camera.id, signed, now=utc_now())


def test_a_test_picture_reaches_its_owner_sealed_and_is_gone_after_five_minutes(
    scene: tuple[Owner, Home, Camera],
) -> None:
    owner, home, camera = scene
    _ask(owner, camera)
    assert services.fetch_picture(owner.principal, camera.id, now=utc_now()) == PictureAnswer("waiting")
    (kind, letter), *_ = _waiting(home)
    assert kind == "picture"
    answer = home.say("picture", id=letter, camera=camera.id, box=to_b64(b"sealed"))
    services.take_letters(home.id, answer, now=utc_now())
    assert services.fetch_picture(owner.principal, camera.id, now=utc_now()) == PictureAnswer("ready", box=b"sealed")
    _ask(owner, camera)
    assert services.fetch_picture(owner.principal, camera.id, now=utc_now()) == PictureAnswer("waiting")
    (_, letter), *_ = _waiting(home)
    dated = home.say("picture", id=letter, camera=camera.id, box=to_b64(b"sealed"), taken_at=1_790_000_000_000)
    services.take_letters(home.id, dated, now=utc_now())
    answered = services.fetch_picture(owner.principal, camera.id, now=utc_now())
    assert answered == PictureAnswer("ready", box=b"sealed", taken_at=from_ms(1_790_000_000_000))
    later = utc_now() + timedelta(minutes=5)
    with pytest.raises(NotFound):
        services.fetch_picture(owner.principal, camera.id, now=later)
    services.purge(later)
    assert not Picture.objects.exists()


def test_a_picture_that_failed_says_why(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, camera = scene
    _ask(owner, camera)
    (_, letter), *_ = _waiting(home)
    services.take_letters(home.id, home.say("letter_refused", id=letter, kind="source-auth"), now=utc_now())
    answer = services.fetch_picture(owner.principal, camera.id, now=utc_now())
    assert answer == PictureAnswer("failed", fault="source-auth")


def test_a_picture_is_asked_for_with_the_pinned_key_only(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, camera = scene
    second = ec.generate_private_key(ec.SECP256R1())
    services.register_owner_key(owner.principal, public_point(second), name="laptop", now=utc_now())
    with pytest.raises(Untrusted):
        _ask(Owner(owner.principal, second, ""), camera)
    assert _waiting(home) == []


def test_a_picture_for_another_camera_of_the_edge_is_not_kept(scene: tuple[Owner, Home, Camera]) -> None:
    owner, home, camera = scene
    second = make_camera(owner, home)
    _ask(owner, camera)
    (_, letter), *_ = _waiting(home)
    services.take_letters(home.id, home.say("picture", id=letter, camera=second.id, box="AAAA"), now=utc_now())
    assert services.fetch_picture(owner.principal, camera.id, now=utc_now()) == PictureAnswer("waiting")
    with pytest.raises(ConsentryError):
        services.fetch_picture(owner.principal, second.id, now=utc_now())
