"""The way to one's own cameras, which gives no right (the owner's key does), and who knows where they are."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.home import queries
from consentry.kernel.canonical import to_b64

router = Router(tags=["home"])


class OwnLineOut(Schema):
    """Where to dial (`gateway_url`), what `own.look` names, and the key that signs the edge's answer (base64url)."""

    edge: str
    edge_key: str
    gateway: str
    gateway_url: str


class HomeOfficerOut(Schema):
    """Somebody who knows where one's own camera is, and since when."""

    agency: str
    officer_number: str
    role: str
    looks: int
    first_at: datetime
    last_at: datetime


@router.get("/home/cameras/{camera}/officers", response=list[HomeOfficerOut], operation_id="list_home_officers")
@policy("home:look:read")
def list_officers(request: HttpRequest, camera: str) -> list[HomeOfficerOut]:
    """Who knows where one's own camera is, because a grant showed it to them."""
    return [HomeOfficerOut(**vars(item)) for item in queries.officers_at(principal_of(request), camera)]


@router.get("/home/cameras/{camera}/line", response=OwnLineOut, operation_id="read_own_line")
@policy("home:camera:look")
def read_own_line(request: HttpRequest, response: HttpResponse, camera: str) -> OwnLineOut:
    """Where one's own camera is reached; 503 `edge-offline` while the box at home is not connected."""
    response["Cache-Control"] = "no-store"
    line = queries.own_line(principal_of(request), camera)
    return OwnLineOut(
        edge=line.edge, edge_key=to_b64(line.edge_key), gateway=line.gateway, gateway_url=line.gateway_url
    )
