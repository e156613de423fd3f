# Named copies are made from where they are played on, with their sound.

from django.db import migrations, models

# They are made again in some seconds, with sound; their folders go in the worker's next step. At once and not at the
# transaction's end: PostgreSQL alters no table that waits for its checks.
FORGET_COPIES = """
    SET CONSTRAINTS ALL IMMEDIATE;
    DELETE FROM evidence_named_piece;
    DELETE FROM evidence_named_copy;
    SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('evidence', '0008_upload_hashing'),
    ]

    operations = [
        migrations.RunSQL(FORGET_COPIES, migrations.RunSQL.noop),
        migrations.AddField(
            model_name='namedcopy',
            name='ended_us',
            field=models.BigIntegerField(db_comment='Where its last picture ends; null while nobody knows', null=True),
        ),
        migrations.AddField(
            model_name='namedcopy',
            name='has_sound',
            field=models.BooleanField(db_comment='Do its pieces have sound; false before the first one', default=False),
        ),
        migrations.AddField(
            model_name='namedcopy',
            name='is_waited',
            field=models.BooleanField(db_comment='Is somebody at a place that is not made yet', default=True),
        ),
        migrations.AddField(
            model_name='namedcopy',
            name='wanted_us',
            field=models.BigIntegerField(db_comment='Where it is played: made from there on first', default=0),
        ),
        migrations.AddField(
            model_name='namedpiece',
            name='covers_us',
            field=models.BigIntegerField(db_comment='From here on to its first picture there is none', default=0),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='namedcopy',
            name='made_us',
            field=models.BigIntegerField(db_comment='How much of it is made', default=0),
        ),
        migrations.AlterField(
            model_name='namedpiece',
            name='end_us',
            field=models.BigIntegerField(db_comment='Where what follows begins'),
        ),
        migrations.AlterField(
            model_name='namedpiece',
            name='number',
            field=models.PositiveIntegerField(db_comment='From 0, as they were made; not the order in which they play'),
        ),
        migrations.AlterField(
            model_name='namedpiece',
            name='start_us',
            field=models.BigIntegerField(db_comment='Its first picture'),
        ),
    ]
