"""What consent announces, inside the transaction that made it true."""

from dataclasses import dataclass

from consentry.kernel.ids import CameraId, ProgrammeId


@dataclass(frozen=True)
class ConsentGiven:
    """An owner gave or renewed consent."""

    camera: CameraId
    programme: ProgrammeId


@dataclass(frozen=True)
class ConsentWithdrawn:
    """An owner withdrew, or we revoked: nothing may be seen under it now."""

    camera: CameraId
    programme: ProgrammeId


@dataclass(frozen=True)
class MandateDisconnected:
    """The owner of an obliged camera took it off, or the camera is gone: nothing may be seen under it now."""

    camera: CameraId
    programme: ProgrammeId


@dataclass(frozen=True)
class TermsChanged:
    """The terms of a camera are a new version: what was opened under the old one ends."""

    camera: CameraId
