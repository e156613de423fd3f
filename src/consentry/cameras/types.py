"""What cameras hands to other rooms."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from consentry.cells.types import Block
from consentry.kernel.geo import Place, View
from consentry.kernel.ids import AgencyId, CameraId, EdgeId, PersonId
from consentry.kernel.owner_record import OwnerKey
from consentry.kernel.terms import Participation


class Klass(StrEnum):
    """Whose camera it is: of a resident or business, or of an agency."""

    PRIVATE = "private"
    PUBLIC = "public"


class Kind(StrEnum):
    """What sort of camera. There is no indoor kind."""

    DOORBELL = "doorbell"
    DRONE = "drone"
    FIXED = "fixed"
    PHONE = "phone"
    ROBOT = "robot"
    TRAFFIC = "traffic"


class Health(StrEnum):
    """What the edge or the gateway last said of it."""

    FAULT = "fault"
    OFFLINE = "offline"
    ONLINE = "online"
    UNKNOWN = "unknown"


class Camera(NamedTuple):
    """One registered camera. Exact place: for the server's own reckoning, never in an answer to an agency.

    `owner` is None for a public one, `agency` for a private one; `max_mode` is "plain" or "sealed".
    Of a public one, `audio`: may looks hear it; `turns`: may they turn it; `sub_stream`: has it a smaller stream.
    `block`: what its distances are measured to; a public one's own place, 0 m; None: none, so it is near no call.
    `warnings`: what is wrong with its pictures (`services.health.WARNINGS`). `paused_until`: when a pause ends by
    itself, UTC; None when only its owner ends it.
    """

    id: CameraId
    klass: Klass
    owner: PersonId | None
    agency: AgencyId | None
    edge: EdgeId | None
    kind: Kind
    name: str
    participation: Participation
    place: Place
    view: View
    cell: str
    paused: bool
    health: Health
    max_mode: str
    warnings: tuple[str, ...] = ()
    audio: bool = False
    turns: bool = False
    sub_stream: bool = False
    paused_until: datetime | None = None
    block: Block | None = None


class Near(NamedTuple):
    """A camera near a place, with what ranks it: degrees, metres. Inside the server only, like every exact place.

    `away_m`: to the middle of its block, whose radius is `block_radius_m`.
    """

    id: CameraId
    lat: float
    lon: float
    heading_deg: int | None
    fov_deg: int
    range_m: int
    block_radius_m: int
    away_m: float

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.lat, self.lon)

    @property
    def view(self) -> View:
        """What it can see."""
        return View(self.heading_deg, self.fov_deg, self.range_m)


@dataclass(frozen=True)
class NewCamera:
    """What a registration says. `indoor` is asked so that it can be refused."""

    name: str
    kind: str
    place: Place
    view: View
    indoor: bool = False
    participation: Participation = Participation.VOLUNTARY
    edge: EdgeId | None = None


@dataclass(frozen=True)
class ViewChange:
    """What an owner may change of a camera later; None leaves it."""

    name: str | None = None
    kind: str | None = None
    place: Place | None = None
    view: View | None = None
    edge: EdgeId | None = None


MOBILE_KINDS = frozenset({Kind.DRONE, Kind.PHONE, Kind.ROBOT})


@dataclass(frozen=True)
class MobilePlace:
    """Where a public camera that moves was heard to be; degrees and metres, WGS84.

    `footprint`: the four corners of its picture on the ground, in order, or none. `captured_at`: by its own clock, None
    when that cannot be; `heard_at`: when we were told.
    """

    camera: CameraId
    name: str
    place: Place
    altitude_m: float | None
    looks_deg: float | None
    footprint: tuple[Place, ...]
    captured_at: datetime | None
    heard_at: datetime


@dataclass(frozen=True)
class SealedAddress:
    """A private camera's address, sealed in the owner's browser (base64url), with the owner-signed `camera.address`."""

    box: str
    owner_signature: str


@dataclass(frozen=True)
class Edge:
    """A paired edge. `public_key`: Ed25519, 32 bytes; `box_key`: P-256 point, 65 bytes; `seen_at` UTC or None.

    `doubled_at`: when two links under its key last lived at once, UTC; None unless somebody else may have its key.
    """

    id: EdgeId
    owner: PersonId
    name: str
    owner_key: str
    public_key: bytes
    box_key: bytes
    paired_at: datetime
    seen_at: datetime | None
    doubled_at: datetime | None


@dataclass(frozen=True)
class OwnerDevice:
    """A registered key of an owner: 65-byte P-256 point; `rp_id` is "" and `credential` empty for a device key."""

    id: str
    owner: PersonId
    public_key: bytes
    rp_id: str
    name: str
    registered_at: datetime
    credential: bytes = b""


@dataclass(frozen=True)
class Passkey:
    """What makes a key a passkey: its site, and the id by which a browser finds it (1 to 1,023 bytes)."""

    rp_id: str
    credential: bytes


@dataclass(frozen=True)
class Letter:
    """A letter waiting for an edge: `id` for the answer, `body` the JSON text to relay untouched."""

    id: str
    edge: EdgeId
    kind: str
    body: str


@dataclass(frozen=True)
class GatewayEdge:
    """What a gateway needs to know of an edge: its key, its cameras, and the key of its owner."""

    id: EdgeId
    public_key: bytes
    cameras: tuple[CameraId, ...]
    owner: OwnerKey


@dataclass(frozen=True)
class GatewayCamera:
    """A public camera: a gateway dials `url`, which is not for anyone else, or takes who brings the key."""

    id: CameraId
    url: str = field(default="", repr=False)
    push_sha256: bytes | None = field(default=None, repr=False)
    audio: bool = False
    turn_url: str = field(default="", repr=False)
    low_url: str = field(default="", repr=False)


@dataclass(frozen=True)
class PreparedPairing:
    """The server's part of a code (8 characters, said once), its end, and the key that the edge will pin."""

    code: str = field(repr=False)
    expires_at: datetime
    owner_key: str


@dataclass(frozen=True)
class PairRequest:
    """What an edge sends: the code's first part, its Ed25519 key (32 bytes), its P-256 point (65 bytes).

    `rotation`: the last rotation that the keys in our answer come after.
    """

    code: str = field(repr=False)
    public_key: bytes
    box_key: bytes
    rotation: int = 0


@dataclass(frozen=True)
class Paired:
    """What an edge gets back: its id and the owner's key to pin if the code's second part matches it."""

    edge: EdgeId
    owner_key: bytes
    owner_rp_id: str


@dataclass(frozen=True)
class OwnEvent:
    """Something happened before one's own camera: `boxes` open in the owner's browsers and nowhere else."""

    id: str
    camera: CameraId
    came_at: datetime
    boxes: tuple[bytes, ...]
    has_picture: bool


@dataclass(frozen=True)
class GuestRead:
    """Somebody of the household: `point` is their browser's key, None while the invitation is open."""

    id: str
    camera: CameraId
    person: PersonId | None
    point: bytes | None
    state: str
    invited_at: datetime


@dataclass(frozen=True)
class PictureAnswer:
    """A test picture's state: `waiting`, `ready` with the sealed `box`, or `failed` with the edge's reason.

    `taken_at`: when the camera took it, as its edge says.
    """

    state: str
    box: bytes | None = None
    taken_at: datetime | None = None
    fault: str = ""
