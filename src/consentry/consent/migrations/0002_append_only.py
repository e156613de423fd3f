"""Versions of consents and mandates are never edited and never deleted, by nobody."""

from django.db import migrations

FORBID = """
CREATE FUNCTION consent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consent_version_append_only BEFORE UPDATE OR DELETE ON consent_version
    FOR EACH ROW EXECUTE FUNCTION consent_append_only();
CREATE TRIGGER consent_mandate_append_only BEFORE UPDATE OR DELETE ON consent_mandate
    FOR EACH ROW EXECUTE FUNCTION consent_append_only();
"""
ALLOW = """
DROP TRIGGER consent_version_append_only ON consent_version;
DROP TRIGGER consent_mandate_append_only ON consent_mandate;
DROP FUNCTION consent_append_only();
"""


class Migration(migrations.Migration):
    """Two triggers, one function."""

    dependencies = [("consent", "0001_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]
