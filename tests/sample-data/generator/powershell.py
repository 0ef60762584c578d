"""What PowerShell makes of the records of its Graph module: whole, cut at a depth, flattened, and merged from pages."""
from __future__ import annotations

from . import shapes
from .files import BOM, compact, csv_bytes, pretty
from .model import TICKS_PER_SECOND
from .monitor import us_time

MODELS = "Microsoft.Graph.PowerShell.Models.MicrosoftGraph"
DICTIONARY = "System.Collections.Generic.Dictionary`2[System.String,System.Object]"


def _pascal(value):
    """Names with capitals, and an empty AdditionalProperties in every object."""
    if isinstance(value, dict):
        members = {key[0].upper() + key[1:]: _pascal(member) for key, member in value.items()}
        return dict(members, AdditionalProperties={})
    if isinstance(value, list):
        return [_pascal(member) for member in value]
    return value


def _date(ticks, zone=""):
    return "/Date(%d%s)/" % (ticks * 1000 // TICKS_PER_SECOND, zone)


def _escaped(text):
    """Windows PowerShell escapes the slashes of a date and of nothing else."""
    return text.replace('"/Date(', '"\\/Date(').replace(')/"', ')\\/"')


def record(event, time=None):
    found = _pascal(shapes.graph(event))
    found["ActivityDateTime"] = time or _date(event.ticks)
    found["InitiatedBy"] = {"App": found["InitiatedBy"].get("App"), "User": found["InitiatedBy"].get("User"), "AdditionalProperties": {}}
    for detail in found["AdditionalDetails"]:
        del detail["AdditionalProperties"]
    return found


def whole(events):
    """The first time is an object: so Windows PowerShell writes a date that came from Get-Date."""
    records = [record(event) for event in events]
    first = events[0]
    clock_time = us_time(first.ticks).split(" ", 1)[1]
    records[0]["ActivityDateTime"] = {"value": _date(first.ticks), "DisplayHint": 2, "DateTime": "Wednesday, March 4, 2026 %s" % clock_time}
    return (BOM + _escaped(pretty(records, "\r\n")) + "\r\n").encode("utf-8")


def _hash_text(value):
    """`@{Id=..; DisplayName=..}`: no quotes, no escapes, no end that could be told from a value."""
    if isinstance(value, dict):
        return "@{%s}" % "; ".join("%s=%s" % (key, _hash_text(member)) for key, member in value.items())
    if isinstance(value, list):
        return "System.Object[]"
    return "" if value is None else str(value)


def _without_additional(value):
    return {key: member for key, member in value.items() if key != "AdditionalProperties"}


def truncated(events):
    """ConvertTo-Json without -Depth. The last record came straight from the module, so there are only names of types."""
    records = []
    for place, event in enumerate(events):
        found = record(event, _date(event.ticks, "+0100") if place == 1 else None)
        if place == len(events) - 1:
            who = {"App": MODELS + "AppIdentity" if event.app else None, "User": MODELS + "AuditUserIdentity" if event.user else None}
            found["InitiatedBy"] = dict(who, AdditionalProperties={})
            found["TargetResources"] = [MODELS + "TargetResource" for _ in event.targets]
            found["AdditionalDetails"] = [MODELS + "KeyValue" for _ in event.details]
        else:
            found["InitiatedBy"] = {key: _hash_text(_without_additional(value)) if isinstance(value, dict) and value else value
                                    for key, value in found["InitiatedBy"].items()}
            found["TargetResources"] = [_hash_text(_without_additional(item)) for item in found["TargetResources"]]
            found["AdditionalDetails"] = "System.Object[]" if place == 1 else [_hash_text(item) for item in found["AdditionalDetails"]]
        records.append(found)
    return (BOM + _escaped(pretty(records, "\r\n")) + "\r\n").encode("utf-16-le")


def export_csv(events):
    """Export-Csv without -Encoding and -NoTypeInformation: nested cells are names of types, and a dash that is not ASCII is `?`."""
    header = ["ActivityDateTime", "ActivityDisplayName", "AdditionalDetails", "Category", "CorrelationId", "Id", "InitiatedBy", "LoggedByService",
              "OperationType", "Result", "ResultReason", "TargetResources", "AdditionalProperties"]
    rows = [[us_time(event.ticks), event.activity, MODELS + "KeyValue" if len(event.details) == 1 else "System.Object[]", event.category,
             event.correlation, event.id, MODELS + "AuditActivityInitiator", event.service, event.operation or "", event.result, event.reason or "",
             "System.Object[]" if len(event.targets) > 1 else MODELS + "TargetResource", DICTIONARY] for event in events]
    return b"#TYPE %sDirectoryAudit\r\n" % MODELS.encode() + csv_bytes(header, rows, everything=True, bom="").decode("utf-8").encode("ascii", "replace")


def merged(pages):
    """A merge that takes one bracket from each end of each file. The second file held two pages, so `] [` is left in the middle."""
    texts = [compact([shapes.graph(event) for event in page]) for page in pages]
    files = [texts[0], texts[1] + "\r\n" + texts[2], texts[3]]
    return (BOM + "[\r\n" + ",\r\n".join(text[1:-1] for text in files).replace("]\r\n[", "] [") + "\r\n]\r\n").encode("utf-8")


# Microsoft-Extractor-Suite, identity protection

USER_HEADER = "Id IsDeleted IsProcessing RiskDetail RiskLastUpdatedDateTime RiskLevel RiskState UserDisplayName UserPrincipalName AdditionalProperties".split()
DETECTION_HEADER = (
    "Activity ActivityDateTime AdditionalInfo CorrelationId DetectedDateTime IPAddress Id LastUpdatedDateTime City CountryOrRegion State RequestId "
    "RiskDetail RiskEventType RiskLevel RiskState DetectionTimingType Source TokenIssuerType UserDisplayName UserId UserPrincipalName "
    "AdditionalProperties"
).split()


def _local(text):
    """A time in the culture of the collecting machine, which keeps seconds."""
    year, month, day, hour = int(text[:4]), int(text[5:7]), int(text[8:10]), int(text[11:13])
    return "%d/%d/%d %d%s %s" % (month, day, year, hour % 12 or 12, text[13:19], "AM" if hour < 12 else "PM")


def _row(record, header):
    cells = {key.lower(): value for key, value in record.items()}
    cells.update({"city": record.get("location", {}).get("city"), "state": record.get("location", {}).get("state"),
                  "countryorregion": record.get("location", {}).get("countryOrRegion"), "additionalproperties": DICTIONARY})
    found = []
    for name in header:
        value = cells.get(name.lower())
        found.append(_local(value) if name.endswith("DateTime") else "" if value is None else str(value))
    return found


def risky_users(records):
    return csv_bytes(USER_HEADER, [_row(record, USER_HEADER) for record in records], everything=True)


def risk_detections(records):
    return csv_bytes(DETECTION_HEADER, [_row(record, DETECTION_HEADER) for record in records], everything=True)
