"""What cameras announces, inside the transaction that made it true."""

from dataclasses import dataclass

from consentry.kernel.ids import CameraId, EdgeId, PersonId


@dataclass(frozen=True)
class CameraPaused:
    """Its owner paused it: nothing may be seen through it now."""

    camera: CameraId


@dataclass(frozen=True)
class CameraResumed:
    """Its owner resumed it."""

    camera: CameraId


@dataclass(frozen=True)
class CameraRemoved:
    """It is being taken out of the registry (handlers still find it)."""

    camera: CameraId


@dataclass(frozen=True)
class CameraChanged:
    """Its place, view or edge changed: what was decided on the old ones no longer holds."""

    camera: CameraId


@dataclass(frozen=True)
class CameraNoticed:
    """Its edge told of an event, sealed to the owner: nobody here knows what happened."""

    camera: CameraId
    owner: PersonId


@dataclass(frozen=True)
class EdgePaired:
    """An edge was paired with its owner."""

    edge: EdgeId
    owner: PersonId


@dataclass(frozen=True)
class TermsTaken:
    """An edge answered that it holds this version of a camera's terms (hex SHA-256), or refused with `refused`."""

    camera: CameraId
    version: int
    terms_sha256: str
    refused: str = ""


@dataclass(frozen=True)
class StoppedAtEdge:
    """The owner tapped stop at the edge itself: whatever ran through these cameras has ended there."""

    edge: EdgeId
    cameras: tuple[CameraId, ...]
