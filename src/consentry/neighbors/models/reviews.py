"""Reports and what moderators decide about them."""

from django.db import models
from django.db.models.functions import Now


class Review(models.Model):
    """One post or comment before a moderator: claimed, decided, appealed, decided again by another person."""

    id = models.TextField(primary_key=True, db_comment="ReviewId")
    subject = models.TextField(db_comment="PostId or CommentId")
    state = models.TextField(default="open", db_comment="open, decided, appealed or closed")
    claimed_by = models.TextField(blank=True, default="", db_comment="PersonId who looks at it now")
    claimed_at = models.DateTimeField(null=True, db_comment="UTC; a claim of an hour ago holds no more")
    verdict = models.TextField(blank=True, default="", db_comment="keep or remove")
    reason = models.TextField(blank=True, default="", db_comment="types.RemovalReason")
    explained = models.TextField(blank=True, default="", db_comment="What the moderator says to the author")
    decided_by = models.TextField(blank=True, default="", db_comment="PersonId")
    decided_at = models.DateTimeField(null=True, db_comment="UTC")
    appeal = models.TextField(blank=True, default="", db_comment="What the author says against it")
    appealed_at = models.DateTimeField(null=True, db_comment="UTC")
    appeal_verdict = models.TextField(blank=True, default="", db_comment="keep (the post comes back) or remove")
    appeal_explained = models.TextField(blank=True, default="", db_comment="What the second moderator says")
    appeal_decided_by = models.TextField(blank=True, default="", db_comment="PersonId, never decided_by")
    appeal_decided_at = models.DateTimeField(null=True, db_comment="UTC")
    opened_at = models.DateTimeField(db_default=Now(), db_comment="UTC")

    class Meta:
        db_table = "neighbors_review"
        db_table_comment = "Reported posts and comments and what was decided"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "decided", "appealed", "closed"]), name="neighbors_review_state"
            ),
            models.CheckConstraint(
                condition=models.Q(appeal_decided_by="") | ~models.Q(appeal_decided_by=models.F("decided_by")),
                name="neighbors_review_two_people",
            ),
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(state__in=["open", "appealed"]), name="neighbors_review_one_open"
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="neighbors_review_queue")]

    def __str__(self) -> str:
        return self.id


class Report(models.Model):
    """One person says what is wrong with a post or comment; their name is shown to nobody."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="reports")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    reason = models.TextField(db_comment="types.RemovalReason")
    said = models.TextField(blank=True, default="", db_comment="In the reporter's words")
    at = models.DateTimeField(db_default=Now(), db_comment="UTC")

    class Meta:
        db_table = "neighbors_report"
        db_table_comment = "Reports of posts and comments"
        constraints = [models.UniqueConstraint(fields=["review", "person"], name="neighbors_report_once")]
        indexes = [models.Index(fields=["person", "at"], name="neighbors_report_by")]

    def __str__(self) -> str:
        return f"{self.review_id} {self.reason}"
