"""Cameras, edges, owners' keys, letters. An address of a private camera is nowhere here; the database refuses one."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class OwnerKey(models.Model):
    """A key that an owner's device holds; what it signs the server cannot decide alone."""

    id = models.TextField(primary_key=True)
    owner = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    public_key = models.BinaryField(unique=True, db_comment="P-256 point, 65 bytes, uncompressed")
    rp_id = models.TextField(blank=True, default="", db_comment="Site of a passkey; empty for a device key")
    credential = models.BinaryField(default=b"", db_comment="Id by which a browser finds the passkey; else empty")
    name = models.TextField(blank=True, default="", db_comment="What the owner calls the device")
    registered_at = models.DateTimeField(db_comment="UTC")
    revoked_at = models.DateTimeField(null=True, db_comment="UTC; null while in use")

    class Meta:
        db_table = "cameras_owner_key"
        db_table_comment = "Public keys of owners' devices"
        constraints = [
            models.CheckConstraint(
                condition=Q(rp_id="", credential=b"") | (~Q(rp_id="") & ~Q(credential=b"")),
                name="cameras_owner_key_passkey_whole",
            )
        ]

    def __str__(self) -> str:
        return self.id


class Edge(models.Model):
    """A box in a home or shop that reads its cameras and dials out; known by its own key."""

    id = models.TextField(primary_key=True)
    owner = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    owner_key = models.ForeignKey(OwnerKey, on_delete=models.PROTECT, related_name="+")
    name = models.TextField(blank=True, default="")
    public_key = models.BinaryField(unique=True, db_comment="Ed25519, 32 bytes")
    box_key = models.BinaryField(db_comment="P-256 point, 65 bytes: addresses of cameras are sealed to it")
    paired_at = models.DateTimeField(db_comment="UTC")
    seen_at = models.DateTimeField(null=True, db_comment="Last report that it was connected, UTC")
    rotation = models.PositiveIntegerField(default=0, db_comment="The last rotation of keys that it knows of")
    doubled_at = models.DateTimeField(null=True, db_comment="Two links under its key lived at once, UTC; or never")
    removed_at = models.DateTimeField(null=True, db_comment="UTC; null while in use")

    class Meta:
        db_table = "cameras_edge"
        db_table_comment = "Paired edges"

    def __str__(self) -> str:
        return self.id


class PairingCode(models.Model):
    """A code waiting for its edge: hashed, 10 minutes, one use."""

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    owner_key = models.ForeignKey(OwnerKey, on_delete=models.CASCADE, related_name="+")
    code_sha256 = models.BinaryField(unique=True, db_comment="SHA-256 of the server's 8 characters")
    edge_name = models.TextField(blank=True, default="")
    expires_at = models.DateTimeField(db_comment="UTC")
    used_at = models.DateTimeField(null=True, db_comment="UTC; null until an edge took it")
    meeting = models.BinaryField(null=True, unique=True, db_comment="Name of the square that was read, 32 bytes")
    box = models.BinaryField(default=b"", db_comment="The code, sealed to the box that shows the square")

    class Meta:
        db_table = "cameras_pairing_code"
        db_table_comment = "Pairing codes, hashed"

    def __str__(self) -> str:
        return f"pairing {self.id}"


class PairingFailure(models.Model):
    """A wrong code, counted so that nobody can try many."""

    id = models.BigAutoField(primary_key=True)
    source_sha256 = models.BinaryField(db_comment="SHA-256 of the network address that tried")
    at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "cameras_pairing_failure"
        db_table_comment = "Wrong pairing codes of the last minutes"
        indexes = [models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"failure {self.id}"


class Camera(models.Model):
    """One registered camera. Private: an owner, an edge or none yet, no address. Public: an agency and an address."""

    id = models.TextField(primary_key=True)
    klass = models.TextField(db_comment="private or public")
    owner = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", null=True, on_delete=models.PROTECT, related_name="+")
    edge = models.ForeignKey(Edge, null=True, on_delete=models.PROTECT, related_name="cameras")
    kind = models.TextField(db_comment="fixed, doorbell, traffic, drone, robot or phone")
    name = models.TextField()
    participation = models.TextField(db_comment="voluntary, mandated, condition_of_benefit or agency_owned")
    lat = models.FloatField(db_comment="Degrees, WGS84")
    lon = models.FloatField(db_comment="Degrees, WGS84")
    heading_deg = models.SmallIntegerField(null=True, db_comment="Where it looks, degrees from north; null: unknown")
    fov_deg = models.SmallIntegerField(db_comment="Angle of view, degrees")
    range_m = models.SmallIntegerField(db_comment="How far it sees, metres")
    h3_r9 = models.BigIntegerField(db_comment="H3 cell of resolution 9 of its block's middle as a number, for nearness")
    cell = models.TextField(db_comment="Published cell that it is spoken of by")
    block_lat = models.FloatField(null=True, db_comment="Middle of its block, degrees; null: no 50 homes are near")
    block_lon = models.FloatField(null=True, db_comment="Middle of its block, degrees; a public one's own place")
    block_radius_m = models.IntegerField(null=True, db_comment="From there to the block's far side, metres; public: 0")
    url = models.TextField(blank=True, default="", db_comment="RTSP address of a public camera; empty for private ones")
    low_url = models.TextField(
        blank=True, default="", db_default="",
        db_comment="Address of the smaller stream of a public camera that is dialled; empty without one",
    )  # fmt: skip
    audio = models.BooleanField(
        default=False, db_default=False, db_comment="Public: may looks hear it; a private one's terms say so"
    )
    turn_url = models.TextField(
        blank=True, default="", db_default="",
        db_comment="Public: ONVIF address by which looks may turn it, for the gateway alone; empty: not turned",
    )  # fmt: skip
    max_mode = models.TextField(default="plain", db_comment="plain, or sealed when its edge can seal to the viewer")
    paused_at = models.DateTimeField(null=True, db_comment="UTC; null while not paused")
    paused_until = models.DateTimeField(null=True, db_comment="UTC; the pause ends then by itself; null: until resumed")
    health = models.TextField(default="unknown", db_comment="unknown, online, offline or fault")
    warnings = models.TextField(
        blank=True,
        default="",
        db_default="",
        db_comment="What is wrong with its pictures: words with blanks between, alphabetical",
    )
    health_at = models.DateTimeField(null=True, db_comment="UTC")
    registered_at = models.DateTimeField(db_comment="UTC")
    removed_at = models.DateTimeField(null=True, db_comment="UTC; null while registered")

    class Meta:
        db_table = "cameras_camera"
        db_table_comment = "Registered cameras with place and view"
        indexes = [
            models.Index(
                fields=["h3_r9"],
                include=[
                    "id",
                    "klass",
                    "lat",
                    "lon",
                    "heading_deg",
                    "fov_deg",
                    "range_m",
                    "block_lat",
                    "block_lon",
                    "block_radius_m",
                ],
                condition=Q(removed_at=None),
                name="cameras_near",
            ),
            models.Index(fields=["owner"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="cameras_class_shape",
                condition=Q(klass="private", owner__isnull=False, agency=None, url="")
                | Q(klass="public", owner=None, edge=None, agency__isnull=False, participation="agency_owned"),
            ),
            models.CheckConstraint(
                name="cameras_block",
                condition=Q(block_lat=None, block_lon=None, block_radius_m=None, klass="private")
                | Q(block_lat__isnull=False, block_lon__isnull=False, block_radius_m__gte=0),
            ),
            models.CheckConstraint(name="cameras_low_url", condition=Q(low_url="") | ~Q(url="")),
            models.CheckConstraint(
                name="cameras_participation",
                condition=Q(klass="public") | Q(participation__in=["voluntary", "mandated", "condition_of_benefit"]),
            ),
            models.CheckConstraint(
                name="cameras_place",
                condition=Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
            ),
            models.CheckConstraint(
                name="cameras_view",
                condition=(Q(heading_deg=None) | Q(heading_deg__gte=0, heading_deg__lt=360))
                & Q(fov_deg__gt=0, fov_deg__lte=360, range_m__gt=0, range_m__lte=2_000),
            ),
            models.CheckConstraint(
                name="cameras_kind",
                condition=Q(kind__in=["fixed", "doorbell", "traffic", "drone", "robot", "phone"]),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class MobilePlace(models.Model):
    """Where a public drone, robot or phone was last heard to be. Only the last place: a track is kept nowhere."""

    camera = models.OneToOneField(Camera, primary_key=True, on_delete=models.CASCADE, related_name="+")
    lat = models.FloatField(db_comment="Degrees, WGS84")
    lon = models.FloatField(db_comment="Degrees, WGS84")
    altitude_m = models.FloatField(null=True, db_comment="Metres above mean sea level; null: not said")
    looks_deg = models.FloatField(null=True, db_comment="Where it looks, degrees from north; null: not said")
    footprint = ArrayField(
        models.FloatField(), default=list, size=8,
        db_comment="What its picture shows on the ground: lat, lon of four corners in order, or empty",
    )  # fmt: skip
    captured_at = models.DateTimeField(null=True, db_comment="UTC by its own clock; null when that cannot be")
    heard_at = models.DateTimeField(db_comment="UTC, when the web was told")

    class Meta:
        db_table = "cameras_mobile_place"
        db_table_comment = "Last places of public cameras that move"
        constraints = [
            models.CheckConstraint(
                name="cameras_mobile_place_on_earth",
                condition=Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
            ),
            models.CheckConstraint(
                name="cameras_mobile_place_footprint", condition=Q(footprint__len=0) | Q(footprint__len=8)
            ),
        ]

    def __str__(self) -> str:
        return f"place of {self.camera_id}"


class PushKey(models.Model):
    """What opens a public camera to whoever sends its pictures; a camera with a row here is not dialled."""

    camera = models.OneToOneField(Camera, primary_key=True, on_delete=models.CASCADE, related_name="push_key")
    key_sha256 = models.BinaryField(
        null=True, unique=True, db_comment="SHA-256 of the key; null after it was taken back"
    )
    made_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "cameras_push_key"
        db_table_comment = "Keys of public cameras that send to us; only their hashes are known"

    def __str__(self) -> str:
        return str(self.camera_id)
