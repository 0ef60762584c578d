"""Azure Monitor: what diagnostic settings send to a storage account or an event hub."""
from __future__ import annotations

import json

from . import cast, identity, shapes, signins
from .cast import MATEO, NORA
from .model import TICKS_PER_SECOND, guid, iso
from .signins import INTERACTIVE, MANAGED, NON_INTERACTIVE, PRINCIPAL

RESOURCE = "/tenants/%s/providers/Microsoft.aadiam" % cast.TENANT_ID
CATEGORIES = {INTERACTIVE: "SignInLogs", NON_INTERACTIVE: "NonInteractiveUserSignInLogs", PRINCIPAL: "ServicePrincipalSignInLogs",
              MANAGED: "ManagedIdentitySignInLogs"}


def us_time(ticks, comma="", decimals=False):
    """`3/5/2026 6:40:10 AM`: no zone is written, and UTC is meant."""
    text = iso(ticks)
    year, month, day = (int(part) for part in text[:10].split("-"))
    hour, rest = int(text[11:13]), text[13:19]
    if decimals:
        rest += ".%03d" % (ticks % TICKS_PER_SECOND // 10_000)
    return "%d/%d/%d%s %d%s %s" % (month, day, year, comma, hour % 12 or 12, rest, "AM" if hour < 12 else "PM")


def _record(time, category, operation, correlation, properties, **more):
    record = {
        "time": time, "resourceId": RESOURCE, "operationName": operation, "operationVersion": "1.0", "category": category,
        "tenantId": cast.TENANT_ID, "resultSignature": "None", "durationMs": 0, "callerIpAddress": None, "correlationId": correlation,
        "Level": 4, "properties": properties,
    }
    record.update(more)
    return {key: value for key, value in record.items() if value is not None}


def audit(event):
    """Only the half of `initiatedBy` that acted is there; the targets know administrative units."""
    properties = shapes.portal(event)
    properties["initiatedBy"] = {key: value for key, value in (("user", event.user), ("app", event.app)) if value}
    properties["targetResources"] = [dict(item, administrativeUnits=[]) for item in event.targets]
    ip = (event.user or {}).get("ipAddress")
    return _record(iso(event.ticks), "AuditLogs", event.activity, event.correlation, properties, callerIpAddress=ip or None,
                   identity=(event.user or {}).get("userPrincipalName") or (event.app or {}).get("displayName"))


def signin_properties(one):
    properties = signins.beta(one)
    properties["appliedConditionalAccessPolicies"] = [
        dict(policy, conditionsSatisfied=signins.SATISFIED[policy["conditionsSatisfied"]],
             conditionsNotSatisfied=signins.SATISFIED[policy["conditionsNotSatisfied"]]) for policy in one.policies
    ]
    return dict(properties, tenantId=cast.TENANT_ID, rngcStatus=0, ssoExtensionVersion="")


def signin(one, american=False):
    time = us_time(one.ticks) if american else iso(one.ticks)
    return _record(
        time, CATEGORIES[one.kind], "Sign-in activity", one.correlation, signin_properties(one), resultType=str(one.error),
        resultDescription=one.reason, callerIpAddress=one.ip, location=one.place[2] or None,
        identity=one.person.name if one.person else one.app.name, durationMs="0" if american else 0,
    )


def provisioning(record):
    return _record(record["activityDateTime"], "ProvisioningLogs", "Provisioning activity", record["changeId"],
                   identity.provisioning_diagnostic(record), resultType=record["provisioningStatusInfo"]["status"].capitalize(),
                   durationMs=str(record["durationInMilliseconds"]), Level="Informational")


def risk_event(record, ticks):
    record = dict(record, riskType=record["riskEventType"])
    return _record(us_time(ticks), "UserRiskEvents", "User Risk Detection", record["id"], record, callerIpAddress=record["ipAddress"],
                   identity=record["userDisplayName"].lower(), resultSignature="None", durationMs="0", Level="4")


def risky_user(record, ticks):
    return _record(us_time(ticks), "RiskyUsers", "Risky user", record["id"], record, identity=record["userDisplayName"].lower(), durationMs="0")


def graph_call(ticks, one, properties):
    record = _record(iso(ticks), "MicrosoftGraphActivityLogs", "Microsoft Graph Activity", properties["requestId"], properties,
                     resultSignature=str(properties["responseStatusCode"]), durationMs=str(properties["durationMs"]),
                     callerIpAddress=properties["ipAddress"], location=properties["location"])
    record["resourceId"] = RESOURCE.upper()
    record["level"] = str(record.pop("Level"))
    return record


# Neighbours that are not of Entra ID


def intune():
    """Intune writes a category of the same name into the same hub."""
    return {
        "time": "2026-03-03T13:05:10.1140000Z", "tenantId": cast.TENANT_ID, "category": "AuditLogs", "operationName": "Patch DeviceConfiguration",
        "resultType": "Success", "resultDescription": "None", "correlationId": guid("3000", 1), "identity": MATEO.upn,
        "properties": {
            "ActivityDate": "3/3/2026 1:05:10 PM", "ActivityResultStatus": 1, "ActivityType": 3,
            "Actor": {"ActorType": 1, "Application": guid("b000", 909), "ApplicationName": "Device portal", "IsDelegatedAdmin": False, "Name": None,
                      "ObjectId": MATEO.id, "PartnerTenantId": None, "UserPermissions": ["*"], "UPN": MATEO.upn},
            "AdditionalDetails": "", "AuditEventId": guid("3001", 1), "Category": 4, "RelationId": None,
            "TargetDisplayNames": ["Store tablets"], "TargetObjectIds": [guid("3002", 1)],
            "Targets": [{"ModifiedProperties": [{"Name": "ScreenLockMinutes", "Old": "5", "New": "15"}], "Name": "Store tablets"}],
        },
    }


def azure_activity():
    return {
        "time": "2026-03-03T13:06:44.9021187Z", "resourceId": signins.NIGHTLY_EXPORT_RESOURCE.upper(),
        "operationName": "MICROSOFT.LOGIC/WORKFLOWS/WRITE", "category": "Administrative", "resultType": "Success", "resultSignature": "Succeeded.",
        "durationMs": 412, "callerIpAddress": MATEO.ip, "correlationId": guid("3000", 2),
        "identity": {"claims": {"name": MATEO.name, "aud": "https://management.aldercoffee.example/"}}, "level": "Information",
        "properties": {"statusCode": "OK", "serviceRequestId": None, "eventCategory": "Administrative"},
    }


# 2018


def early_days():
    """The tenant's first administrator in March 2018, before the records had ids: lists joined with two underscores."""

    def record(time, operation, kind, category, names, values, identity=NORA.upn, identity_type="UPN", **more):
        properties = {"identityType": identity_type, "operationType": kind, "additionalDetails": "None", "additionalTargets": "",
                      "targetUpdatedProperties": "", "targetResourceType": "__".join(names), "targetResourceName": "__".join(values),
                      "auditEventCategory": category}
        properties.update(more.pop("properties", {}))
        body = {"time": time, "operationName": operation, "operationVersion": "1.0", "category": "Audit", "tenantId": cast.TENANT_ID,
                "resultType": "Success", "resultSignature": "-1", "resultDescription": "None", "durationMs": "-1", "callerIpAddress": "<null>",
                "correlationId": None, "identity": identity, "Level": "Informational", "location": "NEU", "properties": properties}
        body.update(more)
        return body

    user = ["UPN", "TenantContextID", "PUID", "ObjectID", "ObjectClass"]
    mateo = [MATEO.upn, cast.TENANT_ID, "1003%012d" % 102, MATEO.id, "User"]
    return [
        record("2018-03-14T08:02:11.4471902Z", "Add user", "Add", "UserManagement", user, mateo, correlationId=guid("9002", 1), properties={
            "targetUpdatedProperties": [
                {"Name": "AccountEnabled", "OldValue": "[]", "NewValue": "[\r\n  true\r\n]"},
                {"Name": "OtherMails", "OldValue": "[]", "NewValue": '["mateo@post.example;m.ruiz@post.example"]'},
            ], "additionalDetails": {"UserType": "Member"}}),
        record("2018-03-14T08:05:37.0915544Z", "Add member to role", "Assign", "RoleManagement",
               ["RoleName", "RoleObjectID", "TenantContextID", "ObjectClass"],
               ["Application Developer", cast.ROLES["Application Developer"], cast.TENANT_ID, "Role"], correlationId=guid("9002", 2),
               properties={"additionalTargets": MATEO.upn}),
        record("2018-03-14T08:31:59.2200371Z", "Change password (self-service)", "Update", "UserManagement", user, mateo, identity="NA",
               identity_type="NA", correlationId=guid("9002", 3), resultType="Failure", resultDescription="The old password was not right."),
    ]


def lines(records):
    return "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records).encode("utf-8")
