"""People, their seats, failed sign-ins, exports of their own data, and accounts that end."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now

from consentry.accounts.types import EXPORT_RUNS, EXPORT_STATES
from consentry.kernel.ids import new_id
from consentry.kernel.roles import Role

# Roles that make sense only inside one agency; admin, support and integrator may serve the whole installation.
SEATED_IN_AGENCY = sorted(
    role.value for role in (Role.ANALYST, Role.AUDITOR, Role.MANAGER, Role.OFFICER, Role.SUPERVISOR)
)
ALL_ROLES = sorted(role.value for role in Role)


def new_person_id() -> str:
    """A fresh person id (a function, because migrations name it)."""
    return new_id("person")


class PersonRows(BaseUserManager["Person"]):
    """Finds people by e-mail, whatever its letter case; Django and allauth ask for it under this contract."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """The person whose e-mail is `username` (Person.DoesNotExist otherwise)."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody who can sign in. Nobody has a password: e-mail code, passkey, second factor."""

    id = models.TextField(primary_key=True, default=new_person_id, editable=False, db_comment="PersonId, random")
    email = models.EmailField(unique=True, db_comment="Where sign-in codes go; never shown to agencies")
    display_name = models.TextField(blank=True, default="", db_comment="Chosen by the person, at most 100 characters")
    language = models.CharField(max_length=2, default="en", db_comment="en, fr or es")
    is_active = models.BooleanField(default=True, db_comment="False: may not sign in, every session ends")
    is_demo = models.BooleanField(
        default=False, db_comment="Made up by the demo city; the only ones the demo door opens"
    )
    created_at = models.DateTimeField(db_default=Now(), db_comment="When the account was made")
    last_seen_at = models.DateTimeField(null=True, blank=True, db_comment="Last request, to the minute")
    disabled_at = models.DateTimeField(null=True, blank=True, db_comment="When it was disabled, null while it is not")
    disabled_reason = models.TextField(blank=True, default="", db_comment="manager, unused or deleted")

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = PersonRows()

    class Meta:
        db_table = "accounts_person"
        db_table_comment = "People who can sign in: residents and agency staff"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_person_email_any_case"),
            models.CheckConstraint(
                condition=models.Q(language__in=["en", "fr", "es"]), name="accounts_person_language_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_active=True) | models.Q(disabled_at__isnull=False),
                name="accounts_person_disabled_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class SeatRow(models.Model):
    """One role of one person, in one agency unless it is `owner` or serves the whole installation."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="seat_rows")
    role = models.TextField(db_comment="One of kernel.roles.Role")
    agency = models.TextField(null=True, blank=True, db_comment="AgencyId (text: agencies stands above), or null")  # noqa: DJ001 null means none
    since = models.DateTimeField(db_default=Now(), db_comment="When the seat was given")

    class Meta:
        db_table = "accounts_seat"
        db_table_comment = "Who holds which role where"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role", "agency"], name="accounts_seat_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=models.Q(role__in=ALL_ROLES), name="accounts_seat_role_known"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OWNER.value) | models.Q(agency__isnull=True),
                name="accounts_seat_owner_in_no_agency",
            ),
            models.CheckConstraint(
                condition=~models.Q(role__in=SEATED_IN_AGENCY) | models.Q(agency__isnull=False),
                name="accounts_seat_staff_in_an_agency",
            ),
        ]
        indexes = [models.Index(fields=["agency", "role"], name="accounts_seat_by_agency")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"


class FailedSignIn(models.Model):
    """One wrong code, factor or passkey, for the lock after five in fifteen minutes."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="failed_sign_ins")
    at = models.DateTimeField(db_comment="When it failed")

    class Meta:
        db_table = "accounts_failed_sign_in"
        db_table_comment = "Wrong sign-in attempts; pruned after a day"
        indexes = [models.Index(fields=["person", "at"], name="accounts_failed_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.at:%H:%M:%S}"


class PersonalExport(models.Model):
    """All that is held of one person, gathered for them. Its file is `personal-exports/<id>`, sealed, for a week."""

    id = models.TextField(primary_key=True, db_comment="PersonalExportId")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    language = models.TextField(db_comment="Of its page: en, fr or es")
    state = models.TextField(default="waiting", db_comment="waiting, gathering, ready, failed, cancelled or gone")
    done = models.PositiveSmallIntegerField(default=0, db_comment="Parts that are gathered")
    total = models.PositiveSmallIntegerField(default=0, db_comment="Parts that there are; 0 before it began")
    size_bytes = models.BigIntegerField(default=0, db_comment="Of the zip, once it is ready")
    why = models.TextField(blank=True, default="", db_comment="A code that says why it failed")
    asked_at = models.DateTimeField(db_comment="UTC")
    ready_at = models.DateTimeField(null=True, db_comment="UTC")
    ends_at = models.DateTimeField(null=True, db_comment="UTC, when its file is destroyed")

    class Meta:
        db_table = "accounts_personal_export"
        db_table_comment = "People's own data on its way to them"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=EXPORT_STATES), name="accounts_personal_export_state_known"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(state__in=EXPORT_RUNS), name="accounts_personal_export_one_runs"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-asked_at"], name="accounts_personal_export_new"),
            models.Index(fields=["state"], name="accounts_personal_export_due"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class Deletion(models.Model):
    """An account that ends: its doors closed when this row came, the rest is erased by the worker, room by room."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="+")
    asked_at = models.DateTimeField(db_comment="UTC, when every door closed")
    next_at = models.DateTimeField(db_comment="UTC, when the worker goes through the rooms again")
    waits_for = models.TextField(blank=True, default="", db_comment="Rooms that could not erase all yet")
    finished_at = models.DateTimeField(null=True, db_comment="UTC, when nothing was left")

    class Meta:
        db_table = "accounts_deletion"
        db_table_comment = "Accounts that were deleted; a random id and times, no name"
        indexes = [models.Index(fields=["next_at"], name="accounts_deletion_due", condition=models.Q(finished_at=None))]

    def __str__(self) -> str:
        return f"{self.person_id} {self.asked_at:%Y-%m-%d}"
