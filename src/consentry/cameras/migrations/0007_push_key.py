import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cameras", "0006_mobile_places")]

    operations = [
        migrations.CreateModel(
            name="PushKey",
            fields=[
                ("camera", models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="push_key",
                    serialize=False, to="cameras.camera",
                )),
                ("key_sha256", models.BinaryField(
                    null=True, unique=True, db_comment="SHA-256 of the key; null after it was taken back"
                )),
                ("made_at", models.DateTimeField(db_comment="UTC")),
            ],
            options={
                "db_table": "cameras_push_key",
                "db_table_comment": "Keys of public cameras that send to us; only their hashes are known",
            },
        ),
    ]
