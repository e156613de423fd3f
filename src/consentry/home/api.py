"""The owner's page: what runs, one-tap stop, pause and resume, asks, every look with its proof."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from consentry.access.services import answer_ask
from consentry.cameras.services import pause_camera, resume_camera
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.home import queries, services
from consentry.home.types import HomeAsk, HomeCamera, OwnerLook
from consentry.kernel.clock import utc_now

router = Router(tags=["home"])


class LookOut(Schema):
    """One look; `proof` is the opening of docs/spec/opening.md, which the browser verifies by itself."""

    id: str
    camera: str
    camera_name: str
    agency: str
    role: str
    officer_number: str
    type_family: str
    distance_band: str
    purpose: str
    stage: str
    since: datetime
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    seconds: int
    # Any: an opening; its fields are fixed by docs/spec/opening.md and checked where it is used.
    proof: dict[str, Any] | None


class HomeCameraOut(Schema):
    """One's own camera. `state`: online, offline, fault or unknown, as its edge last said."""

    id: str
    name: str
    kind: str
    state: str
    paused: bool
    looks_now: list[LookOut]


class HomeOut(Schema):
    """The owner's page."""

    cameras: list[HomeCameraOut]


class AskOut(Schema):
    """An ask that waits. `record` is what a yes signs, with `v`, `kind` and the owner's own time added."""

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
    """Yes needs the owner's signature over the ask's record; no needs nothing."""

    yes: bool
    signature: str = Field(default="", max_length=2_000)


class ResumeIn(Schema):
    """The owner-signed `camera.resume`."""

    owner_signature: str = Field(max_length=2_000)


class StoppedOut(Schema):
    """How many grants ended."""

    ended: int


@router.get("/home", response=HomeOut)
@policy("home:camera:read")
def read_home(request: HttpRequest, response: HttpResponse) -> HomeOut:
    """The owner's cameras and who looks now."""
    response["Cache-Control"] = "no-store"
    return HomeOut(cameras=[_camera_out(camera) for camera in queries.home_of(principal_of(request), now=utc_now())])


@router.get("/home/cameras/{camera}/looks", response=list[LookOut])
@policy("home:look:read")
def list_looks(request: HttpRequest, response: HttpResponse, camera: str) -> list[OwnerLook]:
    """Every look at one's own camera, newest first."""
    response["Cache-Control"] = "no-store"
    return queries.looks_at(principal_of(request), camera, now=utc_now())


@router.post("/home/cameras/{camera}/stop", response=StoppedOut)
@policy("home:look:stop")
def stop(request: HttpRequest, camera: str) -> StoppedOut:
    """End every look at this camera now."""
    return StoppedOut(ended=services.stop_looks(principal_of(request), camera, now=utc_now()))


@router.post("/home/cameras/{camera}/pause", response={204: None})
@policy("home:camera:pause")
def pause(request: HttpRequest, camera: str) -> tuple[int, None]:
    """Nobody looks through this camera until it is resumed; ends what runs."""
    pause_camera(principal_of(request), camera, now=utc_now())
    return 204, None


@router.post("/home/cameras/{camera}/resume", response={204: None})
@policy("home:camera:pause")
def resume(request: HttpRequest, camera: str, body: ResumeIn) -> tuple[int, None]:
    """Allow looks again; signed by the owner's own key, because the server alone may only close."""
    resume_camera(principal_of(request), camera, body.owner_signature, now=utc_now())
    return 204, None


@router.get("/home/asks", response=list[AskOut])
@policy("home:ask:read")
def list_asks(request: HttpRequest, response: HttpResponse) -> list[HomeAsk]:
    """Asks that wait for an answer."""
    response["Cache-Control"] = "no-store"
    return queries.asks_of(principal_of(request), now=utc_now())


@router.post("/home/asks/{ask}/answer", response={204: None})
@policy("home:ask:answer")
def answer(request: HttpRequest, ask: str, body: AnswerIn) -> tuple[int, None]:
    """Yes or no; a no is as silent as no answer."""
    answer_ask(principal_of(request), ask, yes=body.yes, signature=body.signature, now=utc_now())
    return 204, None


def _camera_out(home: HomeCamera) -> HomeCameraOut:
    camera = home.camera
    return HomeCameraOut(
        id=camera.id, name=camera.name, kind=camera.kind.value, state=camera.health.value, paused=camera.paused,
        looks_now=[LookOut.model_validate(look, from_attributes=True) for look in home.looks_now],
    )  # fmt: skip
