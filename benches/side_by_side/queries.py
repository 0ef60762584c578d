"""The eleven queries, in the words of each engine.

`sql` is read by auditql and DuckDB alike; `auditql`, `duckdb` and `chdb` replace it where an engine has quicker words or other ones.
`columns` are those that the answer needs: on raw pages DuckDB deduplicates them and no more. `pages` replaces `sql` there, where
the names differ. `{user_id}`, `{event_id}`, `{correlation_id}` and `{address}` are picked from the data.
"""

import dataclasses

SCALARS = """event_time, id, tenant_id, correlation_id, service, category, activity, activity_type, operation_type, result,
    result_reason, actor_type, actor_id, actor_upn, actor_name, actor_app_id, actor_service_principal_id,
    actor_service_principal_name, actor_ip, actor_user_agent, target_id, target_type, target_upn, target_name, policy_id,
    application_id, client_ip, identity_provider, format, source_file, source_offset, degraded"""
ROW = "event_time, id, activity, result, actor_id, target_id, policy_id, application_id, client_ip"
FOUND = "event_time, id, activity, actor_id, target_id"
FLAT = "target_id, target_upn, target_name, policy_id, application_id, client_ip"  # Of lists, in pages.


@dataclasses.dataclass(frozen=True)
class Query:
    about: str
    columns: str
    sql: str
    auditql: str = ""
    duckdb: str = ""
    chdb: str = ""
    pages: str = ""
    # Compares only so many rows of a very long answer; 0 is all.
    first_rows: int = 0

    def text(self, engine, facts):
        return " ".join((getattr(self, engine) or self.sql).split()).format(**facts)


def of_user(is_target):
    return f"SELECT {ROW} FROM audit WHERE actor_id = '{{user_id}}' OR target_id = '{{user_id}}' OR {is_target} ORDER BY event_time, id"


def role_changes(value_names, list_name):
    name, new_value = value_names
    return f"""
        SELECT activity, change['{name}'] AS property, change['{new_value}'] AS new_value, count(*) AS changes
        FROM (SELECT activity, unnest(target['{list_name}']) AS change
              FROM (SELECT activity, unnest(targets) AS target FROM audit
                    WHERE activity IN ('Add member to role', 'Remove member from role')))
        GROUP BY activity, change['{name}'], change['{new_value}']
        ORDER BY changes DESC, activity, property, new_value NULLS LAST
        LIMIT 50"""


QUERIES = {
    "Q1": Query("count by category and activity", "id, category, activity", """
        SELECT category, activity, count(*) AS events
        FROM audit
        GROUP BY category, activity
        ORDER BY events DESC, category, activity"""),
    "Q2": Query("tokens per policy per day", "id, event_time, service, result, activity, policy_id", """
        SELECT policy_id, CAST(event_time AS DATE) AS day, count(*) AS tokens
        FROM audit
        WHERE service = 'B2C' AND result = 'success' AND (activity LIKE 'Issue %' OR activity = 'Exchange token')
        GROUP BY policy_id, CAST(event_time AS DATE)
        ORDER BY day, policy_id"""),
    "Q3": Query("all events of one user as actor or any target", f"{ROW}, targets", "",
                # An event's first target is `target_id`; the others need looking into. Neither engine has the other's quickest words.
                auditql=f"""
        SELECT {ROW} FROM audit WHERE actor_id = '{{user_id}}' OR target_id = '{{user_id}}'
        UNION
        SELECT {ROW} FROM (SELECT {ROW}, unnest(targets) AS target FROM audit WHERE target_count > 1)
        WHERE target['id'] = '{{user_id}}'
        ORDER BY event_time, id""",
                duckdb=of_user("len(list_filter(targets, lambda target: target.id = '{user_id}')) > 0"),
                chdb=of_user("has(targets.id, '{user_id}')"),
                pages=of_user("len(list_filter(targets, lambda target: target.id = '{user_id}')) > 0")),
    "Q4": Query("one id, every column", "event", f"SELECT {SCALARS}, targets, details, raw FROM audit WHERE id = '{{event_id}}'",
                pages="SELECT * FROM audit WHERE event.id = '{event_id}'"),
    "Q5": Query("one correlation id, every column but raw", "event", f"""
        SELECT {SCALARS}, targets, details
        FROM audit
        WHERE correlation_id = '{{correlation_id}}'
        ORDER BY event_time, id""",
                pages="""SELECT * FROM audit WHERE event.correlationId = '{correlation_id}'
                    ORDER BY event.activityDateTime, event.id"""),
    "Q6": Query("failed credential checks per user and hour, three or more", "id, event_time, activity, result, target_id", """
        SELECT target_id, date_trunc('hour', event_time) AS hour, count(*) AS failures
        FROM audit
        WHERE activity = 'Validate local account credentials' AND result = 'failure'
        GROUP BY target_id, date_trunc('hour', event_time)
        HAVING count(*) >= 3
        ORDER BY failures DESC, target_id, hour"""),
    "Q7": Query("top modified properties of role changes", "id, activity, targets",
                role_changes(("name", "new_value"), "modified_properties"),
                chdb="""
        SELECT activity, change.name AS property, change.new_value AS new_value, count(*) AS changes
        FROM (SELECT activity, arrayJoin(arrayFlatten(targets.modified_properties)) AS change FROM audit
              WHERE activity IN ('Add member to role', 'Remove member from role'))
        GROUP BY activity, property, new_value
        ORDER BY changes DESC, activity, property, new_value
        LIMIT 50""",
                pages=role_changes(("displayName", "newValue"), "modifiedProperties")),
    "Q8": Query("distinct users per application and day", "id, event_time, service, application_id, target_id", """
        SELECT application_id, CAST(event_time AS DATE) AS day, count(DISTINCT target_id) AS users
        FROM audit
        WHERE service = 'B2C'
        GROUP BY application_id, CAST(event_time AS DATE)
        ORDER BY day, application_id"""),
    "Q9": Query("substring in raw: an address", f"{FOUND}, raw",
                f"SELECT {FOUND} FROM audit WHERE raw LIKE '%{{address}}%' ORDER BY event_time, id"),
    "Q10": Query("guests not redeemed within 7 days", "id, event_time, activity, result, target_id, target_upn, target_name, details", """
        SELECT invited.invitation_id, guest_id, guest_upn, invited_at, redeemed_at
        FROM (SELECT event_time AS invited_at, target_id AS guest_id, target_upn AS guest_upn, detail['value'] AS invitation_id
              FROM (SELECT event_time, target_id, target_upn, unnest(details) AS detail FROM audit
                    WHERE activity = 'Invite external user' AND result = 'success')
              WHERE detail['key'] = 'InvitationId') AS invited
        LEFT JOIN (SELECT split_part(split_part(target_name, 'InvitationId: ', 2), ',', 1) AS invitation_id, min(event_time) AS redeemed_at
                   FROM audit
                   WHERE activity = 'Redeem external user invite' AND result = 'success'
                   GROUP BY split_part(split_part(target_name, 'InvitationId: ', 2), ',', 1)) AS redeemed
        ON invited.invitation_id = redeemed.invitation_id
        WHERE (redeemed_at IS NULL OR redeemed_at > invited_at + INTERVAL '7 days')
          AND invited_at <= (SELECT max(event_time) FROM audit) - INTERVAL '7 days'
        ORDER BY invited_at, invited.invitation_id""",
                 chdb="""
        SELECT invited.invitation_id AS invitation_id, guest_id, guest_upn, invited_at, redeemed_at
        FROM (SELECT event_time AS invited_at, target_id AS guest_id, target_upn AS guest_upn, detail.value AS invitation_id
              FROM (SELECT event_time, target_id, target_upn, arrayJoin(details) AS detail FROM audit
                    WHERE activity = 'Invite external user' AND result = 'success')
              WHERE detail.key = 'InvitationId') AS invited
        LEFT JOIN (SELECT toNullable(extract(assumeNotNull(target_name), 'InvitationId: ([^,]*)')) AS invitation_id,
                          min(event_time) AS redeemed_at
                   FROM audit
                   WHERE activity = 'Redeem external user invite' AND result = 'success'
                   GROUP BY invitation_id) AS redeemed
        ON invited.invitation_id = redeemed.invitation_id
        WHERE (redeemed_at IS NULL OR redeemed_at > invited_at + INTERVAL 7 DAY)
          AND invited_at <= (SELECT max(event_time) FROM audit) - INTERVAL 7 DAY
        ORDER BY invited_at, invitation_id
        SETTINGS join_use_nulls = 1"""),
    "Q11": Query("everything by time to CSV, every column without lists and raw", f"event, {FLAT}",
                 f"SELECT {SCALARS} FROM audit ORDER BY event_time, id",
                 pages=f"""SELECT event.* EXCLUDE (targetResources, additionalDetails), {FLAT} FROM audit
                     ORDER BY event.activityDateTime, event.id""", first_rows=10_000),
}

# Raw pages as a view of the columns that the queries name. DuckDB leaves out what a query does not ask for.
PAGES_VIEW = """
    CREATE VIEW page AS SELECT event, event.activityDateTime AS event_time, event.id, event.loggedByService AS service, event.category,
        event.activityDisplayName AS activity, event.result,
        coalesce(event.initiatedBy.user.id, event.initiatedBy.app.servicePrincipalId) AS actor_id,
        event.targetResources[1].id AS target_id, event.targetResources[1].userPrincipalName AS target_upn,
        event.targetResources[1].displayName AS target_name, event.targetResources AS targets, event.additionalDetails AS details,
        list_filter(event.additionalDetails, lambda detail: detail.key = 'PolicyId')[1].value AS policy_id,
        list_filter(event.additionalDetails, lambda detail: detail.key = 'ApplicationId')[1].value AS application_id,
        list_filter(event.additionalDetails, lambda detail: detail.key = 'ClientIpAddress')[1].value AS client_ip,
        to_json(event)::VARCHAR AS raw
    FROM ({events})"""


def on_pages(query, events, facts):
    """DuckDB's statements that answer from pages; the same event stands in two pages at their border."""
    return ["SET TimeZone = 'UTC'", " ".join(PAGES_VIEW.split()).format(events=events),
            f"CREATE VIEW audit AS SELECT DISTINCT {' '.join(query.columns.split())} FROM page", query.text("pages", facts)]
