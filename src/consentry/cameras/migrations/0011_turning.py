# Written beside Camera.turn_url: by which address may looks turn a public camera?

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0010_audio'),
    ]

    operations = [
        migrations.AddField(
            model_name='camera',
            name='turn_url',
            field=models.TextField(blank=True, db_comment='Public: ONVIF address by which looks may turn it, for the gateway alone; empty: not turned', db_default='', default=''),
        ),
    ]
