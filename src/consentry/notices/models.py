"""What people were told, and whether they have seen it."""

from django.db import models
from django.db.models.functions import Now


class Notice(models.Model):
    """One thing one person is told: a kind and an id; the words are made by the console in their language."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="notices")
    kind = models.TextField(db_comment="noun.verb, for example look.started")
    object_id = models.TextField(db_comment="id of the object it speaks of")
    at = models.DateTimeField(db_default=Now(), db_comment="When it happened")
    seen_at = models.DateTimeField(null=True, blank=True, db_comment="When the person opened it")
    planned_at = models.DateTimeField(
        null=True, blank=True, db_comment="When the worker made its deliveries, null until then"
    )

    class Meta:
        db_table = "notices_notice"
        db_table_comment = "Notices to people: ids only"
        indexes = [
            models.Index(fields=["person", "-id"], name="notices_notice_newest"),
            models.Index(fields=["id"], name="notices_notice_unplanned", condition=models.Q(planned_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Wish(models.Model):
    """How a person wants to be told beside the page; nobody is told by e-mail who did not ask for it."""

    person = models.OneToOneField("accounts.Person", on_delete=models.CASCADE, primary_key=True, related_name="+")
    by_email = models.BooleanField(default=False, db_comment="True: e-mail for each notice that has words for it")
    rhythm = models.TextField(default="now", db_comment="E-mail that is not urgent: now, hourly or daily")
    quiet_from = models.PositiveSmallIntegerField(
        null=True, db_comment="Quiet hours begin, minute of the day in zone; null for none"
    )
    quiet_until = models.PositiveSmallIntegerField(null=True, db_comment="Quiet hours end, minute of the day in zone")
    zone = models.TextField(default="UTC", db_comment="The person's time zone, IANA name")
    is_strict = models.BooleanField(default=False, db_comment="True: quiet hours hold what is urgent too")

    class Meta:
        db_table = "notices_wish"
        db_table_comment = "How people want to be told"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rhythm__in=["now", "hourly", "daily"]), name="notices_wish_rhythm_known"
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_from__lt=1_440)
                & models.Q(quiet_until__isnull=False, quiet_until__lt=1_440)
                & ~models.Q(quiet_from=models.F("quiet_until")),
                name="notices_wish_quiet_has_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.by_email}"


class Mute(models.Model):
    """One thing that a person wants no more by one channel; the page still has it."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    kind = models.TextField(db_comment="Kind of notice, noun.verb")
    channel = models.TextField(db_comment="email or push")
    object_id = models.TextField(default="", db_comment="Of this object alone, for example a camera; empty: of all")

    class Meta:
        db_table = "notices_mute"
        db_table_comment = "What people want no more"
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "channel", "object_id"], name="notices_mute_once"),
            models.CheckConstraint(
                condition=models.Q(channel__in=["email", "push"]), name="notices_mute_channel_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}"


class PushSubscription(models.Model):
    """A browser that wants web push (RFC 8030); its keys open what is sent (RFC 8291)."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    endpoint = models.TextField(unique=True, db_comment="Address at a push service that the settings name; a secret")
    p256dh = models.BinaryField(db_comment="The browser's P-256 point, 65 bytes")
    auth = models.BinaryField(db_comment="The browser's secret, 16 bytes")
    made_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "notices_push_subscription"
        db_table_comment = "Browsers that want web push"

    def __str__(self) -> str:
        return str(self.pk)


class Delivery(models.Model):
    """One notice on its way to one mailbox or browser; the row is claimed before anything leaves."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(
        PushSubscription, on_delete=models.CASCADE, null=True, related_name="+", db_comment="Browser; null for e-mail"
    )
    state = models.TextField(default="waiting", db_comment="waiting, claimed, sent, failed or dropped")
    tries = models.PositiveSmallIntegerField(default=0, db_comment="Attempts that certainly did not arrive")
    next_at = models.DateTimeField(db_comment="Not before, UTC")
    is_held = models.BooleanField(
        default=False, db_comment="True: it waits for the morning or the hour, and goes as one with what else waits"
    )
    done_at = models.DateTimeField(null=True, db_comment="When it was sent or given up, UTC")

    class Meta:
        db_table = "notices_delivery"
        db_table_comment = "Notices on their way; at most once each to a mailbox or browser"
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "subscription"], name="notices_delivery_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "claimed", "sent", "failed", "dropped"]),
                name="notices_delivery_state_known",
            ),
        ]
        indexes = [models.Index(fields=["next_at"], name="notices_delivery_due", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
