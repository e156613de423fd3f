"""Public cameras that send to us: adding one, its key, and where to send."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from consentry.cameras import queries, services
from consentry.cameras.schemas import Fov, Heading, Id, Lat, Lon, Name, PublicCameraOut, Range, public_camera_out
from consentry.cameras.trust import whip_urls
from consentry.cameras.types import NewCamera
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place, View
from consentry.kernel.ids import AgencyId

router = Router(tags=["cameras"])


class PushedCameraIn(Schema):
    """An agency's camera that sends to us; where it is counts until it says so itself."""

    agency: Id
    name: Name
    kind: Literal["drone", "phone", "robot"] = "phone"
    lat: Lat
    lon: Lon
    heading_deg: Heading | None = None
    fov_deg: Fov = 70
    range_m: Range = 60


class PushKeyOut(Schema):
    """The key, in this answer once and kept nowhere; where to send by WHIP (docs/spec/whip.md), to be tried in turn."""

    key: Annotated[str, Field(description="43 characters; goes into the Authorization header")]
    whip_urls: list[str]


@router.get("/pushed-cameras", response=list[PublicCameraOut])
@policy("cameras:public_camera:push")
def list_pushed(request: HttpRequest, response: HttpResponse) -> list[PublicCameraOut]:
    """The cameras by which one may send."""
    response["Cache-Control"] = "no-store"
    return [public_camera_out(camera) for camera in queries.pushed_cameras(principal_of(request))]


@router.post("/pushed-cameras", response={201: PublicCameraOut})
@policy("cameras:public_camera:register")
def add_pushed(request: HttpRequest, body: PushedCameraIn) -> Status[PublicCameraOut]:
    """Add a camera that sends to us, to an agency that one manages."""
    view = View(body.heading_deg, body.fov_deg, body.range_m)
    new = NewCamera(name=body.name, kind=body.kind, place=Place(body.lat, body.lon), view=view)
    made = services.add_pushed_camera(principal_of(request), new, agency=AgencyId(body.agency), now=utc_now())
    return Status(201, public_camera_out(made))


@router.post("/pushed-cameras/{camera}/key", response={201: PushKeyOut})
@policy("cameras:public_camera:push")
def make_key(request: HttpRequest, response: HttpResponse, camera: str) -> Status[PushKeyOut]:
    """A new key; the one before is worth nothing from now on."""
    response["Cache-Control"] = "no-store"
    key = services.make_push_key(principal_of(request), camera, now=utc_now())
    return Status(201, PushKeyOut(key=key, whip_urls=list(whip_urls())))


@router.delete("/pushed-cameras/{camera}/key", response={204: None})
@policy("cameras:public_camera:push")
def end_key(request: HttpRequest, camera: str) -> Status[None]:
    """Take the key back; who sends is cut off."""
    services.end_push_key(principal_of(request), camera)
    return Status(204, None)
