"""What a person wished is what they get: muted kinds, quiet hours, gathered letters, letters that can be stopped."""

import re
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from tests.notices.mailbox import Mailbox
from tests.notices.push_service import PushService
from tests.sign_in import client_for, make_person

from consentry.kernel.clock import utc_now
from consentry.kernel.errors import LimitReached, Malformed, NotFound
from consentry.kernel.ids import PersonId
from consentry.notices import deliver, plan, services, stop
from consentry.notices.models import Delivery, Notice
from consentry.notices.queries import wishes_of
from consentry.notices.rules import MAX_MUTES, MAX_PER_HOUR
from consentry.notices.types import Channel, Mute, Quiet, Rhythm, Times

pytestmark = pytest.mark.django_db
JSON = "application/json"


def _reader() -> PersonId:
    person = make_person()
    EmailAddress.objects.filter(user=person).update(verified=True)
    services.wish_email(person, wanted=True)
    return person


def _quiet_now(person: PersonId, *, is_strict: bool = False, rhythm: Rhythm = Rhythm.NOW) -> datetime:
    """Quiet hours around now; returns a time just after them."""
    now = utc_now()
    minute = now.hour * 60 + now.minute
    quiet = Quiet((minute - 60) % 1_440, (minute + 60) % 1_440)
    services.wish_times(person, Times(rhythm, quiet, "UTC", is_strict))
    return now + timedelta(hours=1, minutes=1)


def _run(at: datetime | None = None) -> int:
    return deliver.deliver_due(now=at or utc_now())


def test_quiet_hours_hold_what_is_not_urgent_and_bring_it_as_one(mailbox: Mailbox, service: PushService) -> None:
    person = _reader()
    services.add_browser(person, service.browser(), now=utc_now())
    later = _quiet_now(person)
    for kind in ("look.ended", "look.ended", "mandate.recorded", "look.started"):
        services.notify(person, kind, "cam_x")
    assert _run() == 2  # urgent: by e-mail and by push
    assert [letter["Subject"] for letter in mailbox.letters] == ["[Consentry] Somebody is looking"]
    assert _run(later) == 2
    said = mailbox.letters[1].get_content()
    assert "- A look has ended (2)" in said
    assert "- An obligation was recorded for a camera" in said
    assert "cam_" not in said
    assert [one["kind"] for one in service.messages()] == ["look.started", "notices.held"]
    assert service.messages()[1]["object"] == ""
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert _run(later + timedelta(days=1)) == 0


def test_one_that_was_held_alone_comes_with_its_own_words(mailbox: Mailbox) -> None:
    person = _reader()
    later = _quiet_now(person)
    services.notify(person, "look.ended", "cam_x")
    assert (_run(), _run(later)) == (0, 1)
    assert mailbox.letters[0]["Subject"] == "[Consentry] A look has ended"


def test_strict_quiet_hours_hold_everything_and_what_is_over_by_then_is_left_to_the_page(mailbox: Mailbox) -> None:
    person = _reader()
    later = _quiet_now(person, is_strict=True)
    services.notify(person, "look.started", "cam_x")
    assert (_run(), _run(later)) == (0, 0)
    assert Notice.objects.filter(person=person).count() == 1
    assert mailbox.letters == []


def test_a_gathered_letter_that_is_not_taken_is_tried_again_whole(mailbox: Mailbox) -> None:
    person = _reader()
    later = _quiet_now(person)
    for _ in range(3):
        services.notify(person, "look.ended", "cam_x")
    mailbox.answers = ["451 later"]
    assert (_run(), _run(later), _run(later + timedelta(seconds=16))) == (0, 0, 1)
    assert "(3)" in mailbox.letters[0].get_content()


def test_two_people_who_wait_get_a_letter_each(mailbox: Mailbox) -> None:
    people = [_reader(), _reader()]
    for person in people:
        later = _quiet_now(person)
        services.notify(person, "look.ended", "cam_x")
        services.notify(person, "flag.raised", "cam_x")
    assert _run() == 0
    assert _run(later) == 2
    assert len({letter["To"] for letter in mailbox.letters}) == 2


def test_a_muted_kind_is_not_told_by_that_channel(mailbox: Mailbox, service: PushService) -> None:
    person = _reader()
    services.add_browser(person, service.browser(), now=utc_now())
    services.mute(person, Mute("look.started", Channel.EMAIL), is_muted=True)
    services.mute(person, Mute("look.ended", Channel.PUSH, "cam_x"), is_muted=True)
    services.notify(person, "look.started", "cam_x")
    services.notify(person, "look.ended", "cam_x")
    services.notify(person, "look.ended", "cam_y")
    _run()
    assert len(mailbox.letters) == 2
    pushed = {(one["kind"], one["object"]) for one in service.messages()}
    assert pushed == {("look.started", "cam_x"), ("look.ended", "cam_y")}
    services.mute(person, Mute("look.started", Channel.EMAIL), is_muted=False)
    services.notify(person, "look.started", "cam_z")
    _run()
    assert len(mailbox.letters) == 3


def test_many_events_never_crowd_out_an_ask(mailbox: Mailbox) -> None:
    person = _reader()
    for _ in range(MAX_PER_HOUR + 5):
        services.notify(person, "look.ended", "cam_x")
    assert _run() == MAX_PER_HOUR
    services.notify(person, "ask.opened", "cnd_x")
    assert _run() == 1
    assert mailbox.letters[-1]["Subject"] == "[Consentry] You are asked for a look"


def test_a_letter_can_be_stopped_by_a_mail_program_without_signing_in(mailbox: Mailbox) -> None:
    person = _reader()
    services.notify(person, "look.ended", "cam_x")
    _run()
    letter = mailbox.letters[0]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    said = letter["List-Unsubscribe"].strip()
    address = re.fullmatch(r"<https?://[^/]+(/api/notices/stop/[0-9a-f]+-[0-9a-f]{32})>", said)
    assert address is not None
    assert str(person) not in address[1]
    stranger = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert stranger.get(address[1]).status_code == 405  # programs look at addresses by themselves
    assert wishes_of(person).by_email is True
    form = {"content_type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert stranger.post(address[1], "List-Unsubscribe=One-Click", **form).status_code == 204
    assert wishes_of(person).by_email is False
    services.notify(person, "look.ended", "cam_y")
    assert _run() == 0


def test_the_word_of_a_letter_stops_its_kind_alone_if_wanted(mailbox: Mailbox) -> None:
    person, other = _reader(), _reader()
    services.notify(person, "look.ended", "cam_x")
    _run()
    link = re.search(r"/unsubscribe#([0-9a-f-]+)", mailbox.letters[0].get_content())
    assert link is not None
    stranger = Client(SERVER_NAME="localhost")
    assert stranger.post("/api/notices/letter", {"code": link[1]}, content_type=JSON).json() == {"kind": "look.ended"}
    body = {"code": link[1], "of_kind_only": True}
    assert stranger.post("/api/notices/stop", body, content_type=JSON).status_code == 204
    assert wishes_of(person).mutes == {Mute("look.ended", Channel.EMAIL)}
    assert (wishes_of(person).by_email, wishes_of(other).mutes) == (True, frozenset())


@pytest.mark.parametrize("code", ["", "1", "1-", "zz-00", "-1-00", "1-" + "0" * 32, "f" * 60, "1-é", "0x1-" + "0" * 32])
def test_a_word_that_we_did_not_make_stops_nothing(mailbox: Mailbox, code: str) -> None:
    services.notify(_reader(), "look.ended", "cam_x")
    _run()
    with pytest.raises(NotFound):
        stop.stop_letters(code)
    good = stop.stop_code(Delivery.objects.get().id)
    with pytest.raises(NotFound):
        stop.stop_letters(good[:-1] + ("0" if good[-1] != "0" else "1"))
    assert Client(SERVER_NAME="localhost").post(f"/api/notices/stop/{code or 'x'}").status_code == 404


def test_the_word_of_a_push_or_of_a_letter_that_is_forgotten_stops_nothing(service: PushService) -> None:
    person = make_person()
    services.add_browser(person, service.browser(), now=utc_now())
    services.notify(person, "look.ended", "cam_x")
    plan.plan(now=utc_now())
    code = stop.stop_code(Delivery.objects.get().id)
    with pytest.raises(NotFound):
        stop.stop_letters(code)
    services.forget_before(utc_now() + timedelta(days=1))
    with pytest.raises(NotFound):
        stop.stop_letters(code)


def test_wishes_are_kept_and_read_over_http_by_their_own_person_only() -> None:
    person, other = make_person(), make_person()
    client = client_for(person)
    quiet = {"from_minute": 1_320, "until_minute": 420}
    times = {"rhythm": "daily", "quiet": quiet, "zone": "Europe/Paris", "is_strict": True}
    mute = {"kind": "look.ended", "channel": "push", "object_id": "cam_x"}
    assert client.put("/api/notices/times", times, content_type=JSON).status_code == 204
    assert client.put("/api/notices/mutes", {**mute, "is_muted": True}, content_type=JSON).status_code == 204
    said = client.get("/api/notices/wishes").json()
    assert {name: said[name] for name in times} == times
    assert said["mutes"] == [mute]
    assert client_for(other).get("/api/notices/wishes").json()["mutes"] == []
    client.put("/api/notices/mutes", {**mute, "is_muted": False}, content_type=JSON)
    client.put("/api/notices/times", {**times, "quiet": None}, content_type=JSON)
    said = client.get("/api/notices/wishes").json()
    assert (said["mutes"], said["quiet"]) == ([], None)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("times", {"zone": "Mars/Olympus"}), ("times", {"zone": "x" * 10_000}), ("times", {"rhythm": "always"}),
        ("times", {"quiet": {"from_minute": 5, "until_minute": 5}}),
        ("times", {"quiet": {"from_minute": -1, "until_minute": 1_440}}), ("times", {"quiet": 7}),
        ("mutes", {"kind": "of.tomorrow"}), ("mutes", {"channel": "pigeon"}), ("mutes", {"object_id": "x" * 61}),
    ],
)  # fmt: skip
def test_malformed_wishes_are_refused(path: str, change: dict[str, object]) -> None:
    good: dict[str, dict[str, object]] = {
        "times": {"rhythm": "now", "quiet": None, "zone": "UTC", "is_strict": False},
        "mutes": {"kind": "look.ended", "channel": "push", "object_id": "", "is_muted": True},
    }
    client = client_for(make_person())
    assert client.put(f"/api/notices/{path}", good[path] | change, content_type=JSON).status_code == 400
    assert Client(SERVER_NAME="localhost").put(f"/api/notices/{path}", good[path], content_type=JSON).status_code == 401


def test_wishes_have_a_limit() -> None:
    person = make_person()
    for number in range(MAX_MUTES):
        services.mute(person, Mute("look.ended", Channel.PUSH, f"cam_{number}"), is_muted=True)
    services.mute(person, Mute("look.ended", Channel.PUSH, "cam_0"), is_muted=True)
    with pytest.raises(LimitReached):
        services.mute(person, Mute("look.ended", Channel.PUSH, "cam_more"), is_muted=True)
    with pytest.raises(Malformed):
        services.mute(person, Mute("of.tomorrow", Channel.PUSH), is_muted=True)


def test_a_push_service_that_answers_slowly_keeps_nobody_elses_ring_waiting(service: PushService) -> None:
    slow, quick = make_person(), make_person()
    service.held.add("/push/slow")
    services.add_browser(slow, service.browser("slow"), now=utc_now())
    services.add_browser(quick, service.browser("quick"), now=utc_now())
    services.notify(slow, "look.started", "cam_slow")
    services.notify(quick, "look.started", "cam_quick")
    service.let_go_after = 1
    assert _run() == 2
    assert [one["object"] for one in service.messages()] == ["cam_quick", "cam_slow"]
