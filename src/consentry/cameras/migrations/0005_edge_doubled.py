from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cameras", "0004_owner_passkey")]

    operations = [
        migrations.AddField(
            model_name="edge",
            name="doubled_at",
            field=models.DateTimeField(
                null=True, db_comment="When two links under its key last lived at once, UTC; null: never"
            ),
        ),
    ]
