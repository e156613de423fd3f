"""From rows to what other rooms may hold."""

from consentry.cameras import models
from consentry.cameras.types import Camera, Edge, GuestRead, Health, Kind, Klass, Letter, MobilePlace, OwnerDevice
from consentry.cells.types import Block
from consentry.kernel.geo import Place, View
from consentry.kernel.ids import AgencyId, CameraId, EdgeId, PersonId
from consentry.kernel.terms import Participation


def camera_of(row: models.Camera) -> Camera:
    """The camera of a row."""
    return Camera(
        id=CameraId(row.id), klass=Klass(row.klass),
        owner=None if row.owner_id is None else PersonId(row.owner_id),
        agency=None if row.agency_id is None else AgencyId(row.agency_id),
        edge=None if row.edge_id is None else EdgeId(row.edge_id),
        kind=Kind(row.kind), name=row.name, participation=Participation(row.participation),
        place=Place(row.lat, row.lon), view=View(row.heading_deg, row.fov_deg, row.range_m), cell=row.cell,
        paused=row.paused_at is not None, health=Health(row.health), max_mode=row.max_mode,
        warnings=tuple(row.warnings.split()), audio=row.audio, turns=row.turn_url != "",
        sub_stream=row.low_url != "", paused_until=row.paused_until, block=_block_of(row),
    )  # fmt: skip


def _block_of(row: models.Camera) -> Block | None:
    if row.block_lat is None or row.block_lon is None or row.block_radius_m is None:
        return None
    return Block(Place(row.block_lat, row.block_lon), row.block_radius_m)


def edge_of(row: models.Edge) -> Edge:
    """The edge of a row."""
    return Edge(
        id=EdgeId(row.id), owner=PersonId(row.owner_id), name=row.name, owner_key=row.owner_key_id,
        public_key=bytes(row.public_key), box_key=bytes(row.box_key), paired_at=row.paired_at, seen_at=row.seen_at,
        doubled_at=row.doubled_at,
    )  # fmt: skip


def guest_of(row: models.Guest) -> GuestRead:
    """The guest of a row."""
    return GuestRead(
        id=row.id, camera=CameraId(row.camera_id), person=None if row.person_id is None else PersonId(row.person_id),
        point=None if row.point is None else bytes(row.point), state=row.state, invited_at=row.invited_at,
    )  # fmt: skip


def device_of(row: models.OwnerKey) -> OwnerDevice:
    """The device key of a row."""
    return OwnerDevice(
        id=row.id, owner=PersonId(row.owner_id), public_key=bytes(row.public_key), rp_id=row.rp_id, name=row.name,
        registered_at=row.registered_at, credential=bytes(row.credential),
    )  # fmt: skip


def letter_of(row: models.Letter) -> Letter:
    """The letter of a row."""
    return Letter(id=str(row.pk), edge=EdgeId(row.edge_id), kind=row.kind, body=row.body)


def mobile_place_of(row: models.MobilePlace) -> MobilePlace:
    """Where a camera that moves was heard to be; the row comes with its camera."""
    flat = row.footprint
    return MobilePlace(
        camera=CameraId(row.camera_id), name=row.camera.name, place=Place(row.lat, row.lon),
        altitude_m=row.altitude_m, looks_deg=row.looks_deg,
        footprint=tuple(Place(lat, lon) for lat, lon in zip(flat[::2], flat[1::2], strict=True)),
        captured_at=row.captured_at, heard_at=row.heard_at,
    )  # fmt: skip
