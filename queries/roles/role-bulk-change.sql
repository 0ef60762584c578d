-- name: Many role changes by one actor
-- question: Who granted or removed many privileged roles within a short time?
-- kind: detection
-- technique: T1098.003
-- severity: high
-- needs: audit
-- param: window duration = 1h; Time within which the changes must happen.
-- param: min integer = 10; Least number of changes.
-- caveat: Counts successful grants and removals of privileged roles (see the view role_change), permanent, time-bound
--     and eligible; activations and what PIM does on its own are not counted.
-- caveat: Overlapping windows are one row, which so can be longer than the window. High if three members or more got a
--     role of tier 0 in it, or if at least `min` roles of tier 0 were removed; else medium.
WITH change AS (
    SELECT *, coalesce(actor_id, actor) AS who,
           row_number() OVER (PARTITION BY coalesce(actor_id, actor) ORDER BY event_time, id) AS place
    FROM role_change
    WHERE stage = 'completed' AND result = 'success' AND is_privileged AND NOT is_echo AND verb <> 'extend'
      AND (assignment_kind IS DISTINCT FROM 'activated') AND coalesce(actor_id, actor) IS NOT NULL
      AND activity NOT ILIKE '%outside of PIM%'
),
-- A window is full if the change `min` - 1 places later is near enough: no frame of variable width is needed.
full_window AS (
    SELECT a.who, a.place, lag(a.place) OVER (PARTITION BY a.who ORDER BY a.place) AS before
    FROM change a JOIN change b ON b.who = a.who AND b.place = a.place + greatest($min, 1) - 1
    WHERE b.event_time <= a.event_time + $window
),
burst AS (
    SELECT who, number, min(place) AS first_place, max(place) + greatest($min, 1) - 1 AS last_place
    FROM (
        SELECT who, place, sum(CASE WHEN place <= before + greatest($min, 1) - 1 THEN 0 ELSE 1 END)
                               OVER (PARTITION BY who ORDER BY place) AS number
        FROM full_window
    )
    GROUP BY who, number
),
counted AS (
    SELECT b.number, b.who, min(c.event_time) AS first_time, max(c.event_time) AS last_time,
           max(c.actor) AS actor, max(c.actor_kind) AS actor_kind,
           count(*) FILTER (WHERE c.verb = 'grant') AS grants, count(*) FILTER (WHERE c.verb = 'remove') AS removals,
           count(DISTINCT coalesce(c.member_id, c.member)) AS members,
           count(DISTINCT coalesce(c.member_id, c.member)) FILTER (WHERE c.verb = 'grant' AND c.role_tier = 0)
               AS top_members,
           count(*) FILTER (WHERE c.verb = 'remove' AND c.role_tier = 0) AS top_removals,
           array_agg(DISTINCT c.role ORDER BY c.role) AS roles,
           array_agg(c.id ORDER BY c.event_time, c.id) AS event_ids
    FROM burst b JOIN change c ON c.who = b.who AND c.place BETWEEN b.first_place AND b.last_place
    GROUP BY b.who, b.number
)
SELECT first_time AS window_start, actor, actor_kind, grants, removals, members, roles,
       CASE WHEN top_members >= 3 OR top_removals >= $min THEN 'high' ELSE 'medium' END AS severity,
       concat(actor, ' granted ', CAST(grants AS TEXT), ' and removed ', CAST(removals AS TEXT),
              ' privileged roles of ', CAST(members AS TEXT), ' members in a short time') AS finding,
       first_time, last_time, event_ids
FROM counted
ORDER BY window_start, who
