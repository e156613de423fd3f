"""Named copies: what a recipient plays, made in pieces; the pieces lie in `vault-named`, sealed by the item's key."""

from django.db import models

from consentry.evidence.models.disclosures import DisclosedItem

NAMED_STATES = ("failed", "ready", "waiting")


class NamedCopy(models.Model):
    """The copy of one disclosed item with the recipient's name in every picture. Gone when nobody plays it."""

    id = models.BigAutoField(primary_key=True)
    place = models.OneToOneField(DisclosedItem, on_delete=models.CASCADE, related_name="named")
    state = models.TextField(default="waiting", db_comment="waiting (also while it is made), ready or failed")
    why = models.TextField(blank=True, db_comment="Why it failed: the kind of the fault")
    tries = models.PositiveIntegerField(default=0, db_comment="How often the helper failed since the last piece")
    wanted_us = models.BigIntegerField(default=0, db_comment="Where it is played: made from there on first")
    is_waited = models.BooleanField(default=True, db_comment="Is somebody at a place that is not made yet")
    has_sound = models.BooleanField(default=False, db_comment="Do its pieces have sound; false before the first one")
    made_us = models.BigIntegerField(default=0, db_comment="How much of it is made")
    ended_us = models.BigIntegerField(null=True, db_comment="Where its last picture ends; null while nobody knows")
    total_us = models.BigIntegerField(default=0, db_comment="How long the item is; 0 while nobody knows")
    size_bytes = models.BigIntegerField(default=0, db_comment="Of all its pieces, plain")
    turn_at = models.DateTimeField(db_comment="UTC, when it was worked on last; the longest waiting is next")
    seen_at = models.DateTimeField(db_comment="UTC, when it was last played or asked for, to some minutes")

    class Meta:
        db_table = "evidence_named_copy"
        db_table_comment = "Copies that bear a recipient's name"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=NAMED_STATES), name="evidence_named_state_known")
        ]
        indexes = [models.Index(fields=["state", "turn_at"], name="evidence_named_next")]

    def __str__(self) -> str:
        return f"{self.place_id} {self.state}"


class NamedPiece(models.Model):
    """Some seconds of a named copy, a file that plays by itself. Times in microseconds since the item began."""

    copy = models.ForeignKey(NamedCopy, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField(db_comment="From 0, as they were made; not the order in which they play")
    covers_us = models.BigIntegerField(db_comment="From here on to its first picture there is none")
    start_us = models.BigIntegerField(db_comment="Its first picture")
    end_us = models.BigIntegerField(db_comment="Where what follows begins")
    size_bytes = models.BigIntegerField(db_comment="Plain")
    sha256 = models.TextField(db_comment="Hex, of the plain bytes")

    class Meta:
        db_table = "evidence_named_piece"
        db_table_comment = "Pieces of named copies"
        constraints = [models.UniqueConstraint(fields=["copy", "number"], name="evidence_named_piece_once")]

    def __str__(self) -> str:
        return f"{self.copy_id} {self.number}"
