# Written beside Camera.audio: may looks at a public camera hear it?

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0009_events_and_found'),
    ]

    operations = [
        migrations.AddField(
            model_name='camera',
            name='audio',
            field=models.BooleanField(db_comment="Public: may looks hear it; a private one's terms say so", db_default=False, default=False),
        ),
    ]
