"""Officer numbers, and flags on who looks unusually often."""

from django.db import models


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
