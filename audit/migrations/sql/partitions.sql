-- Months, made ahead. A row for a month that nobody made lands in the default partition, so that no
-- action fails for it; audit_split_default moves such rows where they belong, and a check names them.

-- Attaching takes a weaker lock on the parent than CREATE TABLE ... PARTITION OF: writers go on.
CREATE FUNCTION audit_attach(p_parent text, p_name text, p_bounds text) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', p_name, p_parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I %s', p_parent, p_name, p_bounds);
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', p_name);
    PERFORM audit_always(to_regclass(format('%I', p_name)), 'audit_no_truncate');
END
$$;

CREATE FUNCTION audit_month_bounds(p_month date) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT format('FOR VALUES FROM (%L) TO (%L)', p_month || ' 00:00:00+00', (p_month + interval '1 month')::date || ' 00:00:00+00') $$;

-- Puts the default partition's rows into months of their own. The old default is read, never deleted from.
CREATE FUNCTION audit_split_default(p_parent text, p_key text) RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
    v_default text := p_parent || '_default';
    v_old     text := p_parent || '_unsorted';
    v_month   date;
    v_rows    bigint;
    v_busy    boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', v_default) INTO v_busy;
    IF NOT v_busy THEN
        RETURN 0;
    END IF;
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', p_parent, v_default);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', v_default, v_old);
    PERFORM audit_attach(p_parent, v_default, 'DEFAULT');
    FOR v_month IN EXECUTE format('SELECT DISTINCT date_trunc(''month'', %I AT TIME ZONE ''UTC'')::date FROM %I', p_key, v_old) LOOP
        IF to_regclass(format('%I', p_parent || to_char(v_month, '"_y"YYYY"m"MM'))) IS NULL THEN
            PERFORM audit_attach(p_parent, p_parent || to_char(v_month, '"_y"YYYY"m"MM'), audit_month_bounds(v_month));
        END IF;
    END LOOP;
    EXECUTE format('INSERT INTO %I SELECT * FROM %I', p_parent, v_old);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    EXECUTE format('DROP TABLE %I', v_old);
    RETURN v_rows;
END
$$;

-- Makes the months from p_from through p_to of all three tables; returns how many it made.
CREATE FUNCTION audit_ensure_partitions(p_from date, p_to date) RETURNS integer LANGUAGE plpgsql AS
$$
DECLARE
    v_month  date;
    v_parent text;
    v_key    text;
    v_made   integer := 0;
BEGIN
    -- One at a time: two schedulers making the same month would collide on its name.
    PERFORM pg_advisory_xact_lock(hashtext('audit_ensure_partitions'));
    FOR v_parent, v_key IN VALUES ('audit_entry', 'occurred_at'), ('audit_payload', 'occurred_at'), ('audit_change', 'at') LOOP
        PERFORM audit_split_default(v_parent, v_key);
        FOR v_month IN SELECT generate_series(date_trunc('month', p_from::timestamp), p_to::timestamp, interval '1 month')::date LOOP
            IF to_regclass(format('%I', v_parent || to_char(v_month, '"_y"YYYY"m"MM'))) IS NULL THEN
                PERFORM audit_attach(v_parent, v_parent || to_char(v_month, '"_y"YYYY"m"MM'), audit_month_bounds(v_month));
                v_made := v_made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN v_made;
END
$$;

SELECT audit_attach('audit_entry', 'audit_entry_default', 'DEFAULT');
SELECT audit_attach('audit_payload', 'audit_payload_default', 'DEFAULT');
SELECT audit_attach('audit_change', 'audit_change_default', 'DEFAULT');
SELECT audit_ensure_partitions((current_date - interval '1 month')::date, (current_date + interval '3 months')::date);
