"""What this room holds of a person: what they consented to, with the signed receipts, their masks and obligations."""

import json
from collections.abc import Iterator

from consentry.consent.models import ConsentVersion, Mandate, MandateTerms, Mask
from consentry.core.personal import Held, RoomData, Row, Section, Why, of_office
from consentry.kernel.ids import PersonId


def _consents(person: PersonId) -> Iterator[Row]:
    """Every version: what was said, under which terms, and the receipt with its signature."""
    rows = ConsentVersion.objects.filter(chain__owner=person).select_related("chain")
    for row in rows.order_by("chain__started_at", "chain", "number").iterator():
        yield {
            "consent": row.chain_id, "camera": row.chain.camera_id, "programme": row.chain.programme_id,
            "number": row.number, "event": row.event, "at": row.at, "ends_at": row.expires_at,
            "language": row.language, "terms": json.loads(row.terms), "receipt": json.loads(row.receipt),
            "receipt_text": row.receipt, "receipt_signature": row.receipt_signature,
            "owner_signature": row.owner_signature,
        }  # fmt: skip


def _masks(person: PersonId) -> Iterator[Row]:
    for row in Mask.objects.filter(camera__owner=person).order_by("id").iterator():
        yield {"camera": row.camera_id, "sha256": row.sha256, "mask": json.loads(row.record)}


def _mandates(person: PersonId) -> Iterator[Row]:
    """Obligations, not who recorded them; what the owner said to each."""
    for row in Mandate.objects.filter(camera__owner=person).order_by("recorded_at", "id"):
        said = MandateTerms.objects.filter(mandate=row).order_by("number")
        yield {
            "mandate": row.id, "camera": row.camera_id, "programme": row.programme_id,
            "participation": row.participation, "law": row.section, "scope": row.scope, "at": row.recorded_at,
            "steps": [
                {"event": one.event, "at": one.at, "terms": json.loads(one.terms), "signature": one.owner_signature}
                for one in said
            ],
        }  # fmt: skip


# Nothing is erased here: masks go with their cameras, and a consent's versions are the proof that it was given and
# withdrawn (a trigger keeps them as they are). They name a random id that leads to nobody any more.
PERSONAL = RoomData(
    "consent",
    {
        "ConsentChain.owner": Held("consents", stays=Why.CONSENT_RECORD),
        **of_office("Mandate.recorded_by"),
    },
    (Section("consents", _consents), Section("masks", _masks), Section("mandates", _mandates)),
)
