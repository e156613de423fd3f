"""Register, change and remove cameras. A private one has no address here: that goes sealed to its edge."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from consentry.cameras.events import CameraChanged, CameraRemoved
from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.nearness import near_cell
from consentry.cameras.queries import key_for_camera
from consentry.cameras.rows import camera_of
from consentry.cameras.services.letters import post_letter
from consentry.cameras.services.own import own_camera
from consentry.cameras.signed import open_by_owner
from consentry.cameras.types import Camera, Kind, Klass, NewCamera, SealedAddress, ViewChange
from consentry.cells.events import PartitionFrozen
from consentry.cells.queries import block_of, cell_of
from consentry.cells.types import Block
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import LimitReached, Malformed, NotFound, Refused, Untrusted
from consentry.kernel.geo import Place, View
from consentry.kernel.ids import AgencyId, CameraId, PersonId, new_id
from consentry.kernel.roles import Role
from consentry.kernel.terms import Participation
from consentry.ledger.services import append
from consentry.media.source_address import parse_source
from consentry.media.units import SourceFault

MAX_CAMERAS_PER_OWNER = 64
MAX_NAME_CHARS = 80
MAX_RANGE_M = 2_000
MAX_URL_CHARS = 500
MAX_SEALED_BYTES = 4_096


@transaction.atomic
def register_camera(principal: Principal, new: NewCamera, *, now: datetime) -> Camera:
    """Register the principal's own private camera (paused: no; consent: none yet).

    Raises Refused (`indoor`) for an indoor one, Malformed for a view out of bounds, NotFound for another's edge,
    LimitReached above 64 cameras, Unavailable while the city is not divided into cells.
    """
    owner = _person(principal)
    if new.indoor:
        raise Refused("indoor cameras cannot be registered", kind="indoor")
    if new.participation is Participation.AGENCY_OWNED:
        raise Malformed("a private camera is not owned by an agency")
    if CameraRow.objects.filter(owner=owner, removed_at=None).count() >= MAX_CAMERAS_PER_OWNER:
        raise LimitReached(f"an owner registers at most {MAX_CAMERAS_PER_OWNER} cameras", kind="cameras-per-owner")
    row = CameraRow(klass=Klass.PRIVATE, owner_id=owner, participation=new.participation, **_fields(new))
    row.edge = _own_edge(owner, new.edge)
    return _register(row, now)


@transaction.atomic
def register_public_camera(
    principal: Principal, new: NewCamera, *, agency: AgencyId, url: str, now: datetime
) -> Camera:
    """Register a camera of `agency`, by its manager; the gateway dials `url` (`media/source_address`).

    Raises NotFound for an agency that the principal does not manage, Malformed for an address or view out of bounds.
    """
    if agency not in principal.agencies(Role.MANAGER):
        raise NotFound("no such agency")
    return enter_public_camera(new, agency=agency, url=url, now=now)


@transaction.atomic
def enter_public_camera(new: NewCamera, *, agency: AgencyId, url: str, now: datetime) -> Camera:
    """Register a camera of `agency`: the act of who runs this server, not an operation of the API."""
    if new.indoor:
        raise Refused("indoor cameras cannot be registered", kind="indoor")
    row = CameraRow(klass=Klass.PUBLIC, agency_id=agency, participation=Participation.AGENCY_OWNED, **_fields(new))
    row.url = checked_url(url)
    return _register(row, now)


@transaction.atomic
def enter_pushed_camera(new: NewCamera, *, agency: AgencyId, now: datetime) -> Camera:
    """Register a camera of `agency` that nobody dials: it sends to us by a key."""
    if new.indoor:
        raise Refused("indoor cameras cannot be registered", kind="indoor")
    row = CameraRow(klass=Klass.PUBLIC, agency_id=agency, participation=Participation.AGENCY_OWNED, **_fields(new))
    return _register(row, now)


@transaction.atomic
def move_public_address(camera: CameraId, url: str) -> None:
    """Dial a public camera at another address from now on: the act of who runs this server. NotFound, Malformed."""
    row = CameraRow.objects.select_for_update().filter(id=camera, klass=Klass.PUBLIC, removed_at=None).first()
    if row is None:
        raise NotFound("no such camera")
    if row.url != checked_url(url):
        row.url = url
        row.save(update_fields=["url"])
        _tell(row)


@transaction.atomic
def change_view(principal: Principal, camera: str, change: ViewChange) -> Camera:
    """Change name, kind, place, view or edge of the principal's own camera; None leaves a field as it is."""
    row = own_camera(principal, camera)
    stood = Place(row.lat, row.lon)
    place = change.place or stood
    view = change.view or View(row.heading_deg, row.fov_deg, row.range_m)
    new = NewCamera(name=change.name or row.name, kind=change.kind or row.kind, place=place, view=view)
    for name, value in _fields(new).items():
        setattr(row, name, value)
    # A form sends the place with whatever was changed: only a camera that moves takes another block.
    if place != stood:
        _set_block(row)
    if change.edge is not None:
        row.edge = _own_edge(_person(principal), change.edge)
    row.save()
    if (change.place, change.view, change.edge) != (None, None, None):
        announce(CameraChanged(camera_of(row).id))
    _tell(row)
    return camera_of(row)


@transaction.atomic
def send_address(principal: Principal, camera: str, sealed: SealedAddress, *, now: datetime) -> None:
    """Pass the camera's address on to its edge, sealed in the owner's browser; it is unreadable here.

    Raises Refused (`no-edge`) for a camera without an edge, Malformed for something that is no box, Untrusted unless
    the owner signed `camera.address` over it.
    """
    row = own_camera(principal, camera)
    if row.edge_id is None:
        raise Refused("pair an edge first: a private camera's address is kept there only", kind="no-edge")
    box = from_b64(sealed.box)
    if not 0 < len(box) <= MAX_SEALED_BYTES:
        raise Malformed("not a sealed address")
    said = open_by_owner(sealed.owner_signature, key_for_camera(camera_of(row)), kind="camera.address", now=now)
    if said["camera"] != row.id or said["box_sha256"] != hashlib.sha256(box).hexdigest():
        raise Untrusted("the owner signed another address", kind="owner-record")
    body = {"type": "camera", "camera": row.id, "sealed_address": sealed.box}
    post_letter(row.edge_id, {**body, "owner_signature": sealed.owner_signature}, now=now)


@transaction.atomic
def remove_camera(principal: Principal, camera: str, *, now: datetime) -> None:
    """Take the principal's own camera out of the registry: grants end, its edge forgets the terms."""
    row = own_camera(principal, camera)
    announce(CameraRemoved(camera_of(row).id))
    if row.edge_id is not None:
        post_letter(row.edge_id, {"type": "withdraw", "camera": row.id}, now=now)
    row.removed_at = now
    row.save(update_fields=["removed_at"])
    _tell(row)


def renew_cells(_event: PartitionFrozen) -> None:
    """A city was divided anew: look up the cell of every camera again (handler of `PartitionFrozen`).

    A camera keeps its block: calls under two blocks would tell the few addresses that both share. One that had none
    may have got its fifty homes.
    """
    for row in CameraRow.objects.filter(removed_at=None).iterator():
        row.cell = cell_of(Place(row.lat, row.lon))
        if row.block_lat is None:
            _set_block(row)
        row.save(update_fields=["cell", "block_lat", "block_lon", "block_radius_m", "h3_r9"])


def checked_url(url: str) -> str:
    """`url` if it is an address that a gateway dials; Malformed otherwise (the message never repeats it)."""
    if len(url) > MAX_URL_CHARS or not url.isprintable() or " " in url:
        raise Malformed("a camera's address is printable and at most 500 characters")
    try:
        parse_source(url)
    except SourceFault as error:
        raise Malformed(str(error)) from error
    return url


def _register(row: CameraRow, now: datetime) -> Camera:
    row.id, row.registered_at = new_id("camera"), now
    _set_block(row)
    row.save(force_insert=True)
    fields = {"klass": str(row.klass), "participation": str(row.participation)}
    append("camera.register", fields, key=f"camera.register:{row.id}")
    _tell(row)
    return camera_of(row)


def _set_block(row: CameraRow) -> None:
    """What the distances of this camera are measured to; a public one hides nothing and is its own block."""
    place = Place(row.lat, row.lon)
    block = Block(place, 0) if row.klass == Klass.PUBLIC else block_of(place)
    middle = None if block is None else block.middle
    row.block_lat, row.block_lon = (None, None) if middle is None else middle
    row.block_radius_m = None if block is None else block.radius_m
    row.h3_r9 = near_cell(middle or place)


def _fields(new: NewCamera) -> dict[str, Any]:
    name, (heading, fov, range_m) = " ".join(new.name.split()), new.view
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise Malformed(f"a name has 1 to {MAX_NAME_CHARS} printable characters")
    if new.kind not in set(Kind):
        raise Malformed(f"a kind is one of {', '.join(sorted(Kind))}")
    if not (heading is None or 0 <= heading < 360) or not 0 < fov <= 360 or not 0 < range_m <= MAX_RANGE_M:
        raise Malformed("heading is 0 to 359, angle of view 1 to 360 degrees, range 1 to 2,000 m")
    cell = cell_of(new.place)
    return {
        "name": name, "kind": new.kind, "lat": new.place.lat, "lon": new.place.lon, "heading_deg": heading,
        "fov_deg": fov, "range_m": range_m, "cell": cell,
    }  # fmt: skip


def _own_edge(owner: PersonId, edge: str | None) -> EdgeRow | None:
    if edge is None:
        return None
    row = EdgeRow.objects.filter(id=edge, owner=owner, removed_at=None).first()
    if row is None:
        raise NotFound("no such edge")
    return row


def _person(principal: Principal) -> PersonId:
    if principal.person is None:
        raise NotFound("no such person")
    return principal.person


def _tell(row: CameraRow) -> None:
    if row.owner_id is not None:
        tell(f"person:{row.owner_id}", "camera.changed", row.id)
    else:
        tell(f"agency:{row.agency_id}", "camera.changed", row.id)
    tell("gateway:*", "state.changed", "cameras")
