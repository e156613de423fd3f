"""May looks at a public camera hear it too? Off until its agency's manager says so."""

from django.db import transaction

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.queries import registered
from consentry.cameras.rows import camera_of
from consentry.cameras.types import Camera, Klass
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound
from consentry.kernel.roles import Role


def access_managed(principal: Principal, camera: str) -> CameraRow:
    """A public camera of an agency that the principal manages, locked; NotFound for any other."""
    mine = registered().filter(klass=Klass.PUBLIC, agency__in=principal.agencies(Role.MANAGER))
    row: CameraRow | None = mine.select_for_update(of=("self",)).filter(id=camera).first()
    if row is None:
        raise NotFound("no such camera")
    return row


@transaction.atomic
def set_sound(principal: Principal, camera: str, *, audio: bool) -> Camera:
    """Switch the sound of a public camera that the principal manages; off silences the looks that run.

    Raises NotFound for another agency's camera, a private one (its owner's terms decide) and none alike.
    """
    row = access_managed(principal, camera)
    row.audio = audio
    row.save(update_fields=["audio"])
    tell("gateway:*", "state.changed", "cameras")
    return camera_of(row)
