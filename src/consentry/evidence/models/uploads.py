"""A file that an officer sends in parts."""

from django.db import models

from consentry.evidence.models.items import Item


class Upload(models.Model):
    """Its bytes lie beside the vault in the clear until it is scanned and sealed, at most for `UPLOAD_LIFE_H`."""

    id = models.TextField(primary_key=True, db_comment="UploadId")
    agency = models.TextField(db_comment="AgencyId")
    person = models.TextField(db_comment="PersonId who sends it")
    role = models.TextField(db_comment="In which role")
    name = models.TextField(db_comment="The file's name on the device, as sent")
    media_type = models.TextField(db_comment="As the device says")
    device = models.TextField(blank=True, db_comment="What took it, as the sender says")
    taken_at = models.DateTimeField(null=True, db_comment="UTC, when it was taken, as the sender says")
    incident = models.TextField(blank=True, db_comment="IncidentId")
    size_bytes = models.BigIntegerField(db_comment="Of the whole file, as said at the beginning")
    sha256 = models.TextField(db_comment="Hex, of the whole file, as said at the beginning")
    offset = models.BigIntegerField(default=0, db_comment="Bytes that are durable here")
    hashed = models.BigIntegerField(default=0, db_comment="How many bytes of it were compared, while it is hashed")
    state = models.TextField(default="receiving", db_comment="evidence/types.py, UPLOAD_STATES")
    said = models.TextField(blank=True, db_comment="The scanner's word when it is not clean")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="uploads")
    acknowledgement = models.TextField(blank=True, db_comment="The vault's signed acknowledgement of the whole file")
    begun_at = models.DateTimeField(db_comment="UTC")
    ends_at = models.DateTimeField(db_comment="UTC, when an unfinished one is thrown away")

    class Meta:
        db_table = "evidence_upload"
        db_table_comment = "Files on their way into the vault"
        indexes = [models.Index(fields=["state", "ends_at"], name="evidence_upload_due")]

    def __str__(self) -> str:
        return self.id
