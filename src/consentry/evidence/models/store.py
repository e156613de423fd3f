"""What became of a sealed item: its copy in the store, its timestamp, and every look at whether it is still whole."""

from django.db import models

from consentry.evidence.models.items import Item
from consentry.evidence.types import COPY_STATES, FINDING_STATES, STAMP_STATES


class StoredCopy(models.Model):
    """An item's files in the store behind the vault's folder. No row: they lie in the folder alone."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.PROTECT, related_name="copy")
    place = models.TextField(db_comment="Which store, as it names itself; no secret")
    state = models.TextField(db_comment="waiting, stored, or gone (after the item was destroyed)")
    keep_until = models.DateTimeField(null=True, db_comment="The item's keep_until that the store's lock follows")
    tries = models.PositiveIntegerField(default=0, db_comment="Failed tries since the last one that went well")
    next_at = models.DateTimeField(db_comment="UTC, not before")
    problem = models.TextField(blank=True, db_comment="Why the last try failed")
    stored_at = models.DateTimeField(null=True, db_comment="UTC, when the store had read all of it back")

    class Meta:
        db_table = "evidence_stored_copy"
        db_table_comment = "Sealed items in the store"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=COPY_STATES), name="evidence_copy_state_known"),
        ]
        indexes = [models.Index(fields=["state", "next_at"], name="evidence_copy_due")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.state}"


class Stamping(models.Model):
    """The RFC 3161 timestamp over an item's manifest; the reply itself lies in the vault."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.PROTECT, related_name="stamping")
    state = models.TextField(db_comment="pending or kept")
    tries = models.PositiveIntegerField(default=0, db_comment="Failed tries")
    next_at = models.DateTimeField(db_comment="UTC, not before")
    problem = models.TextField(blank=True, db_comment="Why the last try failed")
    at = models.DateTimeField(null=True, db_comment="UTC, the time that the authority vouches for")
    authority = models.TextField(blank=True, db_comment="The name in its certificate")

    class Meta:
        db_table = "evidence_stamping"
        db_table_comment = "Timestamps of items"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=STAMP_STATES), name="evidence_stamp_state_known"),
            models.CheckConstraint(
                condition=models.Q(state="pending") ^ models.Q(at__isnull=False), name="evidence_stamp_kept_has_time"
            ),
        ]
        indexes = [models.Index(fields=["state", "next_at"], name="evidence_stamp_due")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.state}"


class FixityLook(models.Model):
    """How far an item's files were read again."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.PROTECT, related_name="fixity")
    after = models.TextField(blank=True, db_comment="The last segment of a look that is not finished; it goes on there")
    looked_at = models.DateTimeField(null=True, db_comment="UTC, when all of it was read last")
    next_at = models.DateTimeField(db_comment="UTC, when it is due again")

    class Meta:
        db_table = "evidence_fixity_look"
        db_table_comment = "When items were read again"
        indexes = [models.Index(fields=["next_at"], name="evidence_fixity_due")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.looked_at}"


class FixityFinding(models.Model):
    """A file that was not what was signed. Rows are added and never changed; the same finding is one row."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="findings")
    file = models.TextField(db_comment="The file's name, or the layer that does not hold")
    state = models.TextField(db_comment="changed, missing or broken")
    expected = models.TextField(blank=True, db_comment="SHA-256, hex")
    found = models.TextField(blank=True, db_comment="SHA-256, hex; empty for a missing file")
    why = models.TextField(blank=True, db_comment="In words, of a layer")
    at = models.DateTimeField(db_comment="UTC, when it was found first")

    class Meta:
        db_table = "evidence_fixity_finding"
        db_table_comment = "Files that were not what was signed"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=FINDING_STATES), name="evidence_finding_state_known"),
            models.UniqueConstraint(fields=["item", "file", "state", "found"], name="evidence_finding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.file} {self.state}"
