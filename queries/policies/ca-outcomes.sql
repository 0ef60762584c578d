-- name: Conditional Access outcomes
-- question: Which Conditional Access policies blocked sign-ins, would have blocked them, let them
--     pass or did not apply, for how many users and applications?
-- kind: report
-- needs: signin
-- param: policy text optional; Only policies whose name or id contains this.
-- param: app text optional; Only sign-ins to this application: its id or name.
-- caveat: `top_apps` are the five applications with the most sign-ins, by name.
-- caveat: A sign-in counts once for each policy that was looked at; policies that are switched off are left out.
-- caveat: `unprotected` are sign-ins that succeeded though no policy at all was applied to them.
-- caveat: Downloads by the API of version 1.0 may lack the policies; the sign-ins are then not counted.
WITH looked_at AS (
    SELECT tenant_id, result AS signin_result, conditional_access, coalesce(user_id, service_principal_id) AS who,
           coalesce(app_id, app_name) AS app, coalesce(app_name, app_id) AS app_word, unnest(policies) AS p
    FROM signin
    WHERE cardinality(policies) > 0
      AND ($app IS NULL OR lower(app_id) = lower($app) OR lower(app_name) = lower($app))
),
outcome AS (
    SELECT coalesce(p['id'], p['name']) AS policy_id, p['name'] AS name,
           CASE WHEN p['result'] ILIKE 'reportOnly%' THEN 'report only' ELSE 'enforced' END AS mode,
           CASE lower(p['result'])
               WHEN 'success' THEN 'passed'
               WHEN 'failure' THEN 'blocked'
               WHEN 'notapplied' THEN 'did not apply'
               WHEN 'reportonlysuccess' THEN 'would have passed'
               WHEN 'reportonlyfailure' THEN 'would have blocked'
               WHEN 'reportonlyinterrupted' THEN 'would have asked the user'
               WHEN 'reportonlynotapplied' THEN 'would not have applied'
               ELSE p['result']
           END AS result,
           signin_result, conditional_access, who, app, app_word
    FROM looked_at
    WHERE lower(p['result']) IS DISTINCT FROM 'notenabled'
),
per_policy AS (
    SELECT policy_id, mode, result, max(name) AS policy, count(*) AS signins, count(DISTINCT who) AS users,
           count(DISTINCT app) AS apps,
           count(*) FILTER (WHERE signin_result = 'success' AND lower(conditional_access) = 'notapplied')
               AS unprotected
    FROM outcome
    GROUP BY policy_id, mode, result
),
per_app AS (
    SELECT policy_id, mode, result, max(app_word) AS app_word,
           row_number() OVER (PARTITION BY policy_id, mode, result ORDER BY count(*) DESC, app) AS rank
    FROM outcome
    WHERE app IS NOT NULL
    GROUP BY policy_id, mode, result, app
),
top AS (
    SELECT policy_id, mode, result, array_agg(app_word ORDER BY rank) AS top_apps
    FROM per_app
    WHERE rank <= 5
    GROUP BY policy_id, mode, result
)
SELECT o.policy, o.policy_id, o.mode, o.result, o.signins, o.users, o.apps, t.top_apps, o.unprotected
FROM per_policy o
LEFT JOIN top t ON (t.policy_id IS NOT DISTINCT FROM o.policy_id) AND t.mode = o.mode AND t.result = o.result
WHERE $policy IS NULL OR lower(o.policy_id) = lower($policy) OR strpos(lower(o.policy), lower($policy)) > 0
ORDER BY o.policy, o.policy_id, o.mode, o.result
