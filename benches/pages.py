#!/usr/bin/env python3
"""Writes synthetic Microsoft Graph v1.0 directoryAudits pages of a B2C tenant: audit0.json, audit1.json, …

    python3 benches/pages.py OUT_DIR --events 1000000 [--days 60]

Standard library only. The same arguments always give the same bytes. Everything is invented: names end in
`.example`, addresses come from the documentation ranges (RFC 5737, RFC 3849).

As Graph returns them, the events are newest first across all pages and a page holds 1,000 of them. Consecutive pages
overlap by ten events, so that an ingest has duplicates to drop. Of a hundred events 70 are B2C Authentication, 20 Core
Directory with modified properties, 10 invitations, redemptions, access reviews and authentication methods.
"""

import argparse
import datetime
import functools
import heapq
import json
import pathlib
import random
import sys

PAGE_EVENTS = 1000
OVERLAP_EVENTS = 10
END = datetime.datetime(2026, 7, 1, tzinfo=datetime.timezone.utc)
SECOND = 10_000_000  # Graph's clock ticks in 100 ns.
CALIBRATION_OPERATIONS = 5000

TENANT = "northwind-b2c.example"
CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#auditLogs/directoryAudits"
NEXT_LINK = "https://graph.microsoft.com/v1.0/auditLogs/directoryAudits?$top=1000&$skiptoken="

POLICIES = ["B2C_1A_signup_signin", "B2C_1A_signup_signin_mfa", "B2C_1_susi", "B2C_1A_password_reset",
            "B2C_1A_profile_edit", "B2C_1_partner_signin"]
POLICY_WEIGHTS = [46, 22, 15, 8, 5, 4]
APPLICATION_WEIGHTS = [30, 20, 14, 10, 7, 5, 4, 3, 3, 2, 1, 1]
PROVIDERS = ["google.com", "facebook.com", "apple.com", "login.live.com", "partner-idp.example"]
CONSUMERS = 500_000

# Local hours of activity: a quiet night, a lunch dip, a busy evening. Sundays are slow.
HOURS = [.25, .15, .10, .10, .15, .30, .60, 1.0, 1.4, 1.6, 1.6, 1.5, 1.2, 1.4, 1.5, 1.4, 1.4, 1.5, 1.7, 1.9, 1.9, 1.5, 1.0, .5]
MEAN_HOUR = sum(HOURS) / 24
WEEKDAYS = [1.10, 1.10, 1.08, 1.08, 1.05, .85, .74]

# B2C journeys: weight, then activities in the order in which they happen.
ISSUE_CODE = "Issue an authorization code to the application"
ISSUE_ID = "Issue an id_token to the application"
ISSUE_ACCESS = "Issue an access token to the application"
EXCHANGE = "Exchange token"
VALIDATE = "Validate local account credentials"
FEDERATE = "Federate with an identity provider"
CONDITIONAL_ACCESS = "Evaluate Conditional Access policies"
LOCAL, FEDERATED = True, False
JOURNEYS = [
    (24, LOCAL, [VALIDATE, ISSUE_CODE, ISSUE_ID, ISSUE_ACCESS]),
    (12, LOCAL, [VALIDATE, CONDITIONAL_ACCESS, ISSUE_CODE, ISSUE_ID, ISSUE_ACCESS]),
    (6, LOCAL, [VALIDATE, "Send SMS to verify phone number", "Verify phone number", ISSUE_CODE, ISSUE_ID, ISSUE_ACCESS]),
    (4, LOCAL, ["Send verification email", "Verify email address", ISSUE_ID]),
    (16, FEDERATED, [FEDERATE, ISSUE_CODE, ISSUE_ID, ISSUE_ACCESS]),
    (6, FEDERATED, [FEDERATE, CONDITIONAL_ACCESS, "An API was called as part of a user flow", ISSUE_ID]),
    (24, LOCAL, [EXCHANGE, ISSUE_ACCESS]),
    (5, LOCAL, [VALIDATE]),  # Given up after wrong passwords.
]
JOURNEY_WEIGHTS = [weight for weight, _, _ in JOURNEYS]
BAD_CREDENTIALS = "The username or password provided in the request are invalid."

# Core Directory: weight, category, activity, operation type, target type, changed properties (name, values).
# Spellings are the portal's own, down to the en dash and the trailing space.
FLAG = ["[true]", "[false]"]
CITIES = [f'["{city}"]' for city in ("Oslo", "Zürich", "Kraków", "Lisboa", "Dublin", "Gent")]
PHONES = [f'["+1 555 01{number:02d}"]' for number in range(60)]
TITLES = [f'["{title}"]' for title in ("Engineer", "Analyst", "Team Lead", "Rådgiver", "Support")]
NAMES = [f'"{name}"' for name in ("Sales – North", "Support", "Partners", "Zoë's team", "Finance")]
URLS = [f'["https://app{number}.northwind.example/callback"]' for number in range(20)]
KEYS = [f'["[KeyIdentifier={number:08x}-0000-4000-a000-000000000000,KeyType=Password,KeyUsage=Verify,DisplayName=ci]"]'
        for number in range(40)]
NONE = ["[]"]
ROLE_NAMES = ("Global Reader", "User Administrator", "Security Reader", "Helpdesk Administrator", "Application Administrator")
ROLE = [("Role.DisplayName", [f'"{name}"' for name in ROLE_NAMES]), ("Role.WellKnownObjectName", ['"TenantAdmins"', '"GlobalReaders"'])]
CORE = [
    (34, "UserManagement", "Update user", "Update", "User",
     [("AccountEnabled", FLAG), ("City", CITIES), ("TelephoneNumber", PHONES), ("JobTitle", TITLES)]),
    (16, "GroupManagement", "Add member to group", "Assign", "Group",
     [("Group.DisplayName", NAMES), ("Group.WellKnownObjectName", NONE)]),
    (10, "GroupManagement", "Remove member from group", "Unassign", "Group", [("Group.DisplayName", NAMES)]),
    (16, "UserManagement", "Add user", "Add", "User",
     [("AccountEnabled", FLAG), ("CreationType", ['["LocalAccount"]', '["Invitation"]']), ("UserType", ['["Member"]', '["Guest"]'])]),
    (5, "UserManagement", "Reset user password", "Update", "User", []),
    (4, "UserManagement", "Delete user", "Delete", "User", [("Is Hard Deleted", ['"False"', '"True"'])]),
    (5, "ApplicationManagement", "Update application", "Update", "Application",
     [("AppAddress", URLS), ("AvailableToOtherTenants", FLAG)]),
    (2, "ApplicationManagement", "Update application – Certificates and secrets management ", "Update", "Application",
     [("KeyDescription", KEYS + NONE)]),
    (4, "ApplicationManagement", "Update service principal", "Update", "ServicePrincipal", [("ServicePrincipalNames", URLS)]),
    (3, "ApplicationManagement", "Consent to application", "Assign", "ServicePrincipal",
     [("ConsentContext.IsAdminConsent", ['"True"', '"False"'])]),
    (2, "RoleManagement", "Add member to role", "Assign", "Role", ROLE),
    (1, "RoleManagement", "Remove member from role", "Unassign", "Role", ROLE),
]
CORE_WEIGHTS = [row[0] for row in CORE]
REVIEW_ACTIVITIES = ["Approve decision", "Deny decision", "Don't know decision", "Create access review",
                     "Access review ended", "Apply decision"]

METHOD_ACTIVITIES = ["User registered security info", "User deleted security info", "User changed default security info",
                     "User started security info registration"]
METHODS = ["Authenticator app", "Phone", "Passkey", "Temporary Access Pass"]

# Operations drawn so that events come out near 70 : 20 : 10.
MIX_WEIGHTS = [216, 228, 89]

STAFF = ["Ana Kovač", "Bjørn Dahl", "Chloé Martin", "Dev Patel", "Eva Lindqvist", "Femi Adeyemi", "Grace Kim", "Hana Sato",
         "Ivo Novák", "Jamie Doe", "Kira Weiß", "Łukasz Nowak"]


def main():
    arguments = parse_arguments()
    folder = arguments.out_dir
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"pages.py: {folder} is not empty; give an empty or new folder")
    pages, size = write_pages(folder, timeline(arguments.events, arguments.days))
    print(f"{pages} pages, {arguments.events} distinct events, {size} bytes ({size / arguments.events:.0f} an event) in {folder}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out_dir", type=pathlib.Path, help="a new or empty folder")
    parser.add_argument("--events", type=int, default=1_000_000, help="distinct events to write (default 1000000)")
    parser.add_argument("--days", type=float, default=60.0, help="period the events cover, near enough (default 60)")
    return parser.parse_args()


def write_pages(folder, events):
    """Cuts the events into pages; returns how many, and their bytes."""
    page, size, pages = [], 0, 0
    for event in events:
        if len(page) == PAGE_EVENTS:
            size += write_page(folder, pages, page, is_last=False)
            pages += 1
            page = page[-OVERLAP_EVENTS:]
        page.append(event)
    return pages + 1, size + write_page(folder, pages, page, is_last=True)


def write_page(folder, index, page, is_last):
    next_link = "" if is_last else f'"@odata.nextLink":"{NEXT_LINK}{index + 1:016x}",'
    text = f'{{"@odata.context":"{CONTEXT}",{next_link}"value":[{",".join(page)}]}}'.encode()
    (folder / f"audit{index}.json").write_bytes(text)
    return len(text)


def timeline(events, days):
    """Yields so many events, newest first. Operations overlap in time: an event waits in a heap until none newer can come."""
    sample = Tenant(seed=1)
    events_each = sum(len(sample.operation(0)) for _ in range(CALIBRATION_OPERATIONS)) / CALIBRATION_OPERATIONS
    gap = days * 86400 * SECOND / (events / events_each)

    tenant = Tenant(seed=20260701)
    now = int(END.timestamp()) * SECOND
    waiting, ordinal = [], 0
    while events:
        now -= int(tenant.random.expovariate(1.0) * gap / intensity(now)) + 1
        while events and waiting and -waiting[0][0] > now:
            yield heapq.heappop(waiting)[2]
            events -= 1
        for time, text in tenant.operation(now):
            heapq.heappush(waiting, (-time, ordinal, text))
            ordinal += 1


def intensity(ticks):
    """How busy the tenant is at a time; 1 on average."""
    hours = ticks // (3600 * SECOND)
    return HOURS[hours % 24] * WEEKDAYS[(hours // 24 + 3) % 7] / MEAN_HOUR  # 1970-01-01 was a Thursday.


class Tenant:
    """Who lives in the tenant, and what they do. Fragments of JSON that never change are made once."""

    def __init__(self, seed):
        self.random = rnd = random.Random(seed)
        self.applications = [self.guid() for _ in APPLICATION_WEIGHTS]
        self.tags = ["".join(rnd.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=5)) for _ in range(1000)]
        self.clients = user_agents()
        self.client_weights = [1 / (rank + 3) for rank in range(len(self.clients))]
        self.providers = [f"{rnd.randrange(10**15, 10**16)}" for _ in PROVIDERS]
        self.consumers = [(self.guid(), self.address()) for _ in range(CONSUMERS)]
        self.consumer_clients = rnd.choices(self.clients, self.client_weights, k=CONSUMERS)
        self.staff = [self.staff_user(number, name) for number, name in enumerate(STAFF)]
        self.service_actors = [
            app_actor(self.guid(), name, self.guid()) for name in ("CPIM Service", "Microsoft Graph Sync Job", "Provisioning Pipeline")]
        self.directory_objects = {kind: [(self.guid(), f"{kind} {number}") for number in range(80)]
                                  for kind in ("Group", "Application", "ServicePrincipal", "Role")}

    def operation(self, newest):
        """What one correlation id stands for: a list of (time, event text), the newest at the given time."""
        kind, = self.random.choices((self.journey, self.core_change, self.other), MIX_WEIGHTS)
        return kind(newest)

    def journey(self, newest):
        rnd = self.random
        (_, is_local, activities), = rnd.choices(JOURNEYS, JOURNEY_WEIGHTS)
        number = int(CONSUMERS * rnd.random() ** 2)  # Few consumers come often, most seldom.
        user, address = self.consumers[number]
        if rnd.random() < 0.25:
            address = self.address()
        client = self.consumer_clients[number] if rnd.random() < 0.8 else rnd.choices(self.clients, self.client_weights)[0]
        application, = rnd.choices(self.applications, APPLICATION_WEIGHTS)
        policy, = rnd.choices(POLICIES, POLICY_WEIGHTS)
        provider = 0 if is_local else 1 + number % len(PROVIDERS)
        correlation = self.guid()

        target = (f'{{"id":"{user}","displayName":null,"type":"User","userPrincipalName":null,"groupType":null,'
                  '"modifiedProperties":[]}')
        actor = app_actor(application, None, None)
        details = (f'{{"key":"TenantId","value":"{TENANT}"}},{{"key":"PolicyId","value":"{policy}"}},'
                   f'{{"key":"ApplicationId","value":"{application}"}},{{"key":"Client","value":"{client}"}},')
        if provider:
            details += (f'{{"key":"IdentityProviderName","value":"{PROVIDERS[provider - 1]}"}},'
                        f'{{"key":"IdentityProviderApplicationId","value":"{self.providers[provider - 1]}"}},')
        else:
            details += '{"key":"IdentityProviderName","value":"LocalAccount"},'
        details += f'{{"key":"ClientIpAddress","value":"{address}"}}'

        steps = [(activity, "success", "N/A") for activity in activities]
        if activities == [VALIDATE]:
            steps = [(VALIDATE, "failure", BAD_CREDENTIALS)] * rnd.choice((1, 1, 1, 2, 2, 3, 4, 7))
        elif activities[0] == VALIDATE and rnd.random() < 0.08:
            steps.insert(0, (VALIDATE, "failure", BAD_CREDENTIALS))

        time, events = newest, []
        for activity, result, reason in reversed(steps):
            events.append((time, self.event("B2C", correlation, time, "Authentication", activity, "", result, reason,
                                            actor, target, details)))
            is_human = activity in (VALIDATE, FEDERATE) or activity.startswith("Verify")
            time -= rnd.randrange(3 * SECOND, 40 * SECOND) if is_human else rnd.randrange(SECOND // 100, SECOND)
        return events

    def core_change(self, newest):
        rnd = self.random
        (_, category, activity, operation, target_type, changes), = rnd.choices(CORE, CORE_WEIGHTS)
        is_new = operation in ("Add", "Assign")
        properties = [self.change(name, values, is_new) for name, values in changes if len(changes) < 3 or rnd.random() < 0.7]
        if operation == "Update" and changes:
            names = ", ".join(name for name, _ in changes)
            properties.append(modified_property("Included Updated Properties", None, f'"{names}"'))
        member = self.user_target([] if target_type != "User" else properties)
        if target_type == "User":
            targets = member
        else:
            identity, name = rnd.choice(self.directory_objects[target_type])
            owner = resource(identity, name, target_type, None, properties if target_type != "Group" else [])
            # A membership change lists the user first, with the group's facts as the user's changed properties.
            targets = owner if target_type != "Group" else f"{self.user_target(properties)},{owner}"
        is_staff = rnd.random() < 0.6
        actor = rnd.choice(self.staff)[0] if is_staff else rnd.choice(self.service_actors)
        details = '{"key":"UserType","value":"Member"}'
        if is_staff:
            details += f',{{"key":"User-Agent","value":"{rnd.choices(self.clients, self.client_weights)[0]}"}}'
        failed = rnd.random() < 0.03
        result, reason = ("failure", "Insufficient privileges to complete the operation.") if failed else ("success", "")
        return [(newest, self.event("Core Directory", self.guid(), newest, category, activity, operation, result, reason,
                                    actor, targets, details))]

    def other(self, newest):
        rnd = self.random
        actor, staff_id, staff_upn = rnd.choice(self.staff)
        correlation = self.guid()
        chance = rnd.random()
        if chance < 0.35:  # An invitation and, for most, its redemption; one in eight takes longer than a week.
            patience = 20 * 24 * 3600 * SECOND if rnd.random() < 0.2 else 48 * 3600 * SECOND
            sent = newest - rnd.randrange(20 * SECOND, patience)
            guest = f"guest{rnd.randrange(4000)}"
            mail, upn = f"{guest}@partner.example", f"{guest}_partner.example#EXT#@{TENANT}"
            guest_id, invitation = self.guid(), self.guid()
            invited = self.event(
                "Invited Users", correlation, sent, "UserManagement", "Invite external user", "Add", "success", None,
                actor, resource(guest_id, guest, "User", upn, []),
                f'{{"key":"oid","value":"{staff_id}"}},{{"key":"tid","value":"{TENANT}"}},{{"key":"ipaddr","value":"{self.address()}"}},'
                f'{{"key":"InvitationId","value":"{invitation}"}},{{"key":"invitedUserEmailAddress","value":"{mail}"}}')
            redeemed = self.event(
                "B2B Auth", self.guid(), newest, "UserManagement", "Redeem external user invite", "", "success", "",
                user_actor(guest_id, None, upn, self.address()),
                resource(guest_id, f"UPN: {upn}, Email: {mail}, InvitationId: {invitation}, Source: One Time Passcode", "User", None, []),
                "")
            return [(newest, redeemed), (sent, invited)] if rnd.random() < 0.8 else [(sent, invited)]
        if chance < 0.65:
            consumer, _ = self.consumers[int(CONSUMERS * rnd.random() ** 2)]
            upn = f"{consumer}@{TENANT}"
            return [(newest, self.event(
                "Authentication Methods", correlation, newest, "UserManagement", rnd.choice(METHOD_ACTIVITIES), "Update", "success",
                f"User registered {rnd.choice(METHODS)}", user_actor(consumer, None, upn, self.address()),
                resource(consumer, None, "User", upn, []), ""))]
        activity = rnd.choice(REVIEW_ACTIVITIES)
        return [(newest, self.event("Access Reviews", correlation, newest, "Policy", activity, "Update", "success", None,
                                    actor, self.user_target([]) + "," + resource(self.guid(), "Quarterly guest review", "Policy", None, []),
                                    f'{{"key":"ReviewerUpn","value":"{staff_upn}"}},{{"key":"Justification","value":"Still needed"}}'))]

    def event(self, service, correlation, time, category, activity, operation, result, reason, actor, targets, details):
        rnd = self.random
        prefix = "Directory" if service == "Core Directory" else service
        reason = "null" if reason is None else f'"{reason}"'
        return (f'{{"id":"{prefix}_{correlation}_{self.tags[int(rnd.random() * 1000)]}_{int(rnd.random() * 1e9)}",'
                f'"category":"{category}","correlationId":"{correlation}","result":"{result}","resultReason":{reason},'
                f'"activityDisplayName":"{activity}","activityDateTime":"{time_text(time)}","loggedByService":"{service}",'
                f'"operationType":"{operation}","initiatedBy":{actor},"targetResources":[{targets}],'
                f'"additionalDetails":[{details}]}}')

    def guid(self):
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def address(self):
        bits = self.random.getrandbits(40)
        if bits % 5 < 2:
            return f"2001:db8:{bits >> 24 & 0xffff:x}:{bits >> 8 & 0xff:x}::{bits >> 16 & 0xff:x}"
        return ("192.0.2", "198.51.100", "203.0.113")[bits % 3] + f".{1 + (bits >> 8) % 254}"

    def staff_user(self, number, name):
        """The fragment of an actor, its id and its user principal name."""
        identity, upn = self.guid(), f"admin{number}@northwind.example"
        return user_actor(identity, name, upn, self.address()), identity, upn

    def user_target(self, properties):
        number = int(CONSUMERS * self.random.random() ** 2)
        identity = self.consumers[number][0]
        return resource(identity, f"Consumer {number}", "User", f"{identity}@{TENANT}", properties)

    def change(self, name, values, is_new):
        old_value, new_value = self.random.sample(values, 2) if len(values) > 1 else values * 2
        return modified_property(name, "[]" if is_new else old_value, new_value)


def app_actor(application, name, service_principal):
    """An application as the initiator. B2C repeats the application's id as the service principal's name."""
    name_text, id_text = json_text(name), json_text(service_principal)
    principal = "null" if name else f'"{application}"'
    return (f'{{"user":null,"app":{{"appId":"{application}","displayName":{name_text},"servicePrincipalId":{id_text},'
            f'"servicePrincipalName":{principal}}}}}')


def user_actor(identity, name, upn, address):
    return (f'{{"user":{{"id":"{identity}","displayName":{json_text(name)},"userPrincipalName":"{upn}","ipAddress":"{address}",'
            '"userType":null,"homeTenantId":null,"homeTenantName":null},"app":null}')


def resource(identity, name, kind, upn, properties):
    group_type = '"azureAD"' if kind == "Group" else "null"
    return (f'{{"id":"{identity}","displayName":{json_text(name)},"type":"{kind}","userPrincipalName":{json_text(upn)},'
            f'"groupType":{group_type},"modifiedProperties":[{",".join(properties)}]}}')


@functools.lru_cache(maxsize=100_000)
def modified_property(name, old_value, new_value):
    """Values are JSON texts inside JSON strings, as Graph writes them."""
    return f'{{"displayName":"{name}","oldValue":{json_text(old_value)},"newValue":{json_text(new_value)}}}'


@functools.lru_cache(maxsize=100_000)
def json_text(value):
    return json.dumps(value, ensure_ascii=False)


def time_text(ticks):
    """Up to seven decimals, trailing zeros trimmed, as Graph does."""
    minute, rest = divmod(ticks, 60 * SECOND)
    second, fraction = divmod(rest, SECOND)
    decimals = f"{fraction:07d}".rstrip("0")
    return f"{minute_text(minute)}:{second:02d}{'.' if decimals else ''}{decimals}Z"


@functools.lru_cache(maxsize=4096)
def minute_text(minute):
    return datetime.datetime.fromtimestamp(minute * 60, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M")


def user_agents():
    """About two hundred browsers; the order decides how common each is."""
    systems = ["Windows NT 10.0; Win64; x64", "iPhone; CPU iPhone OS 18_5 like Mac OS X", "Linux; Android 15; Pixel 9",
               "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"]
    return ([f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
             for version in range(138, 118, -1) for system in systems]
            + [f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
               for version in range(140, 125, -1) for system in systems]
            + [f"NorthwindMobile/{major}.{minor} (okhttp 4.12)" for major in range(9, 4, -1) for minor in range(6)])


if __name__ == "__main__":
    main()
