# Pairing by a square: the sealed code waits with the code's own row.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0014_guests'),
    ]

    operations = [
        migrations.AddField(
            model_name='pairingcode',
            name='box',
            field=models.BinaryField(db_comment='The code, sealed to the box that shows the square', default=b''),
        ),
        migrations.AddField(
            model_name='pairingcode',
            name='meeting',
            field=models.BinaryField(db_comment='Name of the square that was read, 32 bytes', null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='edge',
            name='doubled_at',
            field=models.DateTimeField(db_comment='Two links under its key lived at once, UTC; or never', null=True),
        ),
    ]
