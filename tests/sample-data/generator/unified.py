"""The unified audit log: the same changes and sign-ins as Microsoft 365 tells them, with ids of its own."""
from __future__ import annotations

import json

from . import cast, signins
from .cast import INES, NORA, PRIYA
from .files import BOM, compact, csv_bytes, pretty
from .model import TICKS_PER_SECOND, clock, guid, iso
from .monitor import us_time

DIRECTORY, LOGON = 8, 15
RECORD_TYPES = {DIRECTORY: "AzureActiveDirectory", LOGON: "AzureActiveDirectoryStsLogon", 2: "ExchangeItem", 6: "SharePointFileOperation"}


class Entry:
    """One record: AuditData, and what the wrapper repeats of it."""

    def __init__(self, ticks, data):
        self.ticks, self.data = ticks, data
        self.id, self.operation, self.user = data["Id"], data["Operation"], data["UserId"]
        self.type = data["RecordType"]
        self.empty = False

    @property
    def foreign(self):
        return self.data["Workload"] != "AzureActiveDirectory"


def _time(ticks):
    """No zone and no decimals; UTC is meant."""
    return iso(ticks - ticks % TICKS_PER_SECOND)[:19]


def _value(text):
    """Graph's JSON text, as this log writes it: a bare string without its quotes, a list on three lines."""
    if text is None:
        return ""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\r\n") if value else "[]"


def _identity(item):
    """Each thing is named several times: object id, prefixed id, class, display name, user principal name."""
    kind = {"User": "User", "Application": "Application", "ServicePrincipal": "ServicePrincipal"}.get(item["type"], item["type"])
    found = [{"ID": "%s_%s" % (kind, item["id"]), "Type": 2}, {"ID": item["id"], "Type": 2}, {"ID": kind, "Type": 2}]
    if item["userPrincipalName"]:
        found.append({"ID": item["userPrincipalName"], "Type": 5})
        found.append({"ID": "1003%012d" % int(item["id"][-3:]), "Type": 3})
    if item["displayName"]:
        found.append({"ID": item["displayName"], "Type": 1})
    return found


def _change(number, event):
    user, app = event.user or {}, event.app or {}
    who = user.get("userPrincipalName") or app.get("servicePrincipalId") or ""
    if user:
        actor = [{"ID": who, "Type": 5}, {"ID": "1003%012d" % int(user["id"][-3:]), "Type": 3}, {"ID": "User_%s" % user["id"], "Type": 2},
                 {"ID": user["id"], "Type": 2}, {"ID": "User", "Type": 2}]
    else:
        actor = [{"ID": app.get("displayName") or "", "Type": 1}, {"ID": app.get("appId") or "", "Type": 2},
                 {"ID": "ServicePrincipal_%s" % app.get("servicePrincipalId"), "Type": 2}, {"ID": "ServicePrincipal", "Type": 2}]
    # The full stop is the log's own; a name that ends with a space does not get one.
    operation = event.activity if event.activity.endswith(" ") else event.activity + "."
    details = {key: value for key, value in event.details}
    ip, puid = user.get("ipAddress"), int(user["id"][-3:]) if user else 0
    data = {
        "CreationTime": _time(event.ticks), "Id": guid("7000", number), "Operation": operation, "OrganizationId": cast.TENANT_ID, "RecordType": DIRECTORY,
        "ResultStatus": "Success" if event.result == "success" else "Failure", "UserKey": "1003%012d@%s" % (puid, cast.INITIAL_DOMAIN),
        "UserType": 0 if user else 4, "Version": 1, "Workload": "AzureActiveDirectory",
        "ObjectId": event.targets[0]["userPrincipalName"] or event.targets[0]["id"], "UserId": who or "ServicePrincipal_%s" % app.get("servicePrincipalId"),
        "AzureActiveDirectoryEventType": 1,
        "ExtendedProperties": [{"Name": "additionalDetails", "Value": compact(details)},
                               {"Name": "extendedAuditEventCategory", "Value": event.category.replace("Management", "")}],
        "ModifiedProperties": [{"Name": change["displayName"], "NewValue": _value(change["newValue"]), "OldValue": _value(change["oldValue"])}
                               for item in event.targets for change in item["modifiedProperties"]],
        "Actor": actor, "ActorContextId": cast.TENANT_ID, "InterSystemsId": event.correlation, "IntraSystemId": guid("7001", number),
        "SupportTicketId": "", "Target": _identity(event.targets[0]), "TargetContextId": cast.TENANT_ID,
    }
    if ip and ip != "<null>":
        data["ClientIP"] = data["ActorIpAddress"] = "%s:%d" % (ip, 50100 + number) if number % 3 == 0 else ip
    return Entry(event.ticks, data)


def _logon(one):
    """A refused sign-in says `Success` all the same: the operation and the error number are to be believed."""
    record = signins.beta(one)
    data = {
        "CreationTime": _time(one.ticks), "Id": one.id, "Operation": "UserLoginFailed" if one.error else "UserLoggedIn",
        "OrganizationId": cast.TENANT_ID, "RecordType": LOGON, "ResultStatus": "Success", "UserKey": one.person.id, "UserType": 0, "Version": 1,
        "Workload": "AzureActiveDirectory", "ClientIP": one.ip, "ObjectId": one.resource.app_id, "UserId": record["userPrincipalName"],
        "AzureActiveDirectoryEventType": 1,
        "ExtendedProperties": [{"Name": "ResultStatusDetail", "Value": "UserError" if one.error else "Success"},
                               {"Name": "UserAgent", "Value": one.agent}, {"Name": "RequestType", "Value": "Login:login"}],
        "ModifiedProperties": [], "Actor": [{"ID": one.person.id, "Type": 0}, {"ID": one.person.upn, "Type": 5}], "ActorContextId": cast.TENANT_ID,
        "ActorIpAddress": one.ip, "InterSystemsId": one.correlation, "IntraSystemId": one.id, "SupportTicketId": "",
        "Target": [{"ID": one.resource.app_id, "Type": 0}], "TargetContextId": cast.TENANT_ID, "ApplicationId": one.app.app_id,
        "DeviceProperties": [{"Name": "OS", "Value": record["deviceDetail"]["operatingSystem"]},
                             {"Name": "BrowserType", "Value": record["deviceDetail"]["browser"].split(" ")[0]},
                             {"Name": "SessionId", "Value": record["sessionId"]}],
        "ErrorNumber": str(one.error),
    }
    if one.error:
        data["LogonError"] = "InvalidUserNameOrPassword" if one.error == 50126 else "UserDisabled"
    return Entry(one.ticks, data)


def _neighbours():
    def entry(when, number, kind, operation, workload, person, **more):
        data = {"CreationTime": _time(clock(when)), "Id": guid("7002", number), "Operation": operation, "OrganizationId": cast.TENANT_ID,
                "RecordType": kind, "ResultStatus": "Succeeded", "UserKey": "1003%012d" % int(person.id[-3:]), "UserType": 0, "Version": 1,
                "Workload": workload, "ClientIP": person.ip, "UserId": person.upn}
        data.update(more)
        return Entry(clock(when), data)

    return [
        entry("Tue 09:15:30", 1, 2, "MailItemsAccessed", "Exchange", NORA, MailboxOwnerUPN=NORA.upn, MailboxGuid=guid("7003", 1), ExternalAccess=False),
        entry("Tue 10:20:11", 2, 6, "FileDownloaded", "SharePoint", PRIYA, ObjectId="https://files.aldercoffee.example/projects/tender.xlsx",
              ItemType="File", SiteUrl="https://files.aldercoffee.example/projects/", SourceFileName="tender.xlsx"),
    ]


WANTED = ("Add service principal", "Consent to application", "Add delegated permission grant", "Add member to role", "Add eligible member to role",
          "Update application \u2013 Certificates and secrets management ", "Disable account", "Enable account", "Remove member from role", "Delete user")


def entries(events, people):
    changes = [event for event in events if event.service == "Core Directory" and event.activity in WANTED]
    found = [_change(number, event) for number, event in enumerate(changes, 1)]
    logons = [one for one in people if one.kind == signins.INTERACTIVE and one.number
              and (one.person is NORA or one.ip == signins.SPRAY_IP or one.error == 50057)]
    found += [_logon(one) for one in logons] + _neighbours()
    found.sort(key=lambda entry: entry.ticks)
    return found


def empty_entry():
    """AuditData was lost on the way; the wrapper still says who, when and what."""
    when = clock("Wed 09:30:02")
    entry = Entry(when, {"Id": guid("7000", 999), "Operation": "Update user.", "UserId": INES.upn, "RecordType": DIRECTORY, "Workload": "AzureActiveDirectory"})
    entry.empty = True
    return entry


# The ways out

WRAPPER = ["PSComputerName", "RunspaceId", "PSShowComputerName", "RecordType", "CreationDate", "UserIds", "Operations", "AuditData", "ResultIndex",
           "ResultCount", "Identity", "IsValid", "ObjectState"]


def _slashes(text):
    return text.replace("/", "\\/")


def search_csv(found):
    rows = [["outlook.aldercoffee.example", guid("7004", 1), "False", RECORD_TYPES[entry.type], us_time(entry.ticks), entry.user, entry.operation,
             "" if entry.empty else _slashes(compact(entry.data)), str(n), str(len(found)), entry.id, "True", "Unchanged"]
            for n, entry in enumerate(found, 1)]
    return csv_bytes(WRAPPER, rows, everything=True)


def search_json(found):
    """The collector's JSON: the same wrapper, with AuditData an object."""
    records = [{"RecordType": RECORD_TYPES[entry.type], "CreationDate": iso(entry.ticks - entry.ticks % TICKS_PER_SECOND), "UserIds": entry.user,
                "Operations": entry.operation, "AuditData": entry.data, "ResultIndex": n, "ResultCount": len(found), "Identity": entry.id,
                "IsValid": True, "ObjectState": "Unchanged"} for n, entry in enumerate(found, 1)]
    return (BOM + pretty(records, "\r\n") + "\r\n").encode("utf-8")


def bare(found):
    return "".join(compact(entry.data) + "\n" for entry in found).encode("utf-8")


def purview_csv(found):
    header = ["RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData", "AssociatedAdminUnits", "AssociatedAdminUnitsNames"]
    rows = [[entry.id, _time(entry.ticks) + ".0000000Z", str(entry.type), entry.operation, entry.user, compact(entry.data), "", ""] for entry in found]
    return csv_bytes(header, rows)
