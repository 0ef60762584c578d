-- name: Sponsors and access packages of guests
-- question: Who became or ceased to be a sponsor of a guest, and what happened with access packages of guests?
-- kind: report
-- needs: audit
-- param: guest text optional; Only this guest: mail address, user principal name or object id.
-- caveat: Events of sponsors and of entitlement management that name a guest as target or actor, or say
--     `TargetUserType: Guest`. Changes to packages, catalogs and policies themselves are not in it.
-- caveat: Of an access package's event without a guest among its targets the actor counts as the guest, if it is one:
--     that is how requests and fulfilments are logged.
-- caveat: Who is sponsor now is in an export of `/users` with its sponsors: see the view user_sponsor.
WITH event AS (
    SELECT event_time, id, tenant_id, service, activity, result, result_reason, actor_id, actor_upn,
           coalesce(actor_upn, actor_name, actor_id) AS actor, targets,
           detail(details, 'TargetUserType') AS target_user_type,
           coalesce(detail(details, 'AccessPackageName'), detail(details, 'AccessPackage')) AS package_detail,
           coalesce(nullif(detail(details, 'Justification'), ''), result_reason) AS reason
    FROM audit
    WHERE activity ILIKE '%sponsor%' OR service = 'Entitlement Management' AND activity ILIKE '%assign%'
),
target AS (
    SELECT id, tenant_id, unnest(targets) AS one, unnest(range(1, CAST(cardinality(targets) AS BIGINT) + 1)) AS place
    FROM event
    WHERE cardinality(targets) > 0
),
named AS (
    SELECT t.id, t.tenant_id,
           first_value(t.one ORDER BY t.place)
               FILTER (WHERE t.one['upn'] LIKE '%#EXT#%' OR g.guest_id IS NOT NULL) AS guest,
           first_value(g.guest_email ORDER BY t.place) FILTER (WHERE g.guest_id IS NOT NULL) AS guest_email,
           first_value(coalesce(nullif(t.one['upn'], ''), nullif(t.one['name'], ''), t.one['id']) ORDER BY t.place)
               FILTER (WHERE t.one['type'] IN ('User', 'Group') AND g.guest_id IS NULL
                         AND (t.one['upn'] IS NULL OR t.one['upn'] NOT LIKE '%#EXT#%')) AS other,
           first_value(coalesce(nullif(t.one['name'], ''), t.one['id'])
                       ORDER BY CASE WHEN t.one['type'] ILIKE 'access%package' THEN 0 ELSE 1 END, t.place)
               FILTER (WHERE t.one['type'] ILIKE '%package%' AND t.one['type'] NOT ILIKE '%request%'
                         AND t.one['type'] NOT ILIKE '%policy%') AS package,
           first_value(nullif(t.one['name'], '') ORDER BY t.place)
               FILTER (WHERE t.one['type'] NOT IN ('User', 'Group') AND t.one['type'] NOT ILIKE '%request%'
                         AND t.one['type'] NOT ILIKE '%policy%') AS other_package
    FROM target t LEFT JOIN guest_user g ON g.guest_id = t.one['id']
    GROUP BY t.id, t.tenant_id
),
fact AS (
    SELECT e.*, n.guest IS NOT NULL AS is_target,
           coalesce(n.guest['id'], CASE WHEN a.guest_id IS NOT NULL OR e.actor_upn LIKE '%#EXT#%' THEN e.actor_id END)
               AS guest_id,
           coalesce(n.guest['upn'], CASE WHEN n.guest IS NULL AND (a.guest_id IS NOT NULL
                                              OR e.actor_upn LIKE '%#EXT#%') THEN e.actor_upn END) AS guest_upn,
           coalesce(n.guest_email, CASE WHEN n.guest IS NULL THEN a.guest_email END) AS guest_email,
           n.guest IS NOT NULL OR a.guest_id IS NOT NULL OR coalesce(e.actor_upn LIKE '%#EXT#%', false)
               OR coalesce(lower(e.target_user_type) = 'guest', false) AS is_about_guest,
           CASE WHEN e.service = 'Entitlement Management' AND NOT e.activity ILIKE '%sponsor%' THEN
               coalesce(n.package, e.package_detail, n.other_package) END AS package,
           CASE WHEN e.activity ILIKE '%sponsor%' THEN
                    CASE WHEN e.service = 'Entitlement Management' THEN coalesce(n.other, n.guest['upn'])
                         ELSE n.other END
                WHEN e.activity ILIKE 'approve%' OR e.activity ILIKE 'deny%' OR e.activity ILIKE 'approval stage%'
                    OR e.activity ILIKE 'administrator%' OR e.activity ILIKE 'auto approve%' THEN e.actor END
               AS sponsor_or_approver
    FROM event e
    LEFT JOIN named n ON n.id = e.id AND n.tenant_id IS NOT DISTINCT FROM e.tenant_id
    LEFT JOIN guest_user a ON a.guest_id = e.actor_id
)
SELECT event_time, coalesce(guest_email, guest_upn, guest_id) AS guest, guest_id, package, activity,
       sponsor_or_approver, actor, result, reason, id
FROM fact
WHERE is_about_guest
  AND ($guest IS NULL OR lower($guest) IN (lower(guest_email), lower(guest_upn), lower(guest_id)))
ORDER BY event_time, id
