"""Policies as published, and decisions with their facts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class PolicyVersion(models.Model):
    """One published policy. The newest whose `effective_at` has come decides."""

    id = models.BigAutoField(primary_key=True)
    sha256 = models.TextField(db_comment="Hex SHA-256 of the Cedar text")
    cedar = models.TextField(db_comment="The policy as published")
    schema = models.TextField(db_comment="The schema of its facts")
    published_at = models.DateTimeField(db_comment="UTC")
    effective_at = models.DateTimeField(db_comment="UTC; 72 h later unless the first or an emergency tightening")
    emergency = models.BooleanField(default=False, db_comment="Tightened at once; stands in the ledger")
    sent_to_edges = models.BooleanField(default=False, db_comment="Its log entry went to the edges")

    class Meta:
        db_table = "access_policy"
        db_table_comment = "Policies as published, never changed"
        constraints = [
            models.CheckConstraint(condition=Q(effective_at__gte=F("published_at")), name="access_policy_forward"),
            models.UniqueConstraint(fields=["sha256", "effective_at"], name="access_policy_once"),
        ]

    def __str__(self) -> str:
        return self.sha256


class DecisionRecord(models.Model):
    """One decision with the facts it was made on: replaying it gives the same answer."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_comment="UTC")
    action = models.TextField(db_comment="Action of the policy")
    person = models.TextField(db_comment="PersonId of the asker")
    agency = models.TextField(db_comment="AgencyId")
    resource_kind = models.TextField(db_comment="Camera, Incident or Grant")
    resource = models.TextField(db_comment="Its id")
    incident = models.TextField(blank=True, default="", db_comment="IncidentId, or empty")
    ask = models.TextField(blank=True, default="", db_comment="AskId, or empty")
    allowed = models.BooleanField()
    rule = models.TextField(blank=True, default="", db_comment="The permit that allowed it")
    failed = ArrayField(models.TextField(), default=list, db_comment="Conditions that failed, all of them")
    error = models.TextField(blank=True, default="", db_comment="Why the policy could not be applied")
    policy_sha256 = models.TextField(blank=True, default="")
    facts = models.TextField(db_comment="Canonical JSON of access/facts.py, typed by action")

    class Meta:
        db_table = "access_decision"
        db_table_comment = "Decisions and their facts, for the auditor"
        indexes = [
            models.Index(fields=["agency", "-id"], name="access_decision_agency"),
            models.Index(fields=["resource", "-id"], name="access_decision_resource"),
        ]

    def __str__(self) -> str:
        return f"decision {self.id}"
