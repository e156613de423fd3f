"""Asks, the cameras drawn for them, and the bounded draw of an incident."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from consentry.kernel.limits import MAX_VIEWS_PER_ASK


class Ask(models.Model):
    """A request to look: incident, purpose, how many views. Never names a private camera."""

    id = models.TextField(primary_key=True, db_comment="AskId")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    agency = models.TextField(db_comment="AgencyId of the seat used")
    role = models.TextField(db_comment="Role of the seat used")
    mfa = models.PositiveSmallIntegerField(db_comment="Assurance of the sign-in when asked: 0, 1 or 2")
    programme = models.TextField(blank=True, default="", db_comment="ProgrammeId, or empty")
    incident = models.TextField(blank=True, default="", db_comment="IncidentId; empty for city cameras alone")
    purpose = models.TextField(db_comment="Code of kernel/purposes.py")
    views = models.PositiveSmallIntegerField(db_comment="Private views wished, 0 to 5")
    holder_sha256 = models.TextField(db_comment="SHA-256 of the viewer's holder key, base64url")
    state = models.TextField(db_comment="asking_owners or decided")
    failed = ArrayField(models.TextField(), default=list, db_comment="Conditions told to the asker")
    no_further_view = models.BooleanField(default=False, db_comment="Fewer views than wished; never says why")
    policy_sha256 = models.TextField(blank=True, default="", db_comment="Policy that decided")
    asked_at = models.DateTimeField(db_comment="UTC")
    ends_at = models.DateTimeField(db_comment="UTC; 5 min later: no and silence end here alike")

    class Meta:
        db_table = "access_ask"
        db_table_comment = "Requests to look, also those that opened nothing"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["asking_owners", "decided"]), name="access_ask_state"),
            models.CheckConstraint(condition=Q(views__lte=MAX_VIEWS_PER_ASK), name="access_ask_views"),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(state="asking_owners"), name="access_ask_due")]

    def __str__(self) -> str:
        return self.id


class Candidate(models.Model):
    """One private camera drawn for an ask. Only its owner and the auditor ever learn what became of it."""

    id = models.TextField(primary_key=True, db_comment="CandidateId: what the owner's page names")
    ask = models.ForeignKey(Ask, on_delete=models.PROTECT, related_name="candidates")
    camera = models.TextField(db_comment="CameraId")
    owner = models.TextField(db_comment="PersonId of its owner")
    state = models.TextField(db_comment="asking, opened, closed, no or silent")
    asks_owner = models.BooleanField(default=False, db_comment="The owner is really asked (a no is not asked twice)")
    minutes = models.PositiveSmallIntegerField(default=0, db_comment="How long the look would be")
    distance_m = models.PositiveIntegerField(db_comment="From the call, rounded up to 100")
    answered_at = models.DateTimeField(null=True, db_comment="UTC")

    class Meta:
        db_table = "access_candidate"
        db_table_comment = "Private cameras drawn for asks"
        constraints = [
            models.UniqueConstraint(fields=["ask", "camera"], name="access_candidate_once"),
            models.CheckConstraint(
                condition=Q(state__in=["asking", "opened", "closed", "no", "silent"]), name="access_candidate_state"
            ),
        ]
        indexes = [models.Index(fields=["owner", "state"], name="access_candidate_owner")]

    def __str__(self) -> str:
        return self.id


class Draw(models.Model):
    """The cameras drawn for an incident, in order: asking again draws the same, never the neighbours' next."""

    agency = models.TextField(db_comment="AgencyId")
    incident = models.TextField(db_comment="IncidentId")
    fingerprint = models.TextField(db_comment="Place and type that were drawn for; another one draws anew")
    cameras = ArrayField(models.TextField(), default=list, db_comment="CameraIds, best first, at most 10")
    second_person = models.TextField(
        blank=True, default="", db_comment="Supervisor who agreed to more than 5, or empty"
    )
    first_opened_at = models.DateTimeField(null=True, db_comment="First private look; 4 h in all count from here")

    class Meta:
        db_table = "access_draw"
        db_table_comment = "Private cameras that an incident may come to, bounded"
        constraints = [models.UniqueConstraint(fields=["agency", "incident"], name="access_draw_once")]

    def __str__(self) -> str:
        return f"draw of {self.incident}"
