# Written beside Camera.low_url: the smaller stream of a public camera.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0011_turning'),
    ]

    operations = [
        migrations.AddField(
            model_name='camera',
            name='low_url',
            field=models.TextField(blank=True, db_comment='Address of the smaller stream of a public camera that is dialled; empty without one', db_default='', default=''),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('low_url', ''), models.Q(('url', ''), _negated=True), _connector='OR'), name='cameras_low_url'),
        ),
    ]
