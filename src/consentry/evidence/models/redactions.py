"""Redactions on their way: what was found, what people drew, who was shown and reviewed which frames."""

from django.db import models

from consentry.evidence.models.items import Item
from consentry.evidence.types import REDACTION_STATES


class Redaction(models.Model):
    """One redaction of one item, from looking for faces to the derivative that was sealed. Holds no picture."""

    id = models.TextField(primary_key=True, db_comment="RedactionId")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="redactions", db_comment="The original")
    state = models.TextField(db_comment="finding, open, releasing, released, failed, dropped or gone")
    why = models.TextField(blank=True, db_comment="Kind of the problem that ended the last step")
    finds_faces = models.BooleanField(db_comment="Are faces looked for, or is everything drawn by hand")
    made_by = models.TextField(db_comment="PersonId")
    made_at = models.DateTimeField(db_comment="UTC")
    found = models.BinaryField(default=b"", db_comment="Plan as it was found (canonical JSON, zlib); never changed")
    edits = models.BinaryField(default=b"", db_comment="What people changed (canonical JSON: plan.EDITS)")
    revision = models.PositiveIntegerField(default=0, db_comment="Counts the changes; a change names the one it is of")
    done = models.PositiveIntegerField(default=0, db_comment="Frames of the running step that are done")
    of = models.PositiveIntegerField(default=0, db_comment="Frames of the running step; 0: not known")
    claim = models.TextField(blank=True, db_comment="Random name of the worker's turn that runs; empty: none")
    tries = models.PositiveIntegerField(default=0, db_comment="Turns that were begun for this step")
    derivative = models.OneToOneField(
        Item, null=True, on_delete=models.PROTECT, related_name="redaction", db_comment="What was sealed"
    )
    planned = models.TextField(blank=True, db_comment="ItemId under which the derivative is being sealed")
    released_by = models.TextField(blank=True, db_comment="PersonId")
    released_role = models.TextField(blank=True, db_comment="In which role")
    released_at = models.DateTimeField(null=True, db_comment="UTC, when somebody said so")

    class Meta:
        db_table = "evidence_redaction"
        db_table_comment = "Redactions of items"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=REDACTION_STATES), name="evidence_redaction_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(derivative=None) ^ models.Q(state="released"), name="evidence_redaction_derivative"
            ),
        ]
        indexes = [models.Index(fields=["state", "made_at"], name="evidence_redaction_due")]

    def __str__(self) -> str:
        return self.id


class RedactionLook(models.Model):
    """A range was shown to a person as it would go out, and they said that they looked at all of it."""

    redaction = models.ForeignKey(Redaction, on_delete=models.PROTECT, related_name="looks")
    start = models.PositiveIntegerField(db_comment="First frame")
    end = models.PositiveIntegerField(db_comment="Frame after the last")
    sha256 = models.TextField(db_comment="Hex, of what was shown (docs/spec/redaction.md, Reviews)")
    person = models.TextField(db_comment="PersonId")
    role = models.TextField(db_comment="In which role")
    shown_at = models.DateTimeField(db_comment="UTC, when the film of it was handed over")
    reviewed_at = models.DateTimeField(null=True, db_comment="UTC, when they said so")

    class Meta:
        db_table = "evidence_redaction_look"
        db_table_comment = "Who was shown and reviewed which frames of a redaction"
        constraints = [
            models.UniqueConstraint(
                fields=["redaction", "start", "end", "sha256", "person"], name="evidence_redaction_look_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.redaction_id} {self.start}-{self.end}"
