"""Reads of disclosures: for the agency's supervisors and auditors, and for the recipient's browser."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from consentry.accounts import queries as accounts
from consentry.agencies import queries as agencies
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import access_item
from consentry.evidence.disclosure.rules import Span, State, state_of
from consentry.evidence.disclosure.services import need_open
from consentry.evidence.named.services import serve_named
from consentry.evidence.services.exports import serve_export
from consentry.evidence.services.play import ServedFile, serve_part
from consentry.kernel.canonical import from_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Malformed, NotFound, NotSignedIn, Refused
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role

LIST_LIMIT = 200
# How soon a stream that runs notices that its disclosure was revoked.
LOOK_AGAIN_S = 0.5
_READERS = (Role.SUPERVISOR, Role.AUDITOR)


@dataclass(frozen=True)
class DisclosureFacts:
    """A disclosure as its agency sees it; openings are (when, its number, by a passkey?)."""

    row: models.Disclosure
    state: State
    made_by: str
    items: tuple[str, ...]
    openings: tuple[tuple[datetime, int, bool], ...]
    passkeys: int


def disclosures(principal: Principal, *, item: str = "", now: datetime) -> list[DisclosureFacts]:
    """The newest disclosures of the caller's agencies; those that show `item` when it is named."""
    rows = models.Disclosure.objects.filter(agency__in=principal.agencies(*_READERS))
    if item:
        rows = rows.filter(id__in=access_item(principal, item, roles=_READERS).disclosed.values("disclosure"))
    found = list(rows.prefetch_related("places", "openings", "passkeys").order_by("-made_at", "id")[:LIST_LIMIT])
    names = accounts.names_of([PersonId(row.made_by) for row in found])
    return [_facts(row, names.get(PersonId(row.made_by), ""), now) for row in found]


def access_opening(token: str, *, now: datetime) -> models.DisclosureOpening:
    """The opening whose cookie this is. NotSignedIn: none, or over. Conflict `disclosure-over`: expired or revoked."""
    try:
        digest = hashlib.sha256(from_b64(token, length=32)).hexdigest()
    except Malformed as error:
        raise NotSignedIn("please open the link again", kind="opening-over") from error
    row = models.DisclosureOpening.objects.select_related("disclosure").filter(token_sha256=digest).first()
    if row is None or row.ends_at <= now:
        raise NotSignedIn("please open the link again", kind="opening-over")
    need_open(row.disclosure, now)
    return row


def place_for_originals(token: str, item: str, *, now: datetime) -> models.DisclosedItem:
    """An item of the disclosure whose recipient may have the original.

    Raises: as `access_opening`. NotFound: not an item of it. Refused `original`: it does not include the originals.
    """
    place = place_shown(token, item, now=now)
    if not place.disclosure.with_original:
        raise Refused("this disclosure shows no originals", kind="original")
    return place


def place_shown(token: str, item: str, *, now: datetime) -> models.DisclosedItem:
    """An item of the disclosure. Raises: as `access_opening`. NotFound: not an item of it."""
    opening = access_opening(token, now=now)
    place = opening.disclosure.places.select_related("item", "disclosure").filter(item=item).first()
    if place is None:
        raise NotFound("no such item")
    return place


def serve_watched(token: str, item: str, number: int, *, now: datetime) -> ServedFile:
    """A piece of the copy that bears the recipient's name, as long as the disclosure is open.

    Raises: as `place_shown`; NotFound: not made yet.
    """
    served = serve_named(place_shown(token, item, now=now), number, now=now)
    return replace(served, pieces=_while_open(served.pieces, token))


def serve_disclosed(token: str, item: str, number: int, wanted: str, *, now: datetime) -> ServedFile:
    """The original's file `number`, or a range of it, as long as the disclosure is open. Raises: as above."""
    served = serve_part(place_for_originals(token, item, now=now).item, number, wanted)
    return replace(served, pieces=_while_open(served.pieces, token))


def serve_disclosed_bag(token: str, item: str, wanted: str, *, now: datetime) -> ServedFile:
    """The recipient's own bag of an item, or a range of it. Raises: as above; Conflict `export-not-ready`."""
    place = place_for_originals(token, item, now=now)
    row = models.Export.objects.filter(disclosure=place.disclosure, item=place.item, state="ready").first()
    if row is None:
        raise Conflict("this export is not ready", kind="export-not-ready")
    served = serve_export(row, wanted)
    return replace(served, pieces=_while_open(served.pieces, token))


def agency_name(agency: str) -> str:
    """What the agency is called."""
    return agencies.get_agency(AgencyId(agency)).name


def _while_open(pieces: Iterator[bytes], token: str) -> Iterator[bytes]:
    """`pieces`, until the disclosure is over: the stream breaks off then, so that nobody takes it for whole."""
    looked = time.monotonic()
    for piece in pieces:
        if time.monotonic() - looked >= LOOK_AGAIN_S:
            access_opening(token, now=utc_now())
            looked = time.monotonic()
        yield piece


def _facts(row: models.Disclosure, made_by: str, now: datetime) -> DisclosureFacts:
    places = sorted(row.places.all(), key=lambda place: place.number)
    openings = sorted((opening.at, opening.id, opening.passkey_id is not None) for opening in row.openings.all())
    state = state_of(Span(row.expires_at, row.revoked_at), now)
    shown = tuple(place.item_id for place in places)
    return DisclosureFacts(row, state, made_by, shown, tuple(openings), len(row.passkeys.all()))
