"""Agencies, votes, programmes, the cameras a programme uses and the areas that voted themselves out.

The triggers in the first migration hold the caps, the dates and the order of states, so that no form, script or
second server can pass them.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consentry.kernel.ids import new_id
from consentry.kernel.limits import MAX_DISTANCE_M

STATES = ("draft", "comment", "published", "active", "ended", "suspended")
LIVE_STATES = ("active", "ended", "suspended")


def new_agency_id() -> str:
    """A fresh agency id (a function, because migrations name it)."""
    return new_id("agency")


def new_programme_id() -> str:
    """A fresh programme id."""
    return new_id("programme")


class Agency(models.Model):
    """A police department or other public body that may run programmes."""

    id = models.TextField(primary_key=True, default=new_agency_id, editable=False, db_comment="AgencyId")
    name = models.TextField(unique=True, db_comment="Full public name")
    jurisdiction = models.TextField(db_comment="Profile: us_city or eu (agencies/jurisdictions.py)")
    place = models.TextField(blank=True, default="", db_comment="City or district, as printed on signs")
    is_demo = models.BooleanField(default=False, db_comment="Made up by the demo city")
    created_at = models.DateTimeField(db_default=Now(), db_comment="When it was entered")

    class Meta:
        db_table = "agencies_agency"
        db_table_comment = "Public bodies that may run programmes"
        constraints = [
            models.CheckConstraint(
                condition=Q(jurisdiction__in=["us_city", "eu"]), name="agencies_agency_jurisdiction_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Vote(models.Model):
    """The vote or ordinance that allows a programme until a moment; an extension needs a new one."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="votes")
    body = models.TextField(db_comment="Who voted, for example the city council")
    instrument = models.TextField(db_comment="Number or name of the resolution or ordinance")
    held_at = models.DateTimeField(db_comment="When it was voted")
    allows_until = models.DateTimeField(db_comment="No programme under it may end later")
    document_sha256 = models.CharField(max_length=64, db_comment="Hex SHA-256 of the published text")
    recorded_at = models.DateTimeField(db_default=Now(), db_comment="When we were told")

    class Meta:
        db_table = "agencies_vote"
        db_table_comment = "Votes and ordinances; rows are never changed"
        constraints = [
            models.CheckConstraint(condition=Q(allows_until__gt=F("held_at")), name="agencies_vote_allows_forward"),
            models.CheckConstraint(
                condition=Q(document_sha256__regex=r"^[0-9a-f]{64}$"), name="agencies_vote_document_hash"
            ),
        ]

    def __str__(self) -> str:
        return self.instrument


class Programme(models.Model):
    """An agency's time-boxed permission; what `active` needs is checked by the database."""

    id = models.TextField(primary_key=True, default=new_programme_id, editable=False, db_comment="ProgrammeId")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="programmes")
    name = models.TextField(db_comment="Public name")
    preset = models.TextField(db_comment="jackson_pilot, registry_only or requests_only")
    state = models.TextField(default="draft", db_comment="draft, comment, published, active, ended, suspended")
    state_since = models.DateTimeField(db_default=Now(), db_comment="When it came into this state")
    starts_at = models.DateTimeField(null=True, blank=True, db_comment="First moment it may be used")
    ends_at = models.DateTimeField(null=True, blank=True, db_comment="All stops at this moment, by itself")
    term_days = models.IntegerField(db_comment="Longest time from start to end; more needs a new vote")
    tiers = ArrayField(models.TextField(), db_comment="What it may do: registry, request, live")
    city_camera_cap = models.IntegerField(db_comment="Most city cameras in use at once")
    private_camera_cap = models.IntegerField(db_comment="Most private cameras open to live looks at once")
    city_cameras_used = models.IntegerField(default=0, db_comment="Counted by trigger from agencies_camera_use")
    private_cameras_used = models.IntegerField(default=0, db_comment="Counted by trigger from agencies_camera_use")
    call_types = ArrayField(models.TextField(), default=list, blank=True, db_comment="APCO call types that may open")
    max_distance_m = models.IntegerField(db_comment="Farthest camera from a call, metres")
    retention_days = models.IntegerField(db_comment="How long a clip is kept unless held")
    jurisdiction = models.TextField(db_comment="Profile in force")
    vote = models.ForeignKey(Vote, null=True, blank=True, on_delete=models.PROTECT, related_name="programmes")
    impact_report_sha256 = models.CharField(max_length=64, blank=True, default="", db_comment="Hex, published report")
    use_policy_sha256 = models.CharField(max_length=64, blank=True, default="", db_comment="Hex, published use policy")
    contact_programme = models.TextField(blank=True, default="", db_comment="Who runs it")
    contact_privacy = models.TextField(blank=True, default="", db_comment="Who answers about privacy")
    contact_complaints = models.TextField(blank=True, default="", db_comment="Where complaints go")
    area_cells = ArrayField(models.TextField(), default=list, blank=True, db_comment="H3 cells it covers; empty: city")
    created_at = models.DateTimeField(db_default=Now(), db_comment="When the draft was made")

    class Meta:
        db_table = "agencies_programme"
        db_table_comment = "Programmes: time-boxed permissions of agencies"
        indexes = [models.Index(fields=["state", "ends_at"], name="agencies_programme_due")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="agencies_programme_state_known"),
            models.CheckConstraint(
                condition=Q(city_cameras_used__gte=0, city_cameras_used__lte=F("city_camera_cap")),
                name="agencies_programme_city_cap",
            ),
            models.CheckConstraint(
                condition=Q(private_cameras_used__gte=0, private_cameras_used__lte=F("private_camera_cap")),
                name="agencies_programme_private_cap",
            ),
            models.CheckConstraint(
                condition=Q(tiers__contained_by=["registry", "request", "live"]), name="agencies_programme_tiers_known"
            ),
            models.CheckConstraint(
                condition=Q(max_distance_m__gt=0, max_distance_m__lte=MAX_DISTANCE_M),
                name="agencies_programme_distance_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(retention_days__gte=0, term_days__gt=0), name="agencies_programme_days_positive"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="agencies_programme_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=LIVE_STATES)
                | (
                    Q(starts_at__isnull=False, ends_at__isnull=False, vote__isnull=False)
                    & Q(impact_report_sha256__regex=r"^[0-9a-f]{64}$", use_policy_sha256__regex=r"^[0-9a-f]{64}$")
                    & ~Q(contact_programme="")
                    & ~Q(contact_privacy="")
                    & ~Q(contact_complaints="")
                ),
                name="agencies_programme_active_needs",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CameraUse(models.Model):
    """One camera taken into a programme's cap; the trigger counts it under the programme's row lock."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="camera_uses")
    camera = models.TextField(db_comment="CameraId (text: cameras stands above)")
    klass = models.TextField(db_comment="private or public (the city's own)")
    since = models.DateTimeField(db_default=Now(), db_comment="When it was taken in")

    class Meta:
        db_table = "agencies_camera_use"
        db_table_comment = "Which cameras count against a programme's caps; deleting a row gives the place back"
        constraints = [
            models.UniqueConstraint(fields=["programme", "camera"], name="agencies_camera_use_once"),
            models.CheckConstraint(condition=Q(klass__in=["private", "public"]), name="agencies_camera_use_klass"),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} {self.camera}"


class AreaOut(models.Model):
    """A published cell whose residents voted to stay out; no active programme may cover it."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="areas_out")
    cell = models.TextField(db_comment="H3 cell of the published partition")
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="areas_out")

    class Meta:
        db_table = "agencies_area_out"
        db_table_comment = "Areas that voted themselves out"
        constraints = [models.UniqueConstraint(fields=["agency", "cell"], name="agencies_area_out_once")]

    def __str__(self) -> str:
        return self.cell
