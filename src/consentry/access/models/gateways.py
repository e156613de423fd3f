"""Gateways, and which edges are connected to them."""

from django.db import models


class Gateway(models.Model):
    """A media gateway that may be the audience of tickets, known by its own key."""

    id = models.TextField(primary_key=True, db_comment="GatewayId")
    public_key = models.BinaryField(unique=True, db_comment="Ed25519, 32 bytes")
    url = models.TextField(db_comment="Where browsers and edges reach it: ws(s)://host:port")
    registered_at = models.DateTimeField(db_comment="UTC")
    seen_at = models.DateTimeField(null=True, db_comment="UTC, last authenticated word from it")
    alive_since = models.DateTimeField(null=True, db_comment="UTC of the database; no silence of it since then")
    alive_until = models.DateTimeField(null=True, db_comment="UTC of the database; silent until then, it holds nothing")

    class Meta:
        db_table = "access_gateway"
        db_table_comment = "Registered gateways"

    def __str__(self) -> str:
        return self.id


class EdgeLink(models.Model):
    """An edge is connected to a gateway, as the gateway said last; an edge dials every gateway that it pinned."""

    edge = models.TextField(db_comment="EdgeId")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "access_edge_link"
        db_table_comment = "Edges that are online, and where"
        constraints = [models.UniqueConstraint(fields=["edge", "gateway"], name="access_edge_link_once")]

    def __str__(self) -> str:
        return f"{self.edge} {self.gateway_id}"


class CameraLease(models.Model):
    """Which gateway reads a city camera. It counts while the gateway lives; a row is never deleted, so epochs rise."""

    camera = models.TextField(primary_key=True, db_comment="CameraId of a city camera")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+")
    epoch = models.BigIntegerField(
        db_comment="Rises with each change of gateway; what is reported under an old one counts nothing"
    )

    class Meta:
        db_table = "access_camera_lease"
        db_table_comment = "City cameras shared out over gateways"
        indexes = [models.Index(fields=["gateway"], name="access_camera_lease_gateway")]

    def __str__(self) -> str:
        return f"{self.camera} {self.gateway_id} {self.epoch}"
