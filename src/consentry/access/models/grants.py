"""Grants, sessions, owners' stops."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from consentry.access.models.asks import Ask
from consentry.access.types import END_REASONS


class Grant(models.Model):
    """The right of one agency to look at one camera for one incident until a time."""

    id = models.TextField(primary_key=True, db_comment="GrantId")
    agency = models.TextField(db_comment="AgencyId")
    programme = models.TextField(blank=True, default="", db_comment="ProgrammeId; empty for city cameras")
    incident = models.TextField(blank=True, default="", db_comment="IncidentId; empty for city cameras alone")
    camera = models.TextField(db_comment="CameraId")
    klass = models.TextField(db_comment="private or public")
    owner = models.TextField(blank=True, default="", db_comment="PersonId of the owner; empty for city cameras")
    purpose = models.TextField()
    rule = models.TextField(db_comment="The permit that allowed it")
    policy_sha256 = models.TextField()
    terms_sha256 = models.TextField(blank=True, default="", db_comment="Hex; terms under which it was opened")
    approval_sig = models.TextField(blank=True, default="", db_comment="The owner's signed yes, or empty")
    distance_m = models.PositiveIntegerField(db_comment="From the call, rounded up to 100")
    state = models.TextField(default="open", db_comment="open or ended")
    opened_at = models.DateTimeField(db_comment="UTC")
    until = models.DateTimeField(db_comment="UTC; compared at each decision")
    extensions = models.PositiveSmallIntegerField(default=0, db_comment="Times that it was given more time")
    ended_at = models.DateTimeField(null=True, db_comment="UTC")
    end_reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "access_grant"
        db_table_comment = "Grants: one agency, one incident, one camera, until a time"
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "incident", "camera"], condition=Q(state="open"), name="access_grant_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None, end_reason="")
                | Q(state="ended", ended_at__isnull=False, end_reason__in=END_REASONS),
                name="access_grant_end_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(klass="public", owner="") | (Q(klass="private") & ~Q(incident="") & ~Q(owner="")),
                name="access_grant_private_has_incident",
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(state="open"), name="access_grant_due"),
            models.Index(fields=["camera", "-opened_at"], name="access_grant_camera"),
            models.Index(fields=["incident"], name="access_grant_incident"),
        ]

    def __str__(self) -> str:
        return self.id


class Session(models.Model):
    """One viewer watching under a grant: decided, logged and shown apart. Its id is the key of its ledger entry."""

    id = models.TextField(primary_key=True, db_comment="SessionId")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="sessions")
    ask = models.ForeignKey(Ask, null=True, on_delete=models.PROTECT, related_name="sessions")
    viewer = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    role = models.TextField(db_comment="Role of the seat used")
    officer_number = models.TextField(db_comment="What the owner sees instead of a name")
    purpose = models.TextField(db_comment="Code of kernel/purposes.py, as this viewer stated it")
    gateway = models.TextField(db_comment="GatewayId: the audience of its tickets")
    holder_sha256 = models.TextField(db_comment="SHA-256 of the viewer's holder key, base64url")
    serial = models.BigIntegerField(default=0, db_comment="Serial of its newest ticket; rises")
    max_until = models.DateTimeField(db_comment="UTC; as stated in the opening, no ticket ends later")
    since = models.DateTimeField(db_comment="UTC, when it was decided and committed")
    presented_at = models.DateTimeField(null=True, db_comment="UTC, when its opening was first fetched")
    first_frame_at = models.DateTimeField(null=True, db_comment="UTC, when the gateway saw the first frame")
    sent_bytes = models.BigIntegerField(default=0, db_comment="Media bytes to the viewer, as the gateway said")
    ended_at = models.DateTimeField(null=True, db_comment="UTC")
    end_reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "access_session"
        db_table_comment = "One viewer of one grant"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False, end_reason__in=END_REASONS),
                name="access_session_end_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["gateway"], condition=Q(ended_at=None), name="access_session_running"),
            models.Index(fields=["viewer", "-since"], name="access_session_viewer"),
        ]

    def __str__(self) -> str:
        return self.id


class Stop(models.Model):
    """An owner stopped the looks of one incident at one camera: it is not opened for that incident again."""

    camera = models.TextField(db_comment="CameraId")
    incident = models.TextField(db_comment="IncidentId")
    at = models.DateTimeField(db_default=Now(), db_comment="UTC")

    class Meta:
        db_table = "access_stop"
        db_table_comment = "Stops by owners"
        constraints = [models.UniqueConstraint(fields=["camera", "incident"], name="access_stop_once")]

    def __str__(self) -> str:
        return f"{self.camera} {self.incident}"
