"""What passes through here between an edge and its owner: letters, and what only the owner can open."""

from django.db import models
from django.db.models import Q

from consentry.cameras.models.registry import Camera, Edge


class Letter(models.Model):
    """A letter waiting for an edge; the gateway that carries it cannot forge what matters in it."""

    id = models.BigAutoField(primary_key=True)
    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="letters")
    camera = models.TextField(blank=True, default="", db_comment="Id of the camera that it is about, if one")
    kind = models.TextField(db_comment="terms, pause, resume, withdraw, camera, picture, events, find, keys or policy")
    body = models.TextField(db_comment="JSON as sent; addresses in it are sealed to the edge")
    written_at = models.DateTimeField(db_comment="UTC")
    expires_at = models.DateTimeField(null=True, db_comment="UTC; null: until delivered")
    delivered_at = models.DateTimeField(null=True, db_comment="UTC, when the edge answered; null while it waits")
    refused = models.TextField(blank=True, default="", db_comment="Why the edge did not take it; empty when it did")

    class Meta:
        db_table = "cameras_letter"
        db_table_comment = "Letters from web to edges, kept until delivered"
        indexes = [models.Index(fields=["edge", "id"], condition=Q(delivered_at=None), name="cameras_letter_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Picture(models.Model):
    """An owner's test picture: sealed to the owner's browser by the edge, here for 5 minutes."""

    camera = models.OneToOneField(Camera, primary_key=True, on_delete=models.CASCADE, related_name="+")
    reply_key = models.BinaryField(db_comment="P-256 point of the browser that asked, 65 bytes")
    asked_at = models.DateTimeField(db_comment="UTC")
    box = models.BinaryField(null=True, db_comment="Sealed picture; null until the edge answered")
    taken_at = models.DateTimeField(null=True, db_comment="UTC, as the edge said; null until it answered")
    fault = models.TextField(blank=True, default="", db_comment="Why there is none, as the edge said it")
    expires_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "cameras_picture"
        db_table_comment = "Test pictures on their way to their owner, unreadable here"

    def __str__(self) -> str:
        return f"picture {self.camera_id}"


class SealedEvent(models.Model):
    """Something happened before a camera, sealed to its owner's browsers; what it was is unreadable here."""

    id = models.TextField(primary_key=True, db_comment="As the edge named it, 16 random bytes in base64url")
    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="+")
    boxes = models.BinaryField(db_comment="One sealed box of 349 bytes for each browser that may read it, at most 8")
    came_at = models.DateTimeField(db_comment="UTC, when the letter came")

    class Meta:
        db_table = "cameras_sealed_event"
        db_table_comment = "Events on their way to their owner, unreadable here; 30 days and 500 for a camera"
        indexes = [models.Index(fields=["camera", "came_at"], name="cameras_sealed_event_newest")]

    def __str__(self) -> str:
        return f"event {self.id}"


class EventPicture(models.Model):
    """What a camera saw when it noticed something; its key is inside the event's boxes, so it is unreadable here."""

    event = models.OneToOneField(SealedEvent, primary_key=True, on_delete=models.CASCADE, related_name="picture")
    sealed = models.BinaryField(db_comment="Sealed picture; all have one size")

    class Meta:
        db_table = "cameras_event_picture"
        db_table_comment = "Pictures of events on their way to their owner, unreadable here; 7 days and 50 for a camera"

    def __str__(self) -> str:
        return f"picture of event {self.event_id}"


class Guest(models.Model):
    """Somebody of the household who may read what a camera notices; the owner signs that the edge seals to them."""

    id = models.TextField(primary_key=True, db_comment="GuestId")
    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="guests")
    code_sha256 = models.BinaryField(unique=True, db_comment="Of the invitation's word; good once, for a day")
    person = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.CASCADE, related_name="+", db_comment="Who took the invitation"
    )
    point = models.BinaryField(null=True, db_comment="P-256 point of that person's browser, 65 bytes")
    state = models.TextField(default="invited", db_comment="invited, asked, shared or ended")
    invited_at = models.DateTimeField(db_comment="UTC")
    shared_at = models.DateTimeField(null=True, db_comment="UTC, when the owner signed; earlier events stay unread")

    class Meta:
        db_table = "cameras_guest"
        db_table_comment = "With whom of a household the events of a camera are shared"
        indexes = [models.Index(fields=["person", "state"], name="cameras_guest_of_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["invited", "asked", "shared", "ended"]), name="cameras_guest_state_known"
            ),
            models.UniqueConstraint(
                fields=["camera", "person"], condition=~Q(state="ended"), name="cameras_guest_once_for_a_camera"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class FoundCameras(models.Model):
    """What an edge found in its home when its owner asked: sealed to the owner's browser, here for 5 minutes."""

    edge = models.OneToOneField(Edge, primary_key=True, on_delete=models.CASCADE, related_name="+")
    box = models.BinaryField(null=True, db_comment="Sealed list; null until the edge answered")
    fault = models.TextField(blank=True, default="", db_comment="Why there is none, as the edge said it")
    expires_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "cameras_found"
        db_table_comment = "Lists of found cameras on their way to their owner, unreadable here"

    def __str__(self) -> str:
        return f"found by {self.edge_id}"
