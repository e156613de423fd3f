"""A whole scene for looks: a programme, an open burglary in the log, owners with consenting cameras, an analyst."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import CENTRE, Home, Owner, make_camera, make_owner, pair
from tests.consent.stage import Scene as ConsentScene
from tests.sign_in import make_person

from consentry.access import handlers, services
from consentry.access.queries import access_ask
from consentry.access.types import Ask, AskRequest
from consentry.agencies.events import ProgrammeEnded
from consentry.agencies.types import Agency, Programme
from consentry.cameras import services as cameras
from consentry.cameras.events import CameraPaused, StoppedAtEdge
from consentry.cameras.types import Camera
from consentry.consent.events import ConsentWithdrawn, MandateDisconnected, TermsChanged
from consentry.core.announcements import wire
from consentry.core.principal import MFA_SECOND, Principal, Seat
from consentry.incidents.events import CallChanged, CallClosed
from consentry.incidents.services import FeedPlan, add_feed, take_call
from consentry.incidents.types import RawCall
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place
from consentry.kernel.ids import GatewayId, IncidentId, new_id
from consentry.kernel.limits import MAX_VIEWS_PER_ASK
from consentry.kernel.owner_record import public_point
from consentry.kernel.roles import Role
from consentry.kernel.terms import Approval
from consentry.ledger.models import LedgerEntry, LedgerState

TABLE = {
    CallClosed: (handlers.on_call_closed,),
    CallChanged: (handlers.on_call_changed,),
    ProgrammeEnded: (handlers.on_programme_ended,),
    ConsentWithdrawn: (handlers.on_consent_withdrawn,),
    MandateDisconnected: (handlers.on_mandate_disconnected,),
    TermsChanged: (handlers.on_terms_changed,),
    CameraPaused: (handlers.on_camera_paused,),
    StoppedAtEdge: (handlers.on_stopped_at_edge,),
}


def integrate() -> None:
    """Give what waits in the inbox a place, as the sequencer does (its files are tested in tests/ledger)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(index), -1) FROM ledger_entry")
        index = int(cursor.fetchone()[0])
    for row in LedgerEntry.objects.filter(index=None).order_by("id"):
        index += 1
        row.index, row.leaf = index, hashlib.sha256(b"\x00" + bytes(row.entry)).digest()
        row.save(update_fields=["index", "leaf"])
    LedgerState.objects.update_or_create(id=1, defaults={"alive_at": utc_now(), "fault": "", "size": index + 1})


@dataclass
class Stage:
    """One agency with everything that a look needs."""

    agency: Agency
    programme: Programme
    analyst: Principal
    incident: IncidentId
    feed: str
    homes: list[ConsentScene] = field(default_factory=list)
    holder: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    gateway_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    gateway: GatewayId = field(default_factory=lambda: GatewayId(new_id("gateway")))

    def add_home(self, *, place: Place = CENTRE, online: bool = True, **terms: Any) -> ConsentScene:
        """A paired home with one camera that takes part; automatic unless said."""
        owner: Owner = make_owner()
        home: Home = pair(owner)
        camera: Camera = make_camera(owner, home, place=place)
        scene = ConsentScene(owner, home, camera, self.programme)
        scene.give(**{"approval": Approval.AUTOMATIC, "max_distance_m": 400, **terms})
        if online:
            cameras.record_health(home.id, {camera.id: "online"}, now=utc_now())
        self.homes.append(scene)
        return scene

    def ask(self, *, who: Principal | None = None, now: datetime | None = None, **changes: Any) -> Ask:
        """Ask for the incident and read the answer."""
        moment, asker = now or utc_now(), who or self.analyst
        wished = {
            "incident": self.incident, "purpose": "crime_in_progress", "views": 1, "public_cameras": (),
            "holder_key": public_point(self.holder), **changes,
        }  # fmt: skip
        made = services.ask_to_look(asker, AskRequest(**wished), now=moment)
        return access_ask(asker, made, now=moment)

    def call(self, **changes: Any) -> IncidentId:
        """Another call, taken and in the log."""
        incident = take_call(self.feed, raw_call(**changes), now=utc_now()).incident  # type: ignore[arg-type]
        integrate()
        return incident


def staff(agency: Agency, role: Role = Role.ANALYST, *, mfa: int = MFA_SECOND) -> Principal:
    """Somebody with one seat in `agency`."""
    person = make_person(role, agency.id)
    return Principal(person=person, seats=frozenset({Seat(role, agency.id)}), mfa_level=mfa)


def raw_call(**changes: Any) -> RawCall:
    """A burglary five minutes ago at the centre."""
    reported = utc_now() - timedelta(minutes=5)
    fields = {
        "number": new_id("incident")[-8:], "local_type": "BURG IP", "common_type": "BURGLARY", "status": "open",
        "reported_at": reported, "updated_at": reported, "place": CENTRE, "block": "100 block of OAK ST",
    }  # fmt: skip
    return RawCall(**{**fields, **changes})


def make_stage(data: Path, *, homes: int = 1, **terms: Any) -> Stage:
    """A running programme, a burglary in the log, `homes` consenting homes, a policy in force, a gateway."""
    del data
    wire(dict(TABLE))
    agency = make_agency()
    programme = make_programme(agency)
    feed = add_feed(FeedPlan(agency=agency.id, name="CAD", kind="webhook"))
    stage = Stage(agency, programme, staff(agency), IncidentId(""), feed.id)
    public = stage.gateway_key.public_key().public_bytes_raw()
    services.register_gateway(stage.gateway, public, "ws://127.0.0.1:1", now=utc_now())
    services.adopt_folder(now=utc_now())
    for _ in range(homes):
        stage.add_home(**terms)
    stage.incident = stage.call()
    return stage


def holder_hash(stage: Stage) -> str:
    """SHA-256 of the stage's holder key, as openings name it."""
    return to_b64(hashlib.sha256(public_point(stage.holder)).digest())


__all__ = ["MAX_VIEWS_PER_ASK", "Stage", "holder_hash", "integrate", "make_stage", "raw_call", "staff"]
