"""Raw Graph pages as plain facts, read without auditql: audit events, sign-ins and users, each id once."""

import csv
import json
import os
import sys
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NOTHING = ("", "N/A", "<null>", "00000000-0000-0000-0000-000000000000")


def microseconds(text):
    """Graph's time text, up to seven decimals; what is finer than a microsecond is cut."""
    if not text:
        return None
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return int((moment - EPOCH).total_seconds()) * 1_000_000 + int((fraction + "000000")[:6])


def iso(time):
    if time is None:
        return ""
    return (EPOCH + timedelta(microseconds=time)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def present(value):
    return None if value is None or value in NOTHING else value


def decoded(text):
    """The value in a modified property: JSON text, mostly a list of one."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, list):
        if not value:
            return None
        if len(value) == 1:
            value = value[0]
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


class Audit:
    def __init__(self, record):
        self.id, self.time = record["id"], microseconds(record["activityDateTime"])
        self.service, self.category = record["loggedByService"], record["category"]
        self.activity, self.result, self.reason = record["activityDisplayName"], record["result"], present(record["resultReason"])
        self.correlation = record["correlationId"]
        self.user, self.app = record["initiatedBy"].get("user") or {}, record["initiatedBy"].get("app") or {}
        self.targets = record["targetResources"]
        self.details = {one["key"]: present(one.get("value")) for one in reversed(record["additionalDetails"])}

    def detail(self, key):
        return self.details.get(key)

    def first_target(self, kind):
        return next((one for one in self.targets if one.get("type") == kind), None)

    def changes(self, target=None):
        """Name, old and new value of the modified properties, of one target or of all."""
        for one in [target] if target else self.targets:
            for change in one["modifiedProperties"]:
                yield change["displayName"], decoded(change["oldValue"]), decoded(change["newValue"])

    @property
    def actor_ip(self):
        """What the actor has, else the detail: PIM writes it there alone."""
        return present(self.user.get("ipAddress")) or self.detail("ipaddr")

    @property
    def actor_name(self):
        return present(self.user.get("displayName")) or present(self.app.get("displayName"))

    @property
    def actor_id(self):
        return present(self.user.get("id")) or present(self.app.get("servicePrincipalId"))

    @property
    def actor_kind(self):
        return "user" if self.user else "application" if self.app else None


class Archive:
    """Everything in a folder of pages."""

    def __init__(self, folder):
        self.audits, self.signins, self.users = {}, {}, {}
        for directory, folders, files in os.walk(folder):
            folders.sort()
            for file in sorted(files):
                with open(os.path.join(directory, file), encoding="utf-8") as stream:
                    for record in json.load(stream).get("value", []):
                        self.keep(record)
        self.audits = sorted(self.audits.values(), key=lambda one: (one.time, one.id))
        self.signins = sorted(self.signins.values(), key=lambda one: (microseconds(one["createdDateTime"]), one["id"]))

    def keep(self, record):
        if "activityDisplayName" in record:
            if record["id"] not in self.audits:
                self.audits[record["id"]] = Audit(record)
        elif "riskEventType" in record:
            pass
        elif "appDisplayName" in record:
            self.signins.setdefault(record["id"], record)
        elif "userPrincipalName" in record:
            self.users[record["id"]] = record


def listed(values):
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def write(header, rows, stream=None):
    output = csv.writer(stream or sys.stdout, lineterminator="\n")
    output.writerow(header)
    for row in rows:
        output.writerow(["" if cell is None else cell for cell in row])
