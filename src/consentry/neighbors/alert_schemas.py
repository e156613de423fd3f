"""What the operations of official alerts take and give."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from consentry.kernel.geo import Place
from consentry.kernel.limits_residents import MAX_ALERT_CORNERS
from consentry.neighbors.cap import CapInfo, CapText
from consentry.neighbors.services.alerts import NewAlert

PostCategory = Literal[
    "CBRNE", "Env", "Fire", "Geo", "Health", "Infra", "Met", "Other", "Rescue", "Safety", "Security", "Transport"
]
Response = Literal["AllClear", "Assess", "Avoid", "Evacuate", "Execute", "Monitor", "None", "Prepare", "Shelter"]
Urgency = Literal["Expected", "Future", "Immediate", "Past", "Unknown"]
Severity = Literal["Extreme", "Minor", "Moderate", "Severe", "Unknown"]
Certainty = Literal["Likely", "Observed", "Possible", "Unknown", "Unlikely"]
Status = Literal["Actual", "Exercise", "System", "Test"]


class AlertTextIn(Schema):
    """An alert in one language."""

    language: Literal["en", "fr", "es"]
    event: str = Field(min_length=1, max_length=60)
    headline: str = Field(min_length=1, max_length=160)
    description: str = Field(min_length=1, max_length=2_000)
    instruction: str = Field("", max_length=1_000)
    area_name: str = Field("", max_length=160)


class CornerIn(Schema):
    """A corner of the drawn area."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class AlertIn(Schema):
    """An alert to publish; codes are those of CAP 1.2."""

    category: PostCategory
    response: Response
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    area_name: str = Field(min_length=1, max_length=160)
    texts: list[AlertTextIn] = Field(min_length=1, max_length=3)
    corners: list[CornerIn] = Field(min_length=3, max_length=MAX_ALERT_CORNERS)
    expires_at: datetime
    status: Status = "Actual"


class CancelTextIn(Schema):
    """Why an alert is taken back, in another language than its first."""

    language: Literal["en", "fr", "es"]
    why: str = Field(min_length=1, max_length=1_000)


class CancelIn(Schema):
    """Why an alert is taken back, in its first language, and in `others` of its languages."""

    why: str = Field(min_length=1, max_length=1_000)
    others: list[CancelTextIn] = Field([], max_length=2)


class AlertTextOut(Schema):
    """An alert in one language."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str
    area_name: str


class AlertOut(Schema):
    """One published message; `superseded_by` is the newest of its chain when that is another one."""

    id: str
    first: str
    version: int
    msg_type: str
    status: str
    agency: str
    agency_name: str
    category: str
    response: str
    urgency: str
    severity: str
    certainty: str
    area_name: str
    texts: list[AlertTextOut]
    corners: list[tuple[float, float]]
    cells: list[str]
    sent_at: datetime
    expires_at: datetime
    superseded_by: str
    cap_sha256: str


def new_alert(body: AlertIn) -> NewAlert:
    """The body as the service takes it."""
    texts = tuple(CapText(**{**text.model_dump(), "area_name": text.area_name.strip()}) for text in body.texts)
    info = CapInfo(
        body.category, body.response, body.urgency, body.severity, body.certainty, body.area_name.strip(), texts
    )
    corners = tuple(Place(corner.lat, corner.lon) for corner in body.corners)
    return NewAlert(info, corners, body.expires_at, body.status)
