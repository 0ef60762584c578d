"""Who signed in to the tenant itself, and how each product writes a sign-in down.

B2C journeys are audit events (consumers.py); here are staff, guests, applications and a managed identity.
"""
from __future__ import annotations

from dataclasses import dataclass, field

from . import cast
from .cast import (FELIX, GRACE, HR_CONNECTOR, INES, JONAS, KARIM, LOYALTY_SYNC, MATEO, NORA, PAULO, PRIYA, SOFIA, TOMAS, VIKTOR, App,
                   Person)
from .model import TICKS_PER_SECOND, Moments, guid, iso, seeded

PORTAL = App("Azure Portal", guid("b000", 905), guid("c000", 905))
MANAGEMENT_API = App("Windows Azure Service Management API", guid("b000", 906), guid("c000", 906))
SHELL = App("Microsoft Graph Command Line Tools", guid("b000", 907), guid("c000", 907))
STORAGE = App("Azure Storage", guid("b000", 908), guid("c000", 908))
SUPPLIER_SITE = App("Supplier Projects Site", guid("b000", 303), guid("c000", 303))
NIGHTLY_EXPORT = App("alder-nightly-export", guid("b000", 304), guid("c000", 304))
NIGHTLY_EXPORT_RESOURCE = (
    "/subscriptions/%s/resourceGroups/alder-jobs/providers/Microsoft.Logic/workflows/alder-nightly-export" % guid("8100", 1)
)

INTERACTIVE, NON_INTERACTIVE, PRINCIPAL, MANAGED = "interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"
ZERO = "00000000-0000-0000-0000-000000000000"
SPRAY_IP = "203.0.113.66"

REASONS = {
    0: None,
    50034: "There is no account of this name in the directory.",
    50057: "The account of the user is disabled.",
    50126: "The user name or the password is not right.",
    50140: "The sign-in stopped to ask whether the user wants to stay signed in.",
    53003: "Access was blocked by a Conditional Access policy.",
    7000222: "The client secret that was sent has expired.",
}
INTERRUPTS = (50140,)

# City, state, country, latitude, longitude. A city may have a comma in its name.
_STAFF_PLACE = ("Aldersund", "Fjordmark", "NO", 60.25, 5.5)
PLACES = {
    KARIM.ip: ("Harbour Quay, Old Town", "Nordkreis", "DE", 53.5, 9.75),
    GRACE.ip: ("Harbour Quay, Old Town", "Nordkreis", "DE", 53.5, 9.75),
    PAULO.ip: ("Vila Ribeira", "Costa", "PT", 41.125, -8.5),
    VIKTOR.ip: ("", "Ostmark", "AT", 48.25, 16.25),
    SPRAY_IP: ("Lowport", "Delta", "NL", 52.0, 4.5),
}
NOWHERE = ("", "", "", 0.0, 0.0)

DEVICES = {
    cast.CHROME: ("Windows10", "Chrome 133.0.0"),
    cast.FIREFOX: ("Windows10", "Firefox 136.0"),
    cast.SAFARI: ("MacOs", "Safari 18.3"),
    cast.POWERSHELL: ("Windows10", ""),
    cast.SCRIPT: ("", "Python Requests 2.32"),
}
AGENTS = {NORA: cast.CHROME, TOMAS: cast.FIREFOX, PRIYA: cast.SAFARI}

ADMINS, BLOCK = "Require MFA for administrators", "Block sign-ins from unknown countries"
SATISFIED = {"none": 0, "application": 1, "users": 2, "application,users": 3}


def _policy(number, name, result, controls, satisfied, missed):
    return {
        "id": guid("f000", number), "displayName": name, "enforcedGrantControls": controls, "enforcedSessionControls": [], "result": result,
        "conditionsSatisfied": satisfied, "conditionsNotSatisfied": missed,
    }


@dataclass
class SignIn:
    kind: str
    ticks: int
    app: App
    resource: App
    ip: object
    agent: str = ""
    person: object = None
    error: int = 0
    mfa: bool = False
    policies: list = field(default_factory=list)
    conditional_access: str = "notApplied"
    risk: str = "none"
    place: tuple = NOWHERE
    credential: object = None
    processing: int = 0
    chain: object = None
    token: object = None
    member: bool = False
    id: str = ""
    correlation: str = ""

    @property
    def reason(self):
        return REASONS[self.error]

    @property
    def session(self):
        """A person has one session in the week; a stranger under the same name has another."""
        return guid("9400", self.number + (800 if self.ip == SPRAY_IP else 0)) if self.number else None

    @property
    def number(self):
        return int(self.person.id[-3:]) if self.person and self.person.id != ZERO else 0


class SignIns:
    def __init__(self):
        self.all = []
        self.moments = Moments(seeded("sign-ins"))

    def add(self, when, kind, app, resource, **more):
        one = SignIn(kind, self.moments.at(when), app, resource, more.pop("ip", None), **more)
        one.processing = self.moments.rng.randrange(60, 900)
        self.all.append(one)
        return one

    def person(self, when, person, app=PORTAL, resource=MANAGEMENT_API, admin=None, kind=INTERACTIVE, **more):
        """`admin` is what the policy for administrators made of it; None where it does not apply to the person."""
        more.setdefault("ip", person.ip)
        more.setdefault("agent", AGENTS.get(person, cast.CHROME))
        place = PLACES.get(more["ip"], _STAFF_PLACE)
        result = admin or "notApplied"
        policies = [
            _policy(1, ADMINS, result, ["Mfa"], "application,users" if admin else "application", "none" if admin else "users"),
            _policy(2, BLOCK, "notApplied", ["Block"], "users", "none" if more["ip"] == SPRAY_IP else "application"),
        ]
        if more.get("error") in (50126, 50034, 50057):
            # A sign-in that fails at the password is not evaluated any further.
            policies = []
        return self.add(when, kind, app, resource, person=person, place=place, policies=policies, mfa=admin == "success",
                        conditional_access="success" if admin == "success" else "notApplied", **more)

    def tell(self):
        for day, second in (("Mon", 3), ("Tue", 5), ("Wed", 2), ("Thu", 6), ("Sun", 4)):
            self.add(day + " 05:29:%02d" % (50 + second), PRINCIPAL, HR_CONNECTOR, cast.GRAPH_API, ip="192.0.2.40",
                     place=_STAFF_PLACE, credential=("certificate", guid("9200", 11)))
        for day in ("Mon", "Thu", "Fri", "Sun"):
            self.add(day + " 02:59:41", MANAGED, NIGHTLY_EXPORT, cast.GRAPH_API)
            self.add(day + " 02:59:44", MANAGED, NIGHTLY_EXPORT, STORAGE)
        for day, second in (("Tue", 12), ("Wed", 9), ("Thu", 30), ("Fri", 4)):
            self.add(day + " 12:05:%02d" % second, PRINCIPAL, LOYALTY_SYNC, cast.GRAPH_API, ip="192.0.2.41",
                     place=_STAFF_PLACE, credential=("certificate", guid("9200", 2)))
        # Monday
        self.person("Mon 08:05:20", NORA, admin="success")
        self.person("Mon 08:58:44", TOMAS)
        self.person("Mon 12:31:20", KARIM, SUPPLIER_SITE, SUPPLIER_SITE)
        self.person("Mon 09:05:31", NORA, PORTAL, cast.GRAPH_API, admin="success", kind=NON_INTERACTIVE)
        # Tuesday: Priya is asked whether she wants to stay signed in, and goes on.
        self.person("Tue 09:57:50", PRIYA, error=50140, chain="Tue Priya")
        self.person("Tue 09:58:02", PRIYA, chain="Tue Priya")
        self.person("Tue 10:49:15", INES)
        # Wednesday: the policy for administrators is enforced in the morning and only reported in the afternoon.
        self.person("Wed 09:28:33", INES)
        self.person("Wed 10:20:05", NORA, admin="success")
        self.person("Wed 13:08:30", PAULO, SUPPLIER_SITE, SUPPLIER_SITE)
        self.person("Wed 16:09:48", NORA, admin="reportOnlyInterrupted")
        # Thursday: after the consumers the same address tries the staff.
        nobody = Person(ZERO, "", "it-support@%s" % cast.DOMAIN, None)
        for minute, person, error in (("02:31:10", FELIX, 50126), ("02:31:21", SOFIA, 50126), ("02:31:33", JONAS, 50126),
                                      ("02:31:46", nobody, 50034), ("02:31:58", TOMAS, 50126), ("02:32:13", NORA, 50126),
                                      ("02:32:27", TOMAS, 50126)):
            self.person("Thu " + minute, person, error=error, ip=SPRAY_IP, agent=cast.SCRIPT)
        self.person("Thu 08:01:12", FELIX)
        self.person("Thu 08:09:40", INES)
        self.person("Thu 10:26:24", GRACE, SUPPLIER_SITE, SUPPLIER_SITE)
        self.person("Thu 13:58:37", NORA, admin="reportOnlySuccess")
        self.person("Thu 16:15:09", PRIYA)
        self.person("Thu 17:40:55", FELIX, error=50057)
        for when, person in (("Thu 08:31:02", FELIX), ("Thu 08:40:27", INES), ("Thu 08:52:10", FELIX), ("Thu 13:58:59", NORA),
                             ("Thu 16:45:13", PRIYA)):
            self.person(when, person, PORTAL, cast.GRAPH_API, kind=NON_INTERACTIVE, admin="reportOnlySuccess" if person is NORA else None)
        # Friday: the sessions that the audit log of the day points to.
        for when, person in (("Fri 07:58:20", INES), ("Fri 08:35:01", NORA), ("Fri 09:40:16", MATEO), ("Fri 10:58:33", PRIYA)):
            self.person(when, person, admin="reportOnlySuccess" if person is NORA else None, token="token-%s" % person.id[-3:])
        self.person("Fri 08:10:31", FELIX)
        self.person("Fri 13:20:08", VIKTOR, SUPPLIER_SITE, SUPPLIER_SITE, member=True)
        self.person("Fri 09:11:45", NORA, PORTAL, cast.GRAPH_API, admin="reportOnlySuccess", kind=NON_INTERACTIVE)
        # Saturday
        self.person("Sat 18:44:52", NORA, admin="reportOnlySuccess")
        # Sunday: the address comes back with the right password, then with the secret it made.
        self.person("Sun 01:05:19", TOMAS, SHELL, cast.GRAPH_API, ip=SPRAY_IP, agent=cast.POWERSHELL, risk="high")
        self.person("Sun 01:10:46", TOMAS, SHELL, cast.GRAPH_API, ip=SPRAY_IP, agent=cast.POWERSHELL, kind=NON_INTERACTIVE, risk="high")
        for when, error in (("Sun 02:09:58", 7000222), ("Sun 02:10:31", 0), ("Sun 02:41:07", 0)):
            self.add(when, PRINCIPAL, LOYALTY_SYNC, cast.GRAPH_API, ip=SPRAY_IP, credential=("secret", guid("9200", 1 if error else 3)), error=error)
        self.person("Sun 08:58:03", NORA, admin="reportOnlySuccess")
        return self.finish()

    def finish(self):
        self.all.sort(key=lambda one: one.ticks)
        chains = {}
        for number, one in enumerate(self.all, 1):
            one.id = guid("5000", number)
            one.correlation = chains.setdefault(one.chain, guid("9001", number)) if one.chain else guid("9001", number)
            one.token = one.token or "token-%04d" % number
        return self.all


# Microsoft Graph

V1_KEYS = (
    "id createdDateTime userDisplayName userPrincipalName userId appId appDisplayName ipAddress clientAppUsed correlationId "
    "conditionalAccessStatus isInteractive riskDetail riskLevelAggregated riskLevelDuringSignIn riskState riskEventTypes "
    "riskEventTypes_v2 resourceDisplayName resourceId status deviceDetail location appliedConditionalAccessPolicies"
).split()


def location(one):
    city, state, country, latitude, longitude = one.place
    return {"city": city, "state": state, "countryOrRegion": country,
            "geoCoordinates": {"altitude": None, "latitude": latitude, "longitude": longitude}}


def steps(one):
    """The authentication, step by step."""
    if one.kind != INTERACTIVE:
        return []
    right = one.error not in (50126, 50034)
    answer = "Correct password" if right else "Incorrect password"
    if one.error == 50034:
        answer = "No such account"
    found = [("Password", "Password in the cloud", right, answer, "Primary authentication")]
    if one.mfa:
        found.append(("Mobile app notification", "Authenticator", True, "MFA completed in the app", "Additional authentication"))
    elif one.person.home_tenant_id and right:
        found.append(("Previously satisfied", None, True, "MFA requirement satisfied by claim of the home tenant", "Additional authentication"))
    return [
        {"authenticationStepDateTime": iso(one.ticks - one.ticks % TICKS_PER_SECOND + n * 8 * TICKS_PER_SECOND), "authenticationMethod": method,
         "authenticationMethodDetail": detail, "succeeded": ok, "authenticationStepResultDetail": result, "authenticationStepRequirement": need}
        for n, (method, detail, ok, result, need) in enumerate(found)
    ]


def home_tenant(one):
    return (one.person.home_tenant_id if one.person else None) or cast.TENANT_ID


def beta(one):
    """Graph beta `signIn`; the other spellings are made from this one."""
    person, os_browser = one.person, DEVICES.get(one.agent, ("", ""))
    home = home_tenant(one)
    guest = bool(person and person.home_tenant_id)
    requirement = "multiFactorAuthentication" if one.mfa else "singleFactorAuthentication"
    risky = one.risk != "none"
    principal = one.kind in (PRINCIPAL, MANAGED)
    key = one.credential or (None, None)
    return {
        "id": one.id,
        "createdDateTime": iso(one.ticks),
        "userDisplayName": person.name if person else None,
        "userPrincipalName": (person.upn.lower() if not guest else person.mail) if person else None,
        "userId": person.id if person else ("" if one.kind == PRINCIPAL else None),
        "appId": one.app.app_id,
        "appDisplayName": one.app.name,
        "ipAddress": one.ip if one.ip else "",
        "ipAddressFromResourceProvider": None,
        "clientAppUsed": "" if principal else "Mobile Apps and Desktop clients" if one.app is SHELL else "Browser",
        "userAgent": one.agent or None,
        "correlationId": one.correlation,
        "conditionalAccessStatus": one.conditional_access,
        "originalRequestId": "" if principal else one.id,
        "isInteractive": one.kind == INTERACTIVE,
        "tokenIssuerName": "",
        "tokenIssuerType": "AzureAD",
        "clientCredentialType": {"certificate": "clientAssertion", "secret": "clientSecret"}.get(key[0], "none"),
        "processingTimeInMilliseconds": one.processing,
        "riskDetail": "none",
        "riskLevelAggregated": one.risk,
        "riskLevelDuringSignIn": one.risk,
        "riskState": "atRisk" if risky else "none",
        "riskEventTypes": ["unfamiliarFeatures"] if risky else [],
        "riskEventTypes_v2": ["unfamiliarFeatures"] if risky else [],
        "resourceDisplayName": one.resource.name,
        "resourceId": one.resource.app_id,
        "resourceTenantId": cast.TENANT_ID,
        "homeTenantId": home,
        "homeTenantName": person.home_tenant_name if guest else "",
        "resourceOwnerTenantId": cast.TENANT_ID if one.resource is SUPPLIER_SITE else guid("8000", 9),
        "appOwnerTenantId": cast.TENANT_ID if one.app in (SUPPLIER_SITE, LOYALTY_SYNC, HR_CONNECTOR, NIGHTLY_EXPORT) else guid("8000", 9),
        "servicePrincipalId": one.app.service_principal_id if principal else "",
        "servicePrincipalName": one.app.name if principal else None,
        "servicePrincipalCredentialKeyId": key[1],
        "servicePrincipalCredentialThumbprint": ("AB" + "0" * 36 + key[1][-2:]) if key[0] == "certificate" else "",
        "uniqueTokenIdentifier": one.token if not one.error else "",
        "sessionId": one.session,
        "userType": None if principal or not one.number else "guest" if guest and not one.member else "member",
        "crossTenantAccessType": "b2bCollaboration" if guest else "none",
        "incomingTokenType": "refreshToken" if one.kind == NON_INTERACTIVE else "none",
        "authenticationProtocol": "none",
        "originalTransferMethod": "none",
        "signInIdentifier": person.mail or person.upn if person else "",
        "signInIdentifierType": None,
        "authenticationRequirement": requirement,
        "authenticationMethodsUsed": [],
        "authenticationRequirementPolicies": [{"requirementProvider": "multiConditionalAccess", "detail": "Conditional Access"}] if one.mfa else [],
        "authenticationProcessingDetails": [{"key": "Root Key Type", "value": "Unknown"}] if one.kind == INTERACTIVE else [],
        "authenticationDetails": steps(one),
        "mfaDetail": {"authMethod": "Mobile app notification", "authDetail": None} if one.mfa and one.kind == INTERACTIVE else None,
        "signInEventTypes": [one.kind],
        "autonomousSystemNumber": 0 if one.kind == MANAGED else 64500 if one.ip == SPRAY_IP else 64496,
        "flaggedForReview": False,
        "isTenantRestricted": False,
        "isThroughGlobalSecureAccess": False,
        "globalSecureAccessIpAddress": "",
        "networkLocationDetails": [{"networkType": "trustedNamedLocation", "networkNames": ["Alder office"]}]
        if one.place is _STAFF_PLACE and one.kind == INTERACTIVE else [],
        "tokenProtectionStatusDetails": {"signInSessionStatus": "none", "signInSessionStatusCode": 0},
        "sessionLifetimePolicies": [],
        "managedServiceIdentity": {"msiType": "systemAssigned", "associatedResourceId": NIGHTLY_EXPORT_RESOURCE, "federatedTokenId": "",
                                   "federatedTokenIssuer": ""} if one.kind == MANAGED else None,
        "status": {"errorCode": one.error, "failureReason": one.reason or "Other.",
                   "additionalDetails": "MFA completed in the app" if one.mfa and one.kind == INTERACTIVE else None},
        "deviceDetail": {"deviceId": guid("1000", one.number) if one.number and one.ip != SPRAY_IP and not guest else "", "displayName": "",
                         "operatingSystem": os_browser[0], "browser": os_browser[1], "isCompliant": False, "isManaged": False, "trustType": ""},
        "location": location(one),
        "appliedConditionalAccessPolicies": one.policies,
    }


def v1(one):
    record = beta(one)
    plain = {key: record[key] for key in V1_KEYS}
    plain["appliedConditionalAccessPolicies"] = [
        {key: value for key, value in policy.items() if not key.startswith("conditions")} for policy in one.policies
    ]
    return plain


# Azure AD Graph


def legacy(one):
    """Azure AD Graph `activities/signinEvents`: the device is a list with semicolons and empty slots."""
    system, browser = DEVICES.get(one.agent, ("", ""))
    city, state, country, latitude, longitude = one.place
    return {
        "id": one.id,
        "signinDateTime": iso(one.ticks),
        "signinDateTimeInMillis": one.ticks * 1000 // TICKS_PER_SECOND,
        "userDisplayName": one.person.name,
        "userPrincipalName": beta(one)["userPrincipalName"],
        "userId": one.person.id,
        "appId": one.app.app_id,
        "appDisplayName": one.app.name,
        "ipAddress": one.ip,
        "loginStatus": "Failure" if one.error else "Success",
        "signinErrorCode": one.error,
        "failureReason": one.reason,
        "deviceInformation": ";%s;%s;;;" % (system, browser),
        "geoCoordinates": {"latitude": latitude, "longitude": longitude},
        "location": {"city": city, "state": state, "country": country},
        "mfaRequired": one.mfa,
        "mfaAuthMethod": "Mobile app notification" if one.mfa else None,
        "mfaAuthDetail": None,
        "mfaResult": "MFA completed in the app" if one.mfa else None,
    }


# The portal's CSV. Some names end with a space, one has two inside, one comes twice: so the portal writes them.

USER_COLUMNS = [
    "Date (UTC)", "Request ID", "User agent", "Correlation ID", "User ID", "User", "Username", "User type", "Cross tenant access type",
    "Incoming token type", "Authentication Protocol", "Unique token identifier", "Original transfer method", "Client credential type",
    "Token Protection - Sign In Session", "Token Protection - Sign In Session StatusCode", "Application", "Application ID ",
    "App owner tenant ID", "Resource", "Resource ID ", "Resource tenant ID", "Resource owner tenant ID", "Home tenant ID", "Home tenant name",
    "IP address", "Location", "Status", "Sign-in error code", "Failure reason", "Client app", "Device ID", "Browser", "Operating System",
    "Compliant", "Managed", "Join Type", "Multifactor authentication result", "Multifactor authentication auth method",
    "Multifactor authentication auth detail", "Authentication requirement", "Sign-in identifier", "Session ID",
    "IP address (seen by resource)", "Through Global Secure Access", "Global Secure Access IP address", "Autonomous system  number",
    "Flagged for review", "Token issuer type", "Incoming token type", "Token issuer name", "Latency", "Conditional Access",
    "Managed Identity type", "Associated Resource Id", "Federated Token Id", "Federated Token Issuer",
]
PRINCIPAL_COLUMNS = [
    "Date (UTC)", "Request ID", "Correlation ID", "Service principal ID", "Service principal name", "Credential key ID",
    "Credential thumbprint", "Application", "Application ID ", "App owner tenant ID", "Resource", "Resource ID ", "Resource tenant ID",
    "Resource owner tenant ID", "Home tenant ID", "Home tenant name", "IP address", "Location", "Status", "Sign-in error code",
    "Failure reason", "Conditional Access",
]
MANAGED_COLUMNS = [name for name in PRINCIPAL_COLUMNS if not name.startswith("Credential")] + USER_COLUMNS[-4:]
STEP_COLUMNS = ["Date (UTC)", "Request ID", "Authentication method", "Authentication method detail", "Succeeded", "Result detail", "Requirement"]


def _cells(one):
    record = beta(one)
    city, state, country = one.place[:3]
    identity = record["managedServiceIdentity"] or {}
    device, mfa = record["deviceDetail"], record["mfaDetail"] or {}
    return {
        "Date (UTC)": iso(one.ticks - one.ticks % TICKS_PER_SECOND), "Request ID": one.id, "User agent": record["userAgent"],
        "Correlation ID": one.correlation, "User ID": record["userId"], "User": record["userDisplayName"],
        "Username": record["userPrincipalName"], "User type": (record["userType"] or "").capitalize(),
        "Cross tenant access type": record["crossTenantAccessType"],
        "Incoming token type": "Refresh token" if one.kind == NON_INTERACTIVE else "None",
        "Authentication Protocol": "None", "Unique token identifier": record["uniqueTokenIdentifier"], "Original transfer method": "None",
        "Client credential type": "None", "Token Protection - Sign In Session": "None", "Token Protection - Sign In Session StatusCode": 0,
        "Application": one.app.name, "Application ID ": one.app.app_id, "App owner tenant ID": record["appOwnerTenantId"],
        "Resource": one.resource.name, "Resource ID ": one.resource.app_id, "Resource tenant ID": cast.TENANT_ID,
        "Resource owner tenant ID": record["resourceOwnerTenantId"], "Home tenant ID": record["homeTenantId"],
        "Home tenant name": record["homeTenantName"], "IP address": one.ip,
        "Location": "%s, %s, %s" % (city, state, country) if country else "",
        "Status": "Interrupted" if one.error in INTERRUPTS else "Failure" if one.error else "Success",
        "Sign-in error code": one.error or None, "Failure reason": one.reason or "Other.", "Client app": record["clientAppUsed"],
        "Device ID": device["deviceId"], "Browser": device["browser"], "Operating System": device["operatingSystem"],
        "Compliant": "No", "Managed": "No", "Join Type": "", "Multifactor authentication result": record["status"]["additionalDetails"],
        "Multifactor authentication auth method": mfa.get("authMethod"), "Multifactor authentication auth detail": mfa.get("authDetail"),
        "Authentication requirement": "Multifactor authentication" if one.mfa else "Single-factor authentication",
        "Sign-in identifier": record["signInIdentifier"], "Session ID": record["sessionId"], "Through Global Secure Access": "No",
        "Autonomous system  number": record["autonomousSystemNumber"], "Flagged for review": "No", "Token issuer type": "Azure AD",
        "Latency": one.processing, "Conditional Access": "Success" if one.conditional_access == "success" else "Not Applied",
        "Managed Identity type": "System assigned" if identity else "None", "Associated Resource Id": identity.get("associatedResourceId"),
        "Service principal ID": record["servicePrincipalId"], "Service principal name": record["servicePrincipalName"],
        "Credential key ID": record["servicePrincipalCredentialKeyId"], "Credential thumbprint": record["servicePrincipalCredentialThumbprint"],
    }


def row(one, columns):
    cells = _cells(one)
    return ["" if cells.get(name) is None else str(cells[name]) for name in columns]


def step_rows(one):
    return [
        [iso(one.ticks - one.ticks % TICKS_PER_SECOND), one.id, step["authenticationMethod"], step["authenticationMethodDetail"] or "",
         "true" if step["succeeded"] else "false", step["authenticationStepResultDetail"], step["authenticationStepRequirement"]]
        for step in steps(one)
    ]
