"""A mark: this running look is kept."""

from django.db import models

from consentry.evidence.models.items import Item


class Mark(models.Model):
    """Recorded by `gateway` while `session` runs there; `state` is the gateway's word on it."""

    recording = models.TextField(primary_key=True, db_comment="RecordingId")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="marks")
    session = models.TextField(db_comment="SessionId")
    grant = models.TextField(db_comment="GrantId")
    camera = models.TextField(db_comment="CameraId")
    gateway = models.TextField(db_comment="GatewayId")
    person = models.TextField(db_comment="PersonId who marked it")
    from_us = models.BigIntegerField(db_comment="UTC microseconds of the grant's start; nothing older is recorded")
    begun_at = models.DateTimeField(db_comment="UTC")
    ended_at = models.DateTimeField(null=True, db_comment="UTC, when the mark ended")
    end_reason = models.TextField(blank=True, db_comment="stopped, or why the look ended")
    state = models.TextField(default="waiting", db_comment="The recorder's word: waiting, recording, delivered, …")
    lost_units = models.BigIntegerField(default=0, db_comment="Pictures that the recorder lost, as it said last")

    class Meta:
        db_table = "evidence_mark"
        db_table_comment = "Looks that are kept"
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(ended_at=None), name="evidence_mark_one_running"
            ),
        ]
        indexes = [models.Index(fields=["gateway", "state"], name="evidence_mark_at_gateway")]

    def __str__(self) -> str:
        return self.recording
