from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cameras", "0003_edge_rotation")]

    operations = [
        migrations.AddField(
            model_name="ownerkey",
            name="credential",
            field=models.BinaryField(default=b"", db_comment="Id by which a browser finds the passkey; else empty"),
        ),
        migrations.AddConstraint(
            model_name="ownerkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("credential", b""), ("rp_id", ""))
                | models.Q(~models.Q(("rp_id", "")), ~models.Q(("credential", b""))),
                name="cameras_owner_key_passkey_whole",
            ),
        ),
    ]
