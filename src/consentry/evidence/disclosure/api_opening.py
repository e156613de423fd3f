"""A recipient opens a disclosure: proves, signs the receipt, is shown what it lists (docs/spec/disclosure.md)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.evidence import models
from consentry.evidence import queries as items
from consentry.evidence.disclosure import queries, services
from consentry.evidence.disclosure.schemas import (
    DisclosedItemOut,
    DisclosedOut,
    ProvedOut,
    ProveIn,
    ReceiptIn,
    ShownOut,
)
from consentry.evidence.schemas import files_out, item_fields
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now

router = Router(tags=["evidence"])
COOKIE, COOKIE_PATH = "consentry_disclosed", "/api/disclosed"


@router.post("/disclosed/prove", response=ProvedOut)
@policy("evidence:disclosed:open")
def prove(request: HttpRequest, body: ProveIn) -> ProvedOut:  # noqa: ARG001 ninja hands the request over
    """What the receipt for this link must say, for the right pass-phrase."""
    return proved_out(services.prove(body.secret, body.passphrase, now=utc_now()))


@router.post("/disclosed/open", response=DisclosedOut)
@policy("evidence:disclosed:open")
def open_disclosure(request: HttpRequest, response: HttpResponse, body: ReceiptIn) -> DisclosedOut:  # noqa: ARG001
    """Give the receipt; the items are shown to this browser for some hours."""
    now = utc_now()
    token, until = services.open_disclosure(body.receipt.encode(), now=now)
    response.set_cookie(
        COOKIE, token, path=COOKIE_PATH, expires=until, httponly=True, samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    response["Cache-Control"] = "no-store"
    return _shown(queries.access_opening(token, now=now))


@router.get("/disclosed", response=DisclosedOut)
@policy("evidence:disclosed:read")
def read_disclosed(request: HttpRequest, response: HttpResponse) -> DisclosedOut:
    """What this browser may see."""
    response["Cache-Control"] = "no-store"
    return _shown(queries.access_opening(request.COOKIES.get(COOKIE, ""), now=utc_now()))


@router.get("/disclosed/state", response={204: None})
@policy("evidence:disclosed:read")
def read_state(request: HttpRequest) -> Status[None]:
    """Is it still open to this browser? Asked every few seconds by a page that shows it, so it reads nothing else."""
    queries.access_opening(request.COOKIES.get(COOKIE, ""), now=utc_now())
    return Status(204, None)


def proved_out(proved: services.Proved) -> ProvedOut:
    """What the receipt must say."""
    return ProvedOut(
        disclosure=proved.disclosure, agency=queries.agency_name(proved.agency), recipient=proved.recipient,
        expires_at=proved.expires_at, nonce=to_b64(proved.nonce),
        items=[ShownOut(item=item, payload_sha256=digest) for item, digest in proved.items],
    )  # fmt: skip


def _shown(opening: models.DisclosureOpening) -> DisclosedOut:
    row = opening.disclosure
    return DisclosedOut(
        disclosure=row.id, agency=queries.agency_name(row.agency), recipient=row.recipient,
        recipient_kind=row.recipient_kind, expires_at=row.expires_at, until=opening.ends_at,
        with_original=row.with_original, items=[_item(item) for item in services.items_of(row)],
    )  # fmt: skip


def _item(row: models.Item) -> DisclosedItemOut:
    fields = item_fields(row) | {
        "payload_sha256": row.payload_sha256, "files": files_out(items.files_of(row)),
        "is_film": row.media_type.startswith("video/"),
    }  # fmt: skip
    return DisclosedItemOut.model_validate({name: fields[name] for name in DisclosedItemOut.model_fields})
