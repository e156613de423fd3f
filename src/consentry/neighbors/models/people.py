"""Neighbours: the cell they live in, the area they follow, and whom they asked for a mask."""

from django.db import models
from django.db.models.functions import Now


class Neighbor(models.Model):
    """A resident who joined. There is no point of theirs here, only a published cell."""

    person = models.OneToOneField("accounts.Person", on_delete=models.CASCADE, primary_key=True, related_name="+")
    cell = models.TextField(db_comment="Published cell (H3, hex) that they live in, as they said")
    radius_m = models.PositiveIntegerField(db_comment="How far from that cell's centre they follow, metres")
    tell = models.TextField(default="alerts", db_comment="types.Tell: all, alerts or none")
    joined_at = models.DateTimeField(db_default=Now(), db_comment="UTC; young accounts may do less")
    moves = models.PositiveSmallIntegerField(default=0, db_comment="How often the cell changed since moves_from")
    moves_from = models.DateTimeField(db_default=Now(), db_comment="UTC, begin of the month in which moves are counted")

    class Meta:
        db_table = "neighbors_neighbor"
        db_table_comment = "Residents who read and write posts; read by no agency"
        constraints = [
            models.CheckConstraint(condition=models.Q(tell__in=["all", "alerts", "none"]), name="neighbors_tell_known")
        ]

    def __str__(self) -> str:
        return str(self.person_id)


class FollowPiece(models.Model):
    """One piece of the area that a neighbour follows: a published cell, or a parent all of whose cells are followed."""

    id = models.BigAutoField(primary_key=True)
    neighbor = models.ForeignKey(Neighbor, on_delete=models.CASCADE, related_name="pieces")
    cell = models.TextField(db_comment="H3, hex")

    class Meta:
        db_table = "neighbors_follow_piece"
        db_table_comment = "Areas that neighbours follow; read by no agency"
        constraints = [models.UniqueConstraint(fields=["neighbor", "cell"], name="neighbors_piece_once")]
        indexes = [models.Index(fields=["cell", "neighbor"], name="neighbors_piece_of")]

    def __str__(self) -> str:
        return self.cell


class MaskAsk(models.Model):
    """A neighbour asks that no camera sees a place. It is sealed, used once by the worker, then destroyed."""

    id = models.TextField(primary_key=True, db_comment="MaskAskId")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    place = models.BinaryField(db_comment="lat,lon sealed at rest; empty once it was used")
    said = models.TextField(blank=True, default="", db_comment="What the neighbour says to the owners")
    asked_at = models.DateTimeField(db_default=Now(), db_comment="UTC")
    done_at = models.DateTimeField(null=True, db_comment="UTC, when owners, if any, were asked")

    class Meta:
        db_table = "neighbors_mask_ask"
        db_table_comment = "Asks for a mask; whether a camera saw the place is not kept"
        indexes = [models.Index(fields=["asked_at"], name="neighbors_mask_due", condition=models.Q(done_at=None))]

    def __str__(self) -> str:
        return self.id


class MaskNote(models.Model):
    """What the owner of a camera reads: a neighbour asks that a part of the view be masked. It names nobody."""

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    camera = models.TextField(db_comment="CameraId")
    towards_deg = models.PositiveSmallIntegerField(db_comment="From the camera, rounded to an eighth of the circle")
    said = models.TextField(blank=True, default="", db_comment="What the neighbour says")
    at = models.DateTimeField(db_comment="UTC, when the worker asked")

    class Meta:
        db_table = "neighbors_mask_note"
        db_table_comment = "Asks for a mask as owners read them; no link to who asked"
        indexes = [models.Index(fields=["owner", "-id"], name="neighbors_mask_note_of")]

    def __str__(self) -> str:
        return self.camera
