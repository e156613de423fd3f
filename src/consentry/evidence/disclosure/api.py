"""Disclosures: made and revoked by supervisors; files and bags for recipients. They are opened in `api_opening.py`."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import get_language_from_request
from ninja import Query, Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.evidence import services as evidence
from consentry.evidence.api_exports import ExportOut, export_out
from consentry.evidence.bag.types import LANGUAGES
from consentry.evidence.disclosure import queries, services
from consentry.evidence.disclosure.api_opening import COOKIE
from consentry.evidence.disclosure.api_opening import router as opening
from consentry.evidence.disclosure.api_passkeys import router as passkeys
from consentry.evidence.disclosure.schemas import (
    DisclosureIn,
    DisclosureOut,
    MadeOut,
    WatchIn,
    WatchOut,
    disclosure_out,
    watch_out,
)
from consentry.evidence.named.services import ask_named
from consentry.evidence.streaming import stream_of
from consentry.kernel.clock import utc_now

router = Router(tags=["evidence"])
router.add_router("", opening)
router.add_router("", passkeys)


@router.post("/disclosures", response=MadeOut)
@policy("evidence:disclosure:make")
def disclose(request: HttpRequest, body: DisclosureIn) -> MadeOut:
    """Show sealed items to one recipient."""
    said = services.NewDisclosure(
        items=body.items, recipient=body.recipient, recipient_kind=body.recipient_kind, days=body.days,
        wish_original=body.with_original, case=body.case,
    )  # fmt: skip
    made = services.disclose(principal_of(request), said, now=utc_now())
    return MadeOut(id=made.disclosure, secret=made.secret, passphrase=made.passphrase, expires_at=made.expires_at)


@router.get("/disclosures", response=list[DisclosureOut])
@policy("evidence:disclosure:list")
def list_disclosures(request: HttpRequest, item: str = "") -> list[DisclosureOut]:
    """The newest disclosures of the caller's agencies; those that show `item` when it is named."""
    return [disclosure_out(facts) for facts in queries.disclosures(principal_of(request), item=item, now=utc_now())]


@router.post("/disclosures/{disclosure}/revoke", response={204: None})
@policy("evidence:disclosure:revoke")
def revoke(request: HttpRequest, disclosure: str) -> Status[None]:
    """End it at once."""
    services.revoke(principal_of(request), disclosure, now=utc_now())
    return Status(204, None)


@router.get("/disclosed/items/{item}/files/{number}", response={200: None, 206: None}, operation_id="read_disclosed")
@policy("evidence:disclosed:read")
def read_original(request: HttpRequest, item: str, number: int) -> StreamingHttpResponse:
    """An original, bit for bit, or one range of it."""
    token, wanted = request.COOKIES.get(COOKIE, ""), request.headers.get("Range", "")
    served = queries.serve_disclosed(token, item, number, wanted, now=utc_now())
    return stream_of(served, name=f"{item}-{number:06}")


@router.post("/disclosed/items/{item}/watch", response=WatchOut)
@policy("evidence:disclosed:read")
def watch(request: HttpRequest, response: HttpResponse, item: str, where: Query[WatchIn]) -> WatchOut:
    """Ask for the copy with the recipient's name in every picture; asked again, how far it is made.

    It is made from where they look on.
    """
    response["Cache-Control"] = "no-store"
    now = utc_now()
    place = queries.place_shown(request.COOKIES.get(COOKIE, ""), item, now=now)
    return watch_out(ask_named(place, at_us=where.at_ms * 1_000, now=now), place.item.start_us or 0)


@router.get("/disclosed/items/{item}/watch/{number}", response={200: None}, operation_id="read_watched")
@policy("evidence:disclosed:read")
def read_watched(request: HttpRequest, item: str, number: int) -> StreamingHttpResponse:
    """A piece of that copy."""
    token = request.COOKIES.get(COOKIE, "")
    return stream_of(queries.serve_watched(token, item, number, now=utc_now()))


@router.post("/disclosed/items/{item}/export", response=ExportOut)
@policy("evidence:disclosed:read")
def begin_export(request: HttpRequest, item: str) -> ExportOut:
    """Ask for the bag of an item that is shown; asked again, it is the same one and says how it stands."""
    place = queries.place_for_originals(request.COOKIES.get(COOKIE, ""), item, now=utc_now())
    language = get_language_from_request(request)
    said = language if language in LANGUAGES else "en"
    return export_out(evidence.begin_disclosed_export(place, said, now=utc_now()))


@router.get("/disclosed/items/{item}/bag", response={200: None, 206: None}, operation_id="read_disclosed_bag")
@policy("evidence:disclosed:read")
def read_bag(request: HttpRequest, item: str) -> StreamingHttpResponse:
    """The bag, or one range of it."""
    token, wanted = request.COOKIES.get(COOKIE, ""), request.headers.get("Range", "")
    served = queries.serve_disclosed_bag(token, item, wanted, now=utc_now())
    return stream_of(served, name=f"consentry-{item}.zip")
