"""What can be done in the directory: each act with the events that the services log of it. Routine and incidents use them."""

from __future__ import annotations

import json
from random import Random

from generator import cast
from generator.directory import SECRETS_ACTIVITY, key_text
from generator.model import iso, seconds

from log import by, by_app, changes
from people import DEVICE_SERVICE, GRAPH, ROLES, TENANT_ID, guid

CA_POLICIES = (
    "Require MFA for all users",
    "Block legacy authentication",
    "Require compliant device for finance",
    "Require MFA for administrators",
)


def app_target(app, **more):
    return cast.target("Application", app.object_id, app.name, **more)


def principal_target(app, **more):
    return cast.target("ServicePrincipal", app.service_principal_id, app.name, **more)


def policy_text(number, state="enabled", **users):
    body = {
        "id": guid("f000", 700 + number),
        "displayName": CA_POLICIES[number],
        "createdDateTime": "2025-02-03T09:00:00+00:00",
        "state": state,
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"]},
            "users": dict({"includeUsers": ["All"], "excludeGroups": [guid("d000", 790)]}, **users),
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    return json.dumps(body, separators=(",", ":"))


class Directory:
    def __init__(self, log, name="directory"):
        self.log = log
        self.rng = Random("tenant/%s" % name)
        self.keys = log.block * 1000

    def member(self, ticks, group, person, actor, adding=True):
        values = [("Group.ObjectID", group["id"]), ("Group.DisplayName", group["displayName"]), ("Group.WellKnownObjectName", "")]
        told = [(name, None, json.dumps(text)) if adding else (name, json.dumps(text), None) for name, text in values]
        return self.log.directory(
            ticks,
            "GroupManagement",
            "%s member %s group" % (("Add", "to") if adding else ("Remove", "from")),
            "Assign" if adding else "Unassign",
            user=by(actor),
            targets=[cast.person_target(person, told), cast.group_target(group)],
            details=[("GroupType", "Security")],
        )

    def role(self, ticks, role, person, user=None, app=None, activity="Add member to role", result="success", correlation=None):
        values = [
            ("Role.ObjectID", guid("e000", 700 + list(ROLES).index(role))),
            ("Role.DisplayName", role),
            ("Role.TemplateId", ROLES[role]),
            ("Role.WellKnownObjectName", role.replace(" ", "") + "s"),
        ]
        adding = activity.startswith("Add")
        told = [(name, None, json.dumps(text)) if adding else (name, json.dumps(text), None) for name, text in values]
        return self.log.directory(
            ticks,
            "RoleManagement",
            activity,
            "Assign" if adding else "Unassign",
            correlation,
            user=user,
            app=app,
            result=result,
            targets=[cast.person_target(person, told), cast.target("Role", values[0][1], role)],
        )

    def pim(self, ticks, activity, role, person, actor, why="", until=None, correlation=None, request=0, user=True):
        details = [
            ("RoleDefinitionOriginId", ROLES[role]),
            ("RoleDefinitionOriginType", "BuiltInRole"),
            ("TemplateId", ROLES[role]),
            ("StartTime", iso(ticks)),
        ]
        if until:
            details.append(("ExpirationTime", iso(until)))
        if why:
            details.append(("Justification", why))
        details += [("ipaddr", actor.ip if user else None), ("RoleAssignmentRequestId", guid("b600", request))]
        actor_object = (
            by(actor, None)
            if user
            else {"id": guid("c000", 792), "displayName": "Azure AD PIM", "userPrincipalName": None, "ipAddress": None}
        )
        return self.log.audit(
            ticks,
            "PIM",
            "RoleManagement",
            activity,
            correlation,
            reason=why,
            user=actor_object,
            details=details,
            targets=[
                cast.target("Role", guid("e000", 700 + list(ROLES).index(role)), role),
                cast.target("Request", guid("b600", request)),
                cast.target("User", person.id, person.name),
                cast.target("Directory", TENANT_ID, "Birch"),
            ],
        )

    def secret(self, ticks, actor, app, before, kind="Password", name="renewed", target=app_target, number=None):
        """A key is added to what is there; gives the event and the new list."""
        self.keys += 1
        after = before + [key_text(number or self.keys, kind, name)]
        event = self.log.directory(
            ticks,
            "ApplicationManagement",
            SECRETS_ACTIVITY if target is app_target else "Update service principal",
            "Update",
            user=by(actor),
            one_sided=True,
            details=[("AppId", app.app_id)],
            targets=[
                target(
                    app,
                    changes=[
                        ("KeyDescription", json.dumps(before), json.dumps(after)),
                        ("Included Updated Properties", None, '"KeyDescription"'),
                    ],
                )
            ],
        )
        return event, after

    def consent(self, ticks, actor, app, scope, everybody=False, api=GRAPH):
        """One click, and the events under one correlation id."""
        correlation = self.log.correlation()
        principal, consent_type = ("", "AllPrincipals") if everybody else (actor.id, "Principal")
        grant = "[] => [[Id: grant-%s, ClientId: %s, PrincipalId: %s, ResourceId: %s, ConsentType: %s, Scope: %s]]; " % (
            correlation[-6:],
            app.service_principal_id,
            principal,
            api.service_principal_id,
            consent_type,
            scope,
        )
        first = self.log.directory(
            ticks,
            "ApplicationManagement",
            "Add delegated permission grant",
            "Assign",
            correlation,
            user=by(actor),
            targets=[
                principal_target(
                    api,
                    changes=[
                        ("DelegatedPermissionGrant.Scope", None, json.dumps(" " + scope)),
                        ("DelegatedPermissionGrant.ConsentType", None, json.dumps(consent_type)),
                        ("DelegatedPermissionGrant.PrincipalId", None, json.dumps(principal)),
                        ("ServicePrincipal.ObjectID", None, json.dumps(app.service_principal_id)),
                        ("ServicePrincipal.DisplayName", None, json.dumps(app.name)),
                        ("ServicePrincipal.AppId", None, json.dumps(app.app_id)),
                    ],
                )
            ],
        )
        second = self.log.directory(
            ticks + seconds(0.4),
            "ApplicationManagement",
            "Consent to application",
            "Assign",
            correlation,
            user=by(actor),
            details=[("AppId", app.app_id)],
            targets=[
                principal_target(
                    app,
                    changes=[
                        ("ConsentContext.IsAdminConsent", None, json.dumps(str(everybody))),
                        ("ConsentContext.IsAppOnly", None, '"False"'),
                        ("ConsentContext.OnBehalfOfAll", None, json.dumps(str(everybody))),
                        ("ConsentAction.Permissions", None, json.dumps(grant)),
                    ],
                )
            ],
        )
        return [first, second]

    def app_role(self, ticks, user, app, permission, actor_app=None):
        return self.log.directory(
            ticks,
            "ApplicationManagement",
            "Add app role assignment to service principal",
            "Assign",
            user=user,
            app=actor_app,
            targets=[
                principal_target(
                    GRAPH,
                    changes=[
                        ("AppRole.Id", None, json.dumps(guid("e100", len(permission)))),
                        ("AppRole.Value", None, json.dumps(permission)),
                        ("ServicePrincipal.ObjectID", None, json.dumps(app.service_principal_id)),
                        ("ServicePrincipal.DisplayName", None, json.dumps(app.name)),
                        ("ServicePrincipal.AppId", None, json.dumps(app.app_id)),
                    ],
                )
            ],
        )

    def owner(self, ticks, actor, person, app, correlation=None):
        return self.log.directory(
            ticks,
            "ApplicationManagement",
            "Add owner to application",
            "Assign",
            correlation,
            user=by(actor),
            targets=[
                cast.person_target(
                    person,
                    [("Application.ObjectID", None, json.dumps(app.object_id)), ("Application.DisplayName", None, json.dumps(app.name))],
                ),
                app_target(app),
            ],
        )

    def new_app(self, ticks, actor, app):
        correlation = self.log.correlation()
        self.log.directory(
            ticks,
            "ApplicationManagement",
            "Add application",
            "Add",
            correlation,
            user=by(actor),
            details=[("AppId", app.app_id)],
            targets=[app_target(app, changes=changes(AppId=app.app_id, DisplayName=app.name))],
        )
        self.owner(ticks + seconds(0.5), actor, actor, app, correlation)
        return self.log.directory(
            ticks + seconds(1),
            "ApplicationManagement",
            "Add service principal",
            "Add",
            correlation,
            user=by(actor),
            details=[("AppId", app.app_id)],
            targets=[principal_target(app)],
        )

    def policy(self, ticks, actor, number, old, new):
        correlation = self.log.correlation()
        self.log.directory(
            ticks,
            "Policy",
            "Update policy",
            "Update",
            correlation,
            user=by(actor),
            targets=[
                cast.target(
                    "Policy",
                    guid("f000", 700 + number),
                    CA_POLICIES[number],
                    changes=[("PolicyDetail", json.dumps([old]), json.dumps([new]))],
                )
            ],
        )
        return self.log.audit(
            ticks + seconds(0.5),
            "Conditional Access",
            "Policy",
            "Update conditional access policy",
            correlation,
            operation="Update",
            user=by(actor),
            details=[("Category", "Conditional Access")],
            targets=[
                cast.target("Policy", guid("f000", 700 + number), CA_POLICIES[number], changes=[("ConditionalAccessPolicy", old, new)])
            ],
        )

    def authorization_policy(self, ticks, actor, change):
        return self.log.directory(
            ticks,
            "Policy",
            "Update authorization policy",
            "Update",
            user=by(actor),
            targets=[cast.target("Policy", "authorizationPolicy", "Authorization Policy", changes=[change])],
        )

    def partner(self, ticks, actor, tenant_id, activity="Update a partner cross-tenant access setting", trust=None):
        changes = [("tenantId", None, json.dumps(tenant_id))]
        if trust:
            changes.append(("inboundTrust", None, json.dumps(trust)))
        return self.log.directory(
            ticks,
            "CrossTenantAccessSettings",
            activity,
            "Update",
            user=by(actor),
            targets=[cast.target("Policy", None, None, changes=changes)],
        )

    def redirects(self, ticks, actor, app, old, new):
        told = [json.dumps([{"Address": one} for one in addresses]) for addresses in (old, new)]
        return self.log.directory(
            ticks,
            "ApplicationManagement",
            "Update application",
            "Update",
            user=by(actor),
            targets=[app_target(app, changes=[("AppAddress", *told)])],
        )

    def location(self, ticks, actor, name, old, new, trusted=True):
        def text(ranges):
            return json.dumps(
                {
                    "id": guid("f100", 1),
                    "displayName": name,
                    "isTrusted": trusted,
                    "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": one} for one in ranges],
                }
            )

        return self.log.audit(
            ticks,
            "Conditional Access",
            "Policy",
            "Update named location",
            operation="Update",
            user=by(actor),
            targets=[cast.target("Policy", guid("f100", 1), name, changes=[("NamedLocation", text(old), text(new))])],
        )

    def security_info(self, ticks, actor, person, what, verb="registered"):
        self_service = actor.id == person.id
        word = "User" if self_service else "Admin"
        return self.log.audit(
            ticks,
            "Authentication Methods",
            "UserManagement",
            "%s %s security info" % (word, verb),
            operation="Update",
            reason="%s %s %s" % (word, verb, what),
            user=by(actor),
            targets=[cast.person_target(person)],
        )

    def password(self, ticks, actor, person):
        correlation = self.log.correlation()
        first = self.log.directory(
            ticks,
            "UserManagement",
            "Reset user password",
            "Update",
            correlation,
            user=by(actor),
            reason="Successfully completed reset.",
            targets=[cast.person_target(person)],
        )
        second = self.log.audit(
            ticks + seconds(0.5),
            "Self-service Password Management",
            "UserManagement",
            "Reset password (by admin)",
            correlation,
            operation="Update",
            user=by(actor),
            reason="Successfully completed reset.",
            targets=[cast.person_target(person)],
        )
        return [first, second]

    def device(self, ticks, person, name, version="10.0.22631.4602", origin=None):
        correlation = self.log.correlation()
        self.keys += 1
        device = guid("1200", self.keys)
        target = cast.target("Device", guid("f200", self.keys), name)
        events = [
            self.log.directory(
                ticks,
                "Device",
                "Add device",
                "Add",
                correlation,
                app=by_app(DEVICE_SERVICE),
                targets=[
                    dict(
                        target,
                        modifiedProperties=cast.target(
                            "",
                            "",
                            changes=changes(
                                DeviceId=device,
                                DeviceOSType="Windows",
                                CloudDeviceOSVersion=version,
                                CloudDisplayName=name,
                                DeviceTrustType="AzureAd",
                            ),
                        )["modifiedProperties"],
                    )
                ],
            )
        ]
        events.append(
            self.log.directory(
                ticks + seconds(0.2),
                "Device",
                "Add registered owner to device",
                "Add",
                correlation,
                app=by_app(DEVICE_SERVICE),
                targets=[cast.person_target(person), target],
            )
        )
        events.append(
            self.log.audit(
                ticks + seconds(0.5),
                "Device Registration Service",
                "Device",
                "Register device",
                correlation,
                operation="Add",
                user=by(person, origin or person.ip),
                targets=[cast.target("Device", device, name)],
                details=[
                    ("Device Id", device),
                    ("Device OS", "Windows"),
                    ("Device Trust Type", "Azure AD join"),
                    ("User-Agent", "Dsreg/10.0 (Windows 10.0.22631.4602)"),
                ],
            )
        )
        return events

    def add_user(self, ticks, person, actor=None, app=None):
        return self.log.directory(
            ticks,
            "UserManagement",
            "Add user",
            "Add",
            user=by(actor) if actor else None,
            app=by_app(app) if app else None,
            targets=[
                cast.person_target(
                    person, changes(AccountEnabled=True, DisplayName=person.name, UserType="Member", UserPrincipalName=person.upn)
                )
            ],
            details=[("UserType", "Member")],
        )

    def delete_user(self, ticks, person, actor=None, app=None):
        return self.log.directory(
            ticks,
            "UserManagement",
            "Delete user",
            "Delete",
            user=by(actor) if actor else None,
            app=by_app(app) if app else None,
            targets=[cast.person_target(person)],
        )
