"""Role assignments and consents, from raw pages, by what `role_change` and `app_consent` define."""

import csv
import os
import re

from raw import iso, listed, microseconds

TEN_MINUTES = 600_000_000
PIM_APP = "01fc33a7-78ba-4d2f-a4b7-768e336e890e"
STEPS = ("requested", "approved", "denied", "canceled", "request expired")


def reference_roles():
    """Facts about built-in roles, by template."""
    path = os.path.join(os.path.dirname(__file__), "../../src/schema/reference/role.tsv")
    with open(path, encoding="utf-8", newline="") as stream:
        return {row["template_id"]: row for row in csv.DictReader(stream, delimiter="\t")}


class RoleChange:
    def __init__(self, event, roles, upns):
        name = event.activity.lower()
        self.event = event
        self.is_pim = event.service == "PIM"
        by_pim = (event.app.get("displayName") or "").startswith("MS-PIM") or event.app.get("appId") == PIM_APP
        self.is_echo = by_pim and not self.is_pim
        self.is_completed = not any(step in name for step in STEPS)
        self.verb = "remove" if name.startswith("remove") else "extend" if name.startswith("update") else "grant"
        self.member = next(one for one in event.targets if one["type"] in ("User", "ServicePrincipal", "Group"))
        upn = self.member.get("userPrincipalName") or upns.get(self.member["id"])
        self.member_word = upn or self.member.get("displayName") or self.member["id"]
        self.member_kind = (
            "guest"
            if "#EXT#" in (upn or "")
            else {"User": "user", "ServicePrincipal": "service_principal", "Group": "group"}[self.member["type"]]
        )
        facts = {key: new or old for key, old, new in event.changes()}
        template = facts.get("Role.TemplateId") or event.detail("TemplateId") or event.detail("RoleDefinitionOriginId")
        known = roles.get(template)
        told = next((one.get("displayName") for one in event.targets if one["type"] == "Role"), None)
        self.role = known["role"] if known else facts.get("Role.DisplayName") or told
        self.is_privileged = (known["is_privileged"] == "true" or known["tier"] == "0") if known else None
        if "eligible" in name:
            self.kind = "eligible"
        elif "pim activation" in name or "pim deactivate" in name:
            self.kind = "activated"
        elif "timebound" in name or "renew" in name or "extend" in name:
            self.kind = "timebound"
        else:
            self.kind = None if self.is_echo else "permanent"
        self.via = "direct" if "outside of pim" in name else "pim" if self.is_pim or by_pim or "eligible" in name else "direct"


def role_assignments(archive):
    events = [event for event in archive.audits if re.search(r"member (to|from) role|member in pim", event.activity.lower())]
    upns = {}
    for event in events:
        for one in [event.user] + event.targets:
            if one.get("userPrincipalName"):
                upns[one["id"]] = one["userPrincipalName"]
    roles = reference_roles()
    changes = [one for one in (RoleChange(event, roles, upns) for event in events) if one.is_completed]
    told = {}
    for one in changes:
        if one.is_pim:
            told.setdefault((one.member["id"], one.role, one.verb), []).append(one.event.time)
    rows = []
    for one in changes:
        event = one.event
        if one.is_echo and any(abs(time - event.time) <= TEN_MINUTES for time in told.get((one.member["id"], one.role, one.verb), [])):
            continue
        expires = event.detail("ExpirationTime")
        rows.append(
            (
                iso(event.time),
                event.user.get("userPrincipalName") or event.actor_name or event.actor_id,
                event.actor_kind,
                event.actor_ip,
                one.verb,
                one.member_word,
                one.member_kind,
                one.role,
                "directory",
                None,
                None if one.is_privileged is None else str(one.is_privileged).lower(),
                one.kind,
                one.via,
                event.detail("Justification") or (event.reason if one.is_pim else None),
                iso(microseconds(expires)) if expires else None,
                event.result,
                event.activity,
                event.id,
            )
        )
    return (
        "event_time",
        "actor",
        "actor_kind",
        "ip",
        "verb",
        "member",
        "member_kind",
        "role",
        "role_kind",
        "scope",
        "is_privileged",
        "assignment_kind",
        "via",
        "justification",
        "expires_at",
        "result",
        "activity",
        "id",
    ), rows


class Act:
    """What one click, or one call, granted to one application."""

    def __init__(self):
        self.events, self.names, self.client = [], set(), set()
        self.delegated, self.application, self.resources, self.kinds, self.everyone, self.principals = (
            set(),
            set(),
            set(),
            set(),
            set(),
            set(),
        )


def consents(archive):
    names, clients = {}, {}
    for event in archive.audits:
        if event.category != "ApplicationManagement":
            continue
        for target in event.targets:
            if target["type"] == "ServicePrincipal" and target.get("displayName"):
                names[target["id"]] = target["displayName"]
        if event.activity in ("Consent to application", "Add service principal") and event.detail("AppId"):
            clients[event.targets[0]["id"]] = event.detail("AppId")
    acts = {}
    for event in archive.audits:
        name, facts = event.activity, {key: new for key, _, new in event.changes()}
        if name not in ("Consent to application", "Add delegated permission grant", "Add app role assignment to service principal"):
            continue
        app = event.targets[0]["id"] if name.startswith("Consent") else facts["ServicePrincipal.ObjectID"]
        act = acts.setdefault((event.correlation, app, event.result), Act())
        act.events.append(event)
        if name.startswith("Consent"):
            act.kinds.add("admin" if facts["ConsentContext.IsAdminConsent"].lower() == "true" else "user")
            for grant in re.findall(r"\[Id: ([^\]]*)\]", facts["ConsentAction.Permissions"].split("=>")[1]):
                said = dict(part.split(": ", 1) for part in ("Id: " + grant).split(", ") if ": " in part)
                act.delegated.update(said["Scope"].split())
                act.resources.add(names.get(said["ResourceId"], said["ResourceId"]))
                act.everyone.add(said["ConsentType"] == "AllPrincipals")
            if act.everyone == {False}:
                act.principals.add(event.user["userPrincipalName"])
        elif name.startswith("Add delegated"):
            act.delegated.update(facts["DelegatedPermissionGrant.Scope"].split())
            act.resources.add(event.targets[0]["displayName"])
            act.everyone.add(facts["DelegatedPermissionGrant.ConsentType"] == "AllPrincipals")
        else:
            act.application.add(facts["AppRole.Value"])
            act.resources.add(event.targets[0]["displayName"])
            act.kinds.add("admin")
        if facts.get("ServicePrincipal.AppId"):
            clients.setdefault(app, facts["ServicePrincipal.AppId"])
        if facts.get("ServicePrincipal.DisplayName"):
            names.setdefault(app, facts["ServicePrincipal.DisplayName"])
    rows = []
    for (operation, app, result), act in acts.items():
        event = act.events[0]
        everyone = any(act.everyone) if act.everyone else None
        rows.append(
            (
                event.time,
                operation,
                app,
                iso(event.time),
                event.user.get("userPrincipalName") or event.actor_name or event.actor_id,
                names.get(app, app),
                clients.get(app),
                min(act.kinds, default=None),
                None if everyone is None else str(everyone).lower(),
                None if everyone else max(act.principals, default=None),
                listed(sorted(act.delegated)) if act.delegated else None,
                listed(sorted(act.application)) if act.application else None,
                listed(sorted(act.resources)),
                result,
                event.actor_ip,
                listed(sorted(one.id for one in act.events)),
            )
        )
    rows.sort(key=lambda row: row[:3])
    return (
        "event_time",
        "actor",
        "app",
        "app_id",
        "consent_kind",
        "is_for_everyone",
        "principal",
        "delegated_permissions",
        "application_permissions",
        "resources",
        "result",
        "ip",
        "event_ids",
    ), [row[3:] for row in rows]
