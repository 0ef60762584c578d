-- name: directory_user_latest
-- about: The newest version of each user: one row per user, as the newest export has it.
SELECT event_time, id, tenant_id, upn, name, mail, other_mails, user_type, creation_type, external_user_state,
       external_user_state_changed_at, account_enabled, created_at, last_signin_at,
       last_non_interactive_signin_at, last_successful_signin_at, department, job_title, company_name,
       identities, sponsors, format, source_file, source_offset, degraded, raw
FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY event_time DESC, source_file DESC, source_offset DESC) AS newest
    FROM directory_user
) AS version
WHERE newest = 1
