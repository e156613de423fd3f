"""Record that an ordinance or a benefit obliges a camera to connect: not a consent, and never counted as one."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consentry.agencies.queries import get_programme
from consentry.cameras.queries import get_camera
from consentry.consent.models import Mandate as MandateRow
from consentry.consent.queries import mandate_of, mandates_for
from consentry.consent.types import Mandate
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.ids import CameraId, ProgrammeId, new_id
from consentry.kernel.limits import MAX_MANDATES_PER_CAMERA
from consentry.kernel.roles import Role
from consentry.kernel.terms import Participation
from consentry.ledger.services import append
from consentry.notices.services import notify

MAX_TEXT_CHARS = 500
_OBLIGED = (Participation.MANDATED, Participation.CONDITION_OF_BENEFIT)


@dataclass(frozen=True)
class NewMandate:
    """What a manager records. `ordinance_sha256`: hex, of the ordinance's published text."""

    camera: CameraId
    programme: ProgrammeId
    ordinance_sha256: str
    section: str
    scope: str


@transaction.atomic
def record_mandate(principal: Principal, new: NewMandate, *, now: datetime) -> Mandate:
    """Record a mandate for a camera that was registered as obliged, by a manager of the programme's agency.

    Raises NotFound (camera, or a programme of another agency), Refused (`voluntary`: the owner registered freely),
    Malformed (texts), Conflict (`mandate-recorded`: this section stands already), LimitReached. The owner is told.
    """
    programme, camera = get_programme(new.programme), get_camera(new.camera)
    if programme.agency not in principal.agencies(Role.MANAGER):
        raise NotFound("no such programme")
    if camera.participation not in _OBLIGED:
        raise Refused("this camera takes part freely: ask its owner for consent", kind="voluntary")
    _check(new)
    _require_room(new)
    row = MandateRow.objects.create(
        id=new_id("mandate"), camera_id=camera.id, programme_id=programme.id, participation=camera.participation,
        ordinance_sha256=new.ordinance_sha256, section=new.section, scope=new.scope,
        recorded_by=str(principal.person), recorded_at=now,
    )  # fmt: skip
    fields = {"ordinance_sha256": new.ordinance_sha256, "programme": str(programme.id), "section": new.section}
    append("mandate.record", fields, key=f"mandate.record:{row.id}")
    tell(f"person:{camera.owner}", "camera.changed", camera.id)
    if camera.owner is not None:
        notify(camera.owner, "mandate.recorded", camera.id)
    return mandate_of(row)


def _require_room(new: NewMandate) -> None:
    """Each section of an ordinance stands once for a camera, and there is an end to them."""
    held = mandates_for(new.camera)
    if any(_named(mandate) == _named(new) for mandate in held):
        raise Conflict("this section is on record for this camera already", kind="mandate-recorded")
    if len(held) >= MAX_MANDATES_PER_CAMERA:
        raise LimitReached(f"at most {MAX_MANDATES_PER_CAMERA} mandates per camera", kind="mandates-per-camera")


def _named(mandate: NewMandate | Mandate) -> tuple[str, str, str]:
    return mandate.programme, mandate.ordinance_sha256, mandate.section


def _check(new: NewMandate) -> None:
    digest = new.ordinance_sha256
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise Malformed("the ordinance is named by the SHA-256 of its text, in hex")
    for text in (new.section, new.scope):
        if not 0 < len(text) <= MAX_TEXT_CHARS or not text.isprintable():
            raise Malformed(f"section and scope have 1 to {MAX_TEXT_CHARS} printable characters")
