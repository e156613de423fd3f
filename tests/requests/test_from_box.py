"""A box sends an answer by itself: signed by the edge that cut the clip, for the agency that its owner named."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from tests.cameras.stage import Home, make_owner, pair
from tests.requests.stage import Asked, begin, files_on_their_way, make_asked, row_of, signed_clip, work

from consentry.cameras import services as cameras
from consentry.core.body_limit import limit_of
from consentry.kernel.box_auth import BoxRequest, parse_box_header, verify_box_claim, write_box_header
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import AnswerId, new_id
from consentry.kernel.limits_residents import BOX_PART_BYTES
from consentry.ledger.models import LedgerEntry
from consentry.requests import models, services

pytestmark = pytest.mark.django_db
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40
KINDS = ("agency", "answer", "camera", "clip", "edge", "request", "sha256")


class Box:
    """A home's box as it speaks to the server."""

    def __init__(self, asked: Asked, at: int = 0) -> None:
        self.asked, self.scene = asked, asked.stage.homes[at]
        self.home: Home = self.scene.home
        self.client = Client(SERVER_NAME="localhost")
        self.signed = signed_clip(self.scene, FILM)
        self.answer = self.begin()

    def begin(self) -> AnswerId:
        """The owner's page announces it."""
        who = self.scene.owner.principal
        return begin(self.asked.request, who, FILM, camera=self.scene.camera.id, signed=self.signed)

    def word(self, **changes: Any) -> str:
        """The owner's word."""
        said = {
            "agency": self.asked.stage.agency.id, "answer": self.answer, "camera": self.scene.camera.id,
            "clip": json.loads(self.signed)["manifest"]["clip"], "edge": self.home.id,
            "request": self.asked.request, "sha256": hashlib.sha256(FILM).hexdigest(), **changes,
        }  # fmt: skip
        return self.scene.owner.sign("clip.send", **said)

    def say(self, method: str, tail: str = "", body: bytes = b"", **more: Any) -> Any:
        """One request of the box; `home`: signed by another, `late`: at another time."""
        path, home = f"/api/edges/answers/{more.pop('answer', self.answer)}{tail}", more.pop("home", self.home)
        now_ms = to_ms(utc_now()) + more.pop("late_ms", 0)
        header = write_box_header(home.id, home.key, BoxRequest(method, path, body), now_ms=now_ms)
        kind = "application/octet-stream" if method == "PATCH" else "application/json"
        return self.client.generic(method, path, more.pop("other", body), content_type=kind, HTTP_AUTHORIZATION=header)

    def part(self, offset: int, data: bytes) -> Any:
        return self.say("PATCH", f"/part?offset={offset}", data)

    def finish(self, word: str = "") -> Any:
        return self.say("POST", "/finish", json.dumps({"owner_signature": word or self.word()}).encode())

    def fail(self, why: str) -> Any:
        return self.say("POST", "/fail", json.dumps({"why": why}).encode())


def test_a_box_sends_in_parts_finishes_and_the_agency_has_the_clip() -> None:
    box = Box(make_asked())
    assert box.say("GET").json() == {"state": "receiving", "offset": 0}
    assert not row_of(box.answer).by_box
    assert box.part(0, FILM[:4_000]).json() == {"state": "receiving", "offset": 4_000}
    assert row_of(box.answer).by_box, "its owner's page says that the box sends it"
    assert box.part(0, FILM[:4_000]).json()["kind"] == "upload-offset"
    assert box.say("GET").json()["offset"] == 4_000, "it goes on from there"
    assert box.part(4_000, FILM[4_000:]).status_code == 200
    for _ in range(2):
        assert box.finish().json() == {"state": "checking", "offset": 0}
    work()
    assert box.say("GET").json()["state"] == "sent"
    assert row_of(box.answer).item


def test_no_row_of_what_the_box_says_names_its_owner_or_its_edge() -> None:
    box = Box(make_asked())
    box.part(0, FILM)
    box.finish()
    named = (box.home.id, box.scene.owner.id, box.scene.camera.id)
    row = models.Answer.objects.filter(id=box.answer).values().get()
    clear = json.dumps({name: str(value) for name, value in row.items() if name != "identity"})
    assert not [one for one in named if one in clear]


@pytest.mark.parametrize("who", ["another edge", "another key", "nobody", "a gateway", "garbage"])
def test_another_edges_answer_is_as_none(who: str) -> None:
    box = Box(make_asked(homes=2))
    stranger = pair(make_owner())
    homes = {"another edge": stranger, "another key": Home(box.home.id, Ed25519PrivateKey.generate())}
    if who in homes:
        answers = [
            box.say("GET", home=homes[who]), box.say("PATCH", "/part?offset=0", FILM, home=homes[who]),
            box.say("POST", "/finish", json.dumps({"owner_signature": box.word()}).encode(), home=homes[who]),
            box.say("POST", "/fail", b'{"why": "box-clip"}', home=homes[who]),
        ]  # fmt: skip
        missing = box.say("GET", answer=new_id("answer"), home=homes[who])
        assert {(one.status_code, one.content) for one in answers} == {(404, missing.content)}
    else:
        header = {"nobody": {}, "a gateway": {"HTTP_AUTHORIZATION": "Consentry-Key a.1.b.c"}}
        more = header.get(who, {"HTTP_AUTHORIZATION": "Consentry-Box " + "x" * 400})
        status = box.client.get(f"/api/edges/answers/{box.answer}", **more).status_code
        assert status == (401 if who == "nobody" else 400)
    assert row_of(box.answer).state == "receiving"
    assert not row_of(box.answer).by_box


def test_what_was_signed_is_what_counts() -> None:
    box = Box(make_asked())
    assert box.say("PATCH", "/part?offset=0", FILM, other=b"x" * len(FILM)).status_code == 404
    for late_ms in (-301_000, 301_000):
        assert box.say("GET", late_ms=late_ms).json()["kind"] == "box-time"
    assert box.say("GET", late_ms=-200_000).status_code == 200
    for size in (0, BOX_PART_BYTES + 1):
        assert box.part(0, bytes(size)).status_code == 400
    assert box.part(-1, FILM).status_code == 400
    assert limit_of(f"/api/edges/answers/{box.answer}/part") == BOX_PART_BYTES


@pytest.mark.parametrize("field", KINDS)
def test_a_word_of_the_owner_for_anything_else_gets_nothing_through(field: str) -> None:
    """A page that has its owner sign for one agency cannot have the clip sent to another."""
    box = Box(make_asked())
    box.part(0, FILM)
    assert box.finish(box.word(**{field: "something else"})).json()["kind"] == "owner-signature"
    assert row_of(box.answer).state == "receiving"
    stranger = make_owner()
    forged = stranger.sign("clip.send", **{name: json.loads(box.word())["record"][name] for name in KINDS})
    assert box.finish(forged).json()["kind"] == "owner-signature"
    assert box.finish().status_code == 200


def test_taking_back_or_putting_away_while_the_box_sends_drops_what_came_and_the_box_hears_it(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    for act in ("take back", "put away"):
        box = Box(make_asked())
        box.part(0, FILM[:4_000])
        before = LedgerEntry.objects.count()
        upload = row_of(box.answer).upload
        assert upload in files_on_their_way()
        who = box.scene.owner.principal
        with django_capture_on_commit_callbacks(execute=True):
            if act == "take back":
                services.withdraw_answer(who, box.answer, now=utc_now())
            else:
                services.decline(who, box.asked.request, now=utc_now())
        assert upload not in files_on_their_way()
        assert box.part(4_000, FILM[4_000:]).json()["kind"] == "answer-gone"
        assert box.finish().json()["kind"] == "answer-gone"
        assert box.say("GET").json() == {"state": "withdrawn", "offset": 0}
        assert LedgerEntry.objects.count() == before, "the log learns of neither"


def test_putting_away_leaves_what_arrived() -> None:
    box = Box(make_asked())
    box.part(0, FILM)
    box.finish()
    work()
    services.decline(box.scene.owner.principal, box.asked.request, now=utc_now())
    assert row_of(box.answer).state == "sent"


def test_a_box_that_gives_up_says_why_and_its_owner_reads_it(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    box = Box(make_asked())
    box.part(0, FILM[:4_000])
    assert box.fail("because").status_code == 400
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            assert box.fail("box-clip").json() == {"state": "failed", "offset": 0}
    assert row_of(box.answer).why == "box-clip"
    assert row_of(box.answer).upload not in files_on_their_way()
    box.answer = box.begin()
    box.part(0, FILM)
    box.finish()
    work()
    assert box.fail("box-clip").json()["state"] == "sent", "what arrived stays"


def test_a_request_that_is_resolved_takes_nothing_more_and_a_removed_box_neither() -> None:
    box = Box(make_asked())
    box.part(0, FILM)
    services.resolve_request(box.asked.stage.analyst, box.asked.request, "solved", now=utc_now())
    assert box.finish().json()["kind"] == "request-over"
    cameras.remove_edge(box.scene.owner.principal, box.home.id, now=utc_now())
    assert box.say("GET").status_code == 404


def test_an_answer_begun_in_time_is_finished_by_the_box_after_the_deadline() -> None:
    box = Box(make_asked())
    box.part(0, FILM)
    services.close_due(utc_now() + timedelta(days=20))
    assert box.finish().json()["state"] == "checking"


@pytest.mark.parametrize(
    "text", ["", "Consentry-Box", "Consentry-Box a.b.c", "Consentry-Box e.1.!!", "Consentry-Box e.-1.AA", "X e.1.AA"]
)
def test_a_header_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(ConsentryError):
        parse_box_header(text)


def test_a_signature_holds_for_its_request_alone() -> None:
    key, request = Ed25519PrivateKey.generate(), BoxRequest("PATCH", "/a?offset=1", b"body")
    claim = parse_box_header(write_box_header(pair(make_owner()).id, key, request, now_ms=1_000))
    public = key.public_key().public_bytes_raw()
    verify_box_claim(claim, public, request, now_ms=1_000)
    for other in (
        BoxRequest("GET", "/a?offset=1", b"body"), BoxRequest("PATCH", "/a?offset=2", b"body"),
        BoxRequest("PATCH", "/a?offset=1", b"other"),
    ):  # fmt: skip
        with pytest.raises(ConsentryError):
            verify_box_claim(claim, public, other, now_ms=1_000)
