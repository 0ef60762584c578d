-- name: Groups that grant by themselves
-- question: Which role-assignable groups were created, and which dynamic groups got another membership rule?
-- kind: detection
-- technique: T1098
-- severity: medium
-- needs: audit
-- caveat: Reads the properties `IsAssignableToRole` and `MembershipRule` of `Add group` and `Update group`; failed
--     events are left out.
-- caveat: medium: a role-assignable group, or a rule over a property that users, guests or who invites them can choose
--     (name, mail, user principal name, phone, other mails); low: any other rule.
WITH change AS (
    SELECT event_time, id, coalesce(actor_upn, actor_name, actor_id, actor_type) AS actor, activity,
           coalesce(target_name, target_id) AS group_name, target_id AS group_id, target_index, lower(property) AS name,
           property, old_value, new_value
    FROM audit_change
    WHERE lower(activity) IN ('add group', 'update group', 'create group') AND result = 'success'
      AND lower(property) IN ('isassignabletorole', 'membershiprule')
)
SELECT event_time, actor, activity, group_name, group_id, property, old_value, new_value,
       CASE WHEN name = 'isassignabletorole'
                 OR regexp_like(new_value, 'user\.((display|given|sur|userPrincipal|mailNick)name|mail|otherMails|'
                                           || 'proxyAddresses|mobile|telephoneNumber)', 'i')
            THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(actor, 'somebody unknown'),
              CASE WHEN name = 'isassignabletorole' THEN ' made the role-assignable group '
                   WHEN new_value IS NULL THEN ' took the membership rule from the group '
                   ELSE ' set the membership rule of the group ' END,
              coalesce(group_name, 'without a name'),
              CASE WHEN name = 'membershiprule' THEN coalesce(': ' || new_value, '') ELSE '' END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM change
WHERE name = 'isassignabletorole' AND lower(new_value) = 'true' AND (lower(old_value) IS DISTINCT FROM 'true')
   OR name = 'membershiprule' AND (old_value IS DISTINCT FROM new_value)
ORDER BY event_time, id, target_index, property
