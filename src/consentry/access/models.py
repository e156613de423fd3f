"""Policies published, decisions with their facts, asks and candidates, grants, sessions, gateways.

Ids of cameras, incidents, programmes and agencies are texts: their rooms own the rows, this one the record of a look.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consentry.access.types import END_REASONS
from consentry.kernel.limits import MAX_VIEWS_PER_ASK


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


class OfficerNumber(models.Model):
    """The number that stands for a person towards owners, stable within one programme and meaningless elsewhere."""

    programme = models.TextField(db_comment="ProgrammeId, or the AgencyId where there is no programme")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    number = models.TextField(db_comment="Four digits, random")

    class Meta:
        db_table = "access_officer_number"
        db_table_comment = "Numbers of officers per programme"
        constraints = [
            models.UniqueConstraint(fields=["programme", "person"], name="access_officer_one_number"),
            models.UniqueConstraint(fields=["programme", "number"], name="access_officer_number_once"),
        ]

    def __str__(self) -> str:
        return self.number


class LookFlag(models.Model):
    """More than three looks by one officer at one camera in 30 days: shown to auditor and owner."""

    camera = models.TextField(db_comment="CameraId")
    owner = models.TextField(db_comment="PersonId")
    agency = models.TextField(db_comment="AgencyId")
    person = models.TextField(db_comment="PersonId of the officer; the owner sees the number only")
    officer_number = models.TextField()
    looks = models.PositiveIntegerField(db_comment="Sessions in the 30 days before")
    at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "access_look_flag"
        db_table_comment = "Officers who look at one camera unusually often"
        indexes = [models.Index(fields=["camera", "-at"], name="access_look_flag_camera")]

    def __str__(self) -> str:
        return f"{self.camera} {self.officer_number}"


class Gateway(models.Model):
    """A media gateway that may be the audience of tickets, known by its own key."""

    id = models.TextField(primary_key=True, db_comment="GatewayId")
    public_key = models.BinaryField(unique=True, db_comment="Ed25519, 32 bytes")
    url = models.TextField(db_comment="Where browsers and edges reach it: ws(s)://host:port")
    registered_at = models.DateTimeField(db_comment="UTC")
    seen_at = models.DateTimeField(null=True, db_comment="UTC, last authenticated word from it")

    class Meta:
        db_table = "access_gateway"
        db_table_comment = "Registered gateways"

    def __str__(self) -> str:
        return self.id


class EdgeLink(models.Model):
    """Which gateway an edge is connected to, as the gateway said last."""

    edge = models.TextField(primary_key=True, db_comment="EdgeId")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "access_edge_link"
        db_table_comment = "Edges that are online, and where"

    def __str__(self) -> str:
        return self.edge
