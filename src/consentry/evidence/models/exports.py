"""Exports: an item on its way out as a bag, and where its files lie."""

from django.db import models

from consentry.evidence.models.disclosures import Disclosure
from consentry.evidence.models.items import Item
from consentry.evidence.types import EXPORT_STATES


class Export(models.Model):
    """One bag of one item. Its folder is `vault-exports/<id>`; the item's segments stay in the vault."""

    id = models.TextField(primary_key=True, db_comment="ExportId")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="exports")
    disclosure = models.ForeignKey(
        Disclosure,
        null=True,
        on_delete=models.PROTECT,
        related_name="exports",
        db_comment="Whose recipient asks",
    )
    recipient = models.TextField(blank=True, db_comment="Whom it is for, as it stands in the bag's seal")
    language = models.TextField(db_comment="Of its reports: en, es or fr")
    person = models.TextField(blank=True, db_comment="PersonId who asked; empty for a recipient")
    asked_at = models.DateTimeField(db_comment="UTC")
    state = models.TextField(db_comment="waiting, logging, ready, failed or gone")
    why = models.TextField(blank=True, db_comment="Why it failed, or why it has no copy for players")
    salt = models.BinaryField(db_comment="32 bytes: salt of its commitment in the ledger")
    is_stamped = models.BooleanField(default=False, db_comment="Its seal says that a time-stamp follows")
    ready_at = models.DateTimeField(null=True, db_comment="UTC")
    ends_at = models.DateTimeField(null=True, db_comment="UTC, when its folder is removed")

    class Meta:
        db_table = "evidence_export"
        db_table_comment = "Bags of items"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=EXPORT_STATES), name="evidence_export_state_known"),
            models.UniqueConstraint(
                fields=["disclosure", "item"], condition=models.Q(state__in=("waiting", "logging", "ready")),
                name="evidence_export_one_of_disclosure",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "asked_at"], name="evidence_export_due")]

    def __str__(self) -> str:
        return self.id
