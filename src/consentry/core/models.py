"""The outbox: what clients may be told, ids only, once the transaction that wrote it has committed."""

from django.db import models


class OutboxEvent(models.Model):
    """One event for one audience; `id` is what SSE clients resume from (`Last-Event-ID`)."""

    id = models.BigAutoField(primary_key=True)
    audience = models.TextField(db_comment="person:<id>, agency:<id>, gateway:<id> or public: who may hear it")
    kind = models.TextField(db_comment="noun.verb, for example incident.changed")
    object_id = models.TextField(db_comment="id of the object; the client fetches what it may see")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "core_outbox"
        db_table_comment = "Events for open pages and gateways: ids only"
        indexes = [models.Index(fields=["audience", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
