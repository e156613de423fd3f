"""Nonces of gateways, so that a signed request is taken once."""

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
