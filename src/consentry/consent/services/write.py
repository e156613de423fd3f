"""Writes one version of a chain: record, receipt, ledger entry, letter. Under the lock of the camera's chains."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consentry.agencies.queries import get_agency
from consentry.agencies.types import Programme
from consentry.cameras.queries import key_for_camera
from consentry.cameras.services import send_letter
from consentry.cameras.signed import open_by_owner
from consentry.cameras.types import Camera
from consentry.consent.models import ConsentChain, ConsentVersion
from consentry.consent.queries import consent_of, mask_of
from consentry.consent.receipt_key import sign_receipt
from consentry.consent.receipts import Facts, build_receipt
from consentry.consent.rules import Offer, check_signed, scope_sha256
from consentry.consent.services.masks import keep_mask
from consentry.consent.types import Consent, Said
from consentry.consent.waivers import LANGUAGES
from consentry.core.outbox import tell
from consentry.kernel.canonical import canonical_json, sha256_of, to_b64
from consentry.kernel.clock import from_ms, to_ms
from consentry.kernel.errors import Malformed
from consentry.kernel.mask import mask_record
from consentry.kernel.terms import Terms, Tier, terms_record, terms_sha256
from consentry.ledger.services import append

# Kinds of entries; a change of terms inside a given consent has none, and stands in the receipt chain only.
_ENTRIES = {
    "given": "consent.give",
    "renewed": "consent.give",
    "withdrawn": "consent.withdraw",
    "revoked": "consent.withdraw",
}


@dataclass(frozen=True)
class Draft:
    """All that goes into one version. `previous` is the version before it in the chain, if any."""

    chain: ConsentChain
    camera: Camera
    programme: Programme
    offer: Offer
    event: str
    number: int
    said: Said
    previous: ConsentVersion | None
    now: datetime = field(compare=False)


def lock_chains(camera: str) -> list[ConsentChain]:
    """The chains of a camera, locked until the transaction ends."""
    return list(ConsentChain.objects.select_for_update().filter(camera=camera).order_by("id"))


def require_signed(camera: Camera, said: Said, *, now: datetime) -> None:
    """Untrusted or Malformed unless the owner's key signed `terms.loosen` over exactly these terms, just now."""
    if said.language not in LANGUAGES:
        raise Malformed(f"a language is one of {', '.join(LANGUAGES)}")
    record = open_by_owner(said.owner_signature, key_for_camera(camera), kind="terms.loosen", now=now)
    check_signed(record, said.terms)


def write_version(draft: Draft) -> Consent:
    """Append the version, its receipt, its ledger entry and the letter to the edge; the consent as it is then."""
    keep_mask(draft.said)
    terms, scope = draft.said.terms, scope_sha256(draft.offer)
    record = _record(draft, scope)
    facts = Facts(
        draft.programme, get_agency(draft.programme.agency), draft.chain.owner_id, draft.event, record, draft.now
    )
    receipt = canonical_json(build_receipt(terms, draft.said.language, facts))
    row = ConsentVersion(
        chain=draft.chain, number=draft.number, event=draft.event, at=draft.now,
        expires_at=from_ms(terms.expires_at_ms), terms=canonical_json(terms_record(terms)).decode(),
        terms_sha256=terms_sha256(terms), scope_sha256=scope, language=draft.said.language,
        owner_signature=draft.said.owner_signature, previous_sha256=str(record["previous_sha256"]),
        record_sha256=sha256_of(record).hex(), receipt=receipt.decode(), receipt_signature=sign_receipt(receipt),
        ledger_salt=secrets.token_bytes(32),
    )  # fmt: skip
    row.save(force_insert=True)
    _enter(row, draft)
    _post(draft)
    tell(f"person:{draft.chain.owner_id}", "consent.changed", draft.camera.id)
    return consent_of(row, scope, draft.now)


def _record(draft: Draft, scope: str) -> dict[str, Any]:
    """What the chain's hashes cover; links to the version before, so that none can be taken out."""
    return {
        "v": 1, "consent": draft.chain.id, "number": draft.number, "event": draft.event, "at": to_ms(draft.now),
        "terms_sha256": terms_sha256(draft.said.terms), "scope_sha256": scope, "language": draft.said.language,
        "owner_signature": draft.said.owner_signature,
        "previous_sha256": "" if draft.previous is None else draft.previous.record_sha256,
    }  # fmt: skip


def _enter(row: ConsentVersion, draft: Draft) -> None:
    kind = _ENTRIES.get(row.event)
    if kind is None:
        return
    commit = hashlib.sha256(bytes(row.ledger_salt) + bytes.fromhex(row.record_sha256)).digest()
    fields = {"commit": to_b64(commit), "programme": str(draft.programme.id)}
    if kind == "consent.give":
        fields |= {
            "participation": str(draft.said.terms.participation), "waiver_sha256": draft.said.terms.waiver_sha256,
        }  # fmt: skip
    append(kind, fields, key=f"{kind}:{row.chain_id}:{row.number}")


def _post(draft: Draft) -> None:
    """Tell the edge: live terms as they are now, or that there are none any more."""
    if draft.camera.edge is None:
        return
    if draft.event in ("withdrawn", "revoked"):
        if draft.said.terms.tier is Tier.LIVE:
            send_letter(draft.camera.edge, {"type": "withdraw", "camera": draft.camera.id}, now=draft.now)
        return
    if draft.said.terms.tier is Tier.LIVE or _was_live(draft.previous):
        body = terms_letter(draft.camera, draft.said.terms, draft.said.owner_signature)
        send_letter(draft.camera.edge, body, now=draft.now)


def terms_letter(camera: Camera, terms: Terms, owner_signature: str) -> dict[str, Any]:
    """The letter that brings terms to an edge, with the mask that they name."""
    letter = {"type": "terms", "camera": camera.id, "terms": terms_record(terms), "owner_signature": owner_signature}
    mask = mask_of(camera.id, terms.view_attested.mask_sha256)
    return letter if mask is None else {**letter, "mask": mask_record(mask)}


def _was_live(row: ConsentVersion | None) -> bool:
    return row is not None and f'"tier":"{Tier.LIVE}"' in row.terms
