"""Whom to believe when a bag of this installation is checked, as a file for anyone (docs/guide/verify-bag.md)."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from django.http import HttpRequest, HttpResponse
from ninja import Router

from consentry.core.policy import policy
from consentry.evidence.stores.settings import authority_said
from consentry.evidence.vault_door import vault_vkeys
from consentry.kernel.errors import NotFound
from consentry.ledger.files import POLICY
from consentry.ledger.queries import ledger_folder

router = Router(tags=["evidence"])


@router.get("/vault/trust", response={200: None})
@policy("evidence:trust:read")
def read_trust(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 ninja hands the request over
    """The keys of vault, log and witnesses and the roots of the time-stamping authority, for `verify bag --trust`."""
    text = trust_text(vault_vkeys(), ledger_folder() / POLICY)
    headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def trust_text(vault: list[str], log: Path) -> str:
    """A trust file as `bag.check.roots` reads it. NotFound before the vault has a key."""
    if not vault:
        raise NotFound("the vault has no key yet")
    lines = ["# Compare these lines with a second source before you rely on them.", *(f"vault {key}" for key in vault)]
    if log.exists():
        lines.append(log.read_text().strip())
    authority = authority_said()
    roots = () if authority is None else authority.trust.roots
    lines += [root.public_bytes(Encoding.PEM).decode().strip() for root in roots]
    return "\n".join(lines) + "\n"
