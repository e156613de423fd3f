"""Tables of the ledger. The log itself is static files; PostgreSQL holds the inbox, the index and what is secret."""

from django.db import models
from django.db.models import Q


class LedgerEntry(models.Model):
    """An entry: in the inbox while `index` is empty, integrated once it has one."""

    id = models.BigAutoField(primary_key=True)
    key = models.TextField(db_comment="the caller's name for it; makes sure it is integrated once")
    kind = models.TextField(db_comment="noun.verb of ledger/kinds.py")
    entry = models.BinaryField(db_comment="the bytes of the leaf, RFC 8785 JSON")
    index = models.BigIntegerField(null=True, db_comment="place in the log; empty while in the inbox")
    leaf = models.BinaryField(null=True, db_comment="leaf hash, 32 bytes; set together with index")
    at = models.DateTimeField(auto_now_add=True, db_comment="when it entered the inbox")

    class Meta:
        db_table = "ledger_entry"
        db_table_comment = "Inbox of the log and index of what is integrated"
        # An entry enters few indexes while its writer waits for the commit, and the others when it gets its place.
        constraints = [
            models.UniqueConstraint(name="ledger_entry_key", fields=["key"]),  # unique=True would add a second index
            models.UniqueConstraint(name="ledger_entry_index", fields=["index"], condition=Q(index__isnull=False)),
            models.CheckConstraint(
                name="ledger_entry_placed_whole",
                condition=Q(index__isnull=True, leaf__isnull=True) | Q(index__gte=0, leaf__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="ledger_inbox", fields=["id"], condition=Q(index__isnull=True)),
            models.Index(name="ledger_placed", fields=["kind", "index"], condition=Q(index__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class LookRecord(models.Model):
    """The secret half of a `look.commit`: salts, the public fields until they are revealed, and the private record.

    Kept at least 1 year, as accounting of disclosures 5 (docs/design/ledger.md); nothing here is ever public but
    through the reveal.
    """

    entry = models.OneToOneField(LedgerEntry, models.PROTECT, primary_key=True, related_name="look")
    incident = models.TextField(db_index=True, db_comment="id of the incident; its closing reveals the look")
    public = models.JSONField(db_comment="kernel.opening.PUBLIC_FIELDS, as committed")
    private = models.JSONField(db_comment="kernel.opening.PRIVATE_FIELDS, as committed: who, what, where from")
    salt_pub = models.BinaryField(db_comment="32 bytes, published by the reveal")
    salt_priv = models.BinaryField(null=True, db_comment="32 bytes for owner and auditor; destroying it erases")
    t_ms = models.BigIntegerField(db_comment="the commit entry's time, ms since 1970")
    reveal_after = models.DateTimeField(db_comment="when the reveal is due: incident closed, or 29 days on")
    sealed_until = models.DateTimeField(null=True, db_comment="a court's seal; lifts by itself")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True, default="", db_comment="expired, withdrawn, stopped, ...")
    watched_s = models.PositiveIntegerField(default=0, db_comment="length of the session in seconds")
    sent_bytes = models.BigIntegerField(default=0, db_comment="media bytes that reached the viewer")
    revealed_at = models.DateTimeField(null=True, db_comment="when look.reveal went to the inbox")

    class Meta:
        db_table = "ledger_look"
        db_table_comment = "Private record and salts of each committed look"
        indexes = [
            models.Index(name="ledger_look_due", fields=["reveal_after"], condition=Q(revealed_at__isnull=True)),
            models.Index(name="ledger_look_shown", fields=["t_ms"], condition=Q(revealed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"look {self.entry_id}"


class LedgerState(models.Model):
    """One row that the sequencer keeps: how far the log is and that it is alive."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0, db_comment="entries under the newest checkpoint")
    root = models.BinaryField(default=b"", db_comment="its root; the files may be ahead of it, never behind")
    schema = models.BinaryField(default=b"", db_comment="SHA-256 of the kinds last declared by schema.change")
    asleep = models.BooleanField(default=True, db_comment="the sequencer waits for a NOTIFY; writers wake it")
    alive_at = models.DateTimeField(null=True, db_comment="last time that the sequencer could write to its disk")
    fault = models.TextField(blank=True, default="", db_comment="why it does not acknowledge; empty when it does")

    class Meta:
        db_table = "ledger_state"
        db_table_comment = "What the sequencer says of itself"
        constraints = [models.CheckConstraint(name="ledger_state_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"log of {self.size}"
