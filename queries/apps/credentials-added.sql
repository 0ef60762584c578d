-- name: Credentials added to applications
-- question: Which secrets, certificates and federated credentials were added to applications and service principals,
--     and by whom?
-- kind: detection
-- technique: T1098.001
-- severity: medium
-- needs: audit
-- param: app text optional; Only this application: its client id, object id or name.
-- caveat: Microsoft logs the id and name of a key, never the key, and mostly not when it expires.
-- caveat: had_one_before tells a renewal or further key from an object's first one, as far as the event says.
-- caveat: Medium are federated credentials, new ones and such as trust another issuer or subject than before, and keys
--     on a service principal itself, which the application's own page does not show; the rest is low.
SELECT event_time, coalesce(actor_upn, actor_name, actor_id, actor_app_id, actor_type) AS actor, app_name AS app,
       app_id, app_object_type, kind, change, key_id, key_name AS display, expires_at AS expiry, had_one_before, issuer,
       subject, actor_ip AS ip,
       CASE WHEN kind = 'federated' OR app_object_type = 'ServicePrincipal' THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(actor_upn, actor_name, actor_id, actor_app_id, 'Somebody'),
              CASE change WHEN 'changed' THEN ' changed a ' ELSE ' added a ' END,
              CASE kind WHEN 'federated' THEN 'federated credential' ELSE coalesce(kind, 'key') END, ' ',
              CASE WHEN key_name IS NULL THEN '' ELSE concat('"', key_name, '" ') END,
              CASE change WHEN 'changed' THEN 'of ' ELSE 'to ' END,
              CASE WHEN app_object_type = 'ServicePrincipal' THEN 'the service principal ' ELSE '' END,
              coalesce(app_name, app_object_id, 'an application'),
              CASE WHEN issuer IS NULL THEN '' ELSE concat(', trusting ', issuer) END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM app_credential
WHERE change IN ('added', 'changed') AND (result IS NULL OR result = 'success')
  AND ($app IS NULL OR lower(app_id) = lower($app) OR lower(app_object_id) = lower($app)
       OR lower(app_name) = lower($app))
ORDER BY event_time, id, app_object_id, kind, key_id
