"""What a request asks is never edited, by whatever writes: it is only resolved, and its figures are said once."""

from django.db import migrations

FORBID = """
CREATE FUNCTION requests_never_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (to_jsonb(NEW) - ARRAY['sent_out_at', 'state', 'closed_at', 'close_reason', 'publish_at', 'published_at',
                                 'asked_band', 'answered_band', 'used_band'])
          <> (to_jsonb(OLD) - ARRAY['sent_out_at', 'state', 'closed_at', 'close_reason', 'publish_at', 'published_at',
                                    'asked_band', 'answered_band', 'used_band'])
       OR (OLD.state = 'closed' AND (NEW.state, NEW.closed_at, NEW.close_reason, NEW.publish_at)
                                    IS DISTINCT FROM (OLD.state, OLD.closed_at, OLD.close_reason, OLD.publish_at))
       OR (OLD.published_at IS NOT NULL
           AND (NEW.published_at, NEW.asked_band, NEW.answered_band, NEW.used_band)
               IS DISTINCT FROM (OLD.published_at, OLD.asked_band, OLD.answered_band, OLD.used_band)) THEN
        RAISE EXCEPTION 'a request is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER requests_never_edited BEFORE UPDATE OR DELETE ON requests_request
    FOR EACH ROW EXECUTE FUNCTION requests_never_edited();
"""
ALLOW = "DROP TRIGGER requests_never_edited ON requests_request; DROP FUNCTION requests_never_edited;"


class Migration(migrations.Migration):
    """Add the trigger."""

    dependencies = [("requests", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
