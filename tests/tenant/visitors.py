"""Guests: invited by those who work with them, redeemed or not, sponsored, reviewed, invited again, deleted."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

from generator import cast
from generator.model import iso, seconds

from log import DAYS, by, by_app, changes, is_workday, moment
from people import ADMINS, HELP_DESK, INVITATION_WORKER, PARTNER_PROJECTS, PARTNERS, PROJECT_LEADS, TENANT_ID, guest, guid

REVIEW = {"id": guid("d001", 70), "displayName": "Guests of Partner Projects"}


def number_of(who):
    return int(who.id[-6:])


def invitation_id(who):
    return guid("d400", number_of(who))


class Visitors:
    def __init__(self, log, staff=None, name="visitors"):
        self.log, self.staff = log, staff
        self.rng = Random("tenant/%s" % name)
        self.everybody, self.sponsors, self.created, self.accepted, self.deleted = [], {}, {}, {}, set()

    def tell(self):
        """Two or three a working day; seven in ten redeem, some late, some not at all."""
        rng = self.rng
        number = 0
        for day in range(DAYS):
            for _ in range(rng.randrange(1, 5) if is_workday(day) else 0):
                number += 1
                who = guest(number, rng)
                # Leads invite; from the second month on others do, too; some guests ask at the partner portal.
                inviter = rng.choice(PROJECT_LEADS[:8] if day < 35 else PROJECT_LEADS)
                self.life(day, who, inviter, by_portal=rng.random() < 0.1)
        self.bulk(19)
        self.odd_ones()
        self.review(50)

    def life(self, day, who, inviter, by_portal):
        rng = self.rng
        now = moment(day, 8.5 + rng.random() * 7)
        self.everybody.append(who)
        if rng.random() < 0.04:
            self.fail_to_invite(now, who, inviter)
            now += seconds(1800)
        self.invite(now, who, inviter, sponsor=inviter if rng.random() < 0.7 else None, app=PARTNERS if by_portal else None)
        roll = rng.random()
        gone = now + seconds(15.3 * 86400) if rng.random() < 0.07 and day < DAYS - 20 else moment(DAYS, 0)
        if roll < 0.72:
            at = now + seconds(3600 * rng.choice((0.2, 1, 5, 22, 49, 120)) * (0.8 + rng.random() * 0.4))
            self.redeem_and_work(at, who, inviter, gone)
        elif roll < 0.82 and day < DAYS - 20:
            self.invite_again(now + seconds(9 * 86400), who, inviter)
            if rng.random() < 0.5:
                self.redeem_and_work(now + seconds(11 * 86400), who, inviter, gone)
        if gone < moment(DAYS, 0):
            self.delete(gone, who, HELP_DESK[0])
            if rng.random() < 0.4:
                # The project went on after all.
                self.restore(gone + seconds(86400), who, HELP_DESK[number_of(who) % 2])
                self.staff.guest(gone + seconds(90_000), who)

    def redeem_and_work(self, at, who, inviter, end=moment(DAYS, 0)):
        rng = self.rng
        if at >= end:
            return
        self.redeem(at, who, rng.choice(("One Time Passcode", "Azure AD", "Azure AD")), rng.choice(("Invited Users", "B2B Auth")))
        if rng.random() < 0.5:
            self.log.directory(
                at + seconds(3600),
                "GroupManagement",
                "Add member to group",
                "Assign",
                user=by(inviter),
                targets=[
                    cast.person_target(
                        who,
                        [
                            ("Group.ObjectID", None, json.dumps(PARTNER_PROJECTS["id"])),
                            ("Group.DisplayName", None, json.dumps(PARTNER_PROJECTS["displayName"])),
                        ],
                    ),
                    cast.group_target(PARTNER_PROJECTS),
                ],
            )
        now, first = at + seconds(30), True
        while now < end and rng.random() < 0.8:
            self.staff.guest(now, who, first)
            first = False
            now += seconds(86400 * (1 + rng.random() * 6))

    def odd_ones(self):
        """Upper case and underscores in an address; a guest who is purged and invited anew, as another object; one who came by itself."""
        lead = PROJECT_LEADS[2]
        who = guest(850, self.rng)
        mail = "Anna_Maria.Berg@Fabrikam.example"
        upper = replace(who, mail=mail, upn="%s#EXT#@%s" % (mail.replace("@", "_"), who.upn.split("@")[1]))
        self.everybody.append(upper)
        self.invite(moment(9, 10), upper, lead)
        self.redeem_and_work(moment(10, 10), upper, lead)
        first, second = guest(851, self.rng), guest(852, self.rng)
        second = replace(second, mail=first.mail, upn=first.upn)
        self.everybody += [first, second]
        self.invite(moment(14, 10), first, lead, sponsor=lead)
        self.redeem_and_work(moment(15, 10), first, lead, moment(21, 9))
        self.delete(moment(21, 10), first, HELP_DESK[0])
        self.log.directory(
            moment(22, 10), "UserManagement", "Hard Delete user", "Delete", user=by(HELP_DESK[0]), targets=[cast.person_target(first)]
        )
        self.invite(moment(28, 10), second, lead, sponsor=lead)
        alone = guest(853, self.rng)
        self.everybody.append(alone)
        self.invite(moment(35, 10), alone, lead, activity="Viral user creation", app=PARTNERS)

    # Acts

    def details(self, who, inviter_id, ip):
        return [
            ("invitedUserEmailAddress", who.mail),
            ("InvitationId", invitation_id(who)),
            ("oid", inviter_id),
            ("tid", TENANT_ID),
            ("ipaddr", ip),
        ]

    def invite(self, ticks, who, inviter, sponsor=None, app=None, activity="Invite external user"):
        correlation, add = self.log.correlation(), self.log.audit
        self.log.directory(
            ticks,
            "UserManagement",
            "Add user",
            "Add",
            correlation,
            app=by_app(INVITATION_WORKER),
            details=[("UserType", "Guest")],
            targets=[
                cast.person_target(
                    who,
                    changes(
                        AccountEnabled=True,
                        CreationType="Invitation",
                        DisplayName=who.name,
                        OtherMail=who.mail,
                        UserPrincipalName=who.upn,
                        UserState="PendingAcceptance",
                        UserType="Guest",
                    ),
                )
            ],
        )
        actor = dict(app=by_app(app)) if app else dict(user=by(inviter))
        event = add(
            ticks + seconds(0.4),
            "Invited Users",
            "UserManagement",
            activity,
            correlation,
            operation="Add",
            reason=None,
            targets=[cast.person_target(who)],
            details=self.details(who, None if app else inviter.id, None if app else inviter.ip),
            **actor,
        )
        self.created[who.id] = ticks
        if sponsor:
            self.sponsors[who.id] = sponsor
            self.log.directory(
                ticks + seconds(1.4),
                "UserManagement",
                "Add user sponsor",
                "Assign",
                correlation,
                user=by(inviter, None),
                targets=[cast.person_target(who), cast.person_target(sponsor)],
            )
        return event

    def fail_to_invite(self, ticks, who, inviter):
        self.log.audit(
            ticks,
            "Invited Users",
            "UserManagement",
            "Invite external user",
            operation="Add",
            result="failure",
            reason="The domain of the invited user is not allowed.",
            user=by(inviter),
            targets=[cast.target("User", "", None, "")],
            details=self.details(who, inviter.id, inviter.ip),
        )

    def invite_again(self, ticks, who, inviter):
        correlation = self.log.correlation()
        self.log.audit(
            ticks,
            "Invited Users",
            "UserManagement",
            "Invite external user with reset invitation status",
            correlation,
            operation="Update",
            user=by(inviter),
            targets=[cast.person_target(who)],
            details=self.details(who, inviter.id, inviter.ip),
        )
        self.log.directory(
            ticks + seconds(0.5),
            "UserManagement",
            "Update user",
            "Update",
            correlation,
            app=by_app(INVITATION_WORKER),
            targets=[cast.person_target(who, [("UserState", '["PendingAcceptance"]', '["PendingAcceptance"]')])],
        )

    def redeem(self, ticks, who, source, service):
        correlation = self.log.correlation()
        self.accepted[who.id] = ticks
        self.log.directory(
            ticks,
            "UserManagement",
            "Update user",
            "Update",
            correlation,
            app=by_app(INVITATION_WORKER),
            targets=[
                cast.person_target(
                    who,
                    [
                        ("UserState", '["PendingAcceptance"]', '["Accepted"]'),
                        ("AcceptedOn", "[]", json.dumps([iso(ticks // 10**7 * 10**7)])),
                    ],
                )
            ],
        )
        # The event itself is missing now and then: the state alone tells.
        if self.rng.random() < 0.06:
            return
        packed = "UPN: %s, Email: %s, InvitationId: %s, Source: %s" % (who.upn, who.mail, invitation_id(who), source)
        self.log.audit(
            ticks + seconds(0.8),
            service,
            "UserManagement",
            "Redeem extern user invite" if service == "B2B Auth" else "Redeem external user invite",
            correlation,
            operation="Update",
            reason=None,
            user=by(who),
            targets=[cast.target("User", who.id, packed, who.upn)],
        )

    def delete(self, ticks, who, actor):
        self.deleted.add(who.id)
        correlation = self.log.correlation()
        self.log.audit(
            ticks,
            "Invited Users",
            "UserManagement",
            "Delete external user",
            correlation,
            operation="Delete",
            user=by(actor),
            targets=[cast.person_target(who)],
        )
        return self.log.directory(
            ticks + seconds(0.6), "UserManagement", "Delete user", "Delete", correlation, user=by(actor), targets=[cast.person_target(who)]
        )

    def restore(self, ticks, who, actor):
        self.deleted.discard(who.id)
        return self.log.directory(ticks, "UserManagement", "Restore user", "Add", user=by(actor), targets=[cast.person_target(who)])

    def bulk(self, day):
        """A fair: twelve guests at once, from a file."""
        for n in range(12):
            who = guest(800 + n, self.rng)
            self.everybody.append(who)
            self.invite(moment(day, 10) + seconds(3 * n), who, PROJECT_LEADS[0], sponsor=PROJECT_LEADS[0])
            if n % 3:
                self.redeem_and_work(moment(day, 12 + n), who, PROJECT_LEADS[0])
        self.log.audit(
            moment(day, 10.1),
            "Microsoft Entra Management UX",
            "UserManagement",
            "Bulk invite users - finished (bulk)",
            operation="Add",
            user=by(PROJECT_LEADS[0]),
        )

    def review(self, day):
        target = cast.target("Policy", REVIEW["id"], REVIEW["displayName"])
        self.log.audit(
            moment(day, 9), "Access Reviews", "Policy", "Create access review", operation="Add", user=by(ADMINS[0]), targets=[target]
        )
        for place, who in enumerate(self.everybody[:30]):
            decision = ("Approve", "Approve", "Approve", "Deny", "Don't know")[place % 5]
            self.log.audit(
                moment(day + 1, 9) + seconds(40 * place),
                "Access Reviews",
                "Policy",
                "%s decision" % decision,
                operation="Update",
                user=by(PROJECT_LEADS[1]),
                targets=[cast.person_target(who, [("Decision", '"NotReviewed"', json.dumps(decision))]), target],
            )

    # Exports

    def users(self):
        """What `/users?$expand=sponsors` says at the end: deleted ones are gone, and some are older than the log."""
        rows = []
        older = [guest(900 + n, self.rng) for n in range(25)]
        for place, who in enumerate(older):
            self.created[who.id] = moment(-70 + place, 9)
            if place % 3:
                self.accepted[who.id] = moment(-60 + place, 9)
        for who in self.everybody + older:
            if who.id in self.deleted:
                continue
            accepted, sponsor = self.accepted.get(who.id), self.sponsors.get(who.id)
            rows.append(
                {
                    "id": who.id,
                    "displayName": who.name,
                    "userPrincipalName": who.upn,
                    "mail": who.mail,
                    "otherMails": [who.mail],
                    "userType": "Guest",
                    "creationType": "Invitation",
                    "accountEnabled": True,
                    "externalUserState": "Accepted" if accepted else "PendingAcceptance",
                    "externalUserStateChangeDateTime": whole_second(accepted or self.created[who.id]),
                    "createdDateTime": whole_second(self.created[who.id]),
                    "sponsors": [
                        {
                            "@odata.type": "#microsoft.graph.user",
                            "id": sponsor.id,
                            "displayName": sponsor.name,
                            "userPrincipalName": sponsor.upn,
                        }
                    ]
                    if sponsor
                    else [],
                }
            )
        return rows


def whole_second(ticks):
    return iso(ticks // seconds(1) * seconds(1))
