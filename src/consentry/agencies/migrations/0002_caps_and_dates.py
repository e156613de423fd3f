"""Triggers that hold caps, dates, votes and the order of states, whoever writes.

`agencies_camera_use` rows are counted into their programme under its row lock, so that of two transactions at the cap
the second waits and is then refused by the CHECK on the counters.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION agencies_refuse(rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'programme rule: %', rule USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;

CREATE FUNCTION agencies_count_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    row_ agencies_camera_use := COALESCE(NEW, OLD);
    step integer := CASE WHEN TG_OP = 'INSERT' THEN 1 ELSE -1 END;
    programme_ agencies_programme;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM agencies_refuse('agencies_camera_use_fixed');
    END IF;
    UPDATE agencies_programme SET
        city_cameras_used = city_cameras_used + CASE WHEN row_.klass = 'public' THEN step ELSE 0 END,
        private_cameras_used = private_cameras_used + CASE WHEN row_.klass = 'private' THEN step ELSE 0 END
    WHERE id = row_.programme_id RETURNING * INTO programme_;
    IF TG_OP = 'INSERT' AND (programme_.state NOT IN ('published', 'active') OR programme_.ends_at <= now()) THEN
        PERFORM agencies_refuse('agencies_camera_use_running');
    END IF;
    RETURN row_;
END $$;
CREATE TRIGGER agencies_count_use BEFORE INSERT OR UPDATE OR DELETE ON agencies_camera_use
    FOR EACH ROW EXECUTE FUNCTION agencies_count_use();

CREATE FUNCTION agencies_check_counters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        PERFORM agencies_refuse('agencies_programme_counters');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agencies_check_counters BEFORE UPDATE ON agencies_programme FOR EACH ROW
    WHEN (OLD.city_cameras_used <> NEW.city_cameras_used OR OLD.private_cameras_used <> NEW.private_cameras_used)
    EXECUTE FUNCTION agencies_check_counters();

CREATE FUNCTION agencies_check_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.city_cameras_used <> 0 OR NEW.private_cameras_used <> 0 THEN
            PERFORM agencies_refuse('agencies_programme_starts_as_draft');
        END IF;
    ELSIF OLD.state <> NEW.state AND NOT (OLD.state || '>' || NEW.state) IN (
        'draft>comment', 'comment>draft', 'comment>published', 'published>active', 'published>draft', 'active>ended',
        'active>suspended', 'suspended>active', 'suspended>ended'
    ) THEN
        PERFORM agencies_refuse('agencies_programme_transition');
    ELSIF OLD.state = 'ended' THEN
        IF to_jsonb(NEW) - ARRAY['city_cameras_used', 'private_cameras_used']
           <> to_jsonb(OLD) - ARRAY['city_cameras_used', 'private_cameras_used'] THEN
            PERFORM agencies_refuse('agencies_programme_ended_is_final');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agencies_check_state BEFORE INSERT OR UPDATE ON agencies_programme
    FOR EACH ROW EXECUTE FUNCTION agencies_check_state();

CREATE FUNCTION agencies_check_dates() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    vote_ agencies_vote;
BEGIN
    SELECT * INTO vote_ FROM agencies_vote WHERE id = NEW.vote_id;
    IF vote_.id IS NOT NULL AND vote_.agency_id <> NEW.agency_id THEN
        PERFORM agencies_refuse('agencies_programme_own_vote');
    END IF;
    IF NEW.state IN ('published', 'active', 'suspended') THEN
        IF NEW.ends_at > NEW.starts_at + make_interval(days => NEW.term_days) THEN
            PERFORM agencies_refuse('agencies_programme_term');
        END IF;
        IF NEW.ends_at > vote_.allows_until THEN
            PERFORM agencies_refuse('agencies_programme_vote_allows');
        END IF;
    END IF;
    IF NEW.state = 'active' AND EXISTS (
        SELECT 1 FROM agencies_area_out
        WHERE agency_id = NEW.agency_id AND (NEW.area_cells = '{}' OR cell = ANY (NEW.area_cells))
    ) THEN
        PERFORM agencies_refuse('agencies_programme_area_out');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agencies_check_dates BEFORE INSERT OR UPDATE ON agencies_programme
    FOR EACH ROW EXECUTE FUNCTION agencies_check_dates();

CREATE FUNCTION agencies_check_loosening() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newer boolean;
BEGIN
    SELECT n.held_at > o.held_at INTO newer FROM agencies_vote n, agencies_vote o
        WHERE n.id = NEW.vote_id AND o.id = OLD.vote_id;
    IF NOT COALESCE(newer, false) THEN
        PERFORM agencies_refuse('agencies_programme_needs_new_vote');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agencies_check_loosening BEFORE UPDATE ON agencies_programme FOR EACH ROW
    WHEN (OLD.state IN ('published', 'active', 'suspended') AND NEW.state <> 'draft' AND (
        NEW.ends_at > OLD.ends_at OR NEW.starts_at < OLD.starts_at OR NEW.term_days > OLD.term_days
        OR NEW.city_camera_cap > OLD.city_camera_cap OR NEW.private_camera_cap > OLD.private_camera_cap
        OR NEW.max_distance_m > OLD.max_distance_m OR NEW.retention_days > OLD.retention_days
        OR NOT NEW.tiers <@ OLD.tiers OR NOT NEW.call_types <@ OLD.call_types
    )) EXECUTE FUNCTION agencies_check_loosening();

CREATE FUNCTION agencies_vote_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM agencies_refuse('agencies_vote_is_fixed');
    RETURN NULL;
END $$;
CREATE TRIGGER agencies_vote_is_fixed BEFORE UPDATE OR DELETE ON agencies_vote
    FOR EACH ROW EXECUTE FUNCTION agencies_vote_is_fixed();
"""

DROP = """
DROP TRIGGER agencies_vote_is_fixed ON agencies_vote;
DROP TRIGGER agencies_check_loosening ON agencies_programme;
DROP TRIGGER agencies_check_dates ON agencies_programme;
DROP TRIGGER agencies_check_state ON agencies_programme;
DROP TRIGGER agencies_check_counters ON agencies_programme;
DROP TRIGGER agencies_count_use ON agencies_camera_use;
DROP FUNCTION agencies_vote_is_fixed, agencies_check_loosening, agencies_check_dates, agencies_check_state,
    agencies_check_counters, agencies_count_use, agencies_refuse;
"""


class Migration(migrations.Migration):
    dependencies = [("agencies", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
