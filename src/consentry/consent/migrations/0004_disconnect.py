"""What obliged owners said gets a name: connected, changed, disconnected; each at most 12 months, each in the log."""

from datetime import timedelta

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns, three constraints."""

    dependencies = [("consent", "0003_mandate_terms")]

    operations = [
        migrations.AddField(
            model_name="mandateterms",
            name="event",
            field=models.TextField(db_comment="connected, changed or disconnected", default="connected"),
        ),
        migrations.AddField(
            model_name="mandateterms",
            name="ledger_salt",
            field=models.BinaryField(db_comment="32 bytes: salt of its commitment in the ledger", default=b""),
        ),
        migrations.AlterField(
            model_name="mandateterms",
            name="owner_signature",
            field=models.TextField(blank=True, db_comment="Signed terms.loosen; empty for tightening", default=""),
        ),
        migrations.RemoveConstraint(model_name="mandateterms", name="consent_mandate_terms_signed"),
        migrations.AddConstraint(
            model_name="mandateterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("event__in", ["connected", "changed", "disconnected"])),
                name="consent_mandate_terms_event",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandateterms",
            constraint=models.CheckConstraint(
                condition=~models.Q(("event", "connected")) | ~models.Q(("owner_signature", "")),
                name="consent_mandate_terms_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandateterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__lte", models.F("at") + timedelta(days=366))),
                name="consent_mandate_twelve_months",
            ),
        ),
    ]
