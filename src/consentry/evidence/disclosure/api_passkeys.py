"""A recipient's passkeys (docs/spec/disclosure.md, *Passkey*)."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from consentry.core.policy import policy
from consentry.evidence.disclosure import passkeys, queries
from consentry.evidence.disclosure.api_opening import COOKIE, proved_out
from consentry.evidence.disclosure.schemas import ProvedOut, Secret
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now

router = Router(tags=["evidence"])
Coded = Annotated[str, Field(max_length=1_400)]


class PasskeyIn(Schema):
    """A passkey that the browser made for this site, base64url. `only`: the pass-phrase opens nothing any more."""

    credential: Coded
    public_key: Coded
    only: bool = False


class PasskeysOut(Schema):
    """How many passkeys open this disclosure."""

    count: int


class LinkIn(Schema):
    """The link's secret."""

    secret: Secret


class ChallengeOut(Schema):
    """32 bytes, base64url, for a passkey to sign."""

    challenge: str


class PasskeyProofIn(Schema):
    """`assertion`: JSON `{authenticator_data, client_data, signature}`, base64url each."""

    secret: Secret
    challenge: Coded
    credential: Coded
    assertion: Annotated[str, Field(max_length=8_192)]


@router.post("/disclosed/passkey", response=PasskeysOut)
@policy("evidence:disclosed:read")
def add_passkey(request: HttpRequest, body: PasskeyIn) -> PasskeysOut:
    """Register a passkey for next time; this browser has opened the disclosure."""
    now = utc_now()
    opening = queries.access_opening(request.COOKIES.get(COOKIE, ""), now=now)
    site = request.get_host().rpartition(":")[0] or request.get_host()
    new = passkeys.NewPasskey(from_b64(body.credential), from_b64(body.public_key), site, body.only)
    return PasskeysOut(count=passkeys.add_passkey(opening, new, now=now))


@router.post("/disclosed/passkey/challenge", response=ChallengeOut)
@policy("evidence:disclosed:open")
def ask_challenge(request: HttpRequest, response: HttpResponse, body: LinkIn) -> ChallengeOut:  # noqa: ARG001
    """Something for a passkey to sign; an unknown link gets the same answer."""
    response["Cache-Control"] = "no-store"
    return ChallengeOut(challenge=to_b64(passkeys.ask_challenge(body.secret, now=utc_now())))


@router.post("/disclosed/passkey/prove", response=ProvedOut)
@policy("evidence:disclosed:open")
def prove_passkey(request: HttpRequest, body: PasskeyProofIn) -> ProvedOut:  # noqa: ARG001 ninja hands it over
    """What the receipt for this link must say, for a passkey's signature instead of the pass-phrase."""
    said = (passkeys.bytes_said(body.challenge), passkeys.bytes_said(body.credential), body.assertion.encode())
    return proved_out(passkeys.prove_passkey(body.secret, *said, now=utc_now()))
