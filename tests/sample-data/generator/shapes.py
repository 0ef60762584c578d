"""How each product writes one event. Nothing here chooses events or touches the disk."""
from __future__ import annotations

from . import cast
from .model import TICKS_PER_SECOND, guid, iso

GRAPH_CONTEXT = "https://graph.microsoft.com/%s/$metadata#auditLogs/directoryAudits"
GRAPH_NEXT = "https://graph.microsoft.com/v1.0/auditLogs/directoryAudits?$skiptoken=%s"
LEGACY_CONTEXT = "https://graph.windows.net/%s/$metadata#activities/audit" % cast.INITIAL_DOMAIN
LEGACY_NEXT = "https://graph.windows.net/%s/activities/audit?api-version=beta&$skiptoken=%%s" % cast.INITIAL_DOMAIN


# Microsoft Graph


def initiated_by(event):
    if event.one_sided:
        both = {"user": event.user, "app": event.app}
        return {key: value for key, value in both.items() if value is not None}
    return {"user": event.user, "app": event.app}


def graph(event, suffix="Z"):
    """Graph v1.0 `directoryAudit`."""
    return {
        "id": event.id,
        "category": event.category,
        "correlationId": event.correlation,
        "result": event.result,
        "resultReason": event.reason,
        "activityDisplayName": event.activity,
        "activityDateTime": iso(event.ticks, suffix),
        "loggedByService": event.service,
        "operationType": event.operation,
        "initiatedBy": initiated_by(event),
        "targetResources": event.targets,
        "additionalDetails": [{"key": key, "value": value} for key, value in event.details],
    }


def portal(event):
    """The portal's JSON download: as v1.0, with the user agent as a field of its own."""
    record = graph(event)
    return dict(list(record.items())[:9] + [("userAgent", event.user_agent)] + list(record.items())[9:])


def beta(event):
    """Graph beta: the user agent, and identifiers that link the event to a sign-in."""
    record = portal(event)
    link = None
    if event.user:
        number = int(event.user["id"][-3:])
        link = {"sessionId": guid("9400", number), "uniqueTokenId": "token-%03d" % number}
    record["initiatedBy"] = dict(record["initiatedBy"], linkableIdentifiers=link)
    return record


def without_nulls(value):
    """What a collector writes that drops empty members."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(member) for member in value]
    return value


def page(records, context, next_link=None):
    body = {"@odata.context": context, "value": records}
    if next_link:
        body["@odata.nextLink"] = next_link
    return body


# Azure AD Graph

_ENTITIES = "#Microsoft.ActiveDirectory.DataService.PublicApi.Model.Reporting.AuditLog."
_ACTIVITY_TYPES = {
    "UserManagement": "User", "GroupManagement": "Group", "ApplicationManagement": "Application", "RoleManagement": "Role",
    "ResourceManagement": "Resource", "KeyManagement": "Key",
}
_LEGACY_SERVICES = {"Core Directory": "Directory"}


def _legacy_actor(event):
    actor = dict.fromkeys(("name", "objectId", "userPrincipalName", "puid", "ipAddress", "servicePrincipalName"))
    if event.user:
        user = event.user
        actor.update(name=user["displayName"], objectId=user["id"], userPrincipalName=user["userPrincipalName"],
                     puid="1003%012d" % int(user["id"][-3:]), ipAddress=user["ipAddress"])
        return dict({"@odata.type": _ENTITIES + "ActorUserEntity"}, **actor), "User"
    if event.app:
        app = event.app
        actor.update(name=app["displayName"], objectId=app["servicePrincipalId"], servicePrincipalName=app["servicePrincipalName"])
        return dict({"@odata.type": _ENTITIES + "ActorApplicationEntity"}, **actor), "Application"
    return None, None


def _legacy_target(item):
    return {
        "@odata.type": _ENTITIES + "TargetResource%sEntity" % item["type"],
        "name": item["displayName"],
        "objectId": item["id"],
        "targetResourceType": item["type"],
        "userPrincipalName": item["userPrincipalName"],
        "puid": None,
        "servicePrincipalName": None,
        "additionalDetails": None,
        "modifiedProperties": [
            {"name": change["displayName"], "oldValue": change["oldValue"], "newValue": change["newValue"]}
            for change in item["modifiedProperties"]
        ],
    }


def legacy(event):
    """Azure AD Graph `activities/audit`: here `category` is the service, and the category is `activityType`."""
    actor, actor_type = _legacy_actor(event)
    return {
        "id": event.id,
        "activity": event.activity,
        "activityDate": iso(event.ticks),
        "activityDateInMillis": event.ticks * 1000 // TICKS_PER_SECOND,
        "activityType": _ACTIVITY_TYPES.get(event.category, event.category),
        "activityOperationType": event.operation,
        "activityResultStatus": event.result.capitalize(),
        "activityResultDescription": event.reason,
        "category": _LEGACY_SERVICES.get(event.service, event.service),
        "actor": actor,
        "actorType": actor_type,
        "targets": [_legacy_target(item) for item in event.targets],
        "additionalDetails": [{"name": key, "value": value} for key, value in event.details],
        "correlationId": event.correlation,
        "componentOrSource": None,
        "domainName": cast.INITIAL_DOMAIN,
        "tenantId": cast.TENANT_ID,
        "tenantName": cast.TENANT_NAME,
        "tenantGeolocation": None,
    }


# The portal's CSV

CSV_TARGETS, CSV_CHANGES, CSV_DETAILS = 3, 5, 6


def csv_header():
    names = ["Date (UTC)", "CorrelationId", "Service", "Category", "Activity", "Result", "ResultReason", "User Agent", "ActorType",
             "ActorDisplayName", "ActorObjectId", "ActorUserPrincipalName", "IPAddress", "ActorHomeTenantId", "ActorHomeTenantName",
             "ActorServicePrincipalId", "ActorServicePrincipalName"]
    for n in range(1, CSV_TARGETS + 1):
        names += ["Target%d%s" % (n, part) for part in ("Type", "DisplayName", "ObjectId", "UserPrincipalName")]
        for m in range(1, CSV_CHANGES + 1):
            names += ["Target%dModifiedProperty%d%s" % (n, m, part) for part in ("Name", "OldValue", "NewValue")]
    for k in range(1, CSV_DETAILS + 1):
        names += ["AdditionalDetail%dKey" % k, "AdditionalDetail%dValue" % k]
    return names


def csv_row(event):
    """86 cells; what does not fit is dropped without a sign, as the portal does."""
    user, app = event.user or {}, event.app or {}
    actor_type = "User" if event.user else "Application" if event.app else ""
    cells = [iso(event.ticks - event.ticks % TICKS_PER_SECOND), event.correlation, event.service, event.category, event.activity,
             event.result, event.reason, event.user_agent, actor_type, user.get("displayName") or app.get("displayName"), user.get("id"),
             user.get("userPrincipalName"), user.get("ipAddress"), user.get("homeTenantId"), user.get("homeTenantName"),
             app.get("servicePrincipalId"), app.get("servicePrincipalName")]
    for n in range(CSV_TARGETS):
        item = event.targets[n] if n < len(event.targets) else {}
        cells += [item.get("type"), item.get("displayName"), item.get("id"), item.get("userPrincipalName")]
        changes = item.get("modifiedProperties", [])
        for m in range(CSV_CHANGES):
            change = changes[m] if m < len(changes) else {}
            cells += [change.get("displayName"), change.get("oldValue"), change.get("newValue")]
    for k in range(CSV_DETAILS):
        cells += list(event.details[k]) if k < len(event.details) else [None, None]
    return ["" if cell is None else str(cell) for cell in cells]
