-- name: Redirect and identifier URIs
-- question: Which redirect, logout, home page and identifier URIs of applications were added or removed, and which
--     hosts are new?
-- kind: detection
-- technique: T1528
-- severity: medium
-- needs: audit
-- param: app text optional; Only this application: its object id or name.
-- caveat: Changes of existing applications and service principals only; the URIs of a new one are in its creation.
-- caveat: new_domains are hosts of added http and https URIs that none of the property's old URIs had.
-- caveat: Medium is an added URI without TLS, with a wildcard or an address for a host (not this machine's own), or at
--     a tunnel or request catcher; the rest is low.
WITH change AS (
    SELECT event_time, id, tenant_id, activity, coalesce(actor_upn, actor_name, actor_id, actor_type) AS actor,
           target_index, target_id, target_type, target_name, property, old_value_raw, new_value_raw
    FROM audit_change
    WHERE (lower(activity) LIKE 'update application%' OR lower(activity) = 'update service principal')
      AND lower(property) IN ('appaddress', 'replyurls', 'redirecturis', 'appidentifieruri', 'identifieruris',
                              'serviceprincipalname', 'serviceprincipalnames', 'logouturl', 'samllogouturl',
                              'wwwhomepage', 'homepage', 'samlmetadataurl')
      AND (result IS NULL OR result = 'success')
      AND ($app IS NULL OR lower(target_id) = lower($app) OR lower(target_name) = lower($app))
),
item AS (
    SELECT *, true AS is_new, unnest(json_items(new_value_raw)) AS item FROM change
    UNION ALL
    SELECT *, false, unnest(json_items(old_value_raw)) FROM change
),
uri AS (
    SELECT event_time, id, tenant_id, activity, actor, target_index, target_id, target_type, target_name, property, uri,
           lower(regexp_match(uri, '^[Hh][Tt][Tt][Pp][Ss]?://(\[[^\]]*\]|[^/:?#]*)')[1]) AS host,
           bool_or(is_new) AS is_now, bool_or(NOT is_new) AS was
    FROM (SELECT *, coalesce(json_value(item, '$.Address'), item) AS uri FROM item)
    WHERE uri <> ''
    GROUP BY event_time, id, tenant_id, activity, actor, target_index, target_id, target_type, target_name, property,
             uri
),
judged AS (
    SELECT *, is_now AND NOT was AS is_added, was AND NOT is_now AS is_removed,
           bool_or(was) OVER (PARTITION BY tenant_id, id, target_index, property, host) AS host_was,
           is_now AND NOT was AND host IS NOT NULL
               AND NOT (host IN ('localhost', '[::1]') OR host LIKE '127.%')
               AND (uri ILIKE 'http://%' OR strpos(host, '*') > 0 OR host LIKE '[%' OR host ~ '^[0-9]+(\.[0-9]+){3}$'
                    OR host ~ '(^|\.)(ngrok\.io|ngrok\.app|ngrok-free\.app|trycloudflare\.com|loca\.lt|serveo\.net)$'
                    OR host ~ '(^|\.)(webhook\.site|pipedream\.net|requestbin\.com|oast\.[a-z]+|interact\.sh)$')
               AS is_odd
    FROM uri
),
folded AS (
    SELECT event_time, id, tenant_id, activity, actor, target_index, target_id, target_type, target_name, property,
           array_agg(DISTINCT uri ORDER BY uri) FILTER (WHERE is_added) AS added,
           array_agg(DISTINCT uri ORDER BY uri) FILTER (WHERE is_removed) AS removed,
           array_agg(DISTINCT host ORDER BY host)
               FILTER (WHERE is_added AND NOT host_was AND host NOT IN ('', 'localhost')) AS new_domains,
           bool_or(is_odd) AS is_odd
    FROM judged
    GROUP BY event_time, id, tenant_id, activity, actor, target_index, target_id, target_type, target_name, property
    HAVING bool_or(is_added) OR bool_or(is_removed)
)
SELECT event_time, actor, target_name AS app, target_id AS app_object_id, target_type AS app_object_type, property,
       added, removed, new_domains, CASE WHEN is_odd THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(actor, 'Somebody'), ' changed ', property, ' of ',
              coalesce(target_name, target_id, '(no name)'),
              CASE WHEN added IS NULL THEN '' ELSE concat(', added ', array_to_string(added, ', ')) END,
              CASE WHEN removed IS NULL THEN '' ELSE concat(', removed ', array_to_string(removed, ', ')) END)
           AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM folded
ORDER BY event_time, id, target_index, property
