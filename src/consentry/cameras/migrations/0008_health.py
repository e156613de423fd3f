"""What is wrong with a camera's pictures although they come; when a picture for its owner was taken."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns."""

    dependencies = [("cameras", "0007_push_key")]

    operations = [
        migrations.AddField(
            model_name="camera",
            name="warnings",
            field=models.TextField(
                blank=True,
                db_comment="What is wrong with its pictures: words with blanks between, alphabetical",
                db_default="",
                default="",
            ),
        ),
        migrations.AddField(
            model_name="picture",
            name="taken_at",
            field=models.DateTimeField(db_comment="UTC, as the edge said; null until it answered", null=True),
        ),
    ]
