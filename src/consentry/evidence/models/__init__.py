"""Items with custody, marks, cases, holds, notes, uploads, disclosures. The pictures themselves lie in the vault."""

from consentry.evidence.models.cases import Case, CaseItem, Hold, Note
from consentry.evidence.models.disclosures import (
    DisclosedItem,
    Disclosure,
    DisclosureChallenge,
    DisclosureNonce,
    DisclosureOpening,
    DisclosurePasskey,
)
from consentry.evidence.models.exports import Export
from consentry.evidence.models.items import Act, Item
from consentry.evidence.models.marks import Mark
from consentry.evidence.models.named import NamedCopy, NamedPiece
from consentry.evidence.models.redactions import Redaction, RedactionLook
from consentry.evidence.models.store import FixityFinding, FixityLook, Stamping, StoredCopy
from consentry.evidence.models.uploads import Upload

__all__ = [
    "Act", "Case", "CaseItem", "DisclosedItem", "Disclosure", "DisclosureChallenge", "DisclosureNonce",
    "DisclosureOpening", "DisclosurePasskey", "Export", "FixityFinding", "FixityLook", "Hold", "Item", "Mark",
    "NamedCopy", "NamedPiece", "Note", "Redaction", "RedactionLook", "Stamping", "StoredCopy", "Upload",
]  # fmt: skip
