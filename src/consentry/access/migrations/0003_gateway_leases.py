import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0002_look_flag_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='gateway',
            name='alive_since',
            field=models.DateTimeField(db_comment='UTC of the database; no silence of it since then', null=True),
        ),
        migrations.AddField(
            model_name='gateway',
            name='alive_until',
            field=models.DateTimeField(db_comment='UTC of the database; silent until then, it holds nothing', null=True),
        ),
        # An edge is connected to several gateways now; who is connected is told anew within seconds.
        migrations.DeleteModel(name='EdgeLink'),
        migrations.CreateModel(
            name='EdgeLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('edge', models.TextField(db_comment='EdgeId')),
                ('seen_at', models.DateTimeField(db_comment='UTC')),
                ('gateway', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.gateway')),
            ],
            options={
                'db_table': 'access_edge_link',
                'db_table_comment': 'Edges that are online, and where',
                'constraints': [models.UniqueConstraint(fields=('edge', 'gateway'), name='access_edge_link_once')],
            },
        ),
        migrations.CreateModel(
            name='CameraLease',
            fields=[
                ('camera', models.TextField(db_comment='CameraId of a city camera', primary_key=True, serialize=False)),
                ('epoch', models.BigIntegerField(db_comment='Rises with each change of gateway; what is reported under an old one counts nothing')),
                ('gateway', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.gateway')),
            ],
            options={
                'db_table': 'access_camera_lease',
                'db_table_comment': 'City cameras shared out over gateways',
                'indexes': [models.Index(fields=['gateway'], name='access_camera_lease_gateway')],
            },
        ),
    ]
