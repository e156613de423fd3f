"""Notices on their way: a real mail server, a real push service, the worker's own steps."""

import base64
import json
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from py_vapid import Vapid02
from pytest_django import Settings
from tests.notices.mailbox import Mailbox
from tests.notices.push_service import PushService
from tests.sign_in import make_person

from consentry.accounts.models import Person
from consentry.accounts.services import set_language
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import LimitReached, Malformed
from consentry.kernel.ids import PersonId
from consentry.notices import deliver, services
from consentry.notices.kinds import kinds
from consentry.notices.models import Delivery, PushSubscription
from consentry.notices.rules import MAX_BROWSERS, MAX_PER_HOUR, MAX_TRIES, wait_after
from consentry.notices.types import Browser

pytestmark = pytest.mark.django_db


def _reader(*, by_email: bool = True, language: str = "en") -> PersonId:
    person = make_person()
    EmailAddress.objects.filter(user=person).update(verified=True)
    services.wish_email(person, wanted=by_email)
    set_language(person, language)
    return person


def _run(after: timedelta = timedelta(0)) -> int:
    now = utc_now() + after
    deliver.plan(now=now)
    return deliver.deliver_due(now=now)


@pytest.mark.parametrize(("language", "subject"), [("en", "Somebody is"), ("fr", "Quelqu’un"), ("es", "Alguien")])
def test_a_look_is_told_by_e_mail_in_the_owners_language_and_nothing_else(
    mailbox: Mailbox, language: str, subject: str
) -> None:
    person = _reader(language=language)
    services.notify(person, "look.started", "cam_abcdefghijklmnopqrstuvwxyz")
    assert (_run(), _run()) == (1, 0)
    letter = mailbox.letters[0]
    assert letter["To"] == Person.objects.get(id=person).email
    assert subject in letter["Subject"]
    assert letter["Auto-Submitted"] == "auto-generated"
    said = letter.get_content()
    assert "/home" in said
    assert not re.search(r"cam_|per_|Some owner|\d{1,3}\.\d{3,}", f"{letter['Subject']} {said}")
    assert letter.get_content_type() == "text/plain"


def test_who_did_not_ask_for_e_mail_gets_none(mailbox: Mailbox) -> None:
    services.notify(make_person(), "look.started", "cam_x")
    services.notify(_reader(by_email=False), "look.started", "cam_x")
    services.notify(_reader(), "camera.changed", "cam_x")
    unproven = _reader()
    EmailAddress.objects.filter(user=unproven).update(verified=False)
    services.notify(unproven, "look.started", "cam_x")
    assert _run() == 0
    assert mailbox.letters == []


def test_a_busy_mail_server_is_asked_again_later_and_the_letter_comes_once(mailbox: Mailbox) -> None:
    services.notify(_reader(), "look.ended", "cam_x")
    mailbox.answers = ["451 try later", "451 try later"]
    assert _run() == 0
    assert _run(timedelta(seconds=14)) == 0
    assert mailbox.answers == ["451 try later"]
    assert _run(wait_after(1)) == 0
    assert _run(wait_after(1) + wait_after(2)) == 1
    assert _run(timedelta(hours=2)) == 0
    assert len(mailbox.letters) == 1


def test_a_mail_server_that_never_takes_it_is_left_alone_after_five_tries(mailbox: Mailbox) -> None:
    services.notify(_reader(), "look.ended", "cam_x")
    mailbox.answers = ["451 no"] * 10
    for step in range(10):
        _run(timedelta(hours=step))
    assert len(mailbox.answers) == 10 - MAX_TRIES
    row = Delivery.objects.get()
    assert (row.state, row.tries) == ("dropped", MAX_TRIES)


def test_a_letter_that_is_refused_for_good_is_not_sent_again(mailbox: Mailbox) -> None:
    services.notify(_reader(), "look.ended", "cam_x")
    mailbox.answers = ["550 no such mailbox"]
    _run()
    assert _run(timedelta(hours=1)) == 0
    assert Delivery.objects.get().state == "failed"


def test_a_worker_that_died_while_sending_leaves_no_second_letter(mailbox: Mailbox) -> None:
    services.notify(_reader(), "look.started", "cam_x")
    deliver.plan(now=utc_now())
    Delivery.objects.update(state="claimed")
    assert _run(timedelta(minutes=1)) == 0
    assert mailbox.letters == []


def test_at_most_twenty_letters_an_hour(mailbox: Mailbox) -> None:
    person, other = _reader(), _reader()
    for _ in range(MAX_PER_HOUR + 3):
        services.notify(person, "look.ended", "cam_x")
    services.notify(other, "look.ended", "cam_x")
    assert _run() == MAX_PER_HOUR + 1
    assert _run(timedelta(hours=1, minutes=1)) == 0
    services.notify(person, "look.ended", "cam_x")
    assert _run(timedelta(hours=1, minutes=1)) == 1


@pytest.mark.parametrize("kind", kinds())
def test_what_is_no_longer_worth_it_is_not_told(mailbox: Mailbox, kind: str) -> None:
    services.notify(_reader(), kind, "x")
    deliver.plan(now=utc_now())
    assert _run(kinds()[kind].worth + timedelta(seconds=5)) == 0
    assert mailbox.letters == []


def test_a_rolled_back_notice_is_told_to_nobody(mailbox: Mailbox) -> None:
    person = _reader()
    with transaction.atomic():
        services.notify(person, "look.started", "cam_x")
        transaction.set_rollback(True)
    assert _run() == 0


def test_a_browser_gets_ids_that_it_alone_can_open(service: PushService) -> None:
    person = _reader(by_email=False, language="fr")
    services.add_browser(person, service.browser(), now=utc_now())
    number = services.notify(person, "ask.opened", "cnd_x")
    assert _run() == 1
    headers, body = service.taken[0]
    said = {"id": str(number), "kind": "ask.opened", "object": "cnd_x", "language": "fr"}
    assert service.messages() == [said]
    assert b"ask.opened" not in body
    assert headers["content-encoding"] == "aes128gcm"
    assert int(headers["ttl"]) == 300
    assert Vapid02.verify(headers["authorization"])
    token = headers["authorization"].split("t=")[1].split(",")[0].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(token + "=="))
    assert claims["aud"] == service.origin
    assert claims["sub"].startswith("mailto:")


def test_a_browser_that_is_gone_is_forgotten(service: PushService) -> None:
    person = _reader(by_email=False)
    services.add_browser(person, service.browser(), now=utc_now())
    service.statuses = [410]
    services.notify(person, "look.started", "cam_x")
    assert _run() == 0
    assert not PushSubscription.objects.exists()


def test_a_busy_push_service_is_asked_again_and_a_redirect_is_not_followed(service: PushService) -> None:
    person = _reader(by_email=False)
    services.add_browser(person, service.browser(), now=utc_now())
    service.statuses = [503, 307]
    services.notify(person, "look.ended", "cam_x")
    assert _run() == 0
    assert _run(wait_after(1)) == 0
    assert (service.taken, service.statuses) == ([], [])
    assert Delivery.objects.get().state == "failed"


def test_only_known_push_services_are_subscribed_to_and_called(service: PushService, settings: Settings) -> None:
    person = _reader(by_email=False)
    good = service.browser()
    for bad in (
        Browser("https://169.254.169.254/latest", good.p256dh, good.auth), Browser(good.endpoint, b"x" * 65, good.auth),
        Browser(good.endpoint, good.p256dh, b"short"),
    ):  # fmt: skip
        with pytest.raises(Malformed):
            services.add_browser(person, bad, now=utc_now())
    services.add_browser(person, good, now=utc_now())
    settings.PUSH_SERVICES = ["https://fcm.googleapis.com"]
    services.notify(person, "look.started", "cam_x")
    assert _run() == 0
    assert service.taken == []


def test_ten_browsers_a_person_and_one_person_a_browser(service: PushService) -> None:
    person, other = _reader(), _reader()
    for number in range(MAX_BROWSERS):
        services.add_browser(person, service.browser(str(number)), now=utc_now())
    with pytest.raises(LimitReached):
        services.add_browser(person, service.browser("more"), now=utc_now())
    services.add_browser(other, service.browser("0"), now=utc_now())
    assert PushSubscription.objects.filter(person=person).count() == MAX_BROWSERS - 1
    services.remove_browser(person, service.browser("0").endpoint)
    assert PushSubscription.objects.filter(person=other).count() == 1
