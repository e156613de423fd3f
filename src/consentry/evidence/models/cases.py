"""Cases, holds and notes."""

from django.db import models
from django.db.models import F, Q

from consentry.evidence.models.items import Item


class Case(models.Model):
    """Groups items of one agency and may keep them longer, with a reason."""

    id = models.TextField(primary_key=True, db_comment="CaseId")
    agency = models.TextField(db_comment="AgencyId")
    number = models.TextField(db_comment="The agency's own number")
    name = models.TextField(blank=True)
    keep_until = models.DateTimeField(null=True, db_comment="UTC, its items are kept at least so long")
    keep_why = models.TextField(blank=True, db_comment="Why so long")
    made_by = models.TextField(db_comment="PersonId")
    made_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "evidence_case"
        db_table_comment = "Cases that group items"
        constraints = [models.UniqueConstraint(fields=["agency", "number"], name="evidence_case_number_once")]

    def __str__(self) -> str:
        return self.number


class CaseItem(models.Model):
    """An item in a case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="places")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="places")
    added_by = models.TextField(db_comment="PersonId")
    added_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "evidence_case_item"
        db_table_comment = "Which items a case holds"
        constraints = [models.UniqueConstraint(fields=["case", "item"], name="evidence_case_item_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.item_id}"


class Hold(models.Model):
    """Keeps an item past its time until two people clear it, or until its own end."""

    id = models.TextField(primary_key=True, db_comment="HoldId")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="holds")
    why = models.TextField()
    until = models.DateTimeField(null=True, db_comment="UTC, when it ends by itself; null for never")
    set_by = models.TextField(db_comment="PersonId")
    set_at = models.DateTimeField(db_comment="UTC")
    first_by = models.TextField(blank=True, db_comment="PersonId of the first who would clear it")
    first_role = models.TextField(blank=True)
    first_at = models.DateTimeField(null=True, db_comment="UTC")
    cleared_by = models.TextField(blank=True, db_comment="PersonId of the second; empty when its time ran out")
    cleared_at = models.DateTimeField(null=True, db_comment="UTC; no hold any more since then")

    class Meta:
        db_table = "evidence_hold"
        db_table_comment = "Holds on items"
        constraints = [
            models.CheckConstraint(
                condition=Q(cleared_by="") | (~Q(first_by="") & ~Q(cleared_by=F("first_by"))),
                name="evidence_hold_two_people",
            ),
        ]
        indexes = [models.Index(fields=["item", "cleared_at"], name="evidence_hold_of_item")]

    def __str__(self) -> str:
        return self.id


class Note(models.Model):
    """What somebody wrote beside an item; never changed, only followed by another."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="notes")
    person = models.TextField(db_comment="PersonId")
    at = models.DateTimeField(db_comment="UTC")
    text = models.TextField()

    class Meta:
        db_table = "evidence_note"
        db_table_comment = "Notes beside items"

    def __str__(self) -> str:
        return f"{self.item_id} {self.at}"
