"""Feeds, incidents, each version that was committed to the ledger, quarantine, signatures seen. All minimised."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from consentry.kernel.ids import new_id

KINDS = ["eido", "table", "webhook"]
ORIGINS = ["cad", "alarm", "manual", "officer"]


def new_feed_id() -> str:
    """A fresh feed id (a function, because migrations name it)."""
    return new_id("feed")


def new_incident_id() -> str:
    """A fresh incident id."""
    return new_id("incident")


class Feed(models.Model):
    """A source of calls; its key is kept sealed (HMAC), or only its public half is kept (Ed25519)."""

    id = models.TextField(primary_key=True, default=new_feed_id, editable=False, db_comment="FeedId")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    name = models.TextField(db_comment="Public name, on the programme's page")
    kind = models.TextField(db_comment="eido, table or webhook")
    preset = models.TextField(blank=True, default="", db_comment="Column map and type map of a table, or empty")
    origin = models.TextField(default="cad", db_comment="cad, alarm, manual or officer; only cad opens private cameras")
    key_kind = models.TextField(default="hmac-sha256", db_comment="hmac-sha256 or ed25519")
    key_version = models.IntegerField(default=1, db_comment="Rises with each new HMAC key; bound into its seal")
    sealed_key = models.BinaryField(
        default=b"", db_comment="HMAC key under keys/feeds.key (AES-256-GCM); empty for Ed25519"
    )
    public_key = models.BinaryField(default=b"", db_comment="Ed25519 public key, 32 bytes; empty for HMAC")
    active = models.BooleanField(default=True, db_comment="False: nothing is taken from it any more")
    south = models.FloatField(null=True, db_comment="Box of the city, degrees; null: not checked")
    west = models.FloatField(null=True, db_comment="Degrees")
    north = models.FloatField(null=True, db_comment="Degrees")
    east = models.FloatField(null=True, db_comment="Degrees")
    heard_at = models.DateTimeField(null=True, db_comment="Last time anything valid came")
    taken_count = models.BigIntegerField(default=0, db_comment="Calls taken for the first time")
    rejected_count = models.BigIntegerField(default=0, db_comment="Rows put into quarantine, also those not kept")
    created_at = models.DateTimeField(db_default=Now(), db_comment="When it was added")

    class Meta:
        db_table = "incidents_feed"
        db_table_comment = "Sources of dispatch calls, one agency each"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="incidents_feed_kind"),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="incidents_feed_origin"),
            models.CheckConstraint(
                condition=Q(key_kind__in=["hmac-sha256", "ed25519"]), name="incidents_feed_key_kind"
            ),
            models.CheckConstraint(
                condition=Q(key_kind="ed25519", sealed_key=b"") | (Q(key_kind="hmac-sha256") & ~Q(sealed_key=b"")),
                name="incidents_feed_key_held",
            ),
            models.UniqueConstraint(fields=["agency", "name"], name="incidents_feed_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class TypeMapping(models.Model):
    """One local call type of a feed and the common code it stands for; what is not here stays unmapped."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="type_mappings")
    local_type = models.TextField(db_comment="As the feed writes it, upper case")
    code = models.TextField(db_comment="Common code (APCO 2.103.2)")

    class Meta:
        db_table = "incidents_type_mapping"
        db_table_comment = "Local call types to common codes, per feed"
        constraints = [models.UniqueConstraint(fields=["feed", "local_type"], name="incidents_type_mapping_once")]

    def __str__(self) -> str:
        return f"{self.local_type} = {self.code}"


class Incident(models.Model):
    """Our record of a call, as its newest version says."""

    id = models.TextField(primary_key=True, default=new_incident_id, editable=False, db_comment="IncidentId")
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="incidents")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    number = models.TextField(db_comment="The feed's own number of the call")
    type_code = models.TextField(db_comment="Common code, or UNMAPPED")
    local_type = models.TextField(blank=True, default="", db_comment="As the feed wrote it, cleaned")
    family = models.TextField(db_comment="Family of the type: what owners and the public may learn")
    status = models.TextField(db_comment="open or closed")
    reported_at = models.DateTimeField(db_comment="When it was reported; an update may move it back, never forward")
    received_at = models.DateTimeField(db_comment="When we took it first")
    updated_at = models.DateTimeField(db_comment="The feed's time of the newest version; older versions are ignored")
    closed_at = models.DateTimeField(null=True, db_comment="When we learned that it was closed")
    lat = models.FloatField(null=True, db_comment="Degrees, on the block grid of 0.001")
    lon = models.FloatField(null=True, db_comment="Degrees, on the block grid of 0.001")
    block = models.TextField(blank=True, default="", db_comment="Hundred block or crossing, no house number")
    cell = models.TextField(blank=True, default="", db_comment="Published cell of the block, empty outside the city")
    origin = models.TextField(db_comment="cad, alarm, manual or officer")
    changed_by_console = models.BooleanField(default=False, db_comment="Place or type changed by the asking agency")
    flags = ArrayField(models.TextField(), default=list, db_comment="Why it may open no private camera")
    ledger_key = models.TextField(unique=True, db_comment="Key of its call.receive entry")

    class Meta:
        db_table = "incidents_incident"
        db_table_comment = "Calls as imported, without persons, vehicles, callers, notes or house numbers"
        indexes = [
            models.Index(fields=["agency", "status", "-reported_at"], name="incidents_incident_open"),
            models.Index(fields=["agency", "-received_at"], name="incidents_incident_new"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["feed", "number"], name="incidents_incident_once"),
            models.CheckConstraint(condition=Q(status__in=["open", "closed"]), name="incidents_incident_status"),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="incidents_incident_origin"),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lon__isnull=True)
                | Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
                name="incidents_incident_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True) | Q(status="closed", closed_at__isnull=False),
                name="incidents_incident_closed_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type_code} {self.number}"


class CallVersion(models.Model):
    """One version that was taken: its salt and commitment, so that the ledger's entry can be opened later."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField(db_comment="1, 2, 3 … per incident")
    at = models.DateTimeField(db_comment="When we took it")
    record = models.BinaryField(db_comment="Canonical JSON of the minimised facts that were committed")
    salt = models.BinaryField(db_comment="32 random bytes; destroying them erases the entry's meaning")
    commitment = models.BinaryField(db_comment="SHA-256(0x04, salt, record)")
    ledger_key = models.TextField(unique=True, db_comment="Key of its entry in the ledger")

    class Meta:
        db_table = "incidents_call_version"
        db_table_comment = "Versions of calls with what opens their commitment in the ledger"
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="incidents_call_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="incidents_call_version_counts"),
        ]

    def __str__(self) -> str:
        return self.ledger_key


class Quarantine(models.Model):
    """A row that could not be taken: where and why, without a word of it."""

    id = models.BigAutoField(primary_key=True)
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="quarantine")
    at = models.DateTimeField(db_comment="When it came")
    way = models.TextField(db_comment="push, file or poll")
    position = models.IntegerField(db_comment="Row in the file or the body, from 1")
    reason = models.TextField(db_comment="Stable word, for example bad_time")
    detail = models.TextField(blank=True, default="", db_comment="Ours, for people who operate; nothing of the row")

    class Meta:
        db_table = "incidents_quarantine"
        db_table_comment = "Rows refused on import; nothing of their content is kept"
        indexes = [models.Index(fields=["feed", "-at"], name="incidents_quarantine_new")]

    def __str__(self) -> str:
        return f"row {self.position}: {self.reason}"


class SeenSignature(models.Model):
    """A signature of a push that was taken, kept for the replay window."""

    digest = models.BinaryField(primary_key=True, db_comment="SHA-256 of the signed message")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_comment="When it came; removed when the window is over")

    class Meta:
        db_table = "incidents_seen_signature"
        db_table_comment = "Pushes already taken, so that none is replayed"
        indexes = [models.Index(fields=["at"], name="incidents_seen_signature_old")]

    def __str__(self) -> str:
        return str(self.at)
