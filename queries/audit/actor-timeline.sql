-- name: One actor's timeline
-- question: What did this user or application do, in order, in every log?
-- kind: report
-- needs: audit, signin
-- param: actor text required; Object id, user principal name, application (client) id or exact name; case does not
--     matter.
-- caveat: A user principal name also finds the events of the object ids that the archive knows it by, and the other
--     way round; a name that several have finds all of them. A renamed user's events before and after are both found
--     by id.
-- caveat: The steps of B2C journeys are done by the consumer here; the log itself names the application.
-- caveat: What was done to the actor is in `audit/target-timeline`, both together in `audit/user-events`.
-- caveat: `unified_audit` tells of the same changes and sign-ins as `audit` and `signin`: do not count across
--     sources.
WITH alias AS (
    SELECT lower(key) AS key
    FROM (
        SELECT $actor AS key
        UNION ALL SELECT unnest(make_array(actor_id, actor_upn)) FROM audit
        WHERE actor_upn IS NOT NULL AND (lower(actor_id) = lower($actor) OR lower(actor_upn) = lower($actor))
        UNION ALL SELECT unnest(make_array(actor_id, actor_app_id)) FROM audit
        WHERE actor_type = 'application' AND (service IS DISTINCT FROM 'B2C')
          AND (lower(actor_id) = lower($actor) OR lower(actor_app_id) = lower($actor))
        UNION ALL SELECT unnest(make_array(user_id, user_upn)) FROM signin
        WHERE lower(user_id) = lower($actor) OR lower(user_upn) = lower($actor)
        UNION ALL SELECT unnest(make_array(service_principal_id, app_id)) FROM signin
        WHERE service_principal_id IS NOT NULL
          AND (lower(service_principal_id) = lower($actor) OR lower(app_id) = lower($actor)
               OR lower(service_principal_name) = lower($actor))
        UNION ALL SELECT unnest(make_array(id, upn)) FROM directory_user
        WHERE lower(id) = lower($actor) OR lower(upn) = lower($actor) OR lower(mail) = lower($actor)
    )
    WHERE key IS NOT NULL
    GROUP BY 1
)
SELECT t.event_time, t.source, t.activity, t.result, t.reason, t.target, t.ip, t.app, t.actor, t.correlation_id, t.id
FROM timeline t CROSS JOIN (SELECT array_agg(key) AS keys FROM alias) k
WHERE array_has(k.keys, lower(t.actor_id)) OR array_has(k.keys, lower(t.actor_upn))
   OR array_has(k.keys, lower(t.actor)) OR array_has(k.keys, lower(t.actor_app_id))
ORDER BY t.event_time, t.source, t.id
