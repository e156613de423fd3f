"""Officer numbers, and flags on who looks unusually often."""

from django.db import models
from django.db.models import Q

OFTEN, BY_OWNER = "often", "owner"


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
    """A look to be gone into: the auditor's queue. Shown to auditor and owner, with the auditor's answer.

    Raised by us when one officer looks at one camera more than three times in 30 days, or by the owner.
    """

    camera = models.TextField(db_comment="CameraId")
    owner = models.TextField(db_comment="PersonId")
    agency = models.TextField(db_comment="AgencyId")
    person = models.TextField(db_comment="PersonId of the officer; the owner sees the number only")
    officer_number = models.TextField()
    looks = models.PositiveIntegerField(db_comment="Sessions in the 30 days before; 0 when the owner raised it")
    at = models.DateTimeField(db_comment="UTC")
    kind = models.TextField(default=OFTEN, db_comment="often (raised by us) or owner")
    session = models.TextField(blank=True, default="", db_comment="SessionId of the look that the owner flagged")
    said = models.TextField(blank=True, default="", db_comment="The owner's words, if any")
    answer = models.TextField(blank=True, default="", db_comment="The auditor's answer, empty while it waits")
    answered_by = models.TextField(blank=True, default="", db_comment="PersonId of the auditor")
    answered_at = models.DateTimeField(null=True, db_comment="UTC")

    class Meta:
        db_table = "access_look_flag"
        db_table_comment = "Officers who look at one camera unusually often"
        indexes = [models.Index(fields=["camera", "-at"], name="access_look_flag_camera")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[OFTEN, BY_OWNER]), name="access_look_flag_kind"),
            models.UniqueConstraint(
                fields=["session"], condition=Q(kind=BY_OWNER), name="access_look_flag_once_by_owner"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_by="", answered_at=None)
                | (~Q(answer="") & ~Q(answered_by="") & Q(answered_at__isnull=False)),
                name="access_look_flag_answer_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera} {self.officer_number}"
