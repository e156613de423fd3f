"""Oneself as a neighbour: joining, following, leaving."""

from django.http import HttpRequest
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place
from consentry.neighbors import me, services
from consentry.neighbors.schemas import FollowIn, JoinIn, NeighborOut
from consentry.neighbors.types import Joining

router = Router(tags=["neighbors"])


@router.get("/neighbors/me", response=NeighborOut)
@policy("neighbors:follow:read")
def read_me(request: HttpRequest) -> NeighborOut:
    """One's own quarter and area; `joined` is false before one said where one lives."""
    return NeighborOut(**vars(me.me_of(principal_of(request), now=utc_now())))


@router.put("/neighbors/me", response=NeighborOut)
@policy("neighbors:follow:change")
def join(request: HttpRequest, body: JoinIn) -> NeighborOut:
    """Join, or move. The place is not kept."""
    principal = principal_of(request)
    services.join(principal, Joining(Place(body.lat, body.lon), body.radius_m, body.tell), now=utc_now())
    return NeighborOut(**vars(me.me_of(principal, now=utc_now())))


@router.patch("/neighbors/me", response=NeighborOut)
@policy("neighbors:follow:change")
def change_follow(request: HttpRequest, body: FollowIn) -> NeighborOut:
    """Follow further or nearer, be told more or less."""
    principal = principal_of(request)
    services.change_follow(principal, radius_m=body.radius_m, tell=body.tell)
    return NeighborOut(**vars(me.me_of(principal, now=utc_now())))


@router.delete("/neighbors/me", response={204: None})
@policy("neighbors:follow:change")
def leave(request: HttpRequest) -> Status[None]:
    """Follow nothing any more."""
    services.leave(principal_of(request))
    return Status(204, None)
