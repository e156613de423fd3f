"""Items with their custody, marks on looks, cases, holds, notes, uploads. The pictures themselves lie in the vault."""

from consentry.evidence.models.cases import Case, CaseItem, Hold, Note
from consentry.evidence.models.items import Act, Item
from consentry.evidence.models.marks import Mark
from consentry.evidence.models.uploads import Upload

__all__ = ["Act", "Case", "CaseItem", "Hold", "Item", "Mark", "Note", "Upload"]
