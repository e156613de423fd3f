"""Flags on looks: the owner raises one, the auditor answers it. Neither changes what may be looked at."""

from datetime import datetime

from django.db import IntegrityError, transaction

from consentry.access import models
from consentry.access.models.officers import BY_OWNER
from consentry.access.queries import find_session
from consentry.cameras import queries as cameras
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, NotFound
from consentry.kernel.roles import Role


def raise_flag(principal: Principal, look: str, said: str, *, now: datetime) -> None:
    """The owner flags one look at their own camera, in words or without; once for each look.

    Raises NotFound for a look at anyone else's camera, Conflict when it is flagged already.
    """
    session = find_session(look)
    if session is None:
        raise NotFound("no such look")
    camera = cameras.access_camera(principal, session.camera)
    try:
        with transaction.atomic():
            models.LookFlag.objects.create(
                camera=camera.id, owner=principal.person or "", agency=session.agency, person=session.viewer,
                officer_number=session.officer_number, looks=0, at=now, kind=BY_OWNER, session=session.id,
                said=said.strip(),
            )  # fmt: skip
            tell(f"person:{principal.person}", "flag.raised", camera.id)
            tell(f"agency:{session.agency}", "flag.raised", camera.id)
    except IntegrityError as error:
        raise Conflict("this look is flagged already", kind="flagged-already") from error


@transaction.atomic
def answer_flag(principal: Principal, flag: int, answer: str, *, now: datetime) -> models.LookFlag:
    """The auditor's answer, told to the owner; it stands as it was given.

    Raises NotFound outside the auditor's agencies, Conflict when it is answered already.
    """
    rows = models.LookFlag.objects.select_for_update()
    row = rows.filter(id=flag, agency__in=principal.agencies(Role.AUDITOR)).first()
    if row is None:
        raise NotFound("no such flag")
    if row.answered_at is not None:
        raise Conflict("it is answered already", kind="answered-already")
    row.answer, row.answered_by, row.answered_at = answer.strip(), principal.person or "", now
    row.save(update_fields=["answer", "answered_by", "answered_at"])
    tell(f"person:{row.owner}", "flag.answered", row.camera)
    tell(f"agency:{row.agency}", "flag.answered", row.camera)
    return row
