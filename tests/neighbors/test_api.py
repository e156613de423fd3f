"""The room over HTTP: allowed, denied, malformed, and what an author alone may do."""

import json

import pytest
from django.test import Client
from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import CENTRE, freeze_city, make_camera, make_owner, pair
from tests.neighbors.stage import TEXTS, cell_of_person, make_issuer, make_moderator, make_neighbor, picture_file, post
from tests.neighbors.test_services import told
from tests.sign_in import client_for, make_person

from consentry.core.principal import Principal
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import offset
from consentry.neighbors import services
from consentry.neighbors.models import MaskAsk, MaskNote, Review
from consentry.neighbors.types import RemovalReason

pytestmark = pytest.mark.django_db
JSON = "application/json"


def client_of(principal: Principal) -> Client:
    """A signed-in browser."""
    assert principal.person is not None
    return client_for(principal.person)


def test_a_new_neighbour_joins_follows_posts_and_leaves() -> None:
    freeze_city()
    client = client_for(make_person(), second_factor=False)
    assert client.get("/api/neighbors/me").json()["joined"] is False
    assert client.get("/api/neighbors/feed").json()["kind"] == "not-joined"
    joined = client.put("/api/neighbors/me", {"lat": CENTRE.lat, "lon": CENTRE.lon}, content_type=JSON).json()
    assert (joined["joined"], joined["is_new"]) == (True, True)
    assert str(CENTRE.lat) not in json.dumps(joined)
    body = {"category": "safety", "text": TEXTS[0], "cell": joined["choices"][1]}
    made = client.post("/api/neighbors/posts", body, content_type=JSON)
    assert made.status_code == 201
    (shown,) = client.get("/api/neighbors/feed").json()["posts"]
    assert (shown["id"], shown["is_mine"], shown["cell"]) == (made.json()["id"], True, joined["choices"][1])
    assert "person" not in shown
    assert client.delete("/api/neighbors/me").status_code == 204
    assert client.get("/api/neighbors/me").json()["joined"] is False


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"category": "suspicious_person", "text": "x"}, 400, "malformed"),
        ({"category": "safety", "text": "x" * 200_000}, 400, "text-long"),
        ({"category": "safety", "text": "x" * 10_000_000}, 400, "malformed"),
        ({"category": "safety", "text": "at 40.7128, -74.0060"}, 403, "text-place"),
        ({"category": "safety", "text": "A suspicious man is here"}, 403, "profiling"),
        ({"category": "good_news", "text": TEXTS[2], "is_urgent": True}, 403, "not-urgent"),
        ({"category": "safety", "text": TEXTS[0], "cell": "892ab2590cfffff"}, 400, "cell"),
        ({"category": "safety", "text": TEXTS[0], "pictures": ["pic_x"] * 9}, 400, "malformed"),
        ({"category": "safety"}, 400, "malformed"),
        ({"category": "safety", "text": "\u0000\u0007"}, 400, "text-empty"),
    ],
)
def test_what_cannot_be_posted_is_told_plainly(body: dict[str, object], status: int, kind: str) -> None:
    client = client_of(make_neighbor())
    answer = client.post("/api/neighbors/posts", body, content_type=JSON)
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "مرحبا بالجيران", "👨‍👩‍👧‍👦 on y va", "a & b < c"])
def test_text_comes_back_as_it_was_written(text: str) -> None:
    client = client_of(make_neighbor())
    made = client.post("/api/neighbors/posts", {"category": "good_news", "text": text}, content_type=JSON).json()
    answer = client.get(f"/api/neighbors/posts/{made['id']}")
    assert (answer.json()["text"], answer["Content-Type"].split(";")[0]) == (text, JSON)


def test_only_the_author_changes_a_post_or_answer() -> None:
    author, other, officer = make_neighbor(), make_neighbor(), make_issuer(make_agency().id)
    made = post(author)
    answer = services.comment(author, made, "One more thing.", now=utc_now())
    for who in (other, officer):
        client = client_of(who)
        change = client.patch(f"/api/neighbors/posts/{made}", {"category": "safety", "text": "Mine"}, content_type=JSON)
        gone = client.delete(f"/api/neighbors/posts/{made}")
        silent = client.delete(f"/api/neighbors/comments/{answer}")
        assert {change.status_code, gone.status_code, silent.status_code} <= {403, 404}
    assert client_of(author).delete(f"/api/neighbors/posts/{made}").status_code == 204


def test_nothing_tells_who_wrote_and_nothing_lists_an_author() -> None:
    agency = make_agency()
    make_programme(agency)
    author, officer = make_neighbor(), make_issuer(agency.id)
    made = [post(author, text, to_agency=True) for text in TEXTS[:3]]
    client = client_of(officer)
    cell = cell_of_person(author.person)
    texts = [client.get(path).content.decode() for path in (
        f"/api/neighbors/cells/{cell}/posts", f"/api/agencies/{agency.id}/neighbor-posts",
        *(f"/api/neighbors/posts/{one}" for one in made),
    )]  # fmt: skip
    assert all(str(author.person) not in text for text in texts)
    names = [one["author"] for one in json.loads(texts[0])["posts"]]
    assert len(set(names)) == 3
    assert client.get("/api/neighbors/feed").status_code == 403
    assert client.get("/api/neighbors/mine").status_code == 403
    assert client.get(f"/api/neighbors/cells/{cell}/posts?author={author.person}").json() == json.loads(texts[0])


def test_pictures_open_to_readers_of_their_post_and_before_to_their_owner() -> None:
    author, reader, moderator = make_neighbor(), make_neighbor(), make_moderator()
    mine = client_of(author)
    sent = mine.generic("POST", "/api/neighbors/pictures", picture_file(), content_type="application/octet-stream")
    name = sent.json()["id"]
    path = f"/api/neighbors/pictures/{name}/file"
    assert client_of(reader).get(path).status_code == 404
    answer = mine.get(path)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    made = post(author, pictures=(name,))
    assert client_of(reader).get(path).status_code == 200
    services.report(reader, made, RemovalReason.PRIVACY, "", now=utc_now())
    review = Review.objects.get().id
    services.claim(moderator, review, now=utc_now())
    services.withdraw_post(author, made)
    assert client_of(reader).get(path).status_code == 404
    assert client_of(moderator).get(path).status_code == 200
    assert Client(SERVER_NAME="localhost").get(path).status_code == 401
    for body, kind in ((b"<svg/>", "picture-form"), (b"", "picture-bytes")):
        said = mine.generic("POST", "/api/neighbors/pictures", body, content_type="application/octet-stream")
        assert (said.status_code, said.json()["kind"]) == (400, kind)


def test_an_ask_for_a_mask_has_one_answer_whether_or_not_a_camera_sees_it() -> None:
    freeze_city()
    owner = make_owner()
    camera = make_camera(owner, pair(owner))
    asker = make_neighbor()
    client = client_of(asker)
    seen = offset(camera.place, bearing=camera.view.heading_deg or 0, metres=10)
    unseen = offset(camera.place, bearing=(camera.view.heading_deg or 0) + 180, metres=150)
    bodies = [{"lat": at.lat, "lon": at.lon, "said": "My garden"} for at in (seen, unseen)]
    answers = [client.post("/api/neighbors/masks", body, content_type=JSON) for body in bodies]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"answer": "asked-if-seen"}')}
    assert services.advance_masks(utc_now()) == 2
    assert services.advance_masks(utc_now()) == 0
    assert MaskNote.objects.count() == 1
    assert {bytes(row.place) for row in MaskAsk.objects.all()} == {b""}
    (note,) = client_for(owner.principal.person).get("/api/neighbors/mask-notes").json()  # type: ignore[arg-type]
    assert (note["camera"], note["said"]) == (camera.id, "My garden")
    assert told(owner.principal.person) == [("mask.asked", camera.id)]
    assert client.get("/api/neighbors/mask-notes").json() == []
    third = client.post("/api/neighbors/masks", {"lat": seen.lat, "lon": seen.lon}, content_type=JSON)
    fourth = client.post("/api/neighbors/masks", {"lat": seen.lat, "lon": seen.lon}, content_type=JSON)
    assert (third.status_code, fourth.status_code) == (202, 429)


def test_moderation_is_the_moderators_alone_and_police_have_no_part_in_it() -> None:
    author, reporter = make_neighbor(), make_neighbor()
    made = post(author)
    said = client_of(reporter).post(f"/api/neighbors/posts/{made}/report", {"reason": "hate"}, content_type=JSON)
    assert said.status_code == 204
    review = Review.objects.get().id
    for who in (author, reporter, make_issuer(make_agency().id)):
        client = client_of(who)
        assert client.get("/api/neighbors/reviews").status_code == 403
        assert client.post(f"/api/neighbors/reviews/{review}/claim").status_code == 403
    client = client_of(make_moderator())
    assert client.post(f"/api/neighbors/reviews/{review}/claim").status_code == 204
    body = {"verdict": "remove", "reason": "hate", "explained": "It calls people names."}
    assert client.post(f"/api/neighbors/reviews/{review}/decide", body, content_type=JSON).status_code == 204
    (removal,) = client_of(author).get("/api/neighbors/removals").json()
    assert removal["explained"] == "It calls people names."
    appeal = client_of(author).post(f"/api/neighbors/reviews/{review}/appeal", {"said": "No"}, content_type=JSON)
    assert appeal.status_code == 204
    assert client.post(f"/api/neighbors/reviews/{review}/claim").json()["kind"] == "same-person"
    figures = Client(SERVER_NAME="localhost").get("/api/neighbors/figures").json()
    assert figures["counts"]["removed.hate"] == 1


def test_strangers_read_alerts_and_figures_and_nothing_else() -> None:
    stranger = Client(SERVER_NAME="localhost")
    for path in ("me", "feed", "mine", "reviews", "removals", "mask-notes", "posts/pst_x", "cells/x/posts"):
        assert stranger.get(f"/api/neighbors/{path}").status_code == 401, path
    for path in ("neighbors/figures", "alerts", "alerts.atom"):
        assert stranger.get(f"/api/{path}").status_code == 200, path
    assert stranger.get("/api/alerts/alt_nothing").status_code == 404
    assert stranger.get("/api/neighbors/figures?year=99999").status_code == 400
