"""Edges and the keys of owners' devices."""

from django.http import HttpRequest
from ninja import Router, Status

from consentry.cameras import queries, services
from consentry.cameras.api_meetings import router as meetings_router
from consentry.cameras.schemas import (
    EdgeOut,
    GatewayOut,
    OwnerKeyIn,
    OwnerKeyOut,
    PairIn,
    PairOut,
    PrepareIn,
    PrepareOut,
    edge_out,
    owner_key_out,
)
from consentry.cameras.trust import trust_roots
from consentry.cameras.types import PairRequest, Passkey
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import PersonId

router = Router(tags=["edges"])
router.add_router("", meetings_router)


@router.get("/edges", response=list[EdgeOut])
@policy("cameras:edge:read")
def list_edges(request: HttpRequest) -> list[EdgeOut]:
    """The owner's paired edges."""
    return [edge_out(edge, to_b64(edge.box_key)) for edge in queries.edges_of(_person(request))]


@router.post("/edges/prepare", response={201: PrepareOut})
@policy("cameras:edge:prepare")
def prepare(request: HttpRequest, body: PrepareIn) -> Status[PrepareOut]:
    """A code for an edge: 10 minutes, one use, said once."""
    made = services.prepare_pairing(principal_of(request), owner_key=body.owner_key, edge_name=body.name, now=utc_now())
    return Status(201, PrepareOut(code=made.code, expires_at=made.expires_at, owner_key=made.owner_key))


@router.post("/edges/pair", response=PairOut)
@policy("cameras:edge:pair")
def pair(request: HttpRequest, body: PairIn) -> PairOut:
    """An edge pairs itself by a code. Open to the network, so wrong codes are counted per source."""
    roots = trust_roots()
    asked = PairRequest(body.code, from_b64(body.public_key), from_b64(body.box_key), roots.rotation)
    paired = services.pair_edge(asked, source=request.META.get("REMOTE_ADDR", ""), now=utc_now())
    return PairOut(
        edge=paired.edge, owner_key=to_b64(paired.owner_key), owner_rp_id=paired.owner_rp_id, log_vkey=roots.log_vkey,
        witness_vkeys=list(roots.witness_vkeys), quorum=roots.quorum,
        ticket_keys=[to_b64(key) for key in roots.ticket_keys], recovery_key=to_b64(roots.recovery_key),
        gateways=[GatewayOut(id=gateway.id, url=gateway.url) for gateway in roots.gateways],
        ledger_url=roots.ledger_url, policies=list(roots.policies), rotation=roots.rotation,
        witness_urls=list(roots.witness_urls),
    )  # fmt: skip


@router.delete("/edges/{edge}", response={204: None})
@policy("cameras:edge:remove")
def remove_edge(request: HttpRequest, edge: str) -> Status[None]:
    """Shut an edge out, with its cameras."""
    services.remove_edge(principal_of(request), edge, now=utc_now())
    return Status(204, None)


@router.get("/owner-keys", response=list[OwnerKeyOut])
@policy("cameras:owner_key:read")
def list_keys(request: HttpRequest) -> list[OwnerKeyOut]:
    """The owner's keys in use."""
    return [owner_key_out(key) for key in queries.owner_keys(_person(request))]


@router.post("/owner-keys", response={201: OwnerKeyOut})
@policy("cameras:owner_key:change")
def register_key(request: HttpRequest, body: OwnerKeyIn) -> Status[OwnerKeyOut]:
    """Register this device's key. It counts at an edge only once that edge is paired with it."""
    passkey = Passkey(body.rp_id, from_b64(body.credential)) if body.rp_id or body.credential else None
    made = services.register_owner_key(
        principal_of(request), from_b64(body.public_key), name=body.name, passkey=passkey, now=utc_now()
    )
    return Status(201, owner_key_out(made))


@router.delete("/owner-keys/{key}", response={204: None})
@policy("cameras:owner_key:change")
def revoke_key(request: HttpRequest, key: str) -> Status[None]:
    """Stop using a key that no edge pins."""
    services.revoke_owner_key(principal_of(request), key, now=utc_now())
    return Status(204, None)


def _person(request: HttpRequest) -> PersonId:
    person = principal_of(request).person
    if person is None:
        raise NotFound("nobody is signed in")
    return person
