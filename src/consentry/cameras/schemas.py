"""Bodies of this room's operations."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from consentry.cameras.types import Camera, Edge, Health, Kind, MobilePlace, OwnerDevice
from consentry.kernel.canonical import to_b64
from consentry.kernel.terms import Participation

Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Heading = Annotated[int, Field(ge=0, lt=360)]
Fov = Annotated[int, Field(gt=0, le=360)]
Range = Annotated[int, Field(gt=0, le=2_000)]
Id = Annotated[str, Field(max_length=40)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Signed = Annotated[str, Field(min_length=2, max_length=2_000)]
B64 = Annotated[str, Field(min_length=1, max_length=8_192)]


class CameraIn(Schema):
    """A private camera to register. `indoor` is asked so that it can be refused."""

    name: Name
    kind: Kind
    lat: Lat
    lon: Lon
    heading_deg: Heading | None = None
    fov_deg: Fov = 90
    range_m: Range = 30
    indoor: bool
    participation: Literal["voluntary", "mandated", "condition_of_benefit"] = "voluntary"
    edge: Id | None = None


class PublicCameraIn(Schema):
    """An agency's camera to register; `url` is never shown again."""

    agency: Id
    name: Name
    kind: Kind
    lat: Lat
    lon: Lon
    heading_deg: Heading | None = None
    fov_deg: Fov = 90
    range_m: Range = 60
    url: Annotated[str, Field(min_length=1, max_length=500)]


class SealedAddressIn(Schema):
    """The camera's address, sealed in the browser to the edge, and the owner-signed `camera.address`."""

    box: B64
    owner_signature: Signed


class CameraPatch(Schema):
    """What may change; a field that is absent stays. `lat` comes with `lon`."""

    name: Name | None = None
    kind: Kind | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    heading_deg: Heading | None = None
    fov_deg: Fov | None = None
    range_m: Range | None = None
    edge: Id | None = None
    sealed_address: SealedAddressIn | None = None


class CameraOut(Schema):
    """The owner's own camera. The address is not here: only its edge has it.

    `block_radius_m`: distances are counted from the middle of its block, and no home of the block lies further from
    there; null: fewer than 50 homes are near, so no call opens it.
    """

    id: str
    name: str
    kind: Kind
    lat: float
    lon: float
    heading_deg: int | None
    fov_deg: int
    range_m: int
    cell: str
    edge: str | None
    participation: Participation
    paused: bool
    health: Health
    warnings: list[str]
    block_radius_m: int | None


class PublicCameraOut(Schema):
    """An agency's camera, shown exactly."""

    id: str
    name: str
    lat: float
    lon: float
    heading_deg: int | None
    fov_deg: int
    range_m: int
    health: Health
    warnings: list[str]
    audio: bool
    turns: bool
    sub_stream: bool


class TurningIn(Schema):
    """By which ONVIF address may looks turn this camera? None: not at all. It may hold user and password."""

    address: Annotated[str, Field(min_length=1, max_length=500)] | None


class SoundIn(Schema):
    """May looks at this camera hear it too?"""

    audio: bool


class SubStreamIn(Schema):
    """Where this camera's smaller stream is; empty for none. Never shown again."""

    url: Annotated[str, Field(max_length=500)]


class CornerOut(Schema):
    """A point on the ground."""

    lat: float
    lon: float


class MobilePlaceOut(Schema):
    """Where an agency's camera that moves was last heard to be.

    `age_ms`: how long ago, by the server's clock; `footprint`: four corners of its picture on the ground, or none.
    """

    camera: str
    name: str
    lat: float
    lon: float
    altitude_m: float | None
    looks_deg: float | None
    footprint: list[CornerOut]
    captured_at: datetime | None
    age_ms: int


class PictureIn(Schema):
    """The owner-signed `picture.ask`, `picture.whole` (without the mask) or `picture.last` (before a fault)."""

    owner_signature: Signed
    which: Literal["shown", "whole", "last"] = "shown"


class PictureOut(Schema):
    """`box` (base64url) opens only with the browser's reply key, context `picture` and the camera's id."""

    state: Literal["waiting", "ready", "failed"]
    box: str | None
    taken_at: datetime | None
    fault: str


class OwnerKeyIn(Schema):
    """A device key: base64url of the 65-byte P-256 point. `rp_id` and `credential` (base64url) are a passkey's."""

    public_key: Annotated[str, Field(max_length=120)]
    name: Annotated[str, Field(max_length=60)] = ""
    rp_id: Annotated[str, Field(max_length=253)] = ""
    credential: Annotated[str, Field(max_length=1_400)] = ""


class OwnerKeyOut(Schema):
    """A registered key of the owner."""

    id: str
    public_key: str
    rp_id: str
    credential: str
    name: str
    registered_at: datetime


class PrepareIn(Schema):
    """Which of the owner's keys the edge shall pin, and what the owner calls the edge."""

    owner_key: Id
    name: Annotated[str, Field(max_length=60)] = ""


class PrepareOut(Schema):
    """The first 8 characters of the code; the browser adds 12 of its own key's fingerprint."""

    code: str
    expires_at: datetime
    owner_key: str


class PairIn(Schema):
    """What an edge sends: the code's first part, its Ed25519 key and its P-256 point (base64url)."""

    code: Annotated[str, Field(min_length=8, max_length=8)]
    public_key: Annotated[str, Field(max_length=64)]
    box_key: Annotated[str, Field(max_length=120)]


class GatewayOut(Schema):
    """Where edges dial."""

    id: str
    url: str


class PairOut(Schema):
    """What an edge pins (keys base64url, hashes hex)."""

    edge: str
    owner_key: str
    owner_rp_id: str
    log_vkey: str
    witness_vkeys: list[str]
    quorum: int
    ticket_keys: list[str]
    recovery_key: str
    gateways: list[GatewayOut]
    ledger_url: str
    policies: list[str]
    rotation: int
    witness_urls: list[str]


class EdgeOut(Schema):
    """One of the owner's edges. `box_key` (base64url): addresses of cameras are sealed to it. `doubled_at`: two links
    under its key lived at once."""

    id: str
    name: str
    owner_key: str
    box_key: str
    paired_at: datetime
    seen_at: datetime | None
    doubled_at: datetime | None


def camera_out(camera: Camera) -> CameraOut:
    """The owner's view of a camera."""
    heading, fov, range_m = camera.view
    return CameraOut(
        id=camera.id, name=camera.name, kind=camera.kind, lat=camera.place.lat, lon=camera.place.lon,
        heading_deg=heading, fov_deg=fov, range_m=range_m, cell=camera.cell, edge=camera.edge,
        participation=camera.participation, paused=camera.paused, health=camera.health,
        warnings=list(camera.warnings), block_radius_m=None if camera.block is None else camera.block.radius_m,
    )  # fmt: skip


def public_camera_out(camera: Camera) -> PublicCameraOut:
    """What agency staff see of their own public camera."""
    heading, fov, range_m = camera.view
    return PublicCameraOut(
        id=camera.id, name=camera.name, lat=camera.place.lat, lon=camera.place.lon, heading_deg=heading, fov_deg=fov,
        range_m=range_m, health=camera.health, warnings=list(camera.warnings),
        audio=camera.audio, turns=camera.turns, sub_stream=camera.sub_stream,
    )  # fmt: skip


def mobile_place_out(place: MobilePlace, now: datetime) -> MobilePlaceOut:
    """What agency staff see of their own camera that moves."""
    return MobilePlaceOut(
        camera=place.camera, name=place.name, lat=place.place.lat, lon=place.place.lon, altitude_m=place.altitude_m,
        looks_deg=place.looks_deg, footprint=[CornerOut(lat=lat, lon=lon) for lat, lon in place.footprint],
        captured_at=place.captured_at, age_ms=max(0, int((now - place.heard_at).total_seconds() * 1_000)),
    )  # fmt: skip


def owner_key_out(device: OwnerDevice) -> OwnerKeyOut:
    """The owner's view of a key."""
    return OwnerKeyOut(
        id=device.id, public_key=to_b64(device.public_key), rp_id=device.rp_id, credential=to_b64(device.credential),
        name=device.name, registered_at=device.registered_at,
    )  # fmt: skip


def edge_out(edge: Edge, box_key: str) -> EdgeOut:
    """The owner's view of an edge."""
    return EdgeOut(
        id=edge.id, name=edge.name, owner_key=edge.owner_key, box_key=box_key, paired_at=edge.paired_at,
        seen_at=edge.seen_at, doubled_at=edge.doubled_at,
    )  # fmt: skip
