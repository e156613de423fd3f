"""One-click log-ins of the demo: only in demo mode, only from this machine."""

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from consentry.accounts.queries import demo_person, names_of
from consentry.accounts.services import enter_demo
from consentry.core.policy import policy
from consentry.demo.keys import device_key_of, jwk_of
from consentry.kernel.errors import NotFound
from consentry.kernel.roles import Role

router = Router(tags=["demo"])

DOORS = {
    Role.OWNER: "A resident with a camera at the front door",
    Role.ANALYST: "Watches the calls in the operations centre",
    Role.OFFICER: "In the field, on a phone",
    Role.SUPERVISOR: "Extends a look, agrees as the second person",
    Role.MANAGER: "Runs the programme",
    Role.AUDITOR: "Reads every decision and replays it",
    Role.MODERATOR: "Decides about reported posts of neighbours",
}


class DoorOut(Schema):
    """A made-up person whom one may be."""

    role: Role
    name: str
    text: str


class EnteredOut(Schema):
    """`device_key`: the made-up owner's private key (JWK), which a real owner's browser would hold; else None."""

    device_key: dict[str, str] | None = None


@router.get("/demo/doors", response=list[DoorOut])
@policy("demo:door:enter")
def list_doors(request: HttpRequest) -> list[DoorOut]:  # noqa: ARG001 ninja hands the request over
    """Whom one may be; empty outside demo mode."""
    if not settings.DEMO:
        return []
    people = {role: demo_person(role) for role in DOORS}
    names = names_of([person for person in people.values() if person is not None])
    return [
        DoorOut(role=role, name=names[person], text=DOORS[role])
        for role, person in people.items()
        if person is not None
    ]


@router.post("/demo/doors/{role}", response=EnteredOut)
@policy("demo:door:enter")
def enter_door(request: HttpRequest, role: str) -> EnteredOut:
    """Sign in as the made-up person for `role`; NotFound outside demo mode or from another machine."""
    known = {door.value: door for door in DOORS}.get(role)
    if known is None:
        raise NotFound("there is no such door")
    person = enter_demo(request, known)
    return EnteredOut(device_key=jwk_of(device_key_of(person)) if known is Role.OWNER else None)
