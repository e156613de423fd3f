"""An item as the room knows it, and every act on it."""

from django.db import models

from consentry.evidence.types import KINDS, STATES


class Item(models.Model):
    """One span of recording, or one file. Bytes, journal and manifest lie in the vault under the same id."""

    id = models.TextField(primary_key=True, db_comment="ItemId")
    agency = models.TextField(db_comment="AgencyId: whose it is")
    kind = models.TextField(db_comment="look, answer, order, upload or derivative")
    state = models.TextField(db_comment="open, closing, logging, sealed, shredding, shredded or empty")
    name = models.TextField(blank=True, db_comment="What people call it")
    camera = models.TextField(blank=True, db_comment="CameraId, when a registered camera took it")
    cell = models.TextField(blank=True, db_comment="Published cell of the incident or camera")
    incident = models.TextField(blank=True, db_comment="IncidentId")
    programme = models.TextField(blank=True, db_comment="ProgrammeId whose retention counts")
    session = models.TextField(blank=True, db_comment="SessionId of the look")
    order = models.TextField(blank=True, db_comment="The order that it was taken under")
    clip = models.TextField(blank=True, db_comment="The edge's id of the clip that it is")
    original = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="derivatives", db_comment="What it was made from"
    )
    began_at = models.DateTimeField(db_comment="UTC, when the room began it")
    start_us = models.BigIntegerField(null=True, db_comment="UTC microseconds of its first picture, as far as known")
    end_us = models.BigIntegerField(null=True, db_comment="UTC microseconds of its last picture")
    media_type = models.TextField(default="video/mp4")
    size_bytes = models.BigIntegerField(default=0, db_comment="Plain bytes taken so far")
    segments = models.PositiveIntegerField(default=0, db_comment="Segments taken so far")
    closed_at = models.DateTimeField(null=True, db_comment="UTC, as in the manifest")
    sealed_at = models.DateTimeField(null=True, db_comment="UTC, when its entry stood in the ledger")
    payload_sha256 = models.TextField(blank=True, db_comment="Hex, of the manifest's payload")
    commit = models.TextField(blank=True, db_comment="Base64url, what item.seal and item.shred say of it in the ledger")
    retention_class = models.TextField(db_comment="The vault's class of keys, of the day it began")
    base_until = models.DateTimeField(null=True, db_comment="UTC, until when it is kept for its own sake")
    base_reason = models.TextField(db_comment="programme, upload, owner or order")
    keep_until = models.DateTimeField(null=True, db_comment="UTC, when it is destroyed; null while a hold keeps it")
    keep_reason = models.TextField(db_comment="What decides it: programme, upload, owner, order, case or hold")
    shredded_at = models.DateTimeField(null=True, db_comment="UTC, when its key was destroyed")

    class Meta:
        db_table = "evidence_item"
        db_table_comment = "Items of the vault"
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="evidence_item_kind_known"),
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="evidence_item_state_known"),
            models.CheckConstraint(
                condition=models.Q(kind="derivative") ^ models.Q(original=None), name="evidence_item_derivative"
            ),
            models.UniqueConstraint(
                fields=["agency", "clip"], condition=~models.Q(clip=""), name="evidence_item_clip_once"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-began_at", "id"], name="evidence_item_newest"),
            models.Index(fields=["keep_until"], name="evidence_item_due"),
            models.Index(fields=["state"], name="evidence_item_state"),
            models.Index(fields=["session"], name="evidence_item_session"),
        ]

    def __str__(self) -> str:
        return self.id


class Act(models.Model):
    """One line of an item's custody; rows are added and never changed (the first migration's trigger sees to it)."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="acts")
    at = models.DateTimeField(db_comment="UTC")
    kind = models.TextField(db_comment="What was done: evidence/types.py, ACTS")
    person = models.TextField(blank=True, db_comment="PersonId; empty when the platform did it by itself")
    role = models.TextField(blank=True, db_comment="In which role")
    why = models.TextField(blank=True, db_comment="The reason as it was given")
    about = models.TextField(blank=True, db_comment="Id of the case, hold, session or derivative that it concerns")
    ledger_key = models.TextField(blank=True, db_comment="Key of the ledger's entry about it")

    class Meta:
        db_table = "evidence_act"
        db_table_comment = "Custody: every act on an item"
        indexes = [models.Index(fields=["item", "id"], name="evidence_act_of_item")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind}"
