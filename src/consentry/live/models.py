"""Nonces of gateways, so that a signed request is taken once; recordings and their segments, as gateways told them."""

from django.db import models


class GatewayNonce(models.Model):
    """A signed request that was taken; kept for the two minutes in which it could come again."""

    gateway = models.TextField(db_comment="GatewayId")
    nonce = models.TextField(db_comment="As signed, base64url")
    at = models.DateTimeField(db_comment="UTC, when it came")

    class Meta:
        db_table = "live_gateway_nonce"
        db_table_comment = "Signed requests of gateways already taken"
        constraints = [models.UniqueConstraint(fields=["gateway", "nonce"], name="live_gateway_nonce_once")]
        indexes = [models.Index(fields=["at"], name="live_gateway_nonce_old")]

    def __str__(self) -> str:
        return self.nonce


class Recording(models.Model):
    """A city camera is to be recorded; whichever gateway holds the camera does it."""

    id = models.TextField(primary_key=True, db_comment="RecordingId")
    camera = models.TextField(db_comment="CameraId of a city camera")
    started_at = models.DateTimeField(db_comment="UTC, when it was asked for")
    stopped_at = models.DateTimeField(null=True, db_comment="UTC, when it was asked to stop")
    state = models.TextField(default="waiting", db_comment="The recorder's word: waiting, recording, disk-full, …")
    lost_units = models.BigIntegerField(default=0, db_comment="Pictures that the recorder lost, as it said last")

    class Meta:
        db_table = "live_recording"
        db_table_comment = "Recordings of city cameras"
        constraints = [
            models.UniqueConstraint(
                fields=["camera"], condition=models.Q(stopped_at=None), name="live_recording_one_running"
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Segment(models.Model):
    """A finished segment that lies at a gateway, for the vault to take by recording, run and number."""

    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="segments")
    gateway = models.TextField(db_comment="GatewayId: where it lies")
    run = models.TextField(db_comment="What one process wrote without a break")
    number = models.PositiveIntegerField(db_comment="In its run, from 0")
    start_us = models.BigIntegerField(db_comment="UTC microseconds of its first picture")
    end_us = models.BigIntegerField(db_comment="UTC microseconds of its last picture")
    size_bytes = models.BigIntegerField()
    sha256 = models.TextField(db_comment="Hex, of all its bytes")
    previous = models.TextField(db_comment="Hex SHA-256 of the journal line before it")
    recovered = models.BooleanField(default=False, db_comment="Cut after its last whole fragment when a process died")
    told_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "live_segment"
        db_table_comment = "Segments of recordings, as gateways told them"
        constraints = [
            models.UniqueConstraint(fields=["recording", "gateway", "run", "number"], name="live_segment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.recording_id} {self.run} {self.number}"
