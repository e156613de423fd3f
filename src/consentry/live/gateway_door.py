"""Who is the gateway behind a request: its registered key signed exactly this request, now, and only once."""

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from consentry.access import queries as access
from consentry.access import services
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import NotFound, NotSignedIn, Untrusted
from consentry.kernel.gateway_auth import WINDOW_MS, Request, parse_header, verify_claim
from consentry.kernel.ids import GatewayId
from consentry.live.models import GatewayNonce


def access_gateway(request: HttpRequest, *, now: datetime, body: bytes | None = None) -> GatewayId:
    """The gateway that signed `request`; NotSignedIn without a header or for an unknown one, Untrusted otherwise.

    `body`: what is signed in the body's place where that is large; its digest then stands in the signed path.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        raise NotSignedIn("this door is for gateways")
    claim = parse_header(header)
    try:
        known = access.get_gateway(claim.gateway)
    except NotFound as error:
        raise NotSignedIn("this gateway is not registered") from error
    signed = Request(request.method or "", request.get_full_path(), request.body if body is None else body)
    verify_claim(claim, Ed25519PublicKey.from_public_bytes(known.public_key), signed, now_ms=to_ms(now))
    _take_nonce(claim.gateway, claim.nonce, now)
    services.see_gateway(claim.gateway)
    return claim.gateway


def _take_nonce(gateway: GatewayId, nonce: str, now: datetime) -> None:
    GatewayNonce.objects.filter(at__lt=now - timedelta(milliseconds=2 * WINDOW_MS)).delete()
    try:
        with transaction.atomic():
            GatewayNonce.objects.create(gateway=gateway, nonce=nonce, at=now)
    except IntegrityError as error:
        raise Untrusted("this request was taken already", kind="gateway-replay") from error
