"""Items by HTTP: allowed, denied, malformed; played only after a reason was given; kept and stopped from a look."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from django.conf import settings
from django.test import Client
from tests.access.stage import Stage
from tests.evidence.stage import acts, bytes_of, colleague, looking, sealed_look, segment, work
from tests.sign_in import client_for

from consentry.core.principal import Principal
from consentry.evidence import models, services
from consentry.kernel.clock import utc_now
from consentry.kernel.gateway_auth import Request, write_header
from consentry.kernel.ids import new_id
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db


def of(who: Principal) -> Client:
    return client_for(who.person)  # type: ignore[arg-type]  # somebody is signed in


def post(client: Client, path: str, body: object = None) -> Any:
    return client.post(f"/api{path}", json.dumps(body or {}), content_type="application/json")


def test_a_look_is_kept_and_stopped_by_who_looks_and_the_owner_sees_that_it_was() -> None:
    stage, session = looking()
    client, path = of(stage.analyst), f"/live/sessions/{session.id}/keep"
    assert client.get(f"/api{path}").json() == {"state": "", "item": None}
    kept = post(client, path).json()
    assert (kept["state"], kept["item"][:4]) == ("waiting", "itm_")
    assert post(client, path).json() == kept
    said, body = segment(models.Mark.objects.get())
    services.take_segment(stage.gateway, said, [body], now=utc_now())
    owner = client_for(stage.homes[0].owner.principal.person)  # type: ignore[arg-type]
    looks = owner.get(f"/api/home/cameras/{stage.homes[0].camera.id}/looks").json()
    assert [look["kept"] for look in looks] == [True]
    assert post(client, f"{path}/stop").json()["state"] == "ended"
    assert post(client, f"{path}/stop").status_code == 404
    for role in (Role.OFFICER, Role.SUPERVISOR):
        assert post(of(colleague(stage, role)), path).status_code == 404, "another's look"
    assert post(of(colleague(stage, Role.AUDITOR)), path).status_code == 403


def test_a_sealed_look_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, session = looking()
    monkeypatch.setattr(settings, "SEALED", True)
    answer = post(of(stage.analyst), f"/live/sessions/{session.id}/keep")
    assert (answer.status_code, answer.json()["kind"]) == (403, "look-sealed")
    assert not models.Item.objects.exists()


def put_segment(stage: Stage, said: Any, body: bytes, **changes: Any) -> Any:
    asked = {"camera": said.camera, "end_us": said.end_us, "previous": said.previous, "recovered": 0,
             "sha256": said.sha256, "size_bytes": said.size_bytes, "start_us": said.start_us, **changes}  # fmt: skip
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    path = f"/internal/gateway/segments/{said.recording}/{said.run}/{said.number}?{query}"
    now_ms = int(utc_now().timestamp() * 1_000)
    header = write_header(stage.gateway, stage.gateway_key, Request("PUT", path), now_ms=now_ms)
    client = Client(SERVER_NAME="localhost")
    return client.put(path, body, content_type="video/mp4", headers={"Authorization": header})


def test_a_gateway_brings_a_segment_and_nothing_else_is_taken() -> None:
    stage, session = looking()
    services.keep_look(session, now=utc_now())
    said, body = segment(models.Mark.objects.get())
    answer = put_segment(stage, said, body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["acknowledgement"]["sha256"] == said.sha256
    assert put_segment(stage, said, body).content == answer.content
    next_said, next_body = segment(models.Mark.objects.get(), 1)
    assert put_segment(stage, next_said, next_body[:-1]).status_code in (400, 403)
    assert put_segment(stage, next_said, next_body, sha256="x").status_code == 400
    assert put_segment(stage, next_said, next_body, camera=new_id("camera")).status_code == 404
    bare = Client(SERVER_NAME="localhost").put("/internal/gateway/segments/rec_x/1-00000000/0", b"x")
    assert bare.status_code == 401
    assert models.Item.objects.get().segments == 1


def test_an_item_is_searched_read_and_played_in_ranges_after_a_reason_and_each_opening_is_in_custody() -> None:
    stage, row, bodies = sealed_look()
    client = of(stage.analyst)
    incident = models.Item.objects.get().incident
    found = client.get(f"/api/items?incident={incident}&kind=look&state=sealed&cell={row.cell}").json()
    assert [item["id"] for item in found] == [row.id]
    later = (utc_now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert client.get(f"/api/items?since={later}").json() == []
    assert client.get(f"/api/items?until={later}").json() != []
    assert client.get("/api/items?since=yesterday").status_code == 400
    assert client.get("/api/items?text=%00").status_code == 400
    path = f"/api/items/{row.id}"
    refused = client.get(f"{path}/files/0")
    assert (refused.status_code, refused.json()["kind"]) == (409, "opening-needed")
    assert post(client, f"/items/{row.id}/open", {"why": " "}).status_code == 400
    assert post(client, f"/items/{row.id}/open", {"why": "Who drove?"}).status_code == 200
    whole = client.get(f"{path}/files/0")
    assert whole.status_code == 200
    assert bytes_of(whole) == bodies[0]
    part = client.get(f"{path}/files/1", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 1000-1999/{len(bodies[1])}")
    assert bytes_of(part) == bodies[1][1000:2000]
    assert client.get(f"{path}/files/0", headers={"Range": "bytes=9999999-"}).status_code == 400
    assert client.get(f"{path}/files/7").status_code == 404
    detail = client.get(path).json()
    assert [file["sha256"] for file in detail["files"]] == [hashlib.sha256(body).hexdigest() for body in bodies]
    opened = [act for act in detail["custody"] if act["kind"] == "opened"]
    assert [(act["why"], act["role"]) for act in opened] == [("Who drove?", "analyst")]
    assert [act["ledger_index"] is not None for act in detail["custody"] if act["kind"] == "sealed"] == [True]
    assert detail["keep_reason"] == "programme"


def test_an_auditor_reads_custody_and_sees_no_picture() -> None:
    stage, row, _ = sealed_look(segments=1)
    auditor = of(colleague(stage, Role.AUDITOR))
    assert auditor.get(f"/api/items/{row.id}").status_code == 200
    assert post(auditor, f"/items/{row.id}/open", {"why": "Look"}).status_code == 403
    for path in ("files/0", "thumbnail"):
        assert auditor.get(f"/api/items/{row.id}/{path}").status_code == 403
    assert post(of(stage.analyst), f"/items/{row.id}/holds", {"why": "x"}).status_code == 403
    manager = of(colleague(stage, Role.MANAGER))
    assert manager.get(f"/api/items/{row.id}").status_code == 403


def test_notes_names_cases_and_holds_on_many_or_on_none() -> None:
    stage, row, _ = sealed_look(segments=1)
    client, supervisor = of(stage.analyst), of(colleague(stage, Role.SUPERVISOR))
    assert post(client, f"/items/{row.id}/notes", {"text": "A red car"}).status_code == 204
    assert post(client, f"/items/{row.id}/name", {"name": "Oak St"}).status_code == 204
    case = post(client, "/cases", {"number": "26-7"}).json()
    assert client.put(f"/api/cases/{case['id']}/items/{row.id}").status_code == 204
    assert client.get(f"/api/items?case={case['id']}&text=red").json()[0]["name"] == "Oak St"
    half = {"items": [row.id, new_id("item")], "act": "note", "why": "Both"}
    assert post(client, "/bulk/items", half).status_code == 404
    assert post(client, "/bulk/items", half | {"items": [row.id]}).json() == {"done": 1}
    assert post(client, "/bulk/items", half | {"act": "shred"}).status_code == 400
    assert post(supervisor, "/bulk/holds", {"items": [row.id], "why": "Trial"}).json() == {"done": 1}
    detail = client.get(f"/api/items/{row.id}").json()
    assert [note["text"] for note in detail["notes"]] == ["A red car", "Both"]
    assert ([held["why"] for held in detail["holds"]], detail["keep_until"]) == (["Trial"], None)
    assert [found["number"] for found in detail["cases"]] == ["26-7"]
    hold = detail["holds"][0]["id"]
    assert post(supervisor, f"/holds/{hold}/clear").json() == {"cleared": False}
    assert post(of(colleague(stage, Role.AUDITOR)), f"/holds/{hold}/clear").json() == {"cleared": True}
    assert client.delete(f"/api/cases/{case['id']}/items/{row.id}").status_code == 204


def video() -> bytes:
    """A second of a real encoder's grey, as a phone's container has it."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for _ in range(25):
            frame = av.VideoFrame(640, 360, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([128]) * plane.buffer_size)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return file.getvalue()


def test_a_phones_video_goes_up_by_http_shows_a_thumbnail_and_loses_it_with_its_key() -> None:
    stage, _ = looking()
    client, body = of(stage.analyst), video()
    said = {"name": "a.mov", "media_type": "video/quicktime", "size_bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest()}  # fmt: skip
    assert post(client, "/uploads", said | {"size_bytes": 0}).status_code == 400
    assert post(client, "/uploads", said | {"media_type": "<b>"}).status_code == 400
    upload = post(client, "/uploads", said).json()["id"]
    path = f"/api/uploads/{upload}"
    sent = client.patch(f"{path}/part?offset=0", body, content_type="application/octet-stream")
    assert sent.json()["offset"] == len(body), sent.content
    assert client.patch(f"{path}/part?offset=-1", b"x", content_type="application/octet-stream").status_code == 400
    assert client.patch(f"{path}/part?offset=0", b"x", content_type="text/html").status_code == 400
    assert post(client, f"/uploads/{upload}/finish", {"sha256": said["sha256"]}).json()["state"] == "hashing"
    services.advance_uploads(utc_now())
    done = client.get(path).json()
    assert json.loads(done["acknowledgement"])["acknowledgement"]["sha256"] == said["sha256"]
    assert client.delete(path).status_code == 409
    work()
    item = done["item"]
    thumbnail = client.get(f"/api/items/{item}/thumbnail")
    assert thumbnail.status_code == 200, thumbnail.content
    with av.open(io.BytesIO(thumbnail.content)) as picture:
        assert (picture.streams.video[0].width, picture.streams.video[0].height) == (320, 180)
    work(utc_now() + timedelta(days=400))
    assert acts(item)[-1] == "shredded"
    assert client.get(f"/api/items/{item}/thumbnail").status_code == 409
    assert post(client, f"/items/{item}/open", {"why": "Again"}).status_code == 409
    assert client.get(f"/api/items/{item}").json()["state"] == "shredded"
    assert not list((Path(settings.DATA) / "vault" / item).glob("*.seg"))
