"""An order is not edited once it was reviewed, nobody reviews their own, reviews and acts are only added."""

from django.db import migrations

FORBID = """
CREATE FUNCTION orders_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text[] := ARRAY['state', 'reviewed_at', 'executed_at', 'executed_by', 'over_at'];
BEGIN
    IF OLD.frozen_at IS NOT NULL AND (TG_OP = 'DELETE' OR (to_jsonb(NEW) - kept) <> (to_jsonb(OLD) - kept)) THEN
        RAISE EXCEPTION 'a reviewed order is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.executed_at IS NOT NULL AND (TG_OP = 'DELETE'
       OR (NEW.executed_at, NEW.executed_by, NEW.state) IS DISTINCT FROM (OLD.executed_at, OLD.executed_by, OLD.state))
    THEN
        RAISE EXCEPTION 'an order is executed once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER orders_frozen BEFORE UPDATE OR DELETE ON orders_order
    FOR EACH ROW EXECUTE FUNCTION orders_frozen();

CREATE FUNCTION orders_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM orders_order WHERE frozen_at IS NOT NULL
               AND id IN (CASE WHEN TG_OP <> 'DELETE' THEN NEW.order_id END,
                          CASE WHEN TG_OP <> 'INSERT' THEN OLD.order_id END)) THEN
        RAISE EXCEPTION 'a reviewed order is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER orders_line_frozen BEFORE INSERT OR UPDATE OR DELETE ON orders_line
    FOR EACH ROW EXECUTE FUNCTION orders_part_frozen();
CREATE TRIGGER orders_document_frozen BEFORE INSERT OR UPDATE OR DELETE ON orders_document
    FOR EACH ROW EXECUTE FUNCTION orders_part_frozen();

CREATE FUNCTION orders_not_ones_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM orders_order WHERE id = NEW.order_id AND NEW.person IN (made_by, executed_by)) THEN
        RAISE EXCEPTION 'nobody reviews an order of their own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_not_ones_own BEFORE INSERT ON orders_review
    FOR EACH ROW EXECUTE FUNCTION orders_not_ones_own();

CREATE FUNCTION orders_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this is only added to' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER orders_review_only_added BEFORE UPDATE OR DELETE ON orders_review
    FOR EACH ROW EXECUTE FUNCTION orders_only_added();
CREATE TRIGGER orders_act_only_added BEFORE UPDATE OR DELETE ON orders_act
    FOR EACH ROW EXECUTE FUNCTION orders_only_added();
CREATE TRIGGER orders_yield_only_added BEFORE UPDATE OR DELETE ON orders_yield
    FOR EACH ROW EXECUTE FUNCTION orders_only_added();
"""
ALLOW = """
DROP TRIGGER orders_frozen ON orders_order; DROP FUNCTION orders_frozen;
DROP TRIGGER orders_line_frozen ON orders_line; DROP TRIGGER orders_document_frozen ON orders_document;
DROP FUNCTION orders_part_frozen;
DROP TRIGGER orders_not_ones_own ON orders_review; DROP FUNCTION orders_not_ones_own;
DROP TRIGGER orders_review_only_added ON orders_review; DROP TRIGGER orders_act_only_added ON orders_act;
DROP TRIGGER orders_yield_only_added ON orders_yield; DROP FUNCTION orders_only_added;
"""


class Migration(migrations.Migration):
    """Add the triggers."""

    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
