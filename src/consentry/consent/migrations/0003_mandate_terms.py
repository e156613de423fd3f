"""Terms of connected obliged cameras; never edited and never deleted, as consents."""

import django.db.models.deletion
from django.db import migrations, models

FORBID = """
CREATE TRIGGER consent_mandate_terms_append_only BEFORE UPDATE OR DELETE ON consent_mandate_terms
    FOR EACH ROW EXECUTE FUNCTION consent_append_only();
"""
ALLOW = "DROP TRIGGER consent_mandate_terms_append_only ON consent_mandate_terms;"


class Migration(migrations.Migration):
    """One table, one trigger."""

    dependencies = [("consent", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="MandateTerms",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "number",
                    models.PositiveIntegerField(
                        db_comment="Version of the camera's terms; rises over all its programmes"
                    ),
                ),
                ("at", models.DateTimeField(db_comment="UTC")),
                ("expires_at", models.DateTimeField(db_comment="UTC; compared at each decision, no job needed")),
                ("terms", models.TextField(db_comment="Canonical JSON of the terms (kernel/terms.py)")),
                ("terms_sha256", models.TextField(db_comment="Hex SHA-256 of the terms")),
                ("owner_signature", models.TextField(db_comment="Signed owner record terms.loosen")),
                (
                    "mandate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="connections", to="consent.mandate"
                    ),
                ),
            ],
            options={
                "db_table": "consent_mandate_terms",
                "db_table_comment": "Terms under which owners connected obliged cameras, apart from consents",
                "constraints": [
                    models.UniqueConstraint(fields=("mandate", "number"), name="consent_mandate_terms_once"),
                    models.CheckConstraint(
                        condition=~models.Q(("owner_signature", "")), name="consent_mandate_terms_signed"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORBID, ALLOW),
    ]
