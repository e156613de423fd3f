"""What the supervisor asks at each start."""

from django.db import models
from django.db.models.functions import Now


class Settled(models.Model):
    """For which installation this database was made ready last; see `up/settled.py`. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    fingerprint = models.TextField(db_comment="SHA-256 (hex) of migrations, packages, policy, gateway and addresses")
    at = models.DateTimeField(db_default=Now(), db_comment="When it was made ready")

    class Meta:
        db_table = "project_settled"
        db_table_comment = "Which state of the code, policy and addresses this database is ready for"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="project_settled_one_row")]

    def __str__(self) -> str:
        return self.fingerprint
