"""Keeps every city camera with a living gateway; asked at each heartbeat, and before somebody is told where to go."""

from consentry.access import services
from consentry.cameras import queries as cameras


def settle(*, surely: bool = False) -> None:
    """Share the city's cameras out anew where counts say that it is needed; `surely`: look at each camera."""
    if surely or services.is_unsettled():
        dialled = (camera for camera in cameras.public_cameras_for_gateway() if camera.push_sha256 is None)
        services.share_out([camera.id for camera in dialled])
