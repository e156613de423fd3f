"""What is wrong with a camera's pictures although they come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("cameras", "0005_edge_doubled")]

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
    ]
