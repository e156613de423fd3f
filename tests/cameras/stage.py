"""A small city, owners with keys, edges and cameras, made through the services."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.sign_in import make_person

from consentry.cameras import services
from consentry.cameras.services.letters import EDGE_CONTEXT
from consentry.cameras.types import Camera, NewCamera, PairRequest
from consentry.cells.queries import has_partition
from consentry.cells.services import freeze_partition
from consentry.core.principal import MFA_SECOND, Principal, Seat
from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.geo import Place, View, offset
from consentry.kernel.ids import AgencyId, EdgeId
from consentry.kernel.owner_record import owner_record, public_point, sign_as_device
from consentry.kernel.roles import Role
from consentry.kernel.terms import Participation

CENTRE = Place(39.96, -83.0)


def freeze_city() -> None:
    """Fifty homes at each of 300 places within 300 m of `CENTRE`: blocks of one to three places, some 60 m around."""
    if not has_partition("testville"):
        homes = [offset(CENTRE, bearing=number * 137.5 % 360, metres=float(number)) for number in range(300)]
        freeze_partition((home for home in homes for _ in range(50)), city="testville", now=utc_now())


@dataclass
class Owner:
    """A resident with one registered device key."""

    principal: Principal
    key: ec.EllipticCurvePrivateKey
    key_id: str

    def sign(self, kind: str, *, at: datetime | None = None, **fields: str | int) -> str:
        """An owner-signed text."""
        return sign_as_device(owner_record(kind, t_ms=to_ms(at or utc_now()), **fields), self.key)

    @property
    def id(self) -> str:
        """The person's id."""
        return str(self.principal.person)


@dataclass
class Home:
    """A paired edge with its private key."""

    id: EdgeId
    key: Ed25519PrivateKey

    def say(self, kind: str, /, *, at: datetime | None = None, **fields: object) -> dict[str, Any]:
        """A letter signed by the edge, as a gateway hands it over."""
        letter = {"type": kind, "edge": self.id, "t": to_ms(at or utc_now()), **fields}
        return {"letter": letter, "signature": to_b64(self.key.sign(EDGE_CONTEXT + canonical_json(letter)))}


def make_owner() -> Owner:
    """Somebody with a device key."""
    principal = Principal(person=make_person(), seats=frozenset({Seat(Role.OWNER)}), mfa_level=1)
    key = ec.generate_private_key(ec.SECP256R1())
    made = services.register_owner_key(principal, public_point(key), name="phone", now=utc_now())
    return Owner(principal, key, made.id)


def make_manager(agency: AgencyId) -> Principal:
    """A manager of `agency` with a second factor."""
    person = make_person(Role.MANAGER, agency)
    return Principal(person=person, seats=frozenset({Seat(Role.MANAGER, agency)}), mfa_level=MFA_SECOND)


def pair(owner: Owner, *, now: datetime | None = None) -> Home:
    """An edge paired with `owner`."""
    moment = now or utc_now()
    code = services.prepare_pairing(owner.principal, owner_key=owner.key_id, edge_name="attic", now=moment).code
    key = Ed25519PrivateKey.generate()
    paired = services.pair_edge(pair_request(code, key), source="192.0.2.1", now=moment)
    return Home(paired.edge, key)


def pair_request(code: str, key: Ed25519PrivateKey | None = None) -> PairRequest:
    """What an edge with `key` sends."""
    box = ec.generate_private_key(ec.SECP256R1())
    identity = key or Ed25519PrivateKey.generate()
    return PairRequest(code, identity.public_key().public_bytes_raw(), public_point(box))


def make_camera(
    owner: Owner, home: Home | None = None, *, place: Place = CENTRE,
    participation: Participation = Participation.VOLUNTARY,
) -> Camera:  # fmt: skip
    """A registered private camera."""
    freeze_city()
    new = NewCamera(
        name=f"door {secrets.token_hex(2)}", kind="doorbell", place=place, view=View(90, 100, 25),
        participation=participation, edge=None if home is None else home.id,
    )  # fmt: skip
    return services.register_camera(owner.principal, new, now=utc_now())
