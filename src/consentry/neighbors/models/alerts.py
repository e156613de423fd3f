"""Official alerts of agencies, as published in CAP 1.2."""

from django.db import models
from django.db.models.functions import Now


class Alert(models.Model):
    """One CAP message. It never changes: an update or a cancel is another message that refers to it."""

    id = models.TextField(primary_key=True, db_comment="AlertId, also the CAP identifier")
    agency = models.TextField(db_comment="AgencyId that issues it")
    first = models.TextField(db_comment="AlertId of the first message of the chain, itself for an Alert")
    version = models.PositiveSmallIntegerField(default=1, db_comment="1 for the Alert, then rising along the chain")
    msg_type = models.TextField(db_comment="Alert, Update or Cancel")
    status = models.TextField(default="Actual", db_comment="CAP status: Actual, Exercise, System or Test")
    refers_to = models.TextField(blank=True, default="", db_comment="AlertIds of all messages before, oldest first")
    said = models.JSONField(
        db_comment="cap.CapInfo as it was composed: category, event, urgency … and texts by language"
    )
    corners = models.JSONField(db_comment="[[lat, lon]] of the drawn area, first again at the end; a public area")
    sent_at = models.DateTimeField(db_comment="UTC, to the second, as CAP says it")
    expires_at = models.DateTimeField(db_comment="UTC")
    cap = models.TextField(db_comment="The XML as published, byte for byte")
    cap_sha256 = models.TextField(db_comment="Hex, of the XML in UTF-8; stands in the log")
    issued_by = models.TextField(db_comment="PersonId; never shown")
    made_at = models.DateTimeField(db_default=Now(), db_comment="UTC")

    class Meta:
        db_table = "neighbors_alert"
        db_table_comment = "Official alerts as published"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(msg_type__in=["Alert", "Update", "Cancel"]), name="neighbors_alert_type_known"
            ),
            models.UniqueConstraint(fields=["first", "version"], name="neighbors_alert_version_once"),
        ]
        indexes = [models.Index(fields=["-sent_at"], name="neighbors_alert_newest")]

    def __str__(self) -> str:
        return self.id


class AlertCell(models.Model):
    """A published cell that an alert's area touches."""

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="cells")
    cell = models.TextField(db_comment="H3, hex")

    class Meta:
        db_table = "neighbors_alert_cell"
        db_table_comment = "Cells of official alerts"
        constraints = [models.UniqueConstraint(fields=["alert", "cell"], name="neighbors_alert_cell_once")]
        indexes = [models.Index(fields=["cell"], name="neighbors_alert_in")]

    def __str__(self) -> str:
        return self.cell
