"""The planted incidents: one small function each, and the table of what must find them.

A function appends its events to the log and gives the ids that the finding must name as evidence. Each attacker has an
address, and mostly a victim, of its own, so that one incident does not stand or fall with another.
"""

from __future__ import annotations

from generator import cast
from generator.consumers import ID_TOKEN, LOCAL, SEND_SMS, WRONG_PASSWORD
from generator.model import seconds

from acts import Directory, key_text, policy_text, principal_target
from log import APPROVED, DENIED, EARLIER, PASSWORD, WRONG, Log, by, moment
from people import (
    ADMINS,
    BACKUP,
    BERLIN,
    BROKER,
    DEVELOPERS,
    DOMAIN,
    GRAPH,
    HANOI,
    HELP_DESK,
    IMPORTER,
    LAGOS,
    LIMA,
    MAILER,
    OFFICE,
    PORTAL,
    SHELL,
    STAFF,
    STOCK,
    TEAMS,
    App,
    Origin,
    Person,
    guest,
    guid,
)
from shoppers import RESET, SHOP, SIGN_IN, Shoppers
from visitors import Visitors


def attacker(number, place=LAGOS):
    return Origin("203.0.113.%d" % number, place, 64600 + number)


def ids(*events):
    return [event if isinstance(event, str) else event.id for event in events]


def account(number, name):
    return Person(guid("a000", 1600 + number), name, "%s@%s" % (name.lower().replace(" ", "."), DOMAIN), "203.0.113.60")


def application(number, name):
    return App(name, guid("b000", 820 + number), guid("c000", 820 + number), guid("b001", 820 + number))


class Scene:
    """The log and everybody's acts."""

    def __init__(self, log: Log):
        self.log = log
        self.directory = Directory(log, "strange")
        self.visitors = Visitors(log, name="strange")
        self.shoppers = Shoppers(log)


# Sign-ins


def spray(scene):
    """One password for forty users, and it is right for one of them."""
    origin, now = attacker(66), moment(41, 2.5)
    tried = [
        scene.log.signin(now + seconds(35 * n), one.person, OFFICE, origin, error=50126, steps=[WRONG], agent=cast.FIREFOX)
        for n, one in enumerate(STAFF[20:60])
    ]
    return ids(*tried, scene.log.signin(now + seconds(1500), STAFF[44].person, OFFICE, origin, steps=[PASSWORD], agent=cast.FIREFOX))


def hidden_spray(scene):
    """From ever-changing addresses of one network of IPv6, and never right."""
    now = moment(52, 23.3)
    return ids(
        *(
            scene.log.signin(
                now + seconds(80 * n),
                one.person,
                OFFICE,
                Origin("2001:db8:dead:1::%x" % (n * 7 + 1), HANOI, 64666),
                error=50126,
                steps=[WRONG],
                agent=cast.FIREFOX,
            )
            for n, one in enumerate(STAFF[2:118:2])
        )
    )


def brute_force(scene):
    origin, one, now = attacker(67, HANOI), STAFF[64].person, moment(42, 3)
    tried = [scene.log.signin(now + seconds(20 * n), one, OFFICE, origin, error=50126, steps=[WRONG], agent=cast.CHROME) for n in range(35)]
    return ids(*tried, scene.log.signin(now + seconds(720), one, OFFICE, origin, steps=[PASSWORD], agent=cast.CHROME))


def fatigue(scene):
    """The password is known; prompt after prompt at night until one is approved."""
    origin, one, now = attacker(68), STAFF[65].person, moment(43, 1)
    asked = [
        scene.log.signin(now + seconds(45 * n), one, PORTAL, origin, error=500121, steps=[PASSWORD, DENIED], agent=cast.CHROME)
        for n in range(9)
    ]
    return ids(*asked, scene.log.signin(now + seconds(430), one, PORTAL, origin, steps=[PASSWORD, APPROVED], agent=cast.CHROME))


def travel(scene):
    one, now = STAFF[66], moment(44, 11)
    here = scene.log.signin(now, one.person, OFFICE, one.office, steps=[PASSWORD, EARLIER], agent=one.agent, system=one.system)
    there = scene.log.signin(
        now + seconds(2400),
        one.person,
        OFFICE,
        attacker(69, HANOI),
        steps=[PASSWORD, EARLIER],
        agent=cast.CHROME,
        risk="high",
        risk_state="atRisk",
    )
    return ids(here, there)


def new_country(scene):
    return ids(scene.log.signin(moment(45, 4), STAFF[67].person, TEAMS, attacker(70, LIMA), steps=[PASSWORD, EARLIER], agent=cast.CHROME))


def device_code(scene):
    """The user typed a code into the right page; the attacker's machine got the token of the broker."""
    return ids(
        scene.log.signin(
            moment(46, 13),
            STAFF[68].person,
            BROKER,
            attacker(71),
            resource=GRAPH,
            protocol="deviceCode",
            steps=[PASSWORD, EARLIER],
            client="Mobile Apps and Desktop clients",
        )
    )


def collector(scene):
    return ids(
        *(
            scene.log.signin(
                moment(47, 3) + seconds(60 * n),
                STAFF[69].person,
                SHELL,
                attacker(72),
                resource=GRAPH,
                agent="azurehound/v2.1.8",
                kind="nonInteractiveUser" if n else "interactiveUser",
                steps=[PASSWORD],
            )
            for n in range(3)
        )
    )


def replay(scene):
    """The cookie of a session goes on on another machine in another country."""
    one, now, session = STAFF[70], moment(48, 9.5), guid("6600", 1)
    own = scene.log.signin(
        now, one.person, OFFICE, one.office, steps=[PASSWORD, EARLIER], agent=one.agent, system="Windows10", session=session
    )
    stolen = scene.log.signin(
        now + seconds(600),
        one.person,
        OFFICE,
        attacker(73),
        kind="nonInteractiveUser",
        agent="Mozilla/5.0 (X11; Linux x86_64)",
        system="Linux",
        session=session,
    )
    return ids(own, stolen)


def risky(scene):
    """Seen at an anonymous address, and then a telephone is registered."""
    one, origin, now = STAFF[71].person, attacker(74), moment(49, 2)
    seen = scene.log.risk(now, one, "anonymizedIPAddress", "high", origin)
    return ids(
        seen,
        scene.log.audit(
            now + seconds(1500),
            "Authentication Methods",
            "UserManagement",
            "User registered security info",
            operation="Update",
            reason="User registered Authenticator App with Notification and Code",
            user=by(one, origin.ip),
            targets=[cast.person_target(one)],
        ),
    )


# Programs


def dormant_program(scene):
    """A program that slept for weeks gets a secret and signs in with it."""
    event, _ = scene.directory.secret(moment(48, 1), ADMINS[2], IMPORTER, [key_text(707, "Password", "2024")], name="import", number=1707)
    use = scene.log.signin(
        moment(48, 1.4), IMPORTER, IMPORTER, attacker(75), resource=GRAPH, kind="servicePrincipal", key=guid("9200", 1707)
    )
    return ids(event, use)


def stolen_program(scene):
    """From a new country, with a key that was not used before."""
    return ids(
        scene.log.signin(
            moment(51, 3), BACKUP, BACKUP, attacker(76, HANOI), resource=GRAPH, kind="servicePrincipal", key=guid("9200", 1703)
        )
    )


def key_on_principal(scene):
    event, _ = scene.directory.secret(
        moment(52, 1), ADMINS[4], MAILER, [], kind="AsymmetricX509Cert", name="CN=mail", target=principal_target
    )
    return ids(event)


def key_after_consent(scene):
    app = application(1, "Birch Statistics")
    consent = scene.directory.consent(moment(50, 15), ADMINS[2], app, "User.Read", everybody=True)
    event, _ = scene.directory.secret(moment(50, 22), DEVELOPERS[6].person, app, [], name="stats")
    return ids(*consent, event)


# Applications


def phished_consent(scene):
    return ids(
        *scene.directory.consent(
            moment(47, 9), STAFF[72].person, application(2, "Mail Viewer Plus"), "offline_access User.Read Mail.ReadWrite Mail.Send"
        )
    )


def unknown_app(scene):
    return ids(*scene.directory.consent(moment(53, 9), STAFF[73].person, application(3, "Quick Signature"), "openid profile User.Read"))


def seized_app(scene):
    return ids(scene.directory.owner(moment(46, 23), STAFF[74].person, STAFF[74].person, STOCK))


def redirect(scene):
    old = ["https://stock.birch.example/auth"]
    return ids(scene.directory.redirects(moment(54, 2), DEVELOPERS[7].person, STOCK, old, [*old, "https://a1b2c3.ngrok-free.app/cb"]))


# Roles


def direct_role(scene):
    return ids(scene.directory.role(moment(45, 23), "Global Administrator", STAFF[75].person, user=by(ADMINS[4])))


def hidden_account(scene):
    one = account(1, "svc backup")
    made = scene.directory.add_user(moment(46, 1), one, actor=ADMINS[4])
    return ids(made, scene.directory.role(moment(46, 1.2), "Privileged Role Administrator", one, user=by(ADMINS[4])))


def fresh_admin(scene):
    one, now = STAFF[76].person, moment(55, 22)
    given = scene.directory.role(now, "Global Administrator", one, user=by(ADMINS[5]))
    return ids(
        given, scene.directory.role(now + seconds(1800), "Application Administrator", STAFF[77].person, user=by(one, "203.0.113.77"))
    )


def coup(scene):
    """Every role at once: eleven people become administrators within a quarter of an hour."""
    return ids(
        *(
            scene.directory.role(
                moment(56, 2) + seconds(70 * n), "Global Administrator", account(10 + n, "Batch %d" % n), user=by(ADMINS[3], "203.0.113.78")
            )
            for n in range(11)
        )
    )


def elevated(scene):
    return ids(
        scene.log.audit(
            moment(57, 0.5),
            "Azure RBAC (Elevated Access)",
            "AzureRBACRoleManagementElevateAccess",
            "User has elevated their access to User Access Administrator for their Azure Resources",
            user=by(ADMINS[0], "203.0.113.79"),
            details=[("OperationName", "Microsoft.Authorization/elevateAccess/action")],
        )
    )


def alert_off(scene):
    return ids(
        scene.log.audit(
            moment(44, 23),
            "PIM",
            "RoleManagement",
            "Disable PIM alert",
            user=by(ADMINS[4], None),
            targets=[cast.target("Other", guid("f400", 1), "Roles are being assigned outside of Privileged Identity Management")],
        )
    )


# Policies


def own_exclusion(scene):
    admin = ADMINS[4]
    return ids(scene.directory.policy(moment(47, 1), admin, 3, policy_text(3), policy_text(3, excludeUsers=[admin.id])))


def policy_off(scene):
    return ids(scene.directory.policy(moment(49, 1), ADMINS[5], 1, policy_text(1), policy_text(1, "disabled")))


def trusted_internet(scene):
    return ids(
        scene.directory.location(moment(50, 1), ADMINS[5], "Offices", ["192.0.2.0/25"], ["192.0.2.0/25", "0.0.0.0/1", "128.0.0.0/1"])
    )


def federated(scene):
    return ids(
        scene.log.directory(
            moment(51, 1),
            "DirectoryManagement",
            "Set federation settings on domain",
            "Update",
            user=by(ADMINS[0], "203.0.113.80"),
            targets=[cast.target("Other", DOMAIN, DOMAIN, changes=[("IssuerUri", None, '"https://adfs.birch-login.example/"')])],
        )
    )


def consent_for_all(scene):
    change = (
        "PermissionGrantPolicyIdsAssignedToDefaultUserRole",
        '["ManagePermissionGrantsForSelf.microsoft-user-default-low"]',
        '["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"]',
    )
    return ids(scene.directory.authorization_policy(moment(52, 2), ADMINS[5], change))


def trusted_partner(scene):
    trust = {"isMfaAccepted": True, "isCompliantDeviceAccepted": True}
    return ids(scene.directory.partner(moment(53, 2), ADMINS[5], guid("8000", 99), trust=trust))


# Credentials of people


def second_factor_for_another(scene):
    return ids(scene.directory.security_info(moment(45, 2), ADMINS[1], STAFF[78].person, "phone method for user"))


def pass_for_another(scene):
    return ids(scene.directory.security_info(moment(46, 2), ADMINS[1], ADMINS[0], "temporary access pass method for user"))


def factor_off(scene):
    return ids(
        scene.log.directory(
            moment(47, 2),
            "UserManagement",
            "Disable Strong Authentication",
            "Update",
            user=by(ADMINS[1], "203.0.113.81"),
            targets=[cast.person_target(STAFF[79].person)],
        )
    )


def many_passwords(scene):
    return ids(
        *(
            event
            for n in range(15)
            for event in scene.directory.password(moment(48, 3) + seconds(40 * n), HELP_DESK[2], STAFF[80 + n].person)
        )
    )


def many_keys(scene):
    """Each read is a finding of its own; only from the fifth device on are they many."""
    return ids(
        *(
            scene.log.audit(
                moment(49, 3) + seconds(60 * n),
                "Device Registration Service",
                "KeyManagement",
                "Read BitLocker key",
                user=by(HELP_DESK[2], "203.0.113.82"),
                operation="Other",
                targets=[cast.target("Other", guid("f300", n))],
                details=[("AdditionalInfo", "Key ID: '%s' Backed up from device: '%s'" % (guid("f300", n), guid("1000", n)))],
            )
            for n in range(12)
        )
    )[4:]


# Accounts, devices, groups


def short_life(scene):
    one = account(2, "temp audit")
    return ids(
        scene.directory.add_user(moment(50, 2), one, actor=ADMINS[4]), scene.directory.delete_user(moment(50, 3), one, actor=ADMINS[4])
    )


def tool_device(scene):
    return ids(
        *scene.directory.device(moment(51, 2), STAFF[81].person, "DESKTOP-A1B2C3D4", version="10.0.19041.928", origin="203.0.113.83")
    )


def role_group(scene):
    return ids(
        scene.log.directory(
            moment(52, 3),
            "GroupManagement",
            "Add group",
            "Add",
            user=by(ADMINS[4]),
            targets=[
                cast.group_target(
                    {"id": guid("d000", 801), "displayName": "Printers"},
                    [("IsAssignableToRole", "[]", "[true]"), ("SecurityEnabled", "[]", "[true]")],
                )
            ],
        )
    )


# Guests


def invited(scene, number, day, host):
    who = guest(number, scene.visitors.rng)
    scene.visitors.invite(moment(day, 10), who, STAFF[host].person)
    return who


def new_member(scene):
    who = invited(scene, 601, 43, 17)
    return ids(
        scene.log.directory(
            moment(46, 3),
            "UserManagement",
            "Update user",
            "Update",
            user=by(who),
            targets=[cast.person_target(who, [("UserType", '["Guest"]', '["Member"]')])],
        )
    )


def back_again(scene):
    """Deleted by the help desk, restored by an administrator, and in again."""
    who = invited(scene, 602, 40, 18)
    scene.visitors.redeem(moment(40, 12), who, "Azure AD", "B2B Auth")
    scene.visitors.delete(moment(44, 9), who, HELP_DESK[1])
    back = scene.log.audit(
        moment(47, 23),
        "Core Directory",
        "UserManagement",
        "Restore user",
        operation="Add",
        user=by(ADMINS[5]),
        targets=[cast.person_target(who)],
    )
    return ids(
        back, scene.log.signin(moment(48, 1), who, TEAMS, Origin(who.ip, BERLIN, 64599), steps=[PASSWORD, EARLIER], agent=cast.CHROME)
    )


def inviting_guest(scene):
    who = invited(scene, 603, 45, 19)
    scene.visitors.redeem(moment(45, 12), who, "Azure AD", "B2B Auth")
    return ids(*(scene.visitors.invite(moment(49, 20) + seconds(200 * n), guest(610 + n, scene.visitors.rng), who) for n in range(4)))


def guest_admin(scene):
    who = invited(scene, 604, 50, 20)
    return ids(
        scene.directory.pim(
            moment(54, 23),
            "Add eligible member to role in PIM completed (permanent)",
            "Global Administrator",
            who,
            ADMINS[5],
            "consulting",
            request=9001,
        )
    )


# Consumers


def forged_key(scene):
    origin = DEVELOPERS[3].person
    correlation = scene.log.correlation()
    return ids(
        *(
            scene.log.audit(
                moment(55, 3) + seconds(0.03 * n),
                "B2C",
                category,
                "Upload key to policy key",
                correlation,
                user=by(origin, "203.0.113.84"),
                reason="User is allowed." if n == 0 else "",
                targets=[cast.target("Other", None, "B2C_1A_TokenSigningKeyContainer")],
            )
            for n, category in enumerate(("Authorization", "KeyManagement"))
        )
    )


def consumer_spray(scene):
    """Eighty consumers, one password each, and it is right for three."""
    now, correlation, agent = moment(46, 3), scene.log.correlation, cast.FIREFOX
    found = []
    for n, who in enumerate(scene.shoppers.everybody[500:580]):
        found.append(
            scene.shoppers.step(now + seconds(15 * n), LOCAL, correlation(), SHOP, SIGN_IN, who, "203.0.113.85", agent, WRONG_PASSWORD)
        )
        if n % 30 == 20:
            operation = correlation()
            found.append(scene.shoppers.step(now + seconds(15 * n + 5), LOCAL, operation, SHOP, SIGN_IN, who, "203.0.113.85", agent))
            scene.shoppers.step(now + seconds(15 * n + 6), ID_TOKEN, operation, SHOP, SIGN_IN, who, "203.0.113.85", agent)
    return with_address(found)


def stuffing(scene):
    """A list of stolen passwords: most are old, every third one works."""
    now, found = moment(48, 4), []
    for n, who in enumerate(scene.shoppers.everybody[700:790]):
        operation = scene.log.correlation()
        works = n % 3 == 0
        scene.shoppers.step(
            now + seconds(20 * n), LOCAL, operation, SHOP, SIGN_IN, who, "203.0.113.86", "", None if works else WRONG_PASSWORD
        )
        if works:
            found.append(scene.shoppers.step(now + seconds(20 * n + 1), ID_TOKEN, operation, SHOP, SIGN_IN, who, "203.0.113.86", ""))
        else:
            scene.shoppers.step(now + seconds(20 * n + 4), LOCAL, operation, SHOP, SIGN_IN, who, "203.0.113.86", "", WRONG_PASSWORD)
    return with_address(found)


def pumping(scene):
    """Codes to numbers of one range, which nobody ever types in."""
    now = moment(50, 1)
    return with_address(
        [
            scene.shoppers.step(
                now + seconds(12 * n),
                SEND_SMS,
                scene.log.correlation(),
                SHOP,
                RESET,
                scene.shoppers.everybody[900],
                "203.0.113.87",
                cast.SCRIPT,
                phone="+37 0611-%04d" % n,
            )
            for n in range(260)
        ]
    )


def with_address(events):
    """What lacks its address, as some events do, belongs to no address."""
    return ids(*(event for event in events if any(key == "ClientIpAddress" for key, _ in event.details)))


# Name, detection, severity at least, function.
INCIDENTS = [
    ("password spray with a hit", "signin/password-spray", "high", spray),
    ("password spray of a whole network", "signin/password-spray", "medium", hidden_spray),
    ("brute force of one user from abroad", "signin/brute-force-one-user", "high", brute_force),
    ("prompts until one is approved", "signin/mfa-fatigue", "high", fatigue),
    ("two places at once, seen as risky", "signin/impossible-travel", "high", travel),
    ("sign-in from a country new to the tenant", "signin/new-country", "medium", new_country),
    ("device code for the broker", "signin/device-code-and-ropc", "high", device_code),
    ("directory collector", "signin/suspicious-user-agents", "high", collector),
    ("stolen session", "signin/token-replay", "high", replay),
    ("new telephone after a risk", "risk/risk-then-change", "high", risky),
    ("dormant program woken", "workloads/sp-credential-then-signin", "high", dormant_program),
    ("stolen program", "workloads/sp-new-origin", "high", stolen_program),
    ("certificate on a service principal", "apps/credentials-added", "medium", key_on_principal),
    ("secret after an administrator's consent", "apps/credential-after-consent", "medium", key_after_consent),
    ("consent phishing", "apps/risky-consents", "high", phished_consent),
    ("consent to an unknown application", "apps/rare-app-consent", "medium", unknown_app),
    ("application seized by its new owner", "apps/app-owners", "medium", seized_app),
    ("redirect to a tunnel", "apps/app-redirect-and-uris", "medium", redirect),
    ("administrator outside PIM", "roles/role-outside-pim", "high", direct_role),
    ("new account, administrator at once", "roles/new-account-to-admin", "high", hidden_account),
    ("fresh administrator makes another", "roles/fresh-admin-acts", "high", fresh_admin),
    ("a dozen administrators in a quarter of an hour", "roles/role-bulk-change", "high", coup),
    ("access to all of Azure", "roles/elevate-access", "high", elevated),
    ("alert switched off", "roles/pim-settings-and-alerts", "medium", alert_off),
    ("own account excluded from a policy", "policies/ca-exclusions", "high", own_exclusion),
    ("policy switched off", "policies/ca-policy-changes", "medium", policy_off),
    ("the whole internet trusted", "policies/named-locations", "high", trusted_internet),
    ("domain federated", "policies/domains-and-federation", "high", federated),
    ("everybody may consent", "policies/tenant-policy-changes", "medium", consent_for_all),
    ("another tenant's factor trusted", "b2b/cross-tenant-settings", "medium", trusted_partner),
    ("telephone registered for somebody else", "credentials/auth-method-changes", "medium", second_factor_for_another),
    ("pass for an administrator", "credentials/tap-issued", "medium", pass_for_another),
    ("strong authentication off", "credentials/mfa-disabled", "medium", factor_off),
    ("passwords of many reset", "credentials/password-resets", "medium", many_passwords),
    ("disk keys of many devices", "credentials/secrets-read", "medium", many_keys),
    ("account of an hour", "devices/accounts-short-lived", "medium", short_life),
    ("device of an attack tool", "devices/devices-registered", "high", tool_device),
    ("role-assignable group", "devices/groups-dynamic-and-assignable", "medium", role_group),
    ("guest makes itself a member", "b2b/guest-became-member", "high", new_member),
    ("deleted guest is back", "b2b/guest-deleted-then-back", "medium", back_again),
    ("guest invites guests", "b2b/guest-first-time-inviter", "medium", inviting_guest),
    ("guest as Global Administrator", "b2b/guest-privileged", "high", guest_admin),
    ("signing key of tokens replaced", "b2c/keys-and-policies", "medium", forged_key),
    ("consumers' passwords sprayed", "b2c/local-credential-failures", "high", consumer_spray),
    ("list of stolen passwords", "b2c/one-app-many-users-one-ip", "high", stuffing),
    ("SMS pumping", "b2c/sms-pumping", "high", pumping),
]


def plant(log):
    scene = Scene(log)
    return [(name, detection, severity, function(scene)) for name, detection, severity, function in INCIDENTS]
