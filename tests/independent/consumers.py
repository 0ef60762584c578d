"""Tokens and journeys of consumers, counted from raw pages by what `b2c_event`, `b2c_token` and `b2c_journey` define."""

from statistics import median

from raw import iso

TOKENS = {
    "Issue an id_token to the application": "id_token",
    "Issue an access token to the application": "access_token",
    "Issue an authorization code to the application": "authorization_code",
    "Issue a SAML assertion to the application": "saml_assertion",
    "Exchange token": "refresh",
}
# Steps in which the consumer does something; the others of a journey are the machine's.
DONE_BY_THE_CONSUMER = {
    name.lower()
    for name in (
        "Validate local account credentials",
        "Federate with an identity provider",
        "Validate user authentication",
        "Send SMS to verify phone number",
        "Make phone call to verify phone number",
        "Send verification email",
        "Generate one time password",
        "Verify phone number",
        "Verify email address",
        "Verify one time password",
        "Register TOTP secret",
        "Get available strong authentication devices",
        "Delete all available strong authentication devices",
    )
}
MACHINE = {
    name.lower()
    for name in (
        "Validate Client Credentials",
        "Evaluate Conditional Access policies",
        "Remediate user",
        "An API was called as part of a user flow",
        "A self-service sign-up request was completed",
    )
}
NO_OPERATION = "00000000-0000-0000-0000-000000000000"
GIVE_UP_AFTER = 15 * 60 * 1_000_000


def policy(event):
    return event.detail("PolicyId")


def application(event):
    return event.detail("ApplicationId") or event.detail("ClientId") or event.app.get("appId") or event.app.get("servicePrincipalName")


def consumer(event):
    target = event.first_target("User")
    return (target or {}).get("id") or None


def address(event):
    return event.detail("ClientIpAddress") or event.actor_ip


def is_step(event):
    name = event.activity.lower()
    known = event.activity in TOKENS or name in DONE_BY_THE_CONSUMER or name in MACHINE
    return known or event.category in ("Authentication", "IdentityProtection", "Other")


def issued(archive):
    """The successful issuances: kind and event."""
    for event in archive.audits:
        if event.service == "B2C" and event.result == "success" and event.activity in TOKENS:
            yield TOKENS[event.activity], event


def first(values):
    return (values[0] is None, values[0] or "") + tuple((one is None, one or "") for one in values[1:])


def tokens_per_policy(archive):
    groups = {}
    for kind, event in issued(archive):
        groups.setdefault((iso(event.time)[:10] + "T00:00:00.000000Z", policy(event), kind), []).append(event)
    rows = [
        (
            day,
            name,
            kind,
            len(events),
            count(map(consumer, events)),
            count(map(application, events)),
            iso(events[0].time),
            iso(events[-1].time),
        )
        for (day, name, kind), events in sorted(groups.items(), key=lambda item: first(item[0]))
    ]
    return ("bucket", "policy", "token_kind", "issued", "users", "apps", "first_token", "last_token"), rows


def tokens_per_application(archive):
    groups = {}
    for kind, event in issued(archive):
        groups.setdefault((application(event), policy(event), kind), []).append(event)
    rows = [
        key + (len(events), count(map(consumer, events)), iso(events[0].time), iso(events[-1].time))
        for key, events in sorted(groups.items(), key=lambda item: first(item[0]))
    ]
    return ("app_id", "policy", "token_kind", "issued", "users", "first_token", "last_token"), rows


def count(values):
    return len({value for value in values if value is not None})


def last_of(values):
    return max((value for value in values if value is not None), default=None)


class Journey:
    def __init__(self, events):
        self.events = events
        self.started, self.ended = events[0].time, events[-1].time
        self.policy, self.app = last_of(map(policy, events)), last_of(map(application, events))
        self.user, self.ip = last_of(map(consumer, events)), last_of(map(address, events))
        self.tokens = sum(event.activity in TOKENS and event.result == "success" for event in events)
        failures = [event for event in events if event.result != "success"]
        self.failures = len(failures)
        self.last_reason = failures[-1].reason if failures else None
        self.last_step = events[-1].activity
        self.is_begun = any(event.activity.lower() in DONE_BY_THE_CONSUMER for event in events)
        self.outcome = "token" if self.tokens else "failed" if events[-1].result != "success" else "left"

    @property
    def elapsed(self):
        return milliseconds(self.ended - self.started) / 1000


def milliseconds(span):
    """Rounded, a half upwards."""
    return (span + 500) // 1000


def all_journeys(archive):
    operations = {}
    for event in archive.audits:
        if event.service == "B2C" and is_step(event) and event.correlation and event.correlation != NO_OPERATION:
            operations.setdefault(event.correlation, []).append(event)
    return {operation: Journey(events) for operation, events in operations.items()}


def journeys(archive):
    rows = [
        (
            operation,
            one.policy,
            one.app,
            one.user,
            one.ip,
            iso(one.started),
            iso(one.ended),
            milliseconds(one.ended - one.started) / 1000,
            one.outcome,
            one.tokens,
            one.failures,
            one.last_step,
            one.last_reason,
            " → ".join(event.activity for event in one.events),
        )
        for operation, one in sorted(all_journeys(archive).items(), key=lambda item: (item[1].started, item[0]))
    ]
    return (
        "correlation_id",
        "policy",
        "app_id",
        "user_id",
        "ip",
        "started",
        "ended",
        "elapsed_s",
        "outcome",
        "tokens",
        "failures",
        "last_step",
        "last_reason",
        "steps",
    ), rows


def abandoned_journeys(archive):
    last = max(event.time for event in archive.audits if event.service == "B2C")
    over = [one for one in all_journeys(archive).values() if one.is_begun and one.ended < last - GIVE_UP_AFTER]
    of_policy, endings = {}, {}
    for one in over:
        of_policy[one.policy] = of_policy.get(one.policy, 0) + 1
        if one.outcome != "token":
            endings.setdefault((one.policy, one.outcome, one.last_step), []).append(one)
    rows = [
        (
            name,
            outcome,
            step,
            len(ones),
            of_policy[name],
            round(len(ones) / of_policy[name], 3),
            count(one.user for one in ones),
            round(median(one.elapsed for one in ones), 1),
            iso(min(one.started for one in ones)),
            iso(max(one.ended for one in ones)),
        )
        for (name, outcome, step), ones in endings.items()
    ]
    rows.sort(key=lambda row: (row[0] is None, row[0] or "", -row[3], row[1], row[2]))
    return (
        "policy",
        "outcome",
        "last_step",
        "journeys",
        "policy_journeys",
        "share",
        "users",
        "median_elapsed_s",
        "first_started",
        "last_ended",
    ), rows
