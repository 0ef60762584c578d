-- name: ref_activity_name
-- about: One row per known activity name, whatever its service, category and letter case: what `ref_activity` says of it.
-- column activity_key: Name of the activity in lower case; joins `lower(activity)`.
-- column class: What it does: `role-grant`, `app-consent`, `ca-policy`, `token-issue` …
-- column stage: Of requests and invitations how far they are: `requested`, `approved`, `completed`, `expired` …
-- column sensitive: Whether it changes credentials, consent, Conditional Access, federation or roles.
SELECT lower(activity) AS activity_key, min(class) AS class, min(stage) AS stage, bool_or(sensitive) AS sensitive
FROM ref_activity
GROUP BY lower(activity)
