from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils.crypto import salted_hmac

from consentry.incidents.feed_key import seal_key


def seal_derived_keys(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now a key was derived from the web's secret: keep it for its sender, sealed, until it is renewed."""
    for row in apps.get_model("incidents", "Feed").objects.filter(key_kind="hmac-sha256"):
        said = f"{row.pk}:{row.key_version}"
        key = salted_hmac("consentry.incidents.feed-key.v1", said, algorithm="sha256").digest()
        row.sealed_key = seal_key(key, feed=row.pk, version=row.key_version)
        row.save(update_fields=["sealed_key"])


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="feed",
            name="sealed_key",
            field=models.BinaryField(
                db_comment="HMAC key under keys/feeds.key (AES-256-GCM); empty for Ed25519", default=b""
            ),
        ),
        migrations.AlterField(
            model_name="feed",
            name="key_version",
            field=models.IntegerField(db_comment="Rises with each new HMAC key; bound into its seal", default=1),
        ),
        migrations.RunPython(seal_derived_keys, migrations.RunPython.noop),
    ]
