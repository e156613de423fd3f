"""Cameras of their owners, and public cameras of agencies. Edges and keys: `api_edges.py`."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.cameras import queries, services
from consentry.cameras.api_edges import router as edges_router
from consentry.cameras.api_pushed import router as pushed_router
from consentry.cameras.schemas import (
    CameraIn,
    CameraOut,
    CameraPatch,
    MobilePlaceOut,
    PictureIn,
    PictureOut,
    PublicCameraIn,
    PublicCameraOut,
    SoundIn,
    SubStreamIn,
    TurningIn,
    camera_out,
    mobile_place_out,
    public_camera_out,
)
from consentry.cameras.types import Camera, NewCamera, SealedAddress, ViewChange
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.geo import Place, View
from consentry.kernel.ids import AgencyId, EdgeId
from consentry.kernel.terms import Participation

router = Router(tags=["cameras"])
router.add_router("", edges_router)
router.add_router("", pushed_router)


@router.get("/cameras", response=list[CameraOut])
@policy("cameras:camera:read")
def list_cameras(request: HttpRequest, response: HttpResponse) -> list[CameraOut]:
    """The signed-in owner's cameras."""
    person = principal_of(request).person
    if person is None:
        raise NotFound("no cameras")
    response["Cache-Control"] = "no-store"
    return [camera_out(camera) for camera in queries.cameras_of(person)]


@router.post("/cameras", response={201: CameraOut})
@policy("cameras:camera:register")
def register(request: HttpRequest, body: CameraIn) -> Status[CameraOut]:
    """Register a private camera. Its address goes later, sealed to its edge (PATCH)."""
    new = NewCamera(
        name=body.name, kind=body.kind, place=Place(body.lat, body.lon),
        view=View(body.heading_deg, body.fov_deg, body.range_m), indoor=body.indoor,
        participation=Participation(body.participation), edge=None if body.edge is None else EdgeId(body.edge),
    )  # fmt: skip
    return Status(201, camera_out(services.register_camera(principal_of(request), new, now=utc_now())))


@router.get("/cameras/{camera}", response=CameraOut)
@policy("cameras:camera:read")
def read(request: HttpRequest, response: HttpResponse, camera: str) -> CameraOut:
    """One of the owner's own."""
    response["Cache-Control"] = "no-store"
    return camera_out(queries.access_camera(principal_of(request), camera))


@router.patch("/cameras/{camera}", response=CameraOut)
@policy("cameras:camera:change")
def change(request: HttpRequest, camera: str, body: CameraPatch) -> CameraOut:
    """Change name, kind, place, view or edge, or pass a sealed address on to the edge."""
    principal = principal_of(request)
    held = queries.access_camera(principal, camera)
    changes = _change(body, held)
    if changes != ViewChange():
        held = services.change_view(principal, camera, changes)
    if body.sealed_address is not None:
        sealed = SealedAddress(body.sealed_address.box, body.sealed_address.owner_signature)
        services.send_address(principal, camera, sealed, now=utc_now())
    return camera_out(held)


@router.delete("/cameras/{camera}", response={204: None})
@policy("cameras:camera:remove")
def remove(request: HttpRequest, camera: str) -> Status[None]:
    """Take a camera out of the registry; looks end, consents end."""
    services.remove_camera(principal_of(request), camera, now=utc_now())
    return Status(204, None)


@router.post("/cameras/{camera}/test", response={202: None})
@policy("cameras:camera:test")
def ask_picture(request: HttpRequest, camera: str, body: PictureIn) -> Status[None]:
    """Ask the edge for one picture, sealed to the owner's browser; fetch it with GET."""
    services.ask_picture(principal_of(request), camera, body.owner_signature, now=utc_now(), which=body.which)
    return Status(202, None)


@router.get("/cameras/{camera}/test", response=PictureOut)
@policy("cameras:camera:test")
def fetch_picture(request: HttpRequest, response: HttpResponse, camera: str) -> PictureOut:
    """How the test stands; the picture is unreadable here and gone after 5 minutes."""
    answer = services.fetch_picture(principal_of(request), camera, now=utc_now())
    response["Cache-Control"] = "no-store"
    box = None if answer.box is None else to_b64(answer.box)
    return PictureOut.model_validate({
        "state": answer.state, "box": box, "taken_at": answer.taken_at, "fault": answer.fault,
    })  # fmt: skip


@router.get("/public-cameras", response=list[PublicCameraOut])
@policy("cameras:public_camera:list")
def list_public(request: HttpRequest) -> list[PublicCameraOut]:
    """The public cameras of the agencies where one has a seat."""
    return [public_camera_out(camera) for camera in queries.public_cameras(principal_of(request))]


@router.post("/public-cameras", response={201: PublicCameraOut})
@policy("cameras:public_camera:register")
def register_public(request: HttpRequest, body: PublicCameraIn) -> Status[PublicCameraOut]:
    """Register a camera of an agency that one manages."""
    view = View(body.heading_deg, body.fov_deg, body.range_m)
    new = NewCamera(name=body.name, kind=body.kind, place=Place(body.lat, body.lon), view=view)
    made = services.register_public_camera(
        principal_of(request), new, agency=AgencyId(body.agency), url=body.url, now=utc_now()
    )
    return Status(201, public_camera_out(made))


@router.put("/public-cameras/{camera}/sound", response=PublicCameraOut)
@policy("cameras:public_camera:sound")
def set_sound(request: HttpRequest, camera: str, body: SoundIn) -> PublicCameraOut:
    """Say whether looks at a camera of an agency that one manages may hear it; off silences those that run."""
    return public_camera_out(services.set_sound(principal_of(request), camera, audio=body.audio))


@router.put("/public-cameras/{camera}/sub-stream", response=PublicCameraOut)
@policy("cameras:public_camera:sub_stream")
def set_sub_stream(request: HttpRequest, camera: str, body: SubStreamIn) -> PublicCameraOut:
    """Say where the smaller stream of a camera of an agency that one manages is, for weak links; empty for none."""
    return public_camera_out(services.set_sub_stream(principal_of(request), camera, body.url))


@router.put("/public-cameras/{camera}/turning", response=PublicCameraOut)
@policy("cameras:public_camera:turning")
def set_turning(request: HttpRequest, camera: str, body: TurningIn) -> PublicCameraOut:
    """Say by which ONVIF address looks at a camera of an agency that one manages may turn it; null: not at all."""
    return public_camera_out(services.set_turning(principal_of(request), camera, body.address))


@router.get("/mobile-places", response=list[MobilePlaceOut])
@policy("cameras:mobile_place:list")
def list_places(request: HttpRequest, response: HttpResponse) -> list[MobilePlaceOut]:
    """Where the drones, robots and phones of the agencies where one has a seat are; the event is `place.moved`."""
    response["Cache-Control"] = "no-store"
    now = utc_now()
    return [mobile_place_out(place, now) for place in queries.mobile_places(principal_of(request), now=now)]


def _change(body: CameraPatch, held: Camera) -> ViewChange:
    said = body.model_fields_set
    if ("lat" in said) != ("lon" in said):
        raise Malformed("a place has a latitude and a longitude")
    place, view = None, None
    if body.lat is not None and body.lon is not None:
        place = Place(body.lat, body.lon)
    if said & {"heading_deg", "fov_deg", "range_m"}:
        heading = body.heading_deg if "heading_deg" in said else held.view.heading_deg
        view = View(heading, body.fov_deg or held.view.fov_deg, body.range_m or held.view.range_m)
    edge = None if body.edge is None else EdgeId(body.edge)
    return ViewChange(name=body.name, kind=body.kind, place=place, view=view, edge=edge)
