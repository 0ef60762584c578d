-- name: Conditional Access exclusions
-- question: Which users, groups, roles, applications or places were newly excluded from a Conditional Access policy?
-- kind: detection
-- technique: T1556.009
-- severity: high
-- needs: audit
-- param: policy text optional; Only policies whose name or id contains this.
-- caveat: Changes of existing policies only; what a new policy excludes from the beginning is not listed, nor who
--     joined a group that is excluded.
-- caveat: High is an actor who excluded the own account from a policy that was enabled: from one that is being switched
--     on, the portal itself proposes to exclude whoever does it.
-- caveat: Names come from an export of the users and from ref_role; groups and applications stay ids.
WITH change AS (
    SELECT event_time, id, tenant_id, actor_id, actor_upn,
           coalesce(actor_upn, actor_name, actor_id, actor_type) AS actor, target_index, target_id AS policy_id,
           coalesce(target_name, json_value(new_value_raw, '$.displayName')) AS policy,
           json_value(new_value_raw, '$.state') AS state,
           coalesce(json_value(old_value_raw, '$.state') = 'enabled', true) AS was_enabled, new_value_raw,
           unnest(json_diff(old_value_raw, new_value_raw)) AS d
    FROM audit_change
    WHERE lower(activity) = 'update conditional access policy' AND property <> 'Included Updated Properties'
      AND (result IS NULL OR result = 'success')
),
place AS (
    SELECT *, d['path'] AS path, d['new'] AS added FROM change WHERE d['new'] IS NOT NULL
),
exclusion AS (
    SELECT *,
           CASE WHEN path LIKE '%Filter.mode' OR path LIKE '%Filter.rule' THEN 'filter'
                WHEN path LIKE '%.excludeGuestsOrExternalUsers%' THEN 'guests'
                ELSE regexp_replace(lower(regexp_match(path, '\.exclude([A-Za-z]+)')[1]), 's$', '') END
               AS excluded_kind,
           -- A filter that excludes is a rule, not a list.
           CASE WHEN path LIKE '%Filter.mode' THEN json_value(new_value_raw, replace(path, '.mode', '.rule'))
                ELSE added END AS excluded
    FROM place
    WHERE path LIKE '%.exclude%' OR path LIKE '%Filter.mode' AND lower(added) = 'exclude'
       OR path LIKE '%Filter.rule'
          AND lower(json_value(new_value_raw, replace(path, '.rule', '.mode'))) = 'exclude'
),
named AS (
    SELECT DISTINCT e.event_time, e.id, e.tenant_id, e.actor, e.policy, e.policy_id, e.state, e.was_enabled,
           e.excluded_kind,
           e.excluded, coalesce(u.upn, r.role) AS excluded_name,
           coalesce(e.excluded_kind = 'user' AND lower(e.excluded) = lower(e.actor_id), false) AS is_self
    FROM exclusion e
    LEFT JOIN directory_user_latest u ON u.id = e.excluded AND e.excluded_kind = 'user'
    LEFT JOIN ref_role r ON r.template_id = e.excluded AND e.excluded_kind = 'role'
)
SELECT event_time, actor, policy, policy_id, state, excluded_kind, excluded, excluded_name,
       CASE WHEN is_self AND was_enabled THEN 'high' ELSE 'medium' END AS severity,
       concat(coalesce(actor, 'Somebody'), ' excluded ',
              CASE WHEN is_self THEN 'the own account'
                   ELSE concat('the ', excluded_kind, ' ', coalesce(excluded_name, excluded)) END,
              ' from the policy ', coalesce(policy, policy_id, '(no name)')) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM named
WHERE $policy IS NULL OR lower(policy_id) = lower($policy) OR strpos(lower(policy), lower($policy)) > 0
ORDER BY event_time, id, policy_id, excluded_kind, excluded
