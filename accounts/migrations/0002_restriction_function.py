"""Restrictions as a SQL function: a door for statements of other apps that cannot afford a round trip of their own."""

from django.db import migrations

# The same rule as accounts.selectors.find_active_restriction; a test compares the two.
CREATE = """
CREATE OR REPLACE FUNCTION accounts_restriction_on(
    p_workspace uuid, p_user uuid, p_capability text, p_at timestamptz
) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    v_end timestamptz;
BEGIN
    SELECT max(coalesce(r.ends_at, 'infinity')) INTO v_end
      FROM (
          SELECT * FROM accounts_restriction WHERE workspace_id = p_workspace AND lifted_at IS NULL
          UNION ALL
          SELECT * FROM accounts_restriction WHERE user_id = p_user AND lifted_at IS NULL
          UNION ALL
          SELECT * FROM accounts_restriction
           WHERE user_id = (SELECT personal_owner_id FROM accounts_workspace WHERE id = p_workspace)
             AND lifted_at IS NULL
      ) r
     WHERE r.capability = p_capability AND r.starts_at <= p_at AND (r.ends_at IS NULL OR r.ends_at > p_at);
    RETURN CASE
        WHEN v_end IS NULL THEN ''
        WHEN v_end = 'infinity' THEN 'open'
        ELSE to_char(v_end AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
    END;
END $$;
COMMENT ON FUNCTION accounts_restriction_on IS
    'Empty where the capability is not taken; else when it returns (RFC 3339), or ''open'' where nobody said.';
"""
DROP = "DROP FUNCTION accounts_restriction_on(uuid, uuid, text, timestamptz)"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_users_and_workspaces")]

    operations = [migrations.RunSQL([(CREATE, None)], [(DROP, None)])]
