"""A person's own notices and wishes over HTTP: one's own, nobody else's."""

import pytest
from django.test import Client
from pytest_django import Settings
from tests.notices.push_service import running_push_service
from tests.sign_in import client_for, make_person

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.holder import load_point
from consentry.notices import services
from consentry.notices.models import PushSubscription

pytestmark = pytest.mark.django_db


def test_notices_are_ones_own_and_newest_first() -> None:
    mine, other = make_person(), make_person()
    services.notify(mine, "look.started", "cam_one")
    services.notify(mine, "look.ended", "cam_one")
    services.notify(other, "look.started", "cam_two")
    client = client_for(mine)
    said = client.get("/api/notices").json()
    assert [(one["kind"], one["is_seen"]) for one in said] == [("look.ended", False), ("look.started", False)]
    client.post("/api/notices/seen", {"up_to": said[1]["id"]}, content_type="application/json")
    assert [one["is_seen"] for one in client.get("/api/notices").json()] == [False, True]
    assert [one["object_id"] for one in client_for(other).get("/api/notices").json()] == ["cam_two"]


def test_nobody_is_told_by_e_mail_or_push_before_asking_for_it() -> None:
    client = client_for(make_person())
    said = client.get("/api/notices/wishes").json()
    assert (said["by_email"], said["browsers"]) == (False, 0)
    load_point(from_b64(said["push_key"]))
    client.patch("/api/notices/wishes", {"by_email": True}, content_type="application/json")
    assert client.get("/api/notices/wishes").json()["by_email"] is True


def test_a_browser_is_added_and_removed_by_its_own_person_only(settings: Settings) -> None:
    client, other = client_for(make_person()), client_for(make_person())
    with running_push_service() as service:
        settings.PUSH_SERVICES = [service.origin]
        browser = service.browser()
        body = {"endpoint": browser.endpoint, "p256dh": to_b64(browser.p256dh), "auth": to_b64(browser.auth)}
        assert client.post("/api/notices/browsers", body, content_type="application/json").status_code == 204
        gone = {"endpoint": browser.endpoint}
        other.post("/api/notices/browsers/remove", gone, content_type="application/json")
        assert PushSubscription.objects.count() == 1
        client.post("/api/notices/browsers/remove", gone, content_type="application/json")
        assert PushSubscription.objects.count() == 0
        bad = {**body, "endpoint": "https://169.254.169.254/x"}
        assert client.post("/api/notices/browsers", bad, content_type="application/json").status_code in (400, 422)


def test_strangers_have_no_notices() -> None:
    client = Client(SERVER_NAME="localhost")
    assert client.get("/api/notices").status_code == 401
    assert client.get("/api/notices/wishes").status_code == 401
    assert client.patch("/api/notices/wishes", {"by_email": True}, content_type="application/json").status_code == 401
