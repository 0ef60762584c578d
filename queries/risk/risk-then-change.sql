-- name: Risk, then a change
-- question: Which users did something risky and soon after changed a method, a device, a role or a consent?
-- kind: detection
-- technique: T1556
-- severity: high
-- needs: risk_detection, signin, audit
-- param: within duration = 2h; Time from the risk to the change, at most.
-- caveat: Risks are detections of any level and sign-ins that Microsoft rates medium or high; one is enough. Detections
--     that were dismissed or confirmed safe are left out; risks without a user are, too.
-- caveat: Changes are successful audit events of a class in `ref_activity` that touches credentials, methods, devices,
--     roles, consent, policies or federation, done by the user, or to the user by anybody.
-- caveat: high: a medium or high risk that was not remediated, or a change of roles, consent, policies or federation by
--     the user; medium: the rest; low: passwords, as a risk policy asks for, and what others removed from the user.
WITH risk AS (
    SELECT user_key, event_time, id, kind, level, user_upn
    FROM (
        SELECT lower(coalesce(user_id, user_upn)) AS user_key, user_upn, event_time, id, risk_event_type AS kind,
               CASE WHEN risk_state = 'remediated' THEN 'low' ELSE risk_level END AS level
        FROM risk_detection_latest
        WHERE coalesce(risk_state NOT IN ('dismissed', 'confirmedSafe'), true)
        UNION ALL
        SELECT user_key, user_upn, event_time, id, 'risky sign-in',
               CASE WHEN risk_state = 'remediated' THEN 'low' ELSE risk_level_during_signin END
        FROM user_signin
        WHERE risk_level_during_signin IN ('medium', 'high')
          AND coalesce(risk_state NOT IN ('dismissed', 'confirmedSafe'), true)
    )
    WHERE user_key IS NOT NULL
),
kind_of_change AS (
    SELECT lower(activity) AS activity, max(class) AS class, bool_or(stage IN ('removed', 'disabled')) AS is_removal
    FROM ref_activity
    WHERE class IN ('app-consent', 'app-credential', 'app-owner', 'auth-method', 'ca-policy', 'device', 'domain',
                    'elevate-access', 'federation', 'mfa', 'named-location', 'password-change', 'password-reset',
                    'policy-change', 'role-activate', 'role-eligible', 'role-grant', 'tap')
      AND coalesce(stage NOT IN ('started', 'canceled', 'reviewed', 'reported', 'requested', 'denied', 'expired',
          'blocked'), true)
      AND coalesce(NOT (class = 'auth-method' AND stage = 'completed'), true)
    GROUP BY lower(activity)
),
change AS (
    SELECT a.event_time, a.id, a.activity, a.actor_type, coalesce(a.actor_upn, a.actor_name, a.actor_id) AS actor,
           lower(coalesce(a.actor_id, a.actor_upn)) AS actor_key,
           lower(CASE WHEN a.target_type = 'User' OR a.target_type IS NULL THEN coalesce(a.target_id, a.target_upn) END)
               AS target_key,
           coalesce(a.target_upn, a.target_name, a.target_id) AS target, k.class, k.is_removal
    FROM audit AS a JOIN kind_of_change AS k ON k.activity = lower(a.activity)
    WHERE a.result = 'success'
),
about AS (
    SELECT *, actor_key AS user_key, true AS by_user FROM change WHERE actor_key IS NOT NULL
    UNION ALL
    SELECT *, target_key AS user_key, false AS by_user FROM change WHERE target_key IS NOT NULL
        AND (target_key IS DISTINCT FROM actor_key)
),
-- One row per user and change, with the last risk before it.
met AS (
    SELECT c.user_key, c.id, max(c.event_time) AS change_at, max(c.activity) AS activity, max(c.class) AS class,
           max(c.actor) AS actor, max(c.target) AS target, bool_or(c.by_user) AS by_user,
           bool_or(c.is_removal) AS is_removal,
           min(r.event_time) AS first_risk_at, max(r.event_time) AS risk_at, max(r.user_upn) AS user_upn,
           array_to_string(array_agg(DISTINCT r.kind ORDER BY r.kind), ', ') AS risk_kinds,
           coalesce(bool_or(r.level IN ('medium', 'high')), false) AS is_serious,
           array_agg(DISTINCT r.id ORDER BY r.id) AS risk_ids
    FROM about AS c JOIN risk AS r ON r.user_key = c.user_key
    WHERE r.event_time <= c.event_time AND r.event_time >= c.event_time - CAST($within AS INTERVAL)
    GROUP BY c.user_key, c.id
)
SELECT risk_at, coalesce(user_upn, CASE WHEN by_user THEN actor ELSE target END, user_key) AS user_upn, risk_kinds,
       change_at,
       activity, class, target, actor,
       CASE
           WHEN class IN ('password-change', 'password-reset') OR NOT by_user AND is_removal THEN 'low'
           WHEN is_serious OR by_user AND class NOT IN ('auth-method', 'device', 'mfa', 'password-change',
               'password-reset')
               THEN 'high'
           ELSE 'medium'
       END AS severity,
       concat(coalesce(user_upn, user_key), ' was at risk (', risk_kinds, ') and then ',
              CASE WHEN by_user THEN 'did: ' ELSE concat('was changed by ', coalesce(actor, 'somebody unknown'),
                  ': ') END,
              activity, coalesce(' (' || target || ')', '')) AS finding,
       first_risk_at AS first_time, change_at AS last_time, array_append(risk_ids, id) AS event_ids
FROM met
ORDER BY change_at, user_upn, id
