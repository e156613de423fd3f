"""Locks the row of an owner's camera or of an edge, or says that there is none."""

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Edge as EdgeRow
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound


def own_camera(principal: Principal, camera: str) -> CameraRow:
    """The principal's own camera, locked until the transaction ends; NotFound for anyone else's as for none."""
    if principal.person is None:
        raise NotFound("no such camera")
    rows = CameraRow.objects.select_for_update().filter(klass="private", owner=principal.person, removed_at=None)
    row = rows.filter(id=camera).first()
    if row is None:
        raise NotFound("no such camera")
    return row


def find_edge(edge: str) -> EdgeRow | None:
    """A paired edge, locked until the transaction ends, or None.

    Without its key: whoever holds a camera may still write its edge a letter, so that nobody waits in a circle.
    """
    return EdgeRow.objects.select_for_update(no_key=True).filter(id=edge, removed_at=None).first()
