"""Staff, roles, groups, applications and policies: service Core Directory, and one event of Conditional Access."""
from __future__ import annotations

import json

from . import cast
from .cast import FELIX, HR_CONNECTOR, INES, JONAS, LOYALTY_SYNC, NORA, PAULO, SOFIA, TOMAS
from .model import Moments, guid, seeded

SERVICE = "Core Directory"
# The service writes an en dash and a trailing space; an honest archive keeps both.
SECRETS_ACTIVITY = "Update application \u2013 Certificates and secrets management "


def key_text(number, kind, name):
    """A credential as .NET prints it; the service puts this text inside JSON inside a string."""
    return "[KeyIdentifier=%s,KeyType=%s,KeyUsage=Verify,DisplayName=%s]" % (guid("9200", number), kind, name)


class Directory:
    def __init__(self, story):
        self.story = story
        self.moments = Moments(seeded("directory"))

    def add(self, when, category, activity, operation, correlation=None, **more):
        ticks = when if isinstance(when, int) else self.moments.at(when)
        more.setdefault("reason", "")
        return self.story.add(ticks, SERVICE, category, activity, correlation or self.story.correlation(), operation=operation, **more)

    def tell(self):
        self.new_employee()
        self.new_application()
        self.application_permissions()
        self.roles()
        self.help_desk()
        self.conditional_access()
        self.routine()
        self.sunday_secret()

    # Employees and groups

    def new_employee(self):
        correlation = self.story.correlation()
        now = self.moments.at("Mon 08:31:50")
        changes = [
            ("AccountEnabled", "[]", "[\r\n  true\r\n]"),
            ("DisplayName", "[]", json.dumps([JONAS.name])),
            ("UserPrincipalName", "[]", json.dumps([JONAS.upn])),
            ("UserType", "[]", '["Member"]'),
            ("Included Updated Properties", None, '"AccountEnabled, DisplayName, UserPrincipalName, UserType"'),
        ]
        self.add(now, "UserManagement", "Add user", "Add", correlation, app=cast.app_actor(HR_CONNECTOR),
                 targets=[cast.person_target(JONAS, changes)], details=[("UserType", "Member"), ("AppId", HR_CONNECTOR.app_id)])
        self.member("Mon 08:40:12", "Add member to group", cast.STORE_MANAGERS, JONAS, NORA, agent=cast.CHROME)
        self.member("Mon 08:40:39", "Add member to group", cast.LICENSED_STAFF, JONAS, NORA, agent=cast.CHROME)
        now = self.moments.at("Fri 08:41:30")
        # Neither half of `initiatedBy` is there: an empty object.
        self.add(now, "UserManagement", "Change user license", "Update", targets=[cast.person_target(JONAS)],
                 details=[("UserType", "Member")], one_sided=True)
        self.member("Fri 09:05:33", "Remove member from group", cast.STORE_MANAGERS, FELIX, NORA, agent=cast.CHROME)
        self.member("Sat 10:12:08", "Add member to group", cast.STORE_MANAGERS, SOFIA, NORA, agent=cast.CHROME)

    def member(self, when, activity, group, person, actor, agent=None):
        adding = activity.startswith("Add")
        values = [("Group.ObjectID", json.dumps(group["id"])), ("Group.DisplayName", json.dumps(group["displayName"])),
                  ("Group.WellKnownObjectName", '""')]
        changes = [(name, None, text) if adding else (name, text, None) for name, text in values]
        self.add(when, "GroupManagement", activity, "Assign" if adding else "Unassign", user=cast.user_actor(actor, ip="<null>"),
                 targets=[cast.person_target(person, changes), cast.group_target(group)],
                 details=[("GroupType", "Security")] + ([("User-Agent", agent)] if agent else []), user_agent=agent)

    # Applications

    def new_application(self):
        """Tomas registers Alder Loyalty Sync on Monday and gives it a certificate and a secret."""
        correlation = self.story.correlation()
        app = cast.target("Application", LOYALTY_SYNC.object_id, LOYALTY_SYNC.name)
        principal = cast.target("ServicePrincipal", LOYALTY_SYNC.service_principal_id, LOYALTY_SYNC.name)
        agent = [("User-Agent", cast.FIREFOX), ("AppId", LOYALTY_SYNC.app_id)]
        tomas = cast.user_actor(TOMAS)
        now = self.moments.at("Mon 09:10:22")
        created = dict(app, modifiedProperties=cast.target("", "", changes=[
            ("AppId", "[]", json.dumps([LOYALTY_SYNC.app_id])),
            ("AvailableToOtherTenants", "[]", "[false]"),
            ("DisplayName", "[]", json.dumps([LOYALTY_SYNC.name])),
            ("Included Updated Properties", None, '"AppId, AvailableToOtherTenants, DisplayName"'),
        ])["modifiedProperties"])
        self.add(now, "ApplicationManagement", "Add application", "Add", correlation, user=tomas, targets=[created], details=list(agent), user_agent=cast.FIREFOX)
        now = self.moments.after(now, 0.3, 0.9)
        self.add(now, "ApplicationManagement", "Add owner to application", "Assign", correlation, user=tomas,
                 targets=[cast.person_target(TOMAS, [("Application.ObjectID", None, json.dumps(LOYALTY_SYNC.object_id)),
                                                     ("Application.DisplayName", None, json.dumps(LOYALTY_SYNC.name))]), app])
        now = self.moments.after(now, 0.5, 1.2)
        self.add(now, "ApplicationManagement", "Add service principal", "Add", correlation, user=tomas, targets=[principal], details=list(agent))
        self.secrets("Mon 09:26:05", TOMAS, [], [key_text(1, "Password", "loyalty sync 2026")], cast.FIREFOX)
        self.secrets("Tue 11:40:17", TOMAS, [key_text(1, "Password", "loyalty sync 2026")],
                     [key_text(1, "Password", "loyalty sync 2026"), key_text(2, "AsymmetricX509Cert", "CN=loyalty-sync")], cast.FIREFOX)

    def secrets(self, when, actor, before, after, agent, ip="own"):
        changes = [("KeyDescription", json.dumps(before), json.dumps(after)),
                   ("Included Updated Properties", None, '"KeyDescription"')]
        self.add(when, "ApplicationManagement", SECRETS_ACTIVITY, "Update", user=cast.user_actor(actor, ip=ip), one_sided=True,
                 targets=[cast.target("Application", LOYALTY_SYNC.object_id, LOYALTY_SYNC.name, changes=changes)],
                 details=[("User-Agent", agent), ("AppId", LOYALTY_SYNC.app_id)], user_agent=agent)

    def application_permissions(self):
        """Admin consent on Tuesday: one click, three events under one correlation id."""
        principal = cast.target("ServicePrincipal", LOYALTY_SYNC.service_principal_id, LOYALTY_SYNC.name)
        nora, correlation, now = cast.user_actor(NORA), self.story.correlation(), self.moments.at("Tue 09:48:30")
        grant = "[] => [[Id: grant-1, ClientId: %s, PrincipalId: , ResourceId: %s, ConsentType: AllPrincipals, Scope: User.Read Directory.Read.All]]; "
        consent = dict(principal, modifiedProperties=cast.target("", "", changes=[
            ("ConsentContext.IsAdminConsent", None, '"True"'),
            ("ConsentContext.IsAppOnly", None, '"False"'),
            ("ConsentContext.OnBehalfOfAll", None, '"True"'),
            ("ConsentContext.Tags", None, '"WindowsAzureActiveDirectoryIntegratedApp"'),
            ("ConsentAction.Permissions", None, json.dumps(grant % (LOYALTY_SYNC.service_principal_id, cast.GRAPH_API.service_principal_id))),
        ])["modifiedProperties"])
        graph = cast.target("ServicePrincipal", cast.GRAPH_API.service_principal_id, cast.GRAPH_API.name, changes=[
            ("AppRole.Id", None, json.dumps(guid("9300", 1))),
            ("AppRole.Value", None, '"Directory.Read.All"'),
            ("AppRole.DisplayName", None, '"Read directory data"'),
            ("ServicePrincipal.ObjectID", None, json.dumps(LOYALTY_SYNC.service_principal_id)),
        ])
        delegated = dict(graph, modifiedProperties=cast.target("", "", changes=[
            ("DelegatedPermissionGrant.Scope", None, '" User.Read Directory.Read.All"'),
            ("DelegatedPermissionGrant.ConsentType", None, '"AllPrincipals"'),
            ("ServicePrincipal.ObjectID", None, json.dumps(LOYALTY_SYNC.service_principal_id)),
        ])["modifiedProperties"])
        details = [("AppId", LOYALTY_SYNC.app_id), ("User-Agent", "EvoSTS")]
        for activity, operation, targets in (
            ("Add delegated permission grant", "Assign", [delegated, principal]),
            ("Add app role assignment to service principal", "Assign", [graph, principal]),
            ("Consent to application", "Assign", [consent]),
        ):
            self.add(now, "ApplicationManagement", activity, operation, correlation, user=nora, targets=targets, details=list(details))
            now = self.moments.after(now, 0.1, 0.5)

    # Roles

    def roles(self):
        self.role("Mon 11:45:02", "Add member to role", "Assign", TOMAS, "Application Developer")
        self.role("Tue 14:33:18", "Add eligible member to role", "Assign", SOFIA, "Security Reader")
        self.role("Thu 14:02:51", "Add member to role", "Assign", PAULO, "Directory Readers", extra=cast.group_target(cast.SUPPLIER_PROJECTS))
        self.role("Fri 15:20:36", "Remove member from role", "Unassign", TOMAS, "Application Developer")
        # On Saturday evening an account that should be asleep is given much.
        self.role("Sat 18:47:29", "Add member to role", "Assign", FELIX, "User Administrator")

    def role(self, when, activity, operation, person, role, extra=None):
        values = [("Role.ObjectID", json.dumps(cast.ROLES[role])), ("Role.DisplayName", json.dumps(role)),
                  ("Role.TemplateId", json.dumps(cast.ROLES[role])), ("Role.WellKnownObjectName", json.dumps(role.replace(" ", "") + "s"))]
        changes = [(name, None, text) if operation == "Assign" else (name, text, None) for name, text in values]
        targets = [cast.person_target(person, changes), cast.role_target(role)] + ([extra] if extra else [])
        self.add(when, "RoleManagement", activity, operation, user=cast.user_actor(NORA), targets=targets,
                 details=[("User-Agent", cast.CHROME)], user_agent=cast.CHROME)

    # Help desk and policies

    def help_desk(self):
        for when, person in (("Tue 10:52:40", FELIX), ("Fri 10:30:11", JONAS), ("Sun 10:15:31", SOFIA)):
            correlation, now = self.story.correlation(), self.moments.at(when)
            self.add(now, "UserManagement", "Reset user password", "Update", correlation, user=cast.user_actor(INES),
                     reason="Successfully completed reset.", targets=[cast.person_target(person)], details=[("UserType", "Member")])
            now = self.moments.after(now, 0.4, 1)
            changes = [("StsRefreshTokensValidFrom", "[]", '["2026-03-02T00:00:00Z"]'),
                       ("Included Updated Properties", None, '"StsRefreshTokensValidFrom"')]
            # Nobody is named as the actor: the directory did it itself.
            self.add(now, "UserManagement", "Update StsRefreshTokenValidFrom Timestamp", "Update", correlation,
                     targets=[cast.person_target(person, changes)], details=[("UserType", "Member")])
        self.add("Thu 08:12:25", "UserManagement", "Reset user password", "Update", user=cast.user_actor(INES), result="failure",
                 reason="The caller may not reset the password of a user with an administrative role.",
                 targets=[cast.person_target(NORA)], details=[("UserType", "Member")])
        for when, person, state in (("Thu 17:31:20", FELIX, "[false]"), ("Fri 08:02:44", FELIX, "[true]")):
            before = "[true]" if state == "[false]" else "[false]"
            activity = "Disable account" if state == "[false]" else "Enable account"
            self.add(when, "UserManagement", activity, "Update", user=cast.user_actor(INES, ip=""),
                     targets=[cast.person_target(person, [("AccountEnabled", before, state), ("Included Updated Properties", None, '"AccountEnabled"')])],
                     details=[("UserType", "Member")])

    def conditional_access(self):
        """One change of one policy, told by two services: the old one as JSON text inside a JSON array inside a string."""
        correlation, now = self.story.correlation(), self.moments.at("Wed 10:22:37")
        policy_id, name, agent = guid("f000", 1), "Require MFA for administrators", cast.CHROME

        def detail(state):
            body = {"Version": 1, "CreatedDateTime": "2025-11-03T09:00:00Z", "State": state, "Conditions": {
                "Applications": {"Include": [{"Applications": ["All"]}]}, "Users": {"Include": [{"Roles": sorted(cast.ROLES.values())}]}},
                "Controls": [{"Control": ["Mfa"]}], "EnforceAllPoliciesForEas": True}
            return json.dumps([json.dumps(body, separators=(",", ":"))])

        def graph(state):
            body = {"id": policy_id, "displayName": name, "createdDateTime": "2025-11-03T09:00:00+00:00", "state": state,
                    "conditions": {"clientAppTypes": ["all"], "applications": {"includeApplications": ["All"]},
                                   "users": {"includeRoles": sorted(cast.ROLES.values())}},
                    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}
            return json.dumps(body, separators=(",", ":"))

        self.add(now, "Policy", "Update policy", "Update", correlation, user=cast.user_actor(NORA),
                 targets=[cast.target("Policy", policy_id, name, changes=[
                     ("PolicyDetail", detail("Enabled"), detail("Reporting")), ("Included Updated Properties", None, '"PolicyDetail"')])],
                 details=[("User-Agent", agent)], user_agent=agent)
        now = self.moments.after(now, 0.2, 0.8)
        self.story.add(now, "Conditional Access", "Policy", "Update Conditional Access policy", correlation, operation="Update", reason=None,
                       user=cast.user_actor(NORA),
                       targets=[cast.target("Policy", policy_id, name, changes=[
                           ("ConditionalAccessPolicy", graph("enabled"), graph("enabledForReportingButNotEnforced"))])],
                       details=[("Category", "Conditional Access"), ("User-Agent", agent)], user_agent=agent)

    # Machines

    def routine(self):
        """The HR connector each morning; the directory itself at night. Neither has an address."""
        people = (FELIX, SOFIA, INES, TOMAS, FELIX, JONAS, SOFIA)
        for index, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
            person = people[index]
            client = [("Action Client Name", None, "DirectorySync" if index % 2 else '"DirectorySync"')]
            changes = [("Department", '["Stores"]', '["Stores North"]'), ("Included Updated Properties", None, '"Department"')] + client
            self.add("%s 05:30:%02d" % (day, 5 + index), "UserManagement", "Update user", "Update", app=cast.app_actor(HR_CONNECTOR),
                     one_sided=index % 3 == 0, targets=[cast.person_target(person, changes)],
                     details=[("UserType", "Member"), ("AppId", HR_CONNECTOR.app_id)])
            self.add("%s 03:00:%02d" % (day, 10 + index), "GroupManagement", "Trigger group license recalculation", "Update",
                     reason=None if index % 2 else "", targets=[cast.group_target(cast.LICENSED_STAFF)])
        # Four targets and more properties than the portal's CSV has columns for.
        self.add("Sun 03:05:40", "GroupManagement", "Finish applying group based license to user", "Update",
                 targets=[cast.person_target(person) for person in (FELIX, SOFIA, JONAS)] + [cast.group_target(cast.LICENSED_STAFF)])

    def sunday_secret(self):
        """Early on Sunday somebody uses Tomas' name from the address that tried the passwords on Thursday."""
        ip = "203.0.113.66"
        agent = cast.POWERSHELL + "\r\nPowerShellModule/2.26"
        self.secrets("Sun 01:12:33", TOMAS, [key_text(1, "Password", "loyalty sync 2026"), key_text(2, "AsymmetricX509Cert", "CN=loyalty-sync")],
                     [key_text(1, "Password", "loyalty sync 2026"), key_text(2, "AsymmetricX509Cert", "CN=loyalty-sync"),
                      key_text(3, "Password", 'backup "temp"')], agent, ip)
        changes = [("Application.ObjectID", None, json.dumps(LOYALTY_SYNC.object_id)), ("Application.DisplayName", None, json.dumps(LOYALTY_SYNC.name))]
        self.add("Sun 01:14:02", "ApplicationManagement", "Add owner to application", "Assign", user=cast.user_actor(TOMAS, ip=ip),
                 targets=[cast.person_target(FELIX, changes), cast.target("Application", LOYALTY_SYNC.object_id, LOYALTY_SYNC.name)],
                 details=[("User-Agent", agent)], user_agent=agent)
        self.add("Sun 01:15:48", "RoleManagement", "Add member to role", "Assign", user=cast.user_actor(TOMAS, ip=ip), result="failure",
                 reason="Insufficient privileges to complete the operation.\r\nRequired: \"Privileged Role Administrator\".",
                 targets=[cast.person_target(FELIX), cast.role_target("Privileged Role Administrator")],
                 details=[("User-Agent", agent)], user_agent=agent)
        self.role("Sun 09:02:14", "Remove member from role", "Unassign", FELIX, "User Administrator")
