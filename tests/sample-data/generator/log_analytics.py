"""Rows of a Log Analytics workspace and the ways in which they leave it."""
from __future__ import annotations

import json

from . import cast, identity, monitor, signins
from .files import csv_bytes
from .model import TICKS_PER_SECOND, guid, iso
from .signins import MANAGED, PRINCIPAL

# A column `TenantId` is the workspace, not the directory.
WORKSPACE = guid("8001", 1)


class Time(int):
    """Ticks, in a cell of type datetime."""


def milliseconds(ticks):
    return iso(ticks - ticks % (TICKS_PER_SECOND // 1000))


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _common(ticks, table, operation, category, correlation, **more):
    row = {"TenantId": WORKSPACE, "SourceSystem": "Azure AD", "TimeGenerated": Time(ticks), "OperationName": operation, "OperationVersion": "1.0",
           "Category": category, "CorrelationId": correlation}
    row.update(more)
    row["Type"] = table
    return row


_RESOURCE = {"ResourceId": monitor.RESOURCE, "Resource": "Microsoft.aadiam", "ResourceGroup": "Microsoft.aadiam", "ResourceProvider": None}


def audit(event):
    """Details with the value before the key, and only the half of `InitiatedBy` that acted."""
    return _common(
        event.ticks, "AuditLogs", event.activity, event.category, event.correlation, **_RESOURCE,
        ResultType=None, ResultSignature="None", ResultDescription=None, DurationMs=0, Identity=(event.app or {}).get("displayName"), Level="4",
        Location=None, AdditionalDetails=[{"value": value, "key": key} for key, value in event.details], Id=event.id,
        InitiatedBy={key: value for key, value in (("user", event.user), ("app", event.app)) if value}, LoggedByService=event.service,
        Result=event.result, ResultReason=event.reason, TargetResources=[dict(item, administrativeUnits=[]) for item in event.targets],
        AADTenantId=cast.TENANT_ID, ActivityDisplayName=event.activity, ActivityDateTime=Time(event.ticks), AADOperationType=event.operation,
    )


def signin(one):
    """SigninLogs: nested cells are dynamic; `Location` is the country, `ResourceIdentity` the resource."""
    record = monitor.signin_properties(one)
    return _common(
        one.ticks, "SigninLogs", "Sign-in activity", "SignInLogs", one.correlation, **_RESOURCE, ResultType=str(one.error), ResultSignature="None",
        ResultDescription=one.reason, DurationMs=0, Identity=one.person.name, Level="4", Location=one.place[2], AlternateSignInName=None,
        AppDisplayName=one.app.name, AppId=one.app.app_id, AuthenticationDetails=record["authenticationDetails"], AuthenticationMethodsUsed="",
        AuthenticationProcessingDetails=record["authenticationProcessingDetails"], AuthenticationRequirement=record["authenticationRequirement"],
        AuthenticationRequirementPolicies=record["authenticationRequirementPolicies"], ClientAppUsed=record["clientAppUsed"],
        ConditionalAccessPolicies=record["appliedConditionalAccessPolicies"], ConditionalAccessStatus=one.conditional_access,
        CreatedDateTime=Time(one.ticks), DeviceDetail=record["deviceDetail"], FlaggedForReview=False, HomeTenantId=record["homeTenantId"], Id=one.id,
        IPAddress=one.ip, IPAddressFromResourceProvider="", IsInteractive=one.kind == signins.INTERACTIVE, IsRisky=None,
        LocationDetails=record["location"], MfaDetail=record["mfaDetail"] or {}, NetworkLocationDetails=compact(record["networkLocationDetails"]),
        OriginalRequestId=one.id, ProcessingTimeInMilliseconds=str(one.processing), ResourceDisplayName=one.resource.name,
        ResourceIdentity=one.resource.app_id, ResourceTenantId=cast.TENANT_ID, RiskDetail="none", RiskEventTypes=compact(record["riskEventTypes"]),
        RiskEventTypes_V2=compact(record["riskEventTypes_v2"]), RiskLevelAggregated=one.risk, RiskLevelDuringSignIn=one.risk,
        RiskState=record["riskState"], ServicePrincipalId="", ServicePrincipalName="", SignInIdentifier=record["signInIdentifier"],
        SignInIdentifierType="", Status=record["status"], TokenIssuerName="", TokenIssuerType="AzureAD", UserAgent=one.agent,
        UserDisplayName=one.person.name, UserId=one.person.id, UserPrincipalName=record["userPrincipalName"],
        UserType=(record["userType"] or "").capitalize(), AADTenantId=cast.TENANT_ID,
    )


def silent_signin(one):
    """AADNonInteractiveUserSignInLogs: the same idea, with every nested cell as text."""
    record, row = monitor.signin_properties(one), signin(one)
    for name in ("ResourceId", "Resource", "ResourceProvider"):
        del row[name]
    row = {name: compact(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}
    row.update(
        Category="NonInteractiveUserSignInLogs", AppOwnerTenantId=record["appOwnerTenantId"], AutonomousSystemNumber=str(record["autonomousSystemNumber"]),
        CrossTenantAccessType=record["crossTenantAccessType"], HomeTenantName=record["homeTenantName"], IncomingTokenType=record["incomingTokenType"],
        ProcessingTimeInMs=str(one.processing), ResourceOwnerTenantId=record["resourceOwnerTenantId"], SessionId=record["sessionId"],
        SessionLifetimePolicies="[]", SignInEventTypes=compact([one.kind]), TokenProtectionStatusDetails=compact(record["tokenProtectionStatusDetails"]),
        UniqueTokenIdentifier=record["uniqueTokenIdentifier"], Type="AADNonInteractiveUserSignInLogs",
    )
    return row


def principal_signin(one):
    table = {PRINCIPAL: "AADServicePrincipalSignInLogs", MANAGED: "AADManagedIdentitySignInLogs"}[one.kind]
    record = monitor.signin_properties(one)
    return _common(
        one.ticks, table, "Sign-in activity", monitor.CATEGORIES[one.kind], one.correlation, AppId=one.app.app_id, DurationMs=0, Id=one.id,
        Identity=one.app.name, IPAddress=one.ip or "", Level="4", Location=one.place[2], LocationDetails=compact(record["location"]),
        ResourceDisplayName=one.resource.name, ResourceGroup="Microsoft.aadiam", ResourceIdentity=one.resource.app_id, ResultDescription=one.reason,
        ResultSignature="None", ResultType=str(one.error), ServicePrincipalId=record["servicePrincipalId"],
        ServicePrincipalName=record["servicePrincipalName"], ServicePrincipalCredentialKeyId=record["servicePrincipalCredentialKeyId"] or "",
        UniqueTokenIdentifier=record["uniqueTokenIdentifier"],
    )


def _pascal(name):
    return name[0].upper() + name[1:]


def provisioning(record, ticks):
    nested = {_pascal(key): compact(value) if isinstance(value, (dict, list)) else value
              for key, value in identity.provisioning_diagnostic(record).items() if key not in ("id", "tenantId", "activityDateTime")}
    return _common(ticks, "AADProvisioningLogs", "Provisioning activity", "ProvisioningLogs", record["changeId"], AADTenantId=cast.TENANT_ID,
                   Id=record["id"], ActivityDateTime=Time(ticks), **nested)


def risk_event(record, ticks, activity_ticks):
    names = ("activity additionalInfo detectionTimingType id ipAddress location requestId riskDetail riskEventType riskLevel riskState source "
             "tokenIssuerType userDisplayName userId userPrincipalName").split()
    row = {"IpAddress" if name == "ipAddress" else _pascal(name): record[name] for name in names}
    row["AdditionalInfo"] = json.loads(record["additionalInfo"])
    return _common(ticks, "AADUserRiskEvents", "User Risk Detection", "UserRiskEvents", record["correlationId"], ActivityDateTime=Time(activity_ticks),
                   DetectedDateTime=Time(ticks), LastUpdatedDateTime=Time(ticks), **row)


def risky_user(record, ticks):
    row = {_pascal(key): value for key, value in record.items()}
    row["RiskLastUpdatedDateTime"] = Time(ticks)
    return _common(ticks, "AADRiskyUsers", "Risky user", "RiskyUsers", record["id"], **row)


def graph_call(ticks, one, properties):
    names = ("apiVersion appId clientRequestId location operationId requestId requestMethod requestUri responseSizeBytes responseStatusCode roles "
             "scopes servicePrincipalId signInActivityId userAgent userId wids durationMs identityProvider").split()
    row = {_pascal(name): properties[name] for name in names}
    row.update(AadTenantId=cast.TENANT_ID, ATContent="", ClientAuthMethod=int(properties["clientAuthMethod"]), DeviceId=properties["C_DeviceId"],
               IPAddress=properties["ipAddress"], SessionId=properties["C_Sid"], TokenIssuedAt=Time(one.ticks),
               UniqueTokenId=properties["signInActivityId"])
    return dict({"TenantId": WORKSPACE, "SourceSystem": None, "TimeGenerated": Time(ticks)}, **dict(row, Type="MicrosoftGraphActivityLogs"))


# The ways out


def _kind(values, integer="long"):
    present = [value for value in values if value is not None]
    for type_, name in ((Time, "datetime"), (bool, "bool"), ((dict, list), "dynamic"), (int, integer)):
        if present and all(isinstance(value, type_) for value in present):
            return name
    return "string"


def _cell(value, nested_as_text=True):
    if isinstance(value, Time):
        return milliseconds(value)
    if isinstance(value, (dict, list)) and nested_as_text:
        return compact(value)
    return value


def query(rows, integer="long"):
    """The query API: tables of columns and rows; a dynamic cell is JSON text."""
    names = list(rows[0])
    columns = [{"name": name, "type": _kind([row[name] for row in rows], integer)} for name in names]
    table = {"name": "PrimaryResult", "columns": columns, "rows": [[_cell(row[name]) for name in names] for row in rows]}
    return compact({"tables": [table]}).encode("utf-8")


def row_lines(rows):
    """One row a line; empty cells are left out."""
    return "".join(compact({name: _cell(value) for name, value in row.items() if value is not None}) + "\n" for row in rows).encode("utf-8")


def string_objects(rows):
    """The command line tool: an array of objects whose values are all text."""

    def text(value):
        value = _cell(value)
        return "" if value is None else str(value)

    return (json.dumps([{name: text(value) for name, value in row.items()} for row in rows], ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def portal_csv(rows, split=(), shouting=False):
    """The portal's export: `[UTC]` in the names of times; a column of mixed types comes as `_dynamic` and `_string`."""

    def cell(value):
        if isinstance(value, Time):
            return monitor.us_time(value, comma=",", decimals=True)
        if isinstance(value, bool):
            return str(value).upper() if shouting else str(value).lower()
        value = _cell(value)
        return "" if value is None else str(value)

    header, cells = [], [[] for _ in rows]
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in split:
            # What an application did was text when it came in, so it stays text.
            texts = [isinstance(value, dict) and "user" not in value for value in values]
            header += [name + "_dynamic", name + "_string"]
            for line, value, is_text in zip(cells, values, texts):
                line += ["", cell(value)] if is_text else [cell(value), ""]
        else:
            header.append(name + " [UTC]" if _kind(values) == "datetime" else name)
            for line, value in zip(cells, values):
                line.append(cell(value))
    return csv_bytes(header, cells)


def pandas_csv(rows):
    """A data frame of Python written as CSV: nested cells in Python's own notation."""

    def cell(value):
        if isinstance(value, Time):
            return iso(value - value % TICKS_PER_SECOND)[:-1].replace("T", " ") + ".%03d000" % (value % TICKS_PER_SECOND // 10_000)
        return "" if value is None else repr(value) if isinstance(value, (dict, list)) else str(value)

    header = [""] + list(rows[0])
    text = csv_bytes(header, [[str(n)] + [cell(value) for value in row.values()] for n, row in enumerate(rows)], bom="").decode("utf-8")
    first, rest = text.split("\r\n", 1)
    return (first.replace('"', "") + "\n" + rest.replace("\r\n", "\n")).encode("utf-8")
