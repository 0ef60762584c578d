"""What is not an event log of its own: provisioning, risk, users, invitations, access reviews, calls of the Graph API."""
from __future__ import annotations

import json

from . import cast
from .cast import ELIF, FELIX, GRACE, HANA, INES, JONAS, KARIM, LENA, LOYALTY_SYNC, MATEO, NORA, OMAR, PAULO, PRIYA, SOFIA, TOMAS, VIKTOR
from .guests import REVIEW, invitation_id
from .model import TICKS_PER_SECOND, Moments, clock, guid, iso, seconds, seeded
from .signins import INTERACTIVE, NON_INTERACTIVE, PRINCIPAL, SPRAY_IP, ZERO, beta, location

V1 = "https://graph.microsoft.com/v1.0/$metadata#"
BETA = "https://graph.microsoft.com/beta/$metadata#"


# Provisioning

STEP_TYPES = ("import", "scoping", "matching", "processing", "referenceResolution", "export")
STEP_STATUS = {"success": 0, "failure": 1, "skipped": 2}


def provisioning(events):
    """What the HR connector did, as the provisioning service saw it: most of it is also an audit event, a second or two earlier."""
    moments = Moments(seeded("provisioning"))
    done = [event for event in events if event.app and event.app["displayName"] == cast.HR_CONNECTOR.name]
    records = []
    for number, event in enumerate(done, 1):
        records.append(_provisioned(number, moments.after(event.ticks, 0.8, 2.5), event.targets[0]["id"],
                                    "create" if event.activity == "Add user" else "update", "success", moments))
    records.append(_provisioned(len(records) + 1, moments.at("Tue 05:31:20"), None, "create", "failure", moments))
    records.append(_provisioned(len(records) + 1, moments.at("Fri 05:31:02"), FELIX.id, "other", "skipped", moments))
    return sorted(records, key=lambda record: record["activityDateTime"])


def _provisioned(number, ticks, user_id, action, status, moments):
    person = next((one for one in STAFF if one.id == user_id), None)
    upn = person.upn if person else "noa.winter@%s" % cast.DOMAIN
    name = person.name if person else "Noa Winter"
    found = ("import", "scoping") if status == "skipped" else STEP_TYPES[:4] + STEP_TYPES[5:]
    steps = []
    for place, kind in enumerate(found):
        last = place == len(found) - 1
        steps.append({
            "name": {"import": "EntryImport", "scoping": "EntrySynchronizationScoping", "matching": "EntryMatching",
                     "processing": "EntryProcessing", "export": "EntryExport"}[kind] + ("Update" if kind == "export" and action == "update" else ""),
            "provisioningStepType": kind, "status": status if last else "success",
            "description": "%s of %s: %s" % (kind.capitalize(), upn, status if last else "success"), "details": {"EmployeeId": "E-%04d" % number},
        })
    error = None
    if status == "failure":
        error = {"errorCode": "AttributeNotUnique", "reason": "Another user already has the mail nickname 'noa.winter'.", "additionalDetails": None,
                 "errorCategory": "failure", "recommendedAction": None}
    return {
        "id": guid("6000", number), "activityDateTime": iso(ticks), "tenantId": cast.TENANT_ID, "jobId": "AlderHR.2025.0001",
        "cycleId": guid("6001", number), "changeId": guid("6002", number), "provisioningAction": action,
        "durationInMilliseconds": moments.rng.randrange(300, 3000),
        "servicePrincipal": {"id": cast.HR_CONNECTOR.service_principal_id, "displayName": cast.HR_CONNECTOR.name},
        "sourceSystem": {"id": guid("6003", 1), "displayName": "Alder HR", "details": {}},
        "targetSystem": {"id": guid("6003", 2), "displayName": "Microsoft Entra ID", "details": {}},
        "initiatedBy": {"id": "", "displayName": "Azure AD Provisioning Service", "initiatorType": "system"},
        "sourceIdentity": {"id": "E-%04d" % number, "displayName": name, "identityType": "User", "details": {}},
        "targetIdentity": {"id": user_id or "", "displayName": name if user_id else "", "identityType": "User",
                           "details": {"UserPrincipalName": upn} if user_id else {}},
        "provisioningStatusInfo": {"status": status, "errorInformation": error},
        "provisioningSteps": steps,
        "modifiedProperties": [{"displayName": "department", "oldValue": "Stores", "newValue": "Stores North"}] if action == "update" else [],
    }


def provisioning_diagnostic(record):
    """The same record as diagnostic settings write it: capitals, and numbers where Graph has words."""
    plain = {key: value for key, value in record.items() if key not in ("activityDateTime", "tenantId", "provisioningSteps")}
    plain.update(
        activityDateTime=record["activityDateTime"], action=record["provisioningAction"].capitalize(),
        servicePrincipal={"Id": record["servicePrincipal"]["id"], "Name": record["servicePrincipal"]["displayName"]},
        initiatedBy={"Id": "", "Name": record["initiatedBy"]["displayName"], "Type": "System"},
        statusInfo={"Status": STEP_STATUS[record["provisioningStatusInfo"]["status"]]},
        provisioningStatusInfo={"Status": record["provisioningStatusInfo"]["status"],
                                "errorInformation": record["provisioningStatusInfo"]["errorInformation"]},
        provisioningSteps=[dict(step, provisioningStepType=STEP_TYPES.index(step["provisioningStepType"]), status=STEP_STATUS[step["status"]])
                           for step in record["provisioningSteps"]],
    )
    for side in ("sourceSystem", "targetSystem"):
        plain[side] = {"Id": record[side]["id"], "Name": record[side]["displayName"], "details": {}}
    return plain


# Risk


def risk_detections(signins):
    """The spray, found hours later; Sunday's sign-in, found at once. The last one is published again on Sunday at nine."""
    sprayed = [one for one in signins if one.ip == SPRAY_IP and one.error == 50126 and one.person in (FELIX, TOMAS)]
    sunday = [one for one in signins if one.risk == "high" and one.kind == INTERACTIVE]
    records = []
    for number, one in enumerate([sprayed[0], sprayed[-1]] + sunday, 1):
        spray = one.error != 0
        detected = clock("Thu 06:40:%02d" % (10 * number)) + 1_234_567 if spray else one.ticks + seconds(2.5)
        records.append(_detection(number, one, "passwordSpray" if spray else "unfamiliarFeatures", "medium" if spray else "high",
                                  "offline" if spray else "realtime", detected))
    later = dict(records[-1], riskState="confirmedCompromised", riskDetail="adminConfirmedUserCompromised",
                 lastUpdatedDateTime=iso(clock("Sun 09:10:04") + 4_100_000))
    return records, [later]


def _detection(number, one, kind, level, timing, detected):
    return {
        "id": "%064x" % (0xA1DE0000 + number), "requestId": one.id, "correlationId": one.correlation, "riskEventType": kind,
        "riskState": "atRisk", "riskLevel": level, "riskDetail": "none", "source": "IdentityProtection", "detectionTimingType": timing,
        "activity": "signin", "tokenIssuerType": "AzureAD", "ipAddress": one.ip, "location": dict(location(one), geoCoordinates=None),
        "activityDateTime": iso(one.ticks), "detectedDateTime": iso(detected), "lastUpdatedDateTime": iso(detected),
        "userId": one.person.id, "userDisplayName": one.person.name, "userPrincipalName": one.person.upn,
        "additionalInfo": json.dumps([{"Key": "userAgent", "Value": one.agent}] +
                                     ([{"Key": "mitreTechniques", "Value": "T1110.003"}] if kind == "passwordSpray" else [])),
    }


def _risky(person, level, state, detail, updated):
    return {"id": person.id, "isDeleted": False, "isProcessing": False, "riskLevel": level, "riskState": state, "riskDetail": detail,
            "riskLastUpdatedDateTime": updated, "userDisplayName": person.name, "userPrincipalName": person.upn}


def risky_users():
    """As they stood on Sunday morning; Nora has looked at both."""
    return [
        _risky(TOMAS, "high", "confirmedCompromised", "adminConfirmedUserCompromised", iso(clock("Sun 09:10:04") + 4_100_000)),
        _risky(FELIX, "none", "dismissed", "adminDismissedAllRiskForUser", iso(clock("Fri 07:55:40") + 250_000)),
    ]


def risky_users_thursday():
    """As diagnostic settings told it on Thursday, when the spray was found."""
    return [dict(_risky(person, "medium", "atRisk", "none", iso(clock(when) + 1_234_567)), isGuest=False)
            for person, when in ((FELIX, "Thu 06:40:10"), (TOMAS, "Thu 06:40:20"))]


def risky_user_history():
    found = []
    for level, state, detail, when, by, kinds in (
        ("medium", "atRisk", "none", clock("Thu 06:40:20") + 1_234_567, None, ["passwordSpray"]),
        ("high", "atRisk", "none", clock("Sun 01:05:22"), None, ["unfamiliarFeatures"]),
        ("high", "confirmedCompromised", "adminConfirmedUserCompromised", clock("Sun 09:10:04") + 4_100_000, NORA.id, []),
    ):
        record = _risky(TOMAS, level, state, detail, iso(when))
        last = state == "confirmedCompromised"
        record["id"] = TOMAS.id if last else "%s%d" % (TOMAS.id, 639_000_000_000_000_000 + when)
        found.append(dict(record, userId=TOMAS.id, initiatedBy=by, activity={"detail": detail if last else None, "riskEventTypes": kinds}))
    return found


# Users

STAFF = (NORA, MATEO, INES, TOMAS, PRIYA, FELIX, SOFIA, JONAS)
NEVER = "0001-01-01T00:00:00Z"
SPONSORED = (KARIM, OMAR, PAULO, ELIF)


def _whole(ticks):
    return ticks - ticks % TICKS_PER_SECOND


def _activity(signins, person):
    mine = [one for one in signins if one.person is person]
    last = [one for one in mine if one.kind == INTERACTIVE]
    quiet = [one for one in mine if one.kind == NON_INTERACTIVE]
    good = [one for one in mine if not one.error]

    def pair(name, found):
        if not found:
            return {name + "DateTime": NEVER, name + "RequestId": None}
        return {name + "DateTime": iso(_whole(found[-1].ticks)), name + "RequestId": found[-1].id}

    return dict(pair("lastSignIn", last), **dict(pair("lastNonInteractiveSignIn", quiet), **pair("lastSuccessfulSignIn", good)))


def users(events, signins):
    """The directory on Monday morning after the week: staff, guests with their sponsors, three consumers. Lena is gone."""
    found = []
    for person in STAFF:
        record = _user(person.id, person.name, person.upn, person.mail, "Member", None, "2024-09-02T07:30:00Z")
        if person is JONAS:
            record["createdDateTime"] = iso(_whole(_added(events, person)))
        if person is SOFIA:
            record["signInActivity"] = dict.fromkeys(("lastSignInRequestId", "lastNonInteractiveSignInRequestId"), None)
            record["signInActivity"].update(lastSignInDateTime=NEVER, lastNonInteractiveSignInDateTime=NEVER)
        elif person is not MATEO:
            record["signInActivity"] = _activity(signins, person)
        found.append(record)
    for guest in (KARIM, OMAR, GRACE, PAULO, HANA, VIKTOR, ELIF):
        added = _added(events, guest)
        redeemed = next((e for e in events if e.activity.startswith("Redeem") and e.targets[0]["id"] == guest.id), None)
        record = _user(guest.id, guest.name, guest.upn, guest.mail, "Member" if guest is VIKTOR else "Guest", "Invitation",
                       iso(_whole(added)))
        record.update(externalUserState="Accepted" if redeemed else "PendingAcceptance",
                      externalUserStateChangeDateTime=iso(_whole(redeemed.ticks if redeemed else added)), otherMails=[guest.mail])
        record["identities"] = [{"signInType": "federated", "issuer": "ExternalAzureAD" if guest is VIKTOR else "mail", "issuerAssignedId": None}]
        if any(one.person is guest for one in signins):
            record["signInActivity"] = _activity(signins, guest)
        record["sponsors"] = []
        if guest in SPONSORED:
            record["sponsors"].append({"@odata.type": "#microsoft.graph.user", "id": PRIYA.id, "displayName": PRIYA.name, "userPrincipalName": PRIYA.upn})
        if guest is OMAR:
            record["sponsors"].append({"@odata.type": "#microsoft.graph.group", "id": cast.STORE_MANAGERS["id"],
                                       "displayName": cast.STORE_MANAGERS["displayName"]})
        found.append(record)
    for consumer in (cast.MAREN, cast.SHOPPERS[0], next(one for one in cast.SHOPPERS if one.provider == "google.example")):
        upn = "%s@%s" % (consumer.id, cast.INITIAL_DOMAIN)
        record = _user(consumer.id, consumer.name, upn, None, "Member", "LocalAccount", "2025-06-11T16:20:09Z")
        if consumer is cast.MAREN:
            record["createdDateTime"] = iso(_whole(_added(events, consumer)))
        name = consumer.name.split(" ")[0].lower()
        first = {"signInType": "federated", "issuer": consumer.provider, "issuerAssignedId": "g-%s" % consumer.id[-3:]} if consumer.provider else {
            "signInType": "emailAddress", "issuer": cast.INITIAL_DOMAIN, "issuerAssignedId": "%s@post.example" % name}
        record["creationType"] = None if consumer.provider else "LocalAccount"
        record["identities"] = [first, {"signInType": "userPrincipalName", "issuer": cast.INITIAL_DOMAIN, "issuerAssignedId": upn}]
        found.append(record)
    return found


def _added(events, somebody):
    return next(event.ticks for event in events if event.activity == "Add user" and event.targets[0]["id"] == somebody.id)


def _user(id, name, upn, mail, kind, creation, created):
    return {
        "id": id, "displayName": name, "userPrincipalName": upn, "mail": mail, "otherMails": [], "userType": kind, "creationType": creation,
        "externalUserState": None, "externalUserStateChangeDateTime": None, "accountEnabled": True, "createdDateTime": created,
        "identities": [{"signInType": "userPrincipalName", "issuer": cast.INITIAL_DOMAIN, "issuerAssignedId": upn}],
    }


def plain_user():
    """What the service answers when nobody asks for properties: not a word on the type of the user."""
    return {
        "@odata.context": V1 + "users/$entity", "businessPhones": [], "displayName": "Store Tablet Harbour", "givenName": None,
        "jobTitle": None, "mail": None, "mobilePhone": None, "officeLocation": "Harbour", "preferredLanguage": None, "surname": None,
        "userPrincipalName": "store.tablet@%s" % cast.DOMAIN, "id": guid("a000", 109),
    }


# Invitations


def invitations():
    """Answers of the API that somebody kept; Elif's names her sponsor."""
    found = []
    for guest, status in ((KARIM, "PendingAcceptance"), (GRACE, "Completed"), (HANA, "PendingAcceptance"), (ELIF, "PendingAcceptance")):
        found.append({
            "id": invitation_id(guest),
            "inviteRedeemUrl": "https://login.aldercoffee.example/redeem?rd=%s" % invitation_id(guest),
            "invitedUserDisplayName": guest.name, "invitedUserType": "Guest", "invitedUserEmailAddress": guest.mail,
            "sendInvitationMessage": guest is KARIM, "resetRedemption": guest is GRACE,
            "inviteRedirectUrl": "https://projects.aldercoffee.example/", "status": status,
            "invitedUserMessageInfo": {"messageLanguage": None, "customizedMessageBody": "Welcome to the supplier projects." if guest is KARIM else None,
                                       "ccRecipients": [{"emailAddress": {"name": None, "address": None}}]},
            "invitedUser": {"id": guest.id}, "invitedUserSponsors": [{"id": PRIYA.id}] if guest is ELIF else [],
        })
    return found


# Access reviews

INSTANCE_ID = guid("d002", 1)
DEFINITION = "identityGovernance/accessReviews/definitions"
INSTANCES = DEFINITION + "('%s')/instances" % REVIEW["id"]
DECISIONS = INSTANCES + "('%s')/decisions" % INSTANCE_ID
_NOBODY = {"id": ZERO, "displayName": "", "userPrincipalName": ""}


def _query(text, kind=None):
    return dict({"@odata.type": kind} if kind else {}, query=text, queryType="MicrosoftGraph", queryRoot=None)


def _scope():
    return _query("/v1.0/groups/%s/transitiveMembers/microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')" % cast.SUPPLIER_PROJECTS["id"],
                  "#microsoft.graph.accessReviewQueryScope")


def review_definitions(events):
    created = next(event for event in events if event.activity == "Create access review")
    return [{
        "id": REVIEW["id"], "displayName": REVIEW["displayName"], "createdDateTime": iso(created.ticks), "lastModifiedDateTime": iso(created.ticks),
        "status": "InProgress", "descriptionForAdmins": "Who of the guests still works with us?", "descriptionForReviewers": "Say why, please.",
        "createdBy": {"id": NORA.id, "displayName": NORA.name, "type": None, "userPrincipalName": NORA.upn},
        "scope": _scope(),
        "instanceEnumerationScope": _query("/v1.0/groups/%s" % cast.SUPPLIER_PROJECTS["id"], "#microsoft.graph.accessReviewQueryScope"),
        "reviewers": [_query("/v1.0/users/%s" % PRIYA.id)], "fallbackReviewers": [_query("/v1.0/users/%s" % NORA.id)],
        "settings": {
            "mailNotificationsEnabled": True, "reminderNotificationsEnabled": True, "justificationRequiredOnApproval": True,
            "defaultDecisionEnabled": False, "defaultDecision": "None", "instanceDurationInDays": 2, "autoApplyDecisionsEnabled": True,
            "recommendationsEnabled": True, "recurrence": {"pattern": None, "range": {
                "type": "endDate", "numberOfOccurrences": 0, "recurrenceTimeZone": None, "startDate": "2026-03-04", "endDate": "2026-03-06"}},
            "applyActions": [{"@odata.type": "#microsoft.graph.removeAccessApplyAction"}],
        },
        "stageSettings": [], "additionalNotificationRecipients": [],
    }]


def review_instances(events):
    created = next(event for event in events if event.activity == "Create access review")
    ended = next(event for event in events if event.activity == "Access review ended")
    return [{"id": INSTANCE_ID, "startDateTime": iso(created.ticks), "endDateTime": iso(ended.ticks), "status": "Applied", "scope": _scope(),
             "reviewers": [_query("/v1.0/users/%s" % PRIYA.id)], "fallbackReviewers": [_query("/v1.0/users/%s" % NORA.id)]}]


def review_decisions(events, signins, until):
    """The decisions as they stood at a moment; a decision that nobody has taken names a reviewer of zeros."""
    found = []
    for number, guest in enumerate((KARIM, PAULO, LENA, VIKTOR, GRACE), 1):
        taken = applied = None
        for event in events:
            if event.service == "Access Reviews" and event.ticks < clock(until) and event.targets[0]["id"] == guest.id:
                taken, applied = (event, None) if event.activity != "Apply decision" else (taken, event)
        decision = "NotReviewed"
        if taken:
            decision = {"Approve decision": "Approve", "Deny decision": "Deny", "Don't know decision": "DontKnow"}[taken.activity]
        last = [one for one in signins if one.person is guest]
        found.append({
            "id": guid("d003", number), "accessReviewId": INSTANCE_ID, "reviewedDateTime": iso(taken.ticks) if taken else None,
            "decision": decision, "justification": {"Approve": "Works on the spring tender.", "Deny": "Left the supplier."}.get(decision, ""),
            "appliedDateTime": iso(applied.ticks) if applied else None, "applyResult": "AppliedSuccessfully" if applied else "New",
            "recommendation": "Approve" if last else "Deny",
            "principalLink": "https://graph.microsoft.com/v1.0/users/%s" % guest.id,
            "resourceLink": "https://graph.microsoft.com/v1.0/groups/%s" % cast.SUPPLIER_PROJECTS["id"],
            "reviewedBy": {"id": PRIYA.id, "displayName": PRIYA.name, "userPrincipalName": PRIYA.upn} if taken else _NOBODY,
            "appliedBy": {"id": ZERO, "displayName": "Access Reviews", "userPrincipalName": ""} if applied else _NOBODY,
            "resource": {"@odata.type": "#microsoft.graph.accessReviewInstanceDecisionItemResource", "id": cast.SUPPLIER_PROJECTS["id"],
                         "displayName": cast.SUPPLIER_PROJECTS["displayName"], "type": "Group"},
            "principal": {"@odata.type": "#microsoft.graph.userIdentity", "id": guest.id, "displayName": guest.name,
                          "type": "user", "userPrincipalName": guest.upn, "lastUserSignInDateTime": iso(last[0].ticks) if last else ""},
            "insights": [{
                "@odata.type": "#microsoft.graph.userSignInInsight", "id": guid("d004", number), "insightCreatedDateTime": "2026-03-05T00:00:00Z",
                "lastSignInDateTime": iso(last[0].ticks)}] if last and last[0].ticks < clock("Thu 00:00") else [],
        })
    return found


# Calls of the Graph API


def graph_calls(signins):
    """What was asked of Graph with four tokens: the export at night, Nora's portal, and Sunday's stranger with two of them."""
    moments, found = Moments(seeded("graph calls")), []
    thursday = [one for one in signins if clock("Thu 00:00") <= one.ticks < clock("Thu 24:00") and one.resource is cast.GRAPH_API]
    export = next(one for one in thursday if one.kind == "managedIdentity")
    nora = next(one for one in thursday if one.person is NORA)
    sunday = [one for one in signins if one.ip == SPRAY_IP and one.ticks > clock("Sun 00:00") and not one.error and one.resource is cast.GRAPH_API]
    shell = next(one for one in sunday if one.kind == NON_INTERACTIVE)
    sync = next(one for one in sunday if one.kind == PRINCIPAL)
    root = "https://graph.microsoft.com/v1.0/"
    for one, when, method, path, status, size in (
        (export, "Thu 03:00:02", "GET", "auditLogs/directoryAudits?$top=999", 200, 90412),
        (nora, "Thu 14:01:30", "GET", "users/%s" % PAULO.id, 200, 1840),
        (nora, "Thu 14:02:50", "POST", "directoryRoles/%s/members/$ref" % cast.ROLES["Directory Readers"], 204, 0),
        (shell, "Sun 01:12:32", "POST", "applications/%s/addPassword" % LOYALTY_SYNC.object_id, 200, 702),
        (shell, "Sun 01:14:01", "POST", "applications/%s/owners/$ref" % LOYALTY_SYNC.object_id, 204, 0),
        (shell, "Sun 01:15:47", "POST", "directoryRoles/%s/members/$ref" % cast.ROLES["Privileged Role Administrator"], 403, 611),
        (sync, "Sun 02:11:05", "GET", "users?$select=id,displayName,mail,userType&$top=999", 200, 48120),
        (sync, "Sun 02:11:38", "GET", "groups/%s/members" % cast.SUPPLIER_PROJECTS["id"], 200, 5233),
    ):
        number = len(found) + 1
        ticks = moments.at(when)
        app_only = one.person is None
        found.append((ticks, one, {
            "requestId": guid("4000", number), "operationId": guid("4001", number), "clientRequestId": guid("4002", number), "apiVersion": "v1.0",
            "requestMethod": method, "requestUri": root + path, "responseStatusCode": status, "responseSizeBytes": size,
            "durationMs": moments.rng.randrange(200_000, 2_500_000), "ipAddress": one.ip or "192.0.2.42", "userAgent": one.agent or "alder-jobs/1.4",
            "appId": one.app.app_id, "userId": None if app_only else one.person.id,
            "UserPrincipalObjectID": one.app.service_principal_id if app_only else one.person.id,
            "servicePrincipalId": one.app.service_principal_id if app_only else None, "signInActivityId": beta(one)["uniqueTokenIdentifier"],
            "roles": "Directory.Read.All" if app_only else None, "scopes": None if app_only else "Application.ReadWrite.All Directory.Read.All User.Read",
            "wids": guid("e000", 900), "identityProvider": "https://sts.aldercoffee.example/%s/" % cast.TENANT_ID,
            "clientAuthMethod": "2" if one.credential else "0", "tokenIssuedAt": iso(one.ticks), "location": "Norway East", "tenantId": cast.TENANT_ID,
            "timeGenerated": iso(ticks), "atContent": "", "C_Idtyp": "app" if app_only else "user", "C_Iat": str(one.ticks // 10_000_000),
            "C_Sid": beta(one)["sessionId"], "C_DeviceId": beta(one)["deviceDetail"]["deviceId"],
        }))
    return found
