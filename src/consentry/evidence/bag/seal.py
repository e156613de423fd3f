"""The export's seal: a DSSE envelope of the vault's key over the digest of the tag manifest, hence over every file."""

import base64
import hashlib
from typing import Any

from consentry.evidence.bag.check.export_form import EXPORT_PREFIX, EXPORT_TYPE
from consentry.evidence.bag.check.item_form import ItemForm
from consentry.evidence.bag.check.records import Custody
from consentry.evidence.bag.check.strict import commitment
from consentry.evidence.bag.types import ExportOrder
from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.item_signed import pae
from consentry.kernel.note import Signer


def seal_payload(order: ExportOrder, form: ItemForm, custody: Custody, digests: dict[str, str]) -> bytes:
    """What is signed; `digests` has `manifest_sha256` and `tagmanifest_sha256` (hex)."""
    said: dict[str, Any] = {
        "v": 1, "export": order.export, "item": form.item, "agency": form.agency, "kind": form.kind,
        "original": form.original, "recipient": order.recipient, "made_ms": order.made_ms, "salt": to_b64(order.salt),
        "stamped": int(order.stamped), "custody_count": custody.count, "custody_head": custody.head, **digests,
    }  # fmt: skip
    return canonical_json(said)


def sign_seal(payload: bytes, signer: Signer) -> bytes:
    """The file `seal.json`."""
    return sign_envelope(payload, EXPORT_TYPE, signer)


def sign_envelope(payload: bytes, payload_type: str, signer: Signer) -> bytes:
    """A DSSE envelope as canonical JSON."""
    signature = signer.private.sign(pae(payload_type, payload))
    signed = {"keyid": signer.verifier.key_id.hex(), "sig": base64.b64encode(signature).decode()}
    said = {"payload": base64.b64encode(payload).decode(), "payloadType": payload_type, "signatures": [signed]}
    return canonical_json(said)


def export_commit(order: ExportOrder, payload: bytes) -> str:
    """The field `commit` of the log's `export.create` (base64url)."""
    return commitment(EXPORT_PREFIX, to_b64(order.salt), payload)


def sha256_hex(raw: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(raw).hexdigest()
