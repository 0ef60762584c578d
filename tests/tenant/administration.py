"""The directory's ordinary days: hires and leavers, groups, help desk, roles through PIM, applications, consents, policies."""

from __future__ import annotations

import json

from generator import cast
from generator.model import iso, seconds

from acts import CA_POLICIES, Directory, app_target, key_text, policy_text, principal_target
from log import DAYS, by, by_app, is_workday, moment
from people import (
    ADMINS,
    DEVELOPERS,
    GRAPH,
    GROUPS,
    HELP_DESK,
    HIRES,
    HR,
    INITIAL_DOMAIN,
    MS_PIM,
    OFFICE,
    PHONE_MAIL,
    PIPELINE,
    PROJECT_LEADS,
    QUARTERLY,
    STAFF,
    STOCK,
    SYNC,
    TRAVELLERS,
    YEARLY,
    App,
    Person,
    guid,
)

USUAL_ROLES = (
    "User Administrator",
    "Exchange Administrator",
    "Application Administrator",
    "Conditional Access Administrator",
    "Global Administrator",
)
SCOPES = ("openid profile User.Read", "openid profile email User.Read", "openid profile offline_access User.Read Calendars.Read")


class Administration(Directory):
    def tell(self):
        for day in range(DAYS):
            self.machines(day)
            if is_workday(day):
                self.people(day)
                self.desk(day)
                self.roles(day)
        self.applications()
        self.consents()
        self.policies()
        self.consumers_tenant()

    def working(self, day):
        return moment(day, 8.2 + self.rng.random() * 8)

    def machines(self, day):
        """Synchronization and licences: the bulk of the directory's log."""
        rng = self.rng
        for n in range(70 if is_workday(day) else 25):
            person = rng.choice(STAFF).person
            told = [("Department", '["Stores"]', '["Stores North"]'), ("Included Updated Properties", None, '"Department"')]
            if n % 3 == 0:
                told = [
                    ("LastDirSyncTime", '["2026-01-01T00:00:00Z"]', json.dumps([iso(moment(day, 5) // 10**7 * 10**7)])),
                    ("Included Updated Properties", None, '"LastDirSyncTime"'),
                    ("TargetId.UserType", None, '"Member"'),
                ]
            self.log.directory(
                moment(day, rng.random() * 24),
                "UserManagement",
                "Update user",
                "Update",
                app=by_app(SYNC if n % 3 == 0 else HR),
                targets=[cast.person_target(person, told)],
                details=[("UserType", "Member")],
            )
        for n in range(12):
            self.log.directory(
                moment(day, 2 * n),
                "GroupManagement",
                "Trigger group license recalculation",
                "Update",
                targets=[cast.group_target(GROUPS[4])],
            )
        for n in range(8):
            self.log.directory(
                moment(day, 3 * n + 0.5),
                "UserManagement",
                "Update StsRefreshTokenValidFrom Timestamp",
                "Update",
                targets=[cast.person_target(rng.choice(STAFF).person)],
            )

    def people(self, day):
        rng = self.rng
        if day % 7 in (0, 2) and day // 2 < len(HIRES):
            one = HIRES[day // 2].person
            self.add_user(moment(day, 5.5), one, app=HR)
            for group in rng.sample(GROUPS, 2):
                self.member(moment(day, 8 + rng.random()), group, one, rng.choice(HELP_DESK))
            self.security_info(moment(day, 8.5), rng.choice(HELP_DESK), one, "temporary access pass method for user")
            self.security_info(moment(day, 9.5), one, one, "Authenticator App with Notification and Code")
            self.device(moment(day, 9.7), one, "BIRCH-%04d" % (1000 + day))
        if day % 11 == 4:
            gone = Person(guid("a000", 1500 + day), "Leaver %d" % day, "leaver%d@birch.example" % day, None)
            self.log.directory(
                moment(day, 16),
                "UserManagement",
                "Disable account",
                "Update",
                user=by(rng.choice(HELP_DESK)),
                targets=[cast.person_target(gone, [("AccountEnabled", "[true]", "[false]")])],
            )
            self.delete_user(moment(day, 17), gone, app=HR)
        for _ in range(rng.randrange(4, 9)):
            self.member(
                self.working(day),
                rng.choice(GROUPS),
                rng.choice(STAFF).person,
                rng.choice(HELP_DESK + PROJECT_LEADS[:4]),
                rng.random() < 0.7,
            )
        for _ in range(rng.randrange(2, 6)):
            self.log.directory(
                self.working(day),
                "UserManagement",
                "Change user license",
                "Update",
                user=by(rng.choice(HELP_DESK)),
                targets=[cast.person_target(rng.choice(STAFF).person)],
            )

    def desk(self, day):
        """Passwords, telephones, laptops; on the Monday after the passwords ran out many in an hour."""
        rng = self.rng
        for n in range(9 if day == 28 else rng.randrange(2, 6)):
            self.password(
                moment(day, 8 + n * 0.1) if day == 28 else self.working(day),
                HELP_DESK[0] if day == 28 else rng.choice(HELP_DESK),
                rng.choice(STAFF[17:]).person,
            )
        for _ in range(rng.randrange(1, 4)):
            one = rng.choice(STAFF)
            correlation, now = self.log.correlation(), self.working(day)
            for place, (activity, reason) in enumerate(
                (
                    ("Self-service password reset flow activity progress", "User submitted their user ID"),
                    ("Reset password (self-service)", "Successfully completed reset."),
                )
            ):
                self.log.audit(
                    now + seconds(40 * place),
                    "Self-service Password Management",
                    "UserManagement",
                    activity,
                    correlation,
                    operation="Update",
                    reason=reason,
                    user=by(one.person, one.home.ip),
                    targets=[cast.person_target(one.person)],
                )
        if rng.random() < 0.5:
            one = rng.choice(STAFF).person
            self.security_info(self.working(day), one, one, "Authenticator App with Notification and Code")
        if rng.random() < 0.2:
            self.security_info(self.working(day), rng.choice(HELP_DESK), rng.choice(STAFF[17:]).person, "phone method for user", "deleted")
        if rng.random() < 0.25:
            one = rng.choice(STAFF)
            self.device(self.working(day), one.person, "BIRCH-%04d" % rng.randrange(3000))
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
            number = rng.randrange(120)
            self.log.audit(
                self.working(day),
                "Device Registration Service",
                "KeyManagement",
                "Read BitLocker key",
                user=by(rng.choice(HELP_DESK)),
                operation="Other",
                targets=[cast.target("Other", guid("f300", number))],
                details=[
                    (
                        "AdditionalInfo",
                        "Successfully accessed BitLocker key metadata Key ID: '%s' Backed up from device: '%s'"
                        % (guid("f300", number), guid("1000", 1000 + number)),
                    )
                ],
            )

    def roles(self, day):
        """Administrators activate what they are eligible for, and lose it after hours; the directory logs both again."""
        rng = self.rng
        for place, admin in enumerate(ADMINS):
            if rng.random() < 0.25:
                continue
            role = "Global Administrator" if place == 0 and rng.random() < 0.1 else USUAL_ROLES[place % 4]
            now = moment(day, 8 + rng.random() * 7)
            until = now + seconds(4 * 3600)
            request = day * 100 + place
            why = "Ticket %d" % rng.randrange(10_000)
            self.pim(now, "Add member to role requested (PIM activation)", role, admin, admin, why, until, request=request)
            correlation = self.log.correlation()
            self.role(now + seconds(4), role, admin, app=by_app(MS_PIM))
            self.pim(
                now + seconds(5), "Add member to role completed (PIM activation)", role, admin, admin, why, until, correlation, request
            )
            self.role(until + seconds(20), role, admin, app=by_app(MS_PIM), activity="Remove member from role")
            self.pim(
                until + seconds(21), "Remove member from role (PIM activation expired)", role, admin, admin, request=request, user=False
            )
        if day in (9, 37):
            new = STAFF[70 + day].person
            self.pim(
                moment(day, 10),
                "Add eligible member to role in PIM requested (permanent)",
                "Helpdesk Administrator",
                new,
                ADMINS[0],
                "New at the help desk",
                request=7000 + day,
            )
            self.pim(
                moment(day, 10.01),
                "Add eligible member to role in PIM completed (permanent)",
                "Helpdesk Administrator",
                new,
                ADMINS[0],
                "New at the help desk",
                request=7000 + day,
            )
        if day == 21:
            # A project needs an administrator of policies for three weeks.
            self.pim(
                moment(day, 11),
                "Add member to role in PIM completed (timebound)",
                "Conditional Access Administrator",
                ADMINS[4],
                ADMINS[0],
                "Project",
                moment(day + 20, 11),
                request=7500,
            )
            self.role(moment(day, 11) - seconds(2), "Conditional Access Administrator", ADMINS[4], app=by_app(MS_PIM))
        if day == 16:
            self.role(moment(day, 13), "Security Reader", STAFF[50].person, user=by(ADMINS[1]))
            self.role(moment(day + 1, 13), "Security Reader", STAFF[50].person, user=by(ADMINS[1]), activity="Remove member from role")
        if day == 24:
            # The traveller's new telephone.
            one = TRAVELLERS[1].person
            self.security_info(moment(day - 1, 9.5), one, one, "Authenticator App with Notification and Code")
        if day == 29:
            admin = ADMINS[0]
            for hour, activity in (
                (10, "User has elevated their access to User Access Administrator for their Azure Resources"),
                (12, "The role assignment of User Access Administrator has been removed from the user"),
            ):
                self.log.audit(
                    moment(day, hour),
                    "Azure RBAC (Elevated Access)",
                    "AzureRBACRoleManagementElevateAccess",
                    activity,
                    user=by(admin),
                    targets=[cast.person_target(admin)] if hour == 12 else [],
                )
        if day == 30:
            # Requests that came to nothing, a role that failed, one of the tenant's own, and one of a program.
            admin = ADMINS[1]
            self.pim(
                moment(day, 9), "Add member to role requested (PIM activation)", "Global Administrator", admin, admin, "Try", request=7601
            )
            self.pim(
                moment(day, 9.1),
                "Add member to role request denied (PIM activation)",
                "Global Administrator",
                admin,
                ADMINS[0],
                "Why?",
                request=7601,
            )
            self.pim(moment(day, 9.2), "Add member to role canceled (PIM activation)", "User Administrator", admin, admin, request=7602)
            self.role(moment(day, 10), "Exchange Administrator", STAFF[52].person, user=by(admin), result="failure")
            self.pim(
                moment(day, 11),
                "Add eligible member to role in PIM completed (timebound)",
                "Security Reader",
                STAFF[53].person,
                ADMINS[0],
                "Audit",
                moment(day + 30, 11),
                request=7603,
            )
            self.pim(
                moment(day, 12),
                "Remove eligible member from role in PIM completed (permanent)",
                "Helpdesk Administrator",
                STAFF[54].person,
                ADMINS[0],
                request=7604,
            )
            values = [
                ("Role.ObjectID", guid("e000", 799)),
                ("Role.DisplayName", "Birch Printer Operator"),
                ("Role.TemplateId", guid("e000", 799)),
            ]
            self.log.directory(
                moment(day, 13),
                "RoleManagement",
                "Add member to role",
                "Assign",
                user=by(ADMINS[0]),
                targets=[
                    cast.person_target(STAFF[55].person, [(name, None, json.dumps(text)) for name, text in values]),
                    cast.target("Role", guid("e000", 799), "Birch Printer Operator"),
                ],
            )
            values = [("Role.DisplayName", "Directory Readers"), ("Role.TemplateId", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b")]
            self.log.directory(
                moment(day, 14),
                "RoleManagement",
                "Add member to role",
                "Assign",
                user=by(ADMINS[0]),
                targets=[
                    principal_target(YEARLY, changes=[(name, None, json.dumps(text)) for name, text in values]),
                    cast.target("Role", guid("e000", 798), "Directory Readers"),
                ],
            )
            # The directory's half of an activation whose other half was not logged.
            self.role(moment(day, 15), "User Administrator", ADMINS[5], app=by_app(MS_PIM))
        if day == 22:
            self.log.audit(
                moment(day, 14),
                "PIM",
                "RoleManagement",
                "Update role setting in PIM",
                user=by(ADMINS[0], None),
                reason="Maximum duration set to 4 hours",
                targets=[cast.target("Role", guid("e000", 701), "User Administrator")],
            )

    def applications(self):
        """Secrets are renewed by the owners of their applications; a few applications are new."""
        owners = {STOCK: DEVELOPERS[0].person, HR: DEVELOPERS[1].person}
        before = {STOCK: [key_text(701, "Password", "stock 2025")], HR: [key_text(704, "Password", "hr 2025")]}
        self.secret(moment(33, 9.5) - seconds(9.6 * 3600), owners[STOCK], STOCK, before[STOCK], name="stock 2026", number=711)
        self.secret(moment(39, 15), owners[HR], HR, before[HR], name="hr 2026", number=714)
        for app, day, old, new in ((QUARTERLY, 2, 720, 721), (QUARTERLY, 48, 721, 723), (YEARLY, 51, 722, 724)):
            self.secret(moment(day, 9.5), DEVELOPERS[4].person, app, [key_text(old, "Password", "before")], name="now", number=new)
        for n in range(10):
            app = App("Birch Tool %d" % n, guid("b000", 740 + n), guid("c000", 740 + n), guid("b001", 740 + n))
            developer = DEVELOPERS[n % len(DEVELOPERS)].person
            day = 1 + n * 6 - (2 if (1 + n * 6) % 7 > 4 else 0)
            self.new_app(moment(day, 10), developer, app)
            _, keys = self.secret(moment(day, 10.2), developer, app, [], name="first")
            if n % 3 == 0:
                self.secret(moment(day + 1, 9), developer, app, keys, kind="AsymmetricX509Cert", name="CN=tool")
            if n % 4 == 1:
                self.owner(moment(day, 15), developer, DEVELOPERS[(n + 1) % len(DEVELOPERS)].person, app)
            if n % 3 == 1:
                old, new = ["https://tool%d.birch.example/auth" % n], ["https://tool%d.birch.example/auth" % n, "http://localhost:3000"]
                self.redirects(moment(day + 1, 11), developer, app, old, new)
            if n % 5 == 2:
                self.app_role(moment(day + 1, 14), by(ADMINS[2]), app, "User.Read.All")
                self.consent(moment(day + 1, 14.1), ADMINS[2], app, "User.Read Group.Read.All", everybody=True)
        issuer = {
            "id": guid("9300", 1),
            "name": "deploy-main",
            "issuer": "https://token.actions.githubusercontent.example",
            "subject": "repo:birch/shop:ref:refs/heads/main",
        }
        self.log.directory(
            moment(8, 10),
            "ApplicationManagement",
            "Update application",
            "Update",
            user=by(DEVELOPERS[2].person),
            targets=[app_target(PIPELINE, changes=[("FederatedIdentityCredentials", "[]", json.dumps([issuer]))])],
        )

    def consents(self):
        """Users consent to what they use; an application that one liked is soon used by others."""
        rng = self.rng
        apps = [
            App(name, guid("b000", 760 + n), guid("c000", 760 + n), guid("b001", 760 + n))
            for n, name in enumerate(("Adatum Whiteboard", "Fabrikam Scheduler", "Litware Notes", "Tailspin Travel", "Northwind Polls"))
        ]
        for n, app in enumerate(apps):
            for _ in range(rng.randrange(4, 16)):
                day = rng.randrange(n * 9, DAYS)
                self.consent(
                    moment(day - (2 if day % 7 > 4 else 0), 8 + rng.random() * 8), rng.choice(STAFF).person, app, rng.choice(SCOPES)
                )
        # New telephones: their mail program asks for the mailbox.
        for n in range(9):
            self.consent(
                moment(1 + n * 6 + n % 3, 12 + n % 5),
                STAFF[20 + n * 7].person,
                PHONE_MAIL,
                "EAS.AccessAsUser.All EWS.AccessAsUser.All",
                api=OFFICE,
            )
        # A consent that adds to an earlier one, for two services; one that was refused; one that was taken back.
        user, app = STAFF[51].person, apps[0]
        old = "[Id: grant-a, ClientId: %s, PrincipalId: %s, ResourceId: %s, ConsentType: Principal, Scope: User.Read]" % (
            app.service_principal_id,
            user.id,
            GRAPH.service_principal_id,
        )
        new = (
            old.replace("Scope: User.Read", "Scope: User.Read Calendars.Read"),
            old.replace("grant-a", "grant-b")
            .replace(GRAPH.service_principal_id, OFFICE.service_principal_id)
            .replace("User.Read", "Contacts.Read"),
        )
        for day, result in ((38, "success"), (39, "failure")):
            self.log.directory(
                moment(day, 14),
                "ApplicationManagement",
                "Consent to application",
                "Assign",
                user=by(user),
                result=result,
                details=[("AppId", app.app_id)],
                targets=[
                    principal_target(
                        app,
                        changes=[
                            ("ConsentContext.IsAdminConsent", None, '"False"'),
                            ("ConsentContext.OnBehalfOfAll", None, '"False"'),
                            ("ConsentAction.Permissions", None, json.dumps("[%s] => [%s, %s]; " % ((old,) + new))),
                        ],
                    )
                ],
            )
        self.log.directory(
            moment(40, 14),
            "ApplicationManagement",
            "Remove delegated permission grant",
            "Unassign",
            user=by(user),
            targets=[
                principal_target(
                    GRAPH,
                    changes=[
                        ("DelegatedPermissionGrant.Scope", '" User.Read Calendars.Read"', None),
                        ("ServicePrincipal.ObjectID", json.dumps(app.service_principal_id), None),
                    ],
                )
            ],
        )

    def policies(self):
        policy, self_name = self.policy, CA_POLICIES[3]
        admin = ADMINS[3]
        policy(moment(7, 10), admin, 2, policy_text(2, "enabledForReportingButNotEnforced"), policy_text(2))
        policy(moment(14, 13), admin, 0, policy_text(0), policy_text(0, excludeUsers=[guid("a000", 990)]))
        policy(moment(30, 9), admin, 2, policy_text(2), policy_text(2, includeGroups=[GROUPS[2]["id"]]))
        # Switched on as the portal proposes: without whoever switches it on, who takes that back the next day.
        on = policy_text(1, excludeUsers=[admin.id])
        policy(moment(42, 10), admin, 1, policy_text(1, "enabledForReportingButNotEnforced"), on)
        policy(moment(43, 10), admin, 1, on, policy_text(1))
        policy(moment(44, 15), ADMINS[0], 3, policy_text(3), policy_text(3).replace(self_name, "Require MFA for all administrators"))
        self.location(moment(16, 9), admin, "Offices", ["192.0.2.0/25"], ["192.0.2.0/25", "192.0.2.128/25"])
        self.authorization_policy(moment(11, 14), ADMINS[0], ("AllowInvitesFrom", '"everyone"', '"adminsAndGuestInviters"'))
        self.log.audit(
            moment(18, 11),
            "Authentication Methods",
            "ApplicationManagement",
            "Authentication Methods Policy Update",
            operation="Update",
            user=by(ADMINS[0]),
            targets=[cast.target("Policy", None, "Authentication methods", changes=[("fido2", '"disabled"', '"enabled"')])],
        )
        for hour, activity in ((9, "Add unverified domain"), (11, "Verify domain")):
            self.log.directory(
                moment(24, hour),
                "DirectoryManagement",
                activity,
                "Add",
                user=by(ADMINS[0]),
                targets=[cast.target("Other", "birchclub.example", "birchclub.example")],
            )
        self.partner(moment(29, 10), ADMINS[0], guid("8000", 80), "Add a partner to cross-tenant access setting")
        self.partner(moment(29, 10.2), ADMINS[0], guid("8000", 80), trust={"isMfaAccepted": True})
        # A test of the joiner script: made in the morning, gone in the afternoon.
        test = Person(guid("a000", 1490), "Joiner Test", "joiner.test@birch.example", None)
        self.add_user(moment(31, 9), test, actor=HELP_DESK[1])
        self.delete_user(moment(31, 14), test, actor=HELP_DESK[1])
        for day, rule in ((13, '(user.department -eq "Stores")'), (41, '(user.country -eq "NO")')):
            self.log.directory(
                moment(day, 10),
                "GroupManagement",
                "Update group",
                "Update",
                user=by(ADMINS[1]),
                targets=[cast.group_target(GROUPS[7], [("MembershipRule", '["(user.city -eq \\"Oslo\\")"]', json.dumps([rule]))])],
            )

    def consumers_tenant(self):
        """Each Tuesday a developer of the shop publishes a policy; the keys are rotated once."""
        for day in range(1, DAYS, 7):
            self.b2c_call(moment(day, 10), DEVELOPERS[3].person, "Update custom policy", "PolicyManagement", "B2C_1A_signup_signin")
            self.b2c_call(moment(day, 10.05), DEVELOPERS[3].person, "Get custom policies", "PolicyManagement", None)
        self.b2c_call(moment(36, 11), DEVELOPERS[3].person, "Upload secret into policy key", "KeyManagement", "B2C_1A_FacebookSecret")

    def b2c_call(self, ticks, actor, activity, category, name, result="success"):
        correlation = self.log.correlation()
        return [
            self.log.audit(
                ticks + seconds(0.03 * place),
                "B2C",
                one,
                activity,
                correlation,
                user=by(actor),
                result=result,
                reason="User is allowed." if place == 0 else "",
                targets=[cast.target("Other", None, name)],
                details=[("targetTenant", INITIAL_DOMAIN), ("actorIdentityType", "User")],
            )
            for place, one in enumerate(("Authorization", category))
        ]
