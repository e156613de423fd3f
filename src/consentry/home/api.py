"""Operations of the owner's page."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from consentry.access import services as access
from consentry.access.schemas import FlagKind, OpeningJson
from consentry.access.types import OwnerAsk
from consentry.cameras import queries as cameras
from consentry.cameras import services as camera_services
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.home import queries
from consentry.home.api_events import router as events_router
from consentry.home.api_guests import router as guests_router
from consentry.home.api_own import router as own_router
from consentry.home.types import HomeCamera, HomeLook
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import CameraId
from consentry.kernel.owner_record import MAX_SIGNED_CHARS

router = Router(tags=["home"])
router.add_router("", events_router)
router.add_router("", guests_router)
router.add_router("", own_router)


class LookOut(Schema):
    """A look at one's own camera; `proof` is checked by the browser."""

    id: str
    agency: str
    role: str
    officer_number: str
    type_family: str
    distance_band: str
    purpose: str
    since: datetime
    first_frame_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    seconds: int
    kept: bool
    proof: OpeningJson | None


class HomeCameraOut(Schema):
    """One's own camera and who looks now."""

    id: str
    name: str
    state: str
    paused: bool
    paused_until: datetime | None
    warnings: list[str]
    looks_now: list[LookOut]


class HomeOut(Schema):
    """The owner's page."""

    cameras: list[HomeCameraOut]


class StoppedOut(Schema):
    """How many looks a stop ended."""

    ended: int


class ResumeIn(Schema):
    """The owner's signed `camera.resume`."""

    owner_signature: str = Field(max_length=MAX_SIGNED_CHARS)


class OwnerAskOut(Schema):
    """An ask that waits; `record` holds the fields of the `ask.yes` to sign (beside v, kind and t)."""

    id: str
    camera: str
    camera_name: str
    agency: str
    role: str
    officer_number: str
    type_family: str
    distance_band: str
    purpose: str
    minutes: int
    asked_at: datetime
    answer_by: datetime
    record: dict[str, str | int]


class AnswerIn(Schema):
    """Yes with the signed record, or no with nothing."""

    yes: bool
    signature: str = Field(default="", max_length=MAX_SIGNED_CHARS)


class OwnRefusalOut(Schema):
    """A look that one's own conditions refused."""

    at: datetime
    conditions: list[str]


class OwnFlagOut(Schema):
    """A look to be gone into; `answer` is the auditor's, "" while it waits."""

    kind: FlagKind
    look: str
    officer_number: str
    looks: int
    at: datetime
    said: str
    answer: str
    answered_at: datetime | None


class FlagIn(Schema):
    """What the owner says about the look, if anything; the auditor reads it."""

    said: str = Field(default="", max_length=500)


@router.get("/home", response=HomeOut, operation_id="read_home")
@policy("home:camera:read")
def read_home(request: HttpRequest) -> HomeOut:
    """One's own cameras and who looks now."""
    found = queries.home_of(principal_of(request), now=utc_now())
    return HomeOut(cameras=[_camera_out(camera) for camera in found])


def _camera_out(camera: HomeCamera) -> HomeCameraOut:
    looks = [_look_out(look) for look in camera.looks_now]
    return HomeCameraOut(
        id=camera.id, name=camera.name, state=camera.state, paused=camera.paused, paused_until=camera.paused_until,
        warnings=list(camera.warnings), looks_now=looks,
    )  # fmt: skip


@router.get("/home/cameras/{camera}/looks", response=list[LookOut], operation_id="list_home_looks")
@policy("home:look:read")
def list_looks(request: HttpRequest, camera: str) -> list[LookOut]:
    """Every look at one's own camera, with its proof."""
    return [_look_out(look) for look in queries.looks_at(principal_of(request), camera, now=utc_now())]


@router.get("/home/looks/{look}/proof", operation_id="read_look_proof", include_in_schema=False)
@policy("home:look:read")
def read_proof(request: HttpRequest, look: str) -> HttpResponse:
    """The look's tlog-proof file, to keep."""
    response = HttpResponse(queries.proof_file(principal_of(request), look), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{look}.tlog-proof"'
    return response


@router.get("/home/cameras/{camera}/refusals", response=list[OwnRefusalOut], operation_id="list_home_refusals")
@policy("home:look:read")
def list_refusals(request: HttpRequest, camera: str) -> list[OwnRefusalOut]:
    """Looks that were refused at one's own camera."""
    found = queries.refusals_at(principal_of(request), camera)
    return [OwnRefusalOut(at=item.at, conditions=list(item.conditions)) for item in found]


@router.get("/home/cameras/{camera}/flags", response=list[OwnFlagOut], operation_id="list_home_flags")
@policy("home:look:read")
def list_flags(request: HttpRequest, camera: str) -> list[OwnFlagOut]:
    """What is flagged at one's own camera, by us or by oneself."""
    return [OwnFlagOut(**vars(item)) for item in queries.flags_at(principal_of(request), camera)]


@router.post("/home/looks/{look}/flag", response={204: None}, operation_id="flag_look")
@policy("home:look:flag")
def flag_look(request: HttpRequest, look: str, body: FlagIn) -> Status[None]:
    """Ask the auditor to go into one look at one's own camera."""
    access.raise_flag(principal_of(request), look, body.said, now=utc_now())
    return Status(204, None)


@router.post("/home/cameras/{camera}/stop", response=StoppedOut, operation_id="stop_looks")
@policy("home:look:stop")
def stop_looks(request: HttpRequest, camera: str) -> StoppedOut:
    """End every look at one's own camera, at once."""
    return StoppedOut(ended=access.stop_looks(principal_of(request), CameraId(camera), now=utc_now()))


@router.post("/home/cameras/{camera}/pause", response={204: None}, operation_id="pause_camera")
@policy("home:camera:pause")
def pause_camera(request: HttpRequest, camera: str, minutes: int | None = None) -> Status[None]:
    """Nothing may be seen until one resumes, or for `minutes` (15 to 1440), which the box ends by its own clock."""
    camera_services.pause_camera(principal_of(request), camera, now=utc_now(), minutes=minutes)
    return Status(204, None)


@router.post("/home/cameras/{camera}/resume", response={204: None}, operation_id="resume_camera")
@policy("home:camera:pause")
def resume_camera(request: HttpRequest, camera: str, body: ResumeIn) -> Status[None]:
    """Resume, by one's own signature."""
    camera_services.resume_camera(principal_of(request), camera, body.owner_signature, now=utc_now())
    return Status(204, None)


@router.get("/home/asks", response=list[OwnerAskOut], operation_id="list_home_asks")
@policy("home:ask:read")
def list_asks(request: HttpRequest) -> list[OwnerAskOut]:
    """Asks that wait for one's answer."""
    found = queries.asks_of(principal_of(request), now=utc_now())
    names = cameras.get_cameras([ask.camera for ask in found])
    return [_ask_out(ask, names[ask.camera].name if ask.camera in names else "") for ask in found]


@router.post("/home/asks/{ask}/answer", response={204: None}, operation_id="answer_ask")
@policy("home:ask:answer")
def answer_ask(request: HttpRequest, ask: str, body: AnswerIn) -> Status[None]:
    """Yes or no; no reason asked. The asker cannot tell a no from silence."""
    access.answer_ask(principal_of(request), ask, yes=body.yes, signature=body.signature, now=utc_now())
    return Status(204, None)


def _look_out(look: HomeLook) -> LookOut:
    return LookOut.model_validate(vars(look))


def _ask_out(ask: OwnerAsk, name: str) -> OwnerAskOut:
    record: dict[str, str | int] = {
        "agency": ask.agency, "ask": ask.ask, "camera": ask.camera, "incident": ask.incident, "minutes": ask.minutes,
        "purpose": ask.purpose,
    }  # fmt: skip
    return OwnerAskOut(
        id=ask.candidate, camera=ask.camera, camera_name=name, agency=queries.agency_name(ask.agency), role=ask.role,
        officer_number=ask.officer_number, type_family=ask.type_family, distance_band=ask.distance_band,
        purpose=ask.purpose, minutes=ask.minutes, asked_at=ask.asked_at, answer_by=ask.ends_at, record=record,
    )  # fmt: skip
