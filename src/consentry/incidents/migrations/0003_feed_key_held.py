from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from 0002: a table whose rows a transaction has changed takes no constraint in the same one."""

    dependencies = [("incidents", "0002_sealed_feed_keys")]

    operations = [
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.CheckConstraint(
                condition=models.Q(("key_kind", "ed25519"), ("sealed_key", b""))
                | (models.Q(("key_kind", "hmac-sha256")) & ~models.Q(("sealed_key", b""))),
                name="incidents_feed_key_held",
            ),
        ),
    ]
