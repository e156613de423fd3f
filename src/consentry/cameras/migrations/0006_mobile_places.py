import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cameras", "0005_edge_doubled")]

    operations = [
        migrations.CreateModel(
            name="MobilePlace",
            fields=[
                (
                    "camera",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+",
                        serialize=False, to="cameras.camera",
                    ),
                ),
                ("lat", models.FloatField(db_comment="Degrees, WGS84")),
                ("lon", models.FloatField(db_comment="Degrees, WGS84")),
                ("altitude_m", models.FloatField(db_comment="Metres above mean sea level; null: not said", null=True)),
                ("looks_deg", models.FloatField(db_comment="Where it looks, degrees from north; null: not said", null=True)),
                (
                    "footprint",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), default=list, size=8,
                        db_comment="What its picture shows on the ground: lat, lon of four corners in order, or empty",
                    ),
                ),
                ("captured_at", models.DateTimeField(db_comment="UTC by its own clock; null when that cannot be", null=True)),
                ("heard_at", models.DateTimeField(db_comment="UTC, when the web was told")),
            ],
            options={
                "db_table": "cameras_mobile_place",
                "db_table_comment": "Last places of public cameras that move",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
                        name="cameras_mobile_place_on_earth",
                    ),
                    models.CheckConstraint(
                        condition=Q(footprint__len=0) | Q(footprint__len=8), name="cameras_mobile_place_footprint"
                    ),
                ],
            },
        ),
    ]
