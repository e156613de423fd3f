"""One agency in the middle of its work and strangers from another: what API tests of faults ask through."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from tests.access.stage import Stage, integrate, make_stage, staff
from tests.agencies.make import HASH, make_agency, make_programme
from tests.cameras.stage import make_camera, make_manager, make_owner, pair
from tests.evidence.stage import give_vault_key, segment
from tests.neighbors.stage import alert_body, issue, make_issuer, make_neighbor, picture_file
from tests.neighbors.stage import post as write_post
from tests.orders.stage import PDF, at, camera_line, new_order
from tests.requests.stage import begin, new_request
from tests.sign_in import client_for, make_person

from consentry.access import models
from consentry.access import queries as access
from consentry.access.services import raise_flag
from consentry.accounts.own_data.services import ask_export
from consentry.cameras.services import invite_guest, register_public_camera, take_invitation, take_letters
from consentry.cameras.types import Kind, NewCamera
from consentry.consent.queries import consents_for
from consentry.consent.services.mandate import NewMandate, record_mandate
from consentry.consent.types import Mandate
from consentry.core.principal import Principal
from consentry.evidence import models as evidence_models
from consentry.evidence import services as vault
from consentry.evidence.disclosure.services import NewDisclosure, disclose
from consentry.evidence.redact.plan import plan_bytes
from consentry.evidence.redact.types import Frames, OriginalName, Plan
from consentry.evidence.services.uploads import NewUpload
from consentry.evidence.types import Doer
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import View
from consentry.kernel.ids import CameraId, SessionId, new_id
from consentry.kernel.owner_record import public_point
from consentry.kernel.roles import Role
from consentry.kernel.sealed_box import EVENT_BOX_BYTES, SEALED_PICTURE_BYTES
from consentry.kernel.terms import Approval, Participation
from consentry.neighbors import models as neighbor_models
from consentry.neighbors import services as neighbors
from consentry.neighbors.types import RemovalReason
from consentry.orders import models as order_models
from consentry.orders import services as orders
from consentry.orders.types import NewHandOver
from consentry.project.urls import api
from consentry.requests import services as requests

# A film of two frames in which nobody was found.
NOTHING_FOUND = Plan(OriginalName("itm_x", ("0" * 64,)), Frames(640, 360, (0, 40_000), (0,), has_sound=False), "")
STAFF = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)


@dataclass
class World:
    """The first agency's objects by the path parameter that names them, and everybody of the second agency."""

    stage: Stage
    ids: Mapping[str, list[str]]
    bodies: Mapping[str, Any]
    strangers: Mapping[str, Client]

    @property
    def secrets(self) -> list[str]:
        """Every id of the first agency that nobody else may read."""
        return [name for names in self.ids.values() for name in names if len(name) > 8]


def operations() -> Iterator[tuple[str, str]]:
    """Every (method, path) of the published API."""
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method in methods:
            yield method, path


def make_world() -> World:
    """An agency in the middle of its work, and a second one that has nothing to do with it."""
    stage = make_stage(Path(), homes=2)
    stage.add_home(approval=Approval.ASK_ME)
    ask = stage.ask(views=3)
    integrate()
    owner = next(home.owner for home in stage.homes if home.camera.id == session_camera(ask.sessions[0].id))
    raise_flag(owner.principal, ask.sessions[0].id, "Why at night?", now=utc_now())
    camera = stage.homes[0].camera.id
    manager = make_manager(stage.agency.id)
    new = NewCamera(name="Corner", kind=Kind.TRAFFIC, place=stage.homes[0].camera.place, view=View(0, 70, 100))
    public = register_public_camera(manager, new, agency=stage.agency.id, url="rtsp://127.0.0.1:1/x", now=utc_now())
    mandate = obliged(stage, manager)
    consent = consents_for([camera], stage.programme.id, utc_now())[CameraId(camera)]
    event = note_event(stage)
    guest = note_guest(stage)
    evidence = note_evidence(stage, ask.sessions[0].id)
    ids = {
        **evidence,
        **note_request(stage, camera),
        **note_order(stage),
        **note_posts(stage),
        "personal_export": [ask_export(stage.homes[0].owner.principal, "en", now=utc_now()).id],
        "event": [event],
        "guest": [guest],
        "agency": [stage.agency.id],
        "person": [str(stage.analyst.person), stage.homes[0].owner.id],
        "programme": [stage.programme.id],
        "camera": [camera, public.id],
        "edge": [stage.homes[0].home.id],
        "key": [stage.homes[0].owner.key_id],
        "consent": [consent.id],
        "mandate": [mandate.id],
        "incident_id": [stage.incident],
        "feed_id": [stage.feed],
        "ask": [ask.id, *models.Candidate.objects.values_list("id", flat=True)],
        "grant": list(models.Grant.objects.values_list("id", flat=True)),
        "decision": [str(row) for row in models.DecisionRecord.objects.values_list("id", flat=True)[:3]],
        "session": [session.id for session in ask.sessions],
        "look": [session.id for session in ask.sessions],
        "flag": [str(row) for row in models.LookFlag.objects.values_list("id", flat=True)],
    }
    return World(stage, ids, bodies_for(stage), strangers())


def note_guest(stage: Stage) -> str:
    """Somebody asked to read what the first home's camera notices; the guest's id."""
    home = stage.homes[0]
    code = invite_guest(home.owner.principal, home.camera.id, now=utc_now())
    return take_invitation(make_owner().principal, code, public_point(stage.holder), now=utc_now()).id


def note_event(stage: Stage) -> str:
    """Something happened before the first home's camera; its id, as that home's box named it."""
    name, box = to_b64(b"e" * 16), to_b64(b"b" * EVENT_BOX_BYTES)
    home = stage.homes[0]
    take_letters(home.home.id, home.home.say("event", event=name, camera=home.camera.id, boxes=[box]), now=utc_now())
    sealed = to_b64(b"p" * SEALED_PICTURE_BYTES)
    picture = home.home.say("event_picture", event=name, camera=home.camera.id, sealed=sealed)
    take_letters(home.home.id, picture, now=utc_now())
    return name


def note_evidence(stage: Stage, look: str) -> dict[str, list[str]]:
    """A kept look with a file in the vault, held and in a case, and a file on its way, by path parameter."""
    give_vault_key()
    item = vault.keep_look(access.access_session(stage.analyst, SessionId(look)), now=utc_now())
    said, body = segment(evidence_models.Mark.objects.get())
    vault.take_segment(stage.gateway, said, [body], now=utc_now())
    supervisor = staff(stage.agency, Role.SUPERVISOR)
    hold = vault.set_hold(supervisor, item, "Trial", None, now=utc_now())
    case = vault.open_case(Doer(stage.analyst.person or ""), stage.agency.id, "26-1", "", now=utc_now())
    vault.add_to_case(stage.analyst, item, case, now=utc_now())
    new = NewUpload(stage.agency.id, "a.mov", "video/quicktime", 1, HASH)
    upload = vault.begin_upload(stage.analyst, new, now=utc_now())
    # Disclosed and exported while it is sealed; then open again, as the other bodies need it.
    rows = evidence_models.Item.objects.filter(id=item)
    rows.update(state="sealed", payload_sha256="0" * 64)
    shown = disclose(supervisor, NewDisclosure([item], "Court", "court"), now=utc_now()).disclosure
    redaction = evidence_models.Redaction.objects.create(
        id=new_id("redaction"), item_id=item, state="open", finds_faces=False, made_by="", made_at=utc_now(),
        found=zlib.compress(plan_bytes(NOTHING_FOUND)),
    )  # fmt: skip
    export = vault.begin_export(stage.analyst, item, "Court", "en", now=utc_now()).id
    rows.update(state="open", payload_sha256="")
    return {
        "item": [item], "hold": [hold], "case": [case], "upload": [upload.id], "number": ["0"], "disclosure": [shown],
        "export": [export], "redaction": [redaction.id],
    }  # fmt: skip


def note_request(stage: Stage, camera: str) -> dict[str, list[str]]:
    """A video request that reached the first homes, with an answer that is in the vault, by path parameter."""
    body, home = b"an answer", next(one for one in stage.homes if one.camera.id == camera)
    request = requests.make_request(stage.analyst, new_request(stage.incident), now=utc_now())
    requests.send_out_due(utc_now())
    answer = begin(request, home.owner.principal, body)
    requests.take_part(home.owner.principal, answer, 0, [body])
    requests.finish_answer(home.owner.principal, answer, hashlib.sha256(body).hexdigest())
    requests.seal_due(utc_now())
    return {"video_request": [request], "answer": [answer]}


def note_order(stage: Stage) -> dict[str, list[str]]:
    """An executed order that was served on the first home, with a recording on its way, by path parameter."""
    now, home = utc_now(), stage.homes[0]
    people = [at(staff(stage.agency, role), now) for role in (Role.MANAGER, Role.SUPERVISOR, Role.SUPERVISOR)]
    new = new_order(stage.agency.id, camera_line(home.camera.id, now), now=now)
    order = orders.draw_order(people[0], new, now=now)
    orders.put_document(people[0], order, PDF, now=now)
    for reviewer in people[1:]:
        orders.review_order(reviewer, order, agrees=True, why="", now=now)
    integrate()
    orders.execute_order(people[1], order, now=now)
    serving = order_models.Serving.objects.get().id
    handed = vault.begin_handed(home.owner.principal, serving, NewHandOver("video/mp4", 1, HASH), now=now)
    return {"order": [order], "serving": [serving], "hand_over": [handed.id]}


def order_body(stage: Stage) -> dict[str, Any]:
    """An order of the first agency's, as its console would send it."""
    now = utc_now()
    return {
        "agency": stage.agency.id, "kind": "preservation", "docket": "1", "phone": "1", "words": "x",
        "issued_at": now.isoformat(), "expires_at": (now + timedelta(days=1)).isoformat(),
        "lines": [{"target": "item", "about": "itm_x"}],
    }  # fmt: skip


def note_posts(stage: Stage) -> dict[str, list[str]]:
    """A neighbour's post with an answer and a picture that is not posted, a review, and an official alert."""
    author, reader = make_neighbor(), make_neighbor()
    post = write_post(author)
    comment = neighbors.comment(author, post, "More of it.", now=utc_now())
    neighbors.report(reader, post, RemovalReason.HATE, "", now=utc_now())
    alert = issue(make_issuer(stage.agency.id), stage.agency.id)
    return {
        "post": [post], "comment": [comment], "alert": [alert], "review": [neighbor_models.Review.objects.get().id],
        "picture": [neighbors.take_picture(author, picture_file(), now=utc_now())],
    }  # fmt: skip


def obliged(stage: Stage, manager: Principal) -> Mandate:
    """A mandate on the camera of an owner whom an ordinance obliges."""
    owner = make_owner()
    camera = make_camera(owner, pair(owner), participation=Participation.MANDATED)
    new = NewMandate(camera.id, stage.programme.id, HASH, "1", "Shops")
    return record_mandate(manager, new, now=utc_now())


def strangers() -> dict[str, Client]:
    """One person per role in a second agency with a running programme, and an owner of no camera."""
    other = make_agency()
    make_programme(other)
    seated = {role.value: client_for(make_person(role, other.id)) for role in STAFF}
    return {**seated, "owner": client_for(make_owner().principal.person), "nobody": Client(SERVER_NAME="localhost")}  # type: ignore[arg-type]  # an owner has a person


def bodies_for(stage: Stage) -> dict[str, Any]:
    """Well-formed bodies, so that only the id stands between the caller and the object."""
    scene = stage.homes[0]
    terms = json.loads(json.dumps(terms_of(scene)))
    said = {"terms": terms, "owner_signature": "x" * 40, "language": "en"}
    vote = {
        "body": "Council", "instrument": "Resolution 1", "held_at": "2026-01-01T00:00:00Z",
        "allows_until": "2027-01-01T00:00:00Z", "document_sha256": HASH,
    }  # fmt: skip
    mandate = {"programme": stage.programme.id, "ordinance_sha256": HASH, "section": "1", "scope": "Shops"}
    return {
        "post /api/agencies/{agency}/people": {"email": "new@example.org", "name": "New", "role": "analyst"},
        "patch /api/agency/programmes/{programme}": {"impact_report_sha256": HASH},
        "post /api/agency/programmes/{programme}/votes": vote,
        "post /api/agency/programmes/{programme}/state": {"state": "suspended"},
        "patch /api/cameras/{camera}": {"name": "Mine now"},
        "post /api/cameras/{camera}/test": {"owner_signature": "x" * 40},
        "put /api/public-cameras/{camera}/sound": {"audio": True},
        "put /api/public-cameras/{camera}/sub-stream": {"url": "rtsp://10.0.0.1/low"},
        "put /api/public-cameras/{camera}/turning": {"address": "http://city:secret@10.0.0.1"},
        "post /api/cameras/{camera}/consents": {**said, "programme": stage.programme.id},
        "post /api/consents/{consent}/renew": said,
        "put /api/consents/{consent}/terms": said,
        "post /api/cameras/{camera}/mandates": mandate,
        "post /api/mandates/{mandate}/connect": said,
        "post /api/feeds/{feed_id}/types": {"types": {"X": "BURGLARY"}},
        "post /api/home/cameras/{camera}/resume": {"owner_signature": "x" * 40},
        "post /api/home/edges/{edge}/events": {"owner_signature": "x" * 40},
        "post /api/home/edges/{edge}/find": {"owner_signature": "x" * 40},
        "post /api/home/looks/{look}/flag": {"said": "Mine now"},
        "post /api/look-flags/{flag}/answer": {"answer": "All is well"},
        "post /api/items/{item}/exports": {"recipient": "Mine now"},
        "post /api/items/{item}/open": {"why": "Mine now"},
        "post /api/items/{item}/redactions": {"why": "Mine now"},
        "put /api/redactions/{redaction}/edits": {
            "revision": 0,
            "dismissed": [],
            "moves": [],
            "regions": [],
            "keep_sound": True,
            "sound_spans": [],
        },
        "post /api/redactions/{redaction}/ranges/{number}/review": {"sha256": HASH},
        "post /api/redactions/{redaction}/release": {"revision": 0},
        "post /api/items/{item}/name": {"name": "Mine now"},
        "post /api/items/{item}/notes": {"text": "Mine now"},
        "post /api/items/{item}/holds": {"why": "Mine now"},
        "post /api/cases/{case}/keep": {"keep_until": "2030-01-01T00:00:00Z", "why": "Mine now"},
        "post /api/uploads/{upload}/finish": {"sha256": HASH},
        "put /api/orders/{order}": order_body(stage),
        "post /api/orders/{order}/review": {"agrees": True},
        "post /api/home/orders/{serving}/say": {"word": "nothing"},
        "post /api/home/orders/{serving}/recordings": {"media_type": "video/mp4", "size_bytes": 1, "sha256": HASH},
        "post /api/home/handed/{hand_over}/finish": {"sha256": HASH},
        "post /api/requests/{video_request}/resolve": {"reason": "solved"},
        "post /api/answers/{answer}/settle": {"outcome": "used"},
        "post /api/home/requests/{video_request}/answers": {
            "media_type": "video/mp4",
            "size_bytes": 1,
            "sha256": HASH,
            "keep_days": 1,
        },
        "post /api/home/answers/{answer}/finish": {"sha256": HASH},
        "post /api/edges/answers/{answer}/finish": {"owner_signature": "x" * 40},
        "post /api/edges/answers/{answer}/fail": {"why": "box-clip"},
        "post /api/neighbors/posts/{post}/answers": {"agency": stage.agency.id, "text": "In their name"},
        "put /api/neighbors/pictures/{picture}/covers": {"boxes": [[0, 0, 10, 10]]},
        "post /api/neighbors/reviews/{review}/decide": {"verdict": "keep"},
        "post /api/neighbors/reviews/{review}/decide-appeal": {"verdict": "keep"},
        "post /api/neighbors/reviews/{review}/appeal": {"said": "Mine now"},
        "post /api/agencies/{agency}/alerts": alert_body(),
        "post /api/alerts/{alert}/update": alert_body(),
        "post /api/alerts/{alert}/cancel": {"why": "Mine now"},
        "post /api/home/asks/{ask}/answer": {"yes": True, "signature": "x" * 40},
    }


def session_camera(session: str) -> str:
    """The camera of a session."""
    return models.Session.objects.select_related("grant").get(id=session).grant.camera


def terms_of(scene: Any) -> dict[str, object]:  # Any: tests.consent.stage.Scene, untyped across folders
    """The terms that the owner signed last, as a page would send them."""
    answer = client_for(scene.owner.principal.person).get(f"/api/cameras/{scene.camera.id}/consents?time_zone=Etc/UTC")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    return dict((said["drafts"] or said["consents"])[0]["terms"])
