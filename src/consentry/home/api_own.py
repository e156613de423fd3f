"""The way to one's own cameras. The right to look is the owner's key, which no server has."""

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


@router.get("/home/cameras/{camera}/line", response=OwnLineOut, operation_id="read_own_line")
@policy("home:camera:look")
def read_own_line(request: HttpRequest, response: HttpResponse, camera: str) -> OwnLineOut:
    """Where one's own camera is reached; 503 `edge-offline` while the box at home is not connected."""
    response["Cache-Control"] = "no-store"
    line = queries.own_line(principal_of(request), camera)
    return OwnLineOut(
        edge=line.edge, edge_key=to_b64(line.edge_key), gateway=line.gateway, gateway_url=line.gateway_url
    )
