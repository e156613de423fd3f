"""What the seed made, by its own stable words, so that seeding twice makes nothing twice."""

from django.db import models


class Seeded(models.Model):
    """One object of the demo."""

    key = models.TextField(primary_key=True, db_comment="For example camera:private-1, person:owner-1, feed")
    object_id = models.TextField(db_comment="Its id in its own room")

    class Meta:
        db_table = "demo_seeded"
        db_table_comment = "Objects that the demo's seed made, by stable words"

    def __str__(self) -> str:
        return self.key
