"""Orders, what they name, who reviewed them, whom they concern and what was done with them.

An order is never edited once somebody reviewed it, nobody reviews their own, and reviews and acts are only added: the
second migration's triggers see to it, whoever writes.
"""

from django.db import models
from django.db.models import Q

from consentry.orders.types import (
    ACTS,
    HAND_OVER_LIVING,
    HAND_OVER_STATES,
    KINDS,
    SERVING_STATES,
    STATES,
    TARGETS,
    YIELDS,
)


class Order(models.Model):
    """A court's instrument, or what the law lets an agency certify by itself."""

    id = models.TextField(primary_key=True, db_comment="OrderId")
    agency = models.TextField(db_comment="AgencyId")
    kind = models.TextField(db_comment="orders/types.py, KINDS")
    court = models.TextField(blank=True, db_comment="The court's name")
    docket = models.TextField(blank=True, db_comment="The court's number of it")
    judge = models.TextField(blank=True, db_comment="Who signed it")
    phone = models.TextField(db_comment="Where its owner asks back")
    words = models.TextField(db_comment="What it asks, in plain words for the owner")
    certificate = models.TextField(blank=True, db_comment="Text of an exigent one: what happens without it")
    renews = models.TextField(blank=True, db_comment="OrderId of the preservation that it follows")
    issued_at = models.DateTimeField(db_comment="UTC")
    expires_at = models.DateTimeField(db_comment="UTC, its last moment")
    seal_until = models.DateTimeField(null=True, db_comment="UTC, until when its owner may not be told")
    made_by = models.TextField(db_comment="PersonId")
    made_at = models.DateTimeField(db_comment="UTC")
    document_sha256 = models.TextField(blank=True, default="", db_comment="Hex, of the document as it was put")
    state = models.TextField(default="drawn", db_comment="orders/types.py, STATES")
    frozen_at = models.DateTimeField(null=True, db_comment="UTC, first review: not edited any more")
    reviewed_at = models.DateTimeField(null=True, db_comment="UTC, when enough people had agreed")
    executed_at = models.DateTimeField(null=True, db_comment="UTC")
    executed_by = models.TextField(blank=True, default="", db_comment="PersonId")
    over_at = models.DateTimeField(null=True, db_comment="UTC, when it was refused, withdrawn or noticed as expired")
    record = models.TextField(blank=True, default="", db_comment="Canonical JSON that the ledger's entries commit to")
    salt = models.BinaryField(db_comment="32 bytes that open the commitment")

    class Meta:
        db_table = "orders_order"
        db_table_comment = "Court orders; not edited after the first review (a trigger sees to it)"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="orders_order_kind_known"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="orders_order_state_known"),
            models.CheckConstraint(
                condition=~Q(state="executed") | (Q(executed_at__isnull=False) & ~Q(executed_by="")),
                name="orders_order_executed_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="executed") | Q(kind="exigent") | Q(reviewed_at__isnull=False),
                name="orders_order_reviewed_first",
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-made_at", "id"], name="orders_order_newest"),
            models.Index(fields=["state", "expires_at"], name="orders_order_due"),
        ]

    def __str__(self) -> str:
        return self.id


class Line(models.Model):
    """One thing that an order names."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveSmallIntegerField(db_comment="From 0, as drawn")
    target = models.TextField(db_comment="camera, item or answer")
    about = models.TextField(db_comment="Its id")
    window_start = models.DateTimeField(null=True, db_comment="UTC, first moment; of a camera only")
    window_end = models.DateTimeField(null=True, db_comment="UTC, not included")

    class Meta:
        db_table = "orders_line"
        db_table_comment = "The enumerated scope of an order"
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="orders_line_number"),
            models.CheckConstraint(condition=Q(target__in=TARGETS), name="orders_line_target_known"),
            models.CheckConstraint(
                condition=Q(target="camera", window_start__lt=models.F("window_end"))
                | (~Q(target="camera") & Q(window_start=None, window_end=None)),
                name="orders_line_window",
            ),
        ]
        indexes = [models.Index(fields=["target", "about"], name="orders_line_about")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.number}"


class Document(models.Model):
    """The order's PDF, sealed with a key that is a file beside the database."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, primary_key=True, related_name="document")
    sealed = models.BinaryField(db_comment="core/at_rest.py, key orders")
    size_bytes = models.IntegerField(db_comment="Of the plain document")
    put_by = models.TextField(db_comment="PersonId")
    put_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "orders_document"
        db_table_comment = "Documents of orders, sealed"

    def __str__(self) -> str:
        return str(self.pk)


class Review(models.Model):
    """What one person said of an order. Only added."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reviews")
    person = models.TextField(db_comment="PersonId; never who drew it (a trigger sees to it)")
    role = models.TextField(db_comment="In which role")
    agrees = models.BooleanField(db_comment="False refuses the order")
    why = models.TextField(blank=True)
    at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "orders_review"
        db_table_comment = "Reviews of orders"
        constraints = [models.UniqueConstraint(fields=["order", "person"], name="orders_review_once")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.person}"


class Yielded(models.Model):
    """What executing found of one line. Only added."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="yields")
    word = models.TextField(db_comment="orders/types.py, YIELDS")
    item = models.TextField(blank=True, db_comment="ItemId that it concerns")

    class Meta:
        db_table = "orders_yield"
        db_table_comment = "What executing an order found of each line"
        constraints = [models.CheckConstraint(condition=Q(word__in=YIELDS), name="orders_yield_word_known")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.word}"


class Serving(models.Model):
    """A person whom one line of an executed order concerns: told of it, or asked for a recording."""

    id = models.TextField(primary_key=True, db_comment="ServingId")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="servings")
    person = models.ForeignKey("accounts.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    camera = models.TextField(blank=True, db_comment="CameraId whose recording is asked for")
    state = models.TextField(db_comment="orders/types.py, SERVING_STATES")
    tell_at = models.DateTimeField(db_comment="UTC, from when on the person may know of it")
    told_at = models.DateTimeField(null=True, db_comment="UTC, when the notice was written")
    said = models.TextField(blank=True, db_comment="The owner's own words when they contest it")
    said_at = models.DateTimeField(null=True, db_comment="UTC, when they last answered")

    class Meta:
        db_table = "orders_serving"
        db_table_comment = "Whom orders concern"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SERVING_STATES), name="orders_serving_state_known"),
            models.UniqueConstraint(fields=["line", "person"], name="orders_serving_once"),
        ]
        indexes = [
            models.Index(fields=["person", "-tell_at"], name="orders_serving_newest"),
            models.Index(fields=["tell_at"], name="orders_serving_untold", condition=Q(told_at=None)),
        ]

    def __str__(self) -> str:
        return self.id


class HandOver(models.Model):
    """A recording that an owner hands over under an order."""

    id = models.TextField(primary_key=True, db_comment="HandOverId")
    serving = models.ForeignKey(Serving, on_delete=models.PROTECT, related_name="hand_overs")
    upload = models.TextField(db_comment="UploadId on whose way it comes")
    media_type = models.TextField(db_comment="As the sender says")
    size_bytes = models.BigIntegerField(db_comment="Of the whole")
    sha256 = models.TextField(db_comment="Hex, of the whole")
    edge = models.TextField(blank=True, db_comment="EdgeId that signed it; empty for a file")
    edge_key = models.BinaryField(default=b"", db_comment="Its Ed25519 key")
    signed = models.BinaryField(default=b"", db_comment="The manifest as it signed it")
    state = models.TextField(default="receiving", db_comment="orders/types.py, HAND_OVER_STATES")
    why = models.TextField(blank=True, default="", db_comment="A code that says why it failed")
    item = models.TextField(blank=True, default="", db_comment="ItemId once it is in the vault")
    begun_at = models.DateTimeField(db_comment="UTC")
    sent_at = models.DateTimeField(null=True, db_comment="UTC, when the vault had it")

    class Meta:
        db_table = "orders_hand_over"
        db_table_comment = "Recordings that owners hand over under orders"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=HAND_OVER_STATES), name="orders_hand_over_state_known"),
            models.UniqueConstraint(
                fields=["serving", "sha256"], condition=Q(state__in=HAND_OVER_LIVING), name="orders_hand_over_once"
            ),
        ]
        indexes = [models.Index(fields=["state"], name="orders_hand_over_state")]

    def __str__(self) -> str:
        return self.id


class Act(models.Model):
    """One line of what was done with an order. Only added."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="acts")
    at = models.DateTimeField(db_comment="UTC")
    kind = models.TextField(db_comment="orders/types.py, ACTS")
    person = models.TextField(blank=True, db_comment="PersonId of the agency; empty for the platform and for owners")
    role = models.TextField(blank=True, db_comment="In which role")
    why = models.TextField(blank=True, db_comment="The reason as it was given")

    class Meta:
        db_table = "orders_act"
        db_table_comment = "Everything that was done with an order"
        constraints = [models.CheckConstraint(condition=Q(kind__in=ACTS), name="orders_act_kind_known")]
        indexes = [models.Index(fields=["order", "id"], name="orders_act_of_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"
