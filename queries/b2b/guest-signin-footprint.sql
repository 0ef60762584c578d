-- name: What guests sign in to
-- question: Which guests sign in, from which home tenant, to which applications, and who never does?
-- kind: report
-- needs: signin
-- caveat: A guest is who the view guest_user knows, a guest in an export of `/users`, or a sign-in as `guest`.
--     Sign-ins of this tenant's own users to other tenants, which are in the same logs, do not count.
-- caveat: `signins` are successful; interactive and non-interactive ones are separate downloads: without the second
--     kind `non_interactive` is 0, and a guest in daily use can look idle.
-- caveat: `state` and the guests without sign-ins come from the audit log and the export; deleted guests without
--     sign-ins are left out. `last_signin_in_export` is the export's, back to before the archive.
WITH own_tenant AS (
    SELECT DISTINCT home_tenant_id AS tenant_id
    FROM signin
    WHERE home_tenant_id = resource_tenant_id OR home_tenant_id = tenant_id
),
exported AS (
    SELECT id, upn, mail, external_user_state,
           greatest(last_signin_at, last_non_interactive_signin_at, last_successful_signin_at) AS last_signin_at
    FROM directory_user_latest
    WHERE user_type = 'Guest' OR upn LIKE '%#EXT#%'
),
known AS (
    SELECT coalesce(g.guest_id, x.id) AS guest_id, coalesce(g.guest_email, lower(x.mail)) AS email,
           coalesce(g.guest_upn, x.upn) AS upn,
           coalesce(g.state, CASE x.external_user_state WHEN 'Accepted' THEN 'redeemed'
                                                        WHEN 'PendingAcceptance' THEN 'pending' END) AS state,
           x.last_signin_at
    FROM (SELECT * FROM guest WHERE guest_id IS NOT NULL) g
    FULL OUTER JOIN exported x ON x.id = g.guest_id
),
known_id AS (
    SELECT guest_id FROM guest_user
    UNION
    SELECT id FROM exported
),
inbound AS (
    SELECT s.user_id, s.user_upn, s.home_tenant_id, s.app_name, s.app_id, s.signin_type, s.result, s.country,
           s.event_time
    FROM signin s
    LEFT JOIN known_id k ON k.guest_id = s.user_id
    WHERE s.user_id IS NOT NULL AND (s.user_type = 'guest' OR k.guest_id IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM own_tenant o
                      WHERE o.tenant_id = s.home_tenant_id
                        AND (s.resource_tenant_id IS DISTINCT FROM s.home_tenant_id))
),
footprint AS (
    SELECT user_id, max(user_upn) AS upn, max(home_tenant_id) AS home_tenant_id,
           count(*) FILTER (WHERE result = 'success') AS signins,
           count(*) FILTER (WHERE result = 'success' AND signin_type = 'non_interactive') AS non_interactive,
           count(*) FILTER (WHERE result = 'failure') AS failures,
           array_agg(DISTINCT coalesce(app_name, app_id) ORDER BY coalesce(app_name, app_id))
               FILTER (WHERE result = 'success' AND coalesce(app_name, app_id) IS NOT NULL) AS apps,
           min(event_time) FILTER (WHERE result = 'success') AS first_signin,
           max(event_time) FILTER (WHERE result = 'success') AS last_signin,
           array_agg(DISTINCT country ORDER BY country) FILTER (WHERE result = 'success' AND country <> '') AS countries
    FROM inbound
    GROUP BY user_id
)
SELECT coalesce(k.email, lower(f.upn), k.upn) AS guest, coalesce(k.guest_id, f.user_id) AS guest_id, f.home_tenant_id,
       k.state, coalesce(f.signins, 0) AS signins, coalesce(f.non_interactive, 0) AS non_interactive,
       coalesce(f.failures, 0) AS failures, f.apps, f.first_signin, f.last_signin, f.countries,
       k.last_signin_at AS last_signin_in_export
FROM known k
FULL OUTER JOIN footprint f ON f.user_id = k.guest_id
WHERE f.user_id IS NOT NULL OR (k.state IS DISTINCT FROM 'deleted')
ORDER BY signins DESC, failures DESC, guest, 2
