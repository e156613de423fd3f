"""What is still to be told to many people at once."""

from django.db import models
from django.db.models.functions import Now


class Telling(models.Model):
    """One thing to tell; the worker makes all notices of it in one transaction with `done_at`, so exactly once."""

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField(db_comment="Kind of the notice, for example post.made")
    subject = models.TextField(db_comment="PostId or AlertId")
    version = models.PositiveSmallIntegerField(default=1, db_comment="Corrections go to who saw an earlier one")
    at = models.DateTimeField(db_default=Now(), db_comment="UTC")
    done_at = models.DateTimeField(null=True, db_comment="UTC")
    told = models.PositiveIntegerField(default=0, db_comment="How many people")

    class Meta:
        db_table = "neighbors_telling"
        db_table_comment = "Notices to many people that the worker makes"
        constraints = [models.UniqueConstraint(fields=["kind", "subject", "version"], name="neighbors_telling_once")]
        indexes = [models.Index(fields=["id"], name="neighbors_telling_due", condition=models.Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
