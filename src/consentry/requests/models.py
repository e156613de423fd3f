"""Requests, the homes that were asked, answers, and how homes want to be asked.

An answer does not name its owner: `owner_tag` finds it for its owner and `identity` opens it, both only with a key that
is a file beside the database (`core/at_rest.py`). What a home did with a request stands in no row that an agency reads.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from consentry.kernel.limits_residents import MAX_REQUESTS_PER_CASE, MAX_REQUESTS_PER_HOME_WEEK
from consentry.requests.types import ANSWER_KINDS, ANSWER_STATES, CLOSE_REASONS, FIGURE_BANDS, OUTCOMES, REQUEST_STATES


class VideoRequest(models.Model):
    """One request. What it asks never changes; it is only resolved."""

    id = models.TextField(primary_key=True, db_comment="RequestId")
    agency = models.TextField(db_comment="AgencyId")
    programme = models.TextField(db_comment="ProgrammeId whose consents count")
    incident = models.TextField(db_comment="IncidentId")
    family = models.TextField(db_comment="Family of the call's type")
    case_number = models.TextField(db_comment="As the agency writes it; public")
    case_key = models.TextField(db_comment="Letters and digits of the case number: what makes two of them one")
    number_in_case = models.PositiveSmallIntegerField(db_comment="1 or 2")
    contact = models.TextField(db_comment="Who answers questions; public")
    looking_for = ArrayField(models.TextField(), db_comment="requests/types.py, LOOKING_FOR")
    words = models.TextField(blank=True, db_comment="The agency's own words, at most 280 signs; public")
    window_start = models.DateTimeField(db_comment="UTC, first moment asked for")
    window_end = models.DateTimeField(db_comment="UTC, not included")
    area_sq_m = models.IntegerField(db_comment="What was asked around the call's block, before it was widened")
    cells = ArrayField(models.TextField(), db_comment="Published cells of the widened area")
    made_by = models.TextField(db_comment="PersonId")
    made_at = models.DateTimeField(db_comment="UTC")
    answer_by = models.DateTimeField(db_comment="UTC, last moment for an answer")
    sent_out_at = models.DateTimeField(null=True, db_comment="UTC, when its recipients were chosen")
    state = models.TextField(default="open", db_comment="open or closed")
    closed_at = models.DateTimeField(null=True, db_comment="UTC")
    close_reason = models.TextField(blank=True, default="", db_comment="requests/types.py, CLOSE_REASONS")
    record = models.TextField(db_comment="Canonical JSON that request.open commits to; public")
    salt = models.BinaryField(db_comment="32 bytes that open the commitment; public")
    publish_at = models.DateTimeField(null=True, db_comment="UTC, when its figures are said; set when it is closed")
    published_at = models.DateTimeField(null=True, db_comment="UTC, when they were")
    asked_band = models.TextField(blank=True, default="", db_comment="Homes asked, band of 5")
    answered_band = models.TextField(blank=True, default="", db_comment="Homes that answered, band of 5")
    used_band = models.TextField(blank=True, default="", db_comment="Answers that were used, band of 5")

    class Meta:
        db_table = "requests_request"
        db_table_comment = "Video requests of agencies; never edited (a trigger sees to it)"
        constraints = [
            models.UniqueConstraint(fields=["agency", "case_key", "number_in_case"], name="requests_request_number"),
            models.CheckConstraint(
                condition=Q(number_in_case__gte=1, number_in_case__lte=MAX_REQUESTS_PER_CASE),
                name="requests_request_per_case",
            ),
            models.CheckConstraint(condition=Q(state__in=REQUEST_STATES), name="requests_request_state_known"),
            models.CheckConstraint(
                condition=Q(state="open", close_reason="") | Q(state="closed", close_reason__in=CLOSE_REASONS),
                name="requests_request_closed_why",
            ),
            models.CheckConstraint(
                condition=Q(asked_band__in=("", *FIGURE_BANDS), published_at=None) | ~Q(asked_band=""),
                name="requests_request_figures",
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-made_at", "id"], name="requests_request_newest"),
            models.Index(fields=["state", "answer_by"], name="requests_request_due"),
            models.Index(fields=["incident"], name="requests_request_incident"),
        ]

    def __str__(self) -> str:
        return self.id


class Recipient(models.Model):
    """A home that was asked. Read by itself and by the server; an agency has no operation that reads this."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(VideoRequest, on_delete=models.CASCADE, related_name="recipients")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    cameras = ArrayField(models.TextField(), db_comment="The home's own cameras in the area")
    asked_at = models.DateTimeField(db_comment="UTC, when it stood in the home's inbox")
    told_at = models.DateTimeField(null=True, db_comment="UTC, when the notice was written")
    declined_at = models.DateTimeField(null=True, db_comment="UTC, when the home put it away; told to nobody")

    class Meta:
        db_table = "requests_recipient"
        db_table_comment = "Homes that were asked; never shown to an agency"
        constraints = [models.UniqueConstraint(fields=["request", "person"], name="requests_recipient_once")]
        indexes = [
            models.Index(fields=["person", "-asked_at"], name="requests_recipient_newest"),
            models.Index(fields=["id"], name="requests_recipient_untold", condition=Q(told_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Answer(models.Model):
    """One clip or file that an owner sends. Whose it is opens only with the key beside the database."""

    id = models.TextField(primary_key=True, db_comment="AnswerId")
    request = models.ForeignKey(VideoRequest, on_delete=models.PROTECT, related_name="answers")
    owner_tag = models.BinaryField(db_comment="HMAC of request and person: finds one's own, names nobody")
    identity = models.BinaryField(db_comment="Sealed: person, camera, edge and its signed manifest (identity.py)")
    pseudonym = models.TextField(db_comment="Six signs, of this home in this request")
    name = models.TextField(blank=True, default="", db_comment="The owner's name, when they chose to give it")
    kind = models.TextField(db_comment="clip (signed by an edge) or file")
    cell = models.TextField(blank=True, default="", db_comment="Published cell of the camera")
    media_type = models.TextField(db_comment="As the sender says")
    size_bytes = models.BigIntegerField(db_comment="Of the whole")
    sha256 = models.TextField(db_comment="Hex, of the whole")
    upload = models.TextField(db_comment="UploadId on whose way it comes")
    item = models.TextField(blank=True, default="", db_comment="ItemId once it is sealed")
    state = models.TextField(default="receiving", db_comment="requests/types.py, ANSWER_STATES")
    why = models.TextField(blank=True, default="", db_comment="A code that says why it failed")
    begun_at = models.DateTimeField(db_comment="UTC")
    sent_at = models.DateTimeField(null=True, db_comment="UTC, when the vault had it")
    keep_until = models.DateTimeField(db_comment="UTC, the owner's own last date")
    gone_at = models.DateTimeField(null=True, db_comment="UTC, when it was withdrawn or destroyed")
    is_hold_told = models.BooleanField(default=False, db_comment="True: the owner was told that a hold keeps it")
    by_box = models.BooleanField(default=False, db_comment="True: the box at home sends it by itself")
    outcome = models.TextField(blank=True, default="", db_comment="used, not_used or not said yet")
    outcome_at = models.DateTimeField(null=True, db_comment="UTC")
    thanked_at = models.DateTimeField(null=True, db_comment="UTC")
    receipt = models.TextField(db_comment="Canonical JSON of the consent receipt, as given to the owner")
    receipt_signature = models.TextField(db_comment="Ed25519 of the receipt key, base64url")

    class Meta:
        db_table = "requests_answer"
        db_table_comment = "Answers of homes"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ANSWER_KINDS), name="requests_answer_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ANSWER_STATES), name="requests_answer_state_known"),
            models.CheckConstraint(condition=Q(outcome__in=OUTCOMES), name="requests_answer_outcome_known"),
            models.UniqueConstraint(
                fields=["request", "owner_tag", "sha256"],
                condition=Q(state__in=("checking", "receiving", "sent")),
                name="requests_answer_once",
            ),
        ]
        indexes = [
            models.Index(fields=["request", "state"], name="requests_answer_of_request"),
            models.Index(fields=["state"], name="requests_answer_state"),
        ]

    def __str__(self) -> str:
        return self.id


class Wish(models.Model):
    """How a home wants to be asked; without a row as `types.Wishes` says."""

    person = models.OneToOneField("accounts.Person", on_delete=models.CASCADE, primary_key=True, related_name="+")
    opted_out = models.BooleanField(default=False, db_comment="True: never asked")
    most_per_week = models.PositiveSmallIntegerField(
        default=MAX_REQUESTS_PER_HOME_WEEK, db_comment="Requests in seven days, 0 to 3"
    )

    class Meta:
        db_table = "requests_wish"
        db_table_comment = "How homes want to be asked"
        constraints = [
            models.CheckConstraint(
                condition=Q(most_per_week__lte=MAX_REQUESTS_PER_HOME_WEEK), name="requests_wish_at_most"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
