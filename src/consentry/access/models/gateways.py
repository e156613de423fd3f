"""Gateways, and which edges are connected to them."""

from django.db import models


class Gateway(models.Model):
    """A media gateway that may be the audience of tickets, known by its own key."""

    id = models.TextField(primary_key=True, db_comment="GatewayId")
    public_key = models.BinaryField(unique=True, db_comment="Ed25519, 32 bytes")
    url = models.TextField(db_comment="Where browsers and edges reach it: ws(s)://host:port")
    registered_at = models.DateTimeField(db_comment="UTC")
    seen_at = models.DateTimeField(null=True, db_comment="UTC, last authenticated word from it")

    class Meta:
        db_table = "access_gateway"
        db_table_comment = "Registered gateways"

    def __str__(self) -> str:
        return self.id


class EdgeLink(models.Model):
    """Which gateway an edge is connected to, as the gateway said last."""

    edge = models.TextField(primary_key=True, db_comment="EdgeId")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "access_edge_link"
        db_table_comment = "Edges that are online, and where"

    def __str__(self) -> str:
        return self.edge
