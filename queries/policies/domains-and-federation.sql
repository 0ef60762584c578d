-- name: Domains and federation
-- question: Which domains were added, verified or removed, and whose federation or partner settings were changed?
-- kind: detection
-- technique: T1484.002
-- severity: high
-- needs: audit
-- caveat: One row per changed property; an event that names none is one row without property.
-- caveat: High is a domain whose federation settings were set, or whose authentication was set to federated or to what
--     the event does not say: whoever controls the identity provider can sign in as its users. Federated tenants that
--     renew their signing certificate show up here, too.
-- caveat: Successful events only. Trust of other tenants (cross-tenant access) is not in here.
WITH event AS (
    SELECT event_time, id, tenant_id, activity, lower(activity) AS activity_key, actor_ip AS ip,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id, actor_type) AS actor,
           coalesce(target_name, target_id) AS domain
    FROM audit
    WHERE lower(activity) IN (
              'add unverified domain', 'add verified domain', 'verify domain', 'verify email verified domain',
              'remove unverified domain', 'remove verified domain', 'promote sub domain to root domain',
              'update domain', 'set domain authentication', 'set federation settings on domain',
              'add partner to company', 'remove partner from company', 'promote company to partner',
              'demote partner', 'set partnership')
      AND (result IS NULL OR result = 'success')
),
change AS (
    SELECT id, tenant_id, target_index, property, old_value, new_value
    FROM audit_change
    WHERE lower(activity) LIKE '%domain%' OR lower(activity) LIKE '%partner%'
),
changed AS (
    SELECT e.*, c.target_index, c.property, c.old_value, c.new_value,
           -- Which way `Set domain authentication` went, where it says so.
           max(CASE WHEN c.new_value ILIKE '%federated%' THEN 2 WHEN c.new_value ILIKE '%managed%' THEN 1 END)
               OVER (PARTITION BY e.tenant_id, e.id) AS direction
    FROM event e
    LEFT JOIN change c ON c.id = e.id AND (c.tenant_id IS NOT DISTINCT FROM e.tenant_id)
                      AND c.property <> 'Included Updated Properties' AND c.property NOT LIKE 'TargetId.%'
)
SELECT event_time, actor, domain, activity, property, old_value AS old, new_value AS new, ip,
       CASE
           WHEN activity_key = 'set federation settings on domain' THEN 'high'
           WHEN activity_key = 'set domain authentication' AND (direction IS DISTINCT FROM 1) THEN 'high'
           WHEN activity_key IN ('set domain authentication', 'verify domain', 'add verified domain',
                                 'add partner to company', 'promote company to partner', 'set partnership')
               THEN 'medium'
           ELSE 'low'
       END AS severity,
       concat(coalesce(actor, 'Somebody'), ': ', activity, ' ', coalesce(domain, '(no name)'),
              CASE WHEN property IS NULL THEN ''
                   ELSE concat(', ', property, ' ', coalesce(old_value, '(none)'), ' → ',
                               coalesce(new_value, '(none)')) END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM changed
ORDER BY event_time, id, target_index, property, old_value, new_value
