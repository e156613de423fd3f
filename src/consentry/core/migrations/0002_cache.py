"""The cache table (rate limits): unlogged, because losing it in a crash only forgets some counts."""

from django.db import migrations

CREATE = """
CREATE UNLOGGED TABLE core_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX core_cache_expires ON core_cache (expires);
COMMENT ON TABLE core_cache IS 'Rate limits and other counts that may be forgotten';
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP TABLE core_cache")]
