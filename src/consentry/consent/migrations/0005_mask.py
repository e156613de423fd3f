"""The masks that owners draw: what their terms name by a hash."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("cameras", "0001_initial"), ("consent", "0004_disconnect")]

    operations = [
        migrations.CreateModel(
            name="Mask",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sha256", models.TextField(db_comment="Hex SHA-256 of the record, as the terms name it")),
                ("record", models.TextField(db_comment="Canonical JSON of the mask (kernel/mask.py)")),
                (
                    "camera",
                    models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="+", to="cameras.camera"),
                ),
            ],
            options={
                "db_table": "consent_mask",
                "db_table_comment": "What owners hide in their pictures; shown to the owner, sent to the edge",
                "constraints": [models.UniqueConstraint(fields=("camera", "sha256"), name="consent_mask_once")],
            },
        ),
    ]
