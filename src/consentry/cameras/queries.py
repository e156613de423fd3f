"""Reads. Exact places are for the server's own reckoning; what an agency may see of private cameras is a cell."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.models import EventPicture, Guest, SealedEvent
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.models import MobilePlace as MobilePlaceRow
from consentry.cameras.models import OwnerKey as OwnerKeyRow
from consentry.cameras.nearness import cells_touched, near
from consentry.cameras.rows import camera_of, device_of, edge_of, guest_of, letter_of, mobile_place_of
from consentry.cameras.types import (
    Camera,
    Edge,
    GatewayCamera,
    GatewayEdge,
    GuestRead,
    Letter,
    MobilePlace,
    OwnerDevice,
    OwnEvent,
)
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound
from consentry.kernel.geo import Place, distance_m
from consentry.kernel.ids import AgencyId, CameraId, EdgeId, PersonId
from consentry.kernel.limits import MOBILE_PLACE_MIN
from consentry.kernel.owner_record import OwnerKey
from consentry.kernel.roles import Role
from consentry.kernel.sealed_box import EVENT_BOX_BYTES

# The hash of no key: a camera whose key was taken back stays known to its gateway, so that looks at it go on and say
# that it is away.
NO_KEY = bytes(32)

__all__ = [
    "access_camera",
    "access_public_camera",
    "all_cameras",
    "cameras_of",
    "edges_for_gateway",
    "edges_of",
    "event_picture",
    "events_of",
    "get_camera",
    "get_cameras",
    "get_edge",
    "get_letter",
    "guest_at",
    "guests_of",
    "key_for_camera",
    "mobile_places",
    "near",
    "nearest_public",
    "owner_keys",
    "private_in_cells",
    "public_cameras",
    "public_cameras_for_gateway",
    "pushed_cameras",
    "readers_of",
    "waiting_letters",
]

PUBLIC_VIEWERS = (Role.ANALYST, Role.AUDITOR, Role.MANAGER, Role.OFFICER, Role.SUPERVISOR)


def access_camera(principal: Principal, camera: str) -> Camera:
    """The principal's own private camera; NotFound for anyone else's as for none."""
    row = registered().filter(id=camera, klass="private", owner=principal.person or "").first()
    if principal.person is None or row is None:
        raise NotFound("no such camera")
    return camera_of(row)


def access_public_camera(principal: Principal, camera: str) -> Camera:
    """A public camera of an agency where the principal has a seat; NotFound otherwise."""
    agencies = principal.agencies(*PUBLIC_VIEWERS)
    row = registered().filter(id=camera, klass="public", agency__in=agencies).first()
    if row is None:
        raise NotFound("no such camera")
    return camera_of(row)


def get_camera(camera: str) -> Camera:
    """Any registered camera, for the server's own use; NotFound when there is none."""
    row = registered().filter(id=camera).first()
    if row is None:
        raise NotFound("no such camera")
    return camera_of(row)


def get_cameras(cameras: Iterable[str]) -> dict[CameraId, Camera]:
    """The registered ones of `cameras`, by id."""
    return {found.id: found for found in map(camera_of, registered().filter(id__in=list(cameras)))}


def all_cameras(klass: str) -> list[Camera]:
    """Every registered camera of a class, by id: for snapshots and checks, not for requests."""
    return [camera_of(row) for row in registered().filter(klass=klass).order_by("id")]


def cameras_of(owner: PersonId) -> list[Camera]:
    """The owner's own cameras, by name."""
    return [camera_of(row) for row in registered().filter(owner=owner).order_by("name", "id")]


def private_in_cells(cells: Iterable[str]) -> list[Camera]:
    """Every private camera that is spoken of by one of `cells` (published ones), by id: for the server's own choice."""
    return [camera_of(row) for row in registered().filter(klass="private", cell__in=list(cells)).order_by("id")]


def public_cameras(principal: Principal) -> list[Camera]:
    """Public cameras of the agencies where the principal has a seat, by name."""
    agencies = principal.agencies(*PUBLIC_VIEWERS)
    return [camera_of(row) for row in registered().filter(klass="public", agency__in=agencies).order_by("name", "id")]


def mobile_places(principal: Principal, *, now: datetime) -> list[MobilePlace]:
    """The last places, of the last hour, of cameras that move and belong to agencies where the principal has a seat."""
    rows = MobilePlaceRow.objects.select_related("camera").filter(
        camera__in=registered().filter(klass="public", agency__in=principal.agencies(*PUBLIC_VIEWERS)),
        heard_at__gt=now - timedelta(minutes=MOBILE_PLACE_MIN),
    )
    return [mobile_place_of(row) for row in rows.order_by("camera__name", "camera_id")]


def nearest_public(agency: AgencyId, place: Place, radius_m: int) -> Camera | None:
    """The agency's own camera nearest to `place` within `radius_m` that is not paused; None when there is none."""
    rows = registered().filter(klass="public", agency=agency, paused_at=None, h3_r9__in=cells_touched(place, radius_m))
    found = [camera for camera in map(camera_of, rows) if distance_m(camera.place, place) <= radius_m]
    return min(found, key=lambda camera: (distance_m(camera.place, place), camera.id), default=None)


def edges_of(owner: PersonId) -> list[Edge]:
    """The owner's paired edges, oldest first."""
    return [edge_of(row) for row in EdgeRow.objects.filter(owner=owner, removed_at=None).order_by("paired_at")]


def get_edge(edge: str) -> Edge:
    """A paired edge, for the server's own use; NotFound when there is none."""
    row = EdgeRow.objects.filter(id=edge, removed_at=None).first()
    if row is None:
        raise NotFound("no such edge")
    return edge_of(row)


def owner_keys(owner: PersonId) -> list[OwnerDevice]:
    """The owner's keys in use, oldest first."""
    rows = OwnerKeyRow.objects.filter(owner=owner, revoked_at=None).order_by("registered_at")
    return [device_of(row) for row in rows]


def key_for_camera(camera: Camera) -> tuple[OwnerKey, ...]:
    """The keys whose word counts for `camera`: the one its edge pinned, or while it has no edge any of its owner's."""
    if camera.edge is not None:
        pinned = EdgeRow.objects.select_related("owner_key").get(id=camera.edge).owner_key
        return (OwnerKey(bytes(pinned.public_key), pinned.rp_id),)
    return tuple(OwnerKey(device.public_key, device.rp_id) for device in owner_keys(camera.owner or PersonId("")))


def edges_for_gateway() -> list[GatewayEdge]:
    """Every paired edge with its key, its private cameras and its owner's key, by id."""
    cameras: dict[str, list[CameraId]] = {}
    pairs = registered().exclude(edge=None).order_by("id").values_list("edge_id", "id")
    for edge, camera in pairs:
        cameras.setdefault(str(edge), []).append(CameraId(camera))
    rows = EdgeRow.objects.filter(removed_at=None).select_related("owner_key").order_by("id")
    return [
        GatewayEdge(
            EdgeId(row.id), bytes(row.public_key), tuple(cameras.get(row.id, ())),
            OwnerKey(bytes(row.owner_key.public_key), row.owner_key.rp_id),
        )
        for row in rows
    ]  # fmt: skip


def public_cameras_for_gateway() -> list[GatewayCamera]:
    """Every public camera that a gateway dials or that may send to it, by id; address and hash are for it alone."""
    rows = registered().filter(klass="public", paused_at=None).order_by("id")
    dialled = [
        GatewayCamera(CameraId(camera), url, None, audio, turn_url, low_url)
        for camera, url, audio, turn_url, low_url in rows.exclude(url="").values_list(
            "id", "url", "audio", "turn_url", "low_url"
        )
    ]
    sending = [
        GatewayCamera(CameraId(camera), "", NO_KEY if digest is None else bytes(digest), audio)
        for camera, digest, audio in rows.filter(url="", push_key__isnull=False).values_list(
            "id", "push_key__key_sha256", "audio"
        )
    ]
    return sorted(dialled + sending, key=lambda camera: camera.id)


def pushed_cameras(principal: Principal) -> list[Camera]:
    """The cameras of the principal's agencies that send to us and by which they may send, by name."""
    agencies = principal.agencies(Role.MANAGER, Role.OFFICER, Role.SUPERVISOR)
    rows = registered().filter(klass="public", agency__in=agencies, push_key__isnull=False)
    return [camera_of(row) for row in rows.order_by("name", "id")]


def waiting_letters(edges: Iterable[str], now: datetime) -> list[Letter]:
    """Letters not answered and not expired for `edges`, oldest first; delivering one twice does no harm."""
    rows = LetterRow.objects.filter(edge__in=list(edges), delivered_at=None).exclude(expires_at__lte=now)
    return [letter_of(row) for row in rows.order_by("id")]


def get_letter(letter: str, now: datetime) -> Letter | None:
    """The letter if it still waits, else None."""
    if not letter.isdecimal():
        return None
    row = LetterRow.objects.filter(id=int(letter), delivered_at=None).exclude(expires_at__lte=now).first()
    return None if row is None else letter_of(row)


def registered() -> QuerySet[CameraRow, Any]:
    """Rows of cameras that are not removed (for this room)."""
    return CameraRow.objects.filter(removed_at=None)


def events_of(owner: PersonId, *, limit: int) -> list[OwnEvent]:
    """What happened before `owner`'s cameras, newest first, sealed."""
    rows = _own_events(owner).annotate(seen=Exists(EventPicture.objects.filter(event=OuterRef("id"))))
    return [
        OwnEvent(row.id, CameraId(row.camera_id), row.came_at, _boxes(bytes(row.boxes)), row.seen)
        for row in rows.order_by("-came_at", "-id")[:limit]
    ]


def event_picture(owner: PersonId, event: str) -> bytes:
    """The sealed picture of an event before one of `owner`'s cameras; NotFound when there is none, or not theirs."""
    row = EventPicture.objects.filter(event__in=_own_events(owner), event=event).first()
    if row is None:
        raise NotFound("no picture of this event")
    return bytes(row.sealed)


def guests_of(camera: CameraId) -> list[GuestRead]:
    """Invitations that are open, and with whom the camera's events are shared; oldest first."""
    rows = Guest.objects.filter(camera=camera).exclude(state="ended").order_by("invited_at", "id")
    return [guest_of(row) for row in rows]


def guest_at(person: PersonId) -> list[GuestRead]:
    """Cameras of others whose events `person` may read, or waits to."""
    rows = Guest.objects.filter(person=person, state__in=["asked", "shared"], camera__removed_at=None)
    return [guest_of(row) for row in rows.order_by("invited_at", "id")]


def readers_of(camera: CameraId, owner: PersonId) -> list[PersonId]:
    """Who is told that the camera noticed something: its owner, and with whom it is shared."""
    rows = Guest.objects.filter(camera=camera, state="shared").values_list("person_id", flat=True)
    return [owner, *(PersonId(person) for person in rows if person is not None)]


def _own_events(reader: PersonId) -> QuerySet[SealedEvent, SealedEvent]:
    """Of the reader's own cameras, and of those shared with them since they were."""
    shared = Guest.objects.filter(
        camera=OuterRef("camera"), person=reader, state="shared", shared_at__lte=OuterRef("came_at")
    )
    return SealedEvent.objects.filter(Q(camera__owner=reader) | Exists(shared), camera__removed_at=None)


def _boxes(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[start : start + EVENT_BOX_BYTES] for start in range(0, len(joined), EVENT_BOX_BYTES))
