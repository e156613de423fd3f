"""The smaller stream of a public camera, which weak lines and browsers without H.265 get."""

from django.db import transaction

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.queries import registered
from consentry.cameras.rows import camera_of
from consentry.cameras.services.register import checked_url
from consentry.cameras.types import Camera, Klass
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.ids import CameraId
from consentry.kernel.roles import Role


@transaction.atomic
def set_sub_stream(principal: Principal, camera: str, url: str) -> Camera:
    """Say where the smaller stream of a public camera that the principal manages is; "" for none.

    Raises NotFound for another agency's camera, a private one (its edge knows) and none alike, Malformed for an address
    that is none and for a camera that is not dialled.
    """
    mine = registered().filter(klass=Klass.PUBLIC, agency__in=principal.agencies(Role.MANAGER))
    row: CameraRow | None = mine.select_for_update(of=("self",)).filter(id=camera).first()
    if row is None:
        raise NotFound("no such camera")
    return _keep(row, url)


@transaction.atomic
def enter_sub_stream(camera: CameraId, url: str) -> Camera:
    """The same as the act of who runs this server. NotFound, Malformed."""
    row = registered().select_for_update(of=("self",)).filter(klass=Klass.PUBLIC, id=camera).first()
    if row is None:
        raise NotFound("no such camera")
    return _keep(row, url)


def _keep(row: CameraRow, url: str) -> Camera:
    if not row.url:
        raise Malformed("a camera that sends to us has no smaller stream")
    row.low_url = checked_url(url) if url else ""
    row.save(update_fields=["low_url"])
    tell("gateway:*", "state.changed", "cameras")
    return camera_of(row)
