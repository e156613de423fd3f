"""What people were told, and whether they have seen it."""

from django.db import models
from django.db.models.functions import Now


class Notice(models.Model):
    """One thing one person is told: a kind and an id; the words are made by the console in their language."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="notices")
    kind = models.TextField(db_comment="noun.verb, for example look.started")
    object_id = models.TextField(db_comment="id of the object it speaks of")
    at = models.DateTimeField(db_default=Now(), db_comment="When it happened")
    seen_at = models.DateTimeField(null=True, blank=True, db_comment="When the person opened it")

    class Meta:
        db_table = "notices_notice"
        db_table_comment = "Notices to people: ids only"
        indexes = [models.Index(fields=["person", "-id"], name="notices_notice_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
