from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cameras", "0002_near_index")]

    operations = [
        migrations.AddField(
            model_name="edge",
            name="rotation",
            field=models.PositiveIntegerField(default=0, db_comment="The last rotation of keys that it knows of"),
        ),
    ]
