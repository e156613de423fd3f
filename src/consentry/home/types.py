"""What an owner's pages are made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consentry.cameras.types import Camera


@dataclass(frozen=True)
class OwnerLook:
    """One look at one's own camera. Agency, role and number; never a name, a block or a call.

    `stage`: `logging` before a picture, `live`, `ended`. `seconds`: watched so far or in all.
    `proof`: the opening as JSON once it is in the log, else None.
    """

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
    proof: dict[str, Any] | None = None


@dataclass(frozen=True)
class HomeCamera:
    """One's own camera with the looks that run on it."""

    camera: Camera
    looks_now: tuple[OwnerLook, ...]


@dataclass(frozen=True)
class HomeAsk:
    """An ask that waits for the owner. `record`: what a yes signs, all but the time."""

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
