"""What a camera noticed: motion, a ring at the door. Told to the owner and nobody else; police never see events.

Sources: the camera by ONVIF, MQTT (Frigate, Home Assistant), a signed webhook, or our own frame differencing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from consentry.kernel.ids import CameraId


class EventKind(StrEnum):
    """What happened."""

    MOTION = "motion"
    DOORBELL = "doorbell"


@dataclass(frozen=True)
class CameraEvent:
    """Something happened before `camera` at `at_ms` (UTC); `source`: `onvif`, `mqtt`, `webhook` or `picture`."""

    camera: CameraId
    kind: EventKind
    at_ms: int
    source: str


EventSink = Callable[[CameraEvent], None]
