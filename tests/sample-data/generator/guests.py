"""Guests of the tenant: invited, redeemed, sponsored, reviewed, promoted, removed."""
from __future__ import annotations

import json

from . import cast
from .cast import DANA, ELIF, GRACE, HANA, KARIM, LENA, NORA, OMAR, PAULO, PRIYA, VIKTOR
from .model import Moments, guid, iso, seconds, seeded

INVITED, B2B_AUTH, REVIEWS, DIRECTORY = "Invited Users", "B2B Auth", "Access Reviews", "Core Directory"
NOT_ALLOWED = "The domain of the invited user is not on the list of allowed domains of this tenant."
REVIEW = {"id": guid("d001", 1), "displayName": "Guests of Supplier Projects, March 2026"}


def invitation_id(guest):
    """The same invitation is named by the invite, by the redemption and by nothing else."""
    return guid("9100", int(guest.id[-3:]))


class Guests:
    def __init__(self, story):
        self.story = story
        self.moments = Moments(seeded("guests"))

    def tell(self):
        self.invite("Mon 11:02:15", KARIM, PRIYA, sponsor=PRIYA, mail=True)
        self.invite("Mon 11:06:48", LENA, PRIYA, sponsor=PRIYA)
        self.invite("Mon 14:20:03", VIKTOR, NORA)
        self.redeem("Mon 12:31:27", KARIM)
        self.redeem("Mon 15:05:55", VIKTOR, source="Azure AD")
        self.join("Mon 12:40:10", KARIM)

        self.invite("Tue 10:11:09", OMAR, PRIYA, sponsor=PRIYA, mail=True)
        self.invite("Tue 10:14:33", GRACE, PRIYA)
        self.redeem("Tue 08:47:19", LENA, plain_state=True)
        self.join("Tue 09:30:41", LENA)
        self.join("Tue 09:31:05", VIKTOR)

        self.invite("Wed 08:55:37", PAULO, PRIYA, sponsor=PRIYA)
        self.invite("Wed 16:12:50", HANA, NORA)
        self.fail_to_invite("Wed 16:15:22", DANA, NORA)
        self.redeem("Wed 13:08:44", PAULO, service=B2B_AUTH, source="Email Verified")
        self.join("Wed 13:30:02", PAULO)

        self.invite_again("Thu 09:03:18", GRACE, PRIYA)
        self.redeem("Thu 10:26:31", GRACE, service=B2B_AUTH, activity="Redeem extern user invite")
        self.join("Thu 10:40:57", GRACE)
        self.review()
        self.make_member("Fri 13:15:26", VIKTOR)
        self.remove("Sat 09:20:14", LENA)

        self.invite("Sun 14:08:20", ELIF, PRIYA, sponsor=PRIYA)
        self.redeem("Sun 16:41:12", ELIF)

    # Invitation

    def invite(self, when, guest, inviter, sponsor=None, mail=False):
        now, correlation, add = self.moments.at(when), self.story.correlation(), self.story.add
        changes = [
            ("AccountEnabled", "[]", "[true]"),
            ("CreationType", "[]", '["Invitation"]'),
            ("DisplayName", "[]", json.dumps([guest.name])),
            ("OtherMail", "[]", json.dumps([guest.mail])),
            ("UserPrincipalName", "[]", json.dumps([guest.upn])),
            ("UserState", "[]", '["PendingAcceptance"]'),
            ("UserStateChangedOn", "[]", json.dumps([iso(now - now % 10_000_000)])),
            ("UserType", "[]", '["Guest"]'),
            ("Included Updated Properties", None,
             '"AccountEnabled, CreationType, DisplayName, OtherMail, UserPrincipalName, UserState, UserStateChangedOn, UserType"'),
        ]
        if guest is ELIF:
            # She is known from the CSV alone, which has room for five properties: the telling ones come first.
            changes = [changes[place] for place in (7, 5, 1, 0, 4)]
        add(now, DIRECTORY, "UserManagement", "Add user", correlation, operation="Add", app=cast.app_actor(cast.INVITATION_WORKER),
            targets=[cast.person_target(guest, changes)], details=[("UserType", "Guest")])
        now = self.moments.after(now, 0.2, 0.6)
        add(now, INVITED, "UserManagement", "Invite external user", correlation, operation="Add", user=cast.user_actor(inviter),
            reason=None, targets=[cast.person_target(guest)], details=self.invitation_details(guest, inviter), user_agent="")
        if mail:
            now = self.moments.after(now, 0.3, 0.8)
            add(now, INVITED, "UserManagement", "Invitation Email", correlation, operation="Other", user=cast.user_actor(inviter),
                reason="Invitation e-mail accepted for delivery.", targets=[cast.person_target(guest)],
                details=[("InvitationId", invitation_id(guest))], user_agent="")
        if sponsor:
            now = self.moments.after(now, 0.8, 1.3)
            add(now, DIRECTORY, "UserManagement", "Add user sponsor", correlation, operation="Assign", user=cast.user_actor(inviter, ip=None),
                targets=[cast.person_target(guest), cast.person_target(sponsor)])

    def invitation_details(self, guest, inviter):
        return [
            ("invitedUserEmailAddress", guest.mail),
            ("InvitationId", invitation_id(guest)),
            ("oid", inviter.id),
            ("tid", cast.TENANT_ID),
            ("ipaddr", inviter.ip),
            ("wids", guid("e000", 900)),
        ]

    def fail_to_invite(self, when, guest, inviter):
        """No user object came to be, so the target has neither id nor name."""
        self.story.add(
            self.moments.at(when), INVITED, "UserManagement", "Invite external user", self.story.correlation(), operation="Add",
            result="failure", reason=NOT_ALLOWED, user=cast.user_actor(inviter), targets=[cast.target("User", "", None, "")],
            details=self.invitation_details(guest, inviter), user_agent="",
        )

    def invite_again(self, when, guest, inviter):
        now, correlation, add = self.moments.at(when), self.story.correlation(), self.story.add
        add(now, INVITED, "UserManagement", "Invite external user with reset invitation status", correlation, operation="Update",
            user=cast.user_actor(inviter), targets=[cast.person_target(guest)], details=self.invitation_details(guest, inviter), user_agent="")
        now = self.moments.after(now, 0.3, 0.9)
        changes = [("UserState", '["PendingAcceptance"]', '["PendingAcceptance"]'),
                   ("Included Updated Properties", None, '"UserState"')]
        add(now, DIRECTORY, "UserManagement", "Update user", correlation, operation="Update",
            app=cast.app_actor(cast.INVITATION_WORKER), targets=[cast.person_target(guest, changes)], details=[("UserType", "Guest")])

    def redeem(self, when, guest, service=INVITED, activity="Redeem external user invite", source="One Time Passcode", plain_state=False):
        now, correlation, add = self.moments.at(when), self.story.correlation(), self.story.add
        accepted_on = iso(now - seconds(1) - now % 10_000_000)
        # Older writers put the bare word where newer ones put JSON text.
        before, after = ("PendingAcceptance", "Accepted") if plain_state else ('["PendingAcceptance"]', '["Accepted"]')
        changes = [("UserState", before, after), ("AcceptedOn", "[]", json.dumps([accepted_on])),
                   ("Included Updated Properties", None, '"UserState, AcceptedOn"')]
        add(now, DIRECTORY, "UserManagement", "Update user", correlation, operation="Update",
            app=cast.app_actor(cast.INVITATION_WORKER), targets=[cast.person_target(guest, changes)], details=[("UserType", "Guest")])
        now = self.moments.after(now, 0.4, 1.6)
        packed = "UPN: %s, Email: %s, InvitationId: %s, Source: %s" % (guest.upn, guest.mail, invitation_id(guest), source)
        add(now, service, "UserManagement", activity, correlation, operation="Update", user=cast.user_actor(guest), reason=None,
            targets=[cast.target("User", guest.id, packed, guest.upn)], details=[("ipaddr", guest.ip)], user_agent="")

    # Afterwards

    def join(self, when, guest):
        changes = [("Group.ObjectID", None, json.dumps(cast.SUPPLIER_PROJECTS["id"])),
                   ("Group.DisplayName", None, json.dumps(cast.SUPPLIER_PROJECTS["displayName"])),
                   ("Group.WellKnownObjectName", None, '""')]
        self.story.add(
            self.moments.at(when), DIRECTORY, "GroupManagement", "Add member to group", self.story.correlation(), operation="Assign",
            user=cast.user_actor(PRIYA), targets=[cast.person_target(guest, changes), cast.group_target(cast.SUPPLIER_PROJECTS)],
            details=[("GroupType", "Security"), ("User-Agent", cast.SAFARI)], user_agent=cast.SAFARI,
        )

    def review(self):
        """Set up on Wednesday, decided on Thursday and Friday, applied by the service on Saturday morning."""
        add, moments = self.story.add, self.moments
        review = cast.target("Policy", REVIEW["id"], REVIEW["displayName"])
        group = cast.group_target(cast.SUPPLIER_PROJECTS)
        add(moments.at("Wed 15:30:48"), REVIEWS, "Policy", "Create access review", self.story.correlation(), operation="Add",
            user=cast.user_actor(NORA), targets=[review, group], details=[("tid", cast.TENANT_ID)])
        decisions = [
            ("Thu 16:20:11", KARIM, "Approve", "Runs the machine maintenance project."),
            ("Thu 16:22:45", PAULO, "Approve", "Packaging supplier, contract until 2027."),
            ("Fri 11:02:30", LENA, "Deny", "The litware project ended in February."),
            ("Fri 11:04:12", VIKTOR, "Approve", "Joins us as an employee."),
            ("Fri 11:05:59", GRACE, "Don't know", ""),
        ]
        for when, guest, decision, why in decisions:
            changes = [("Decision", '"NotReviewed"', json.dumps(decision)), ("Justification", '""', json.dumps(why))]
            activity = "%s decision" % decision
            add(moments.at(when), REVIEWS, "Policy", activity, self.story.correlation(), operation="Update", user=cast.user_actor(PRIYA),
                targets=[cast.person_target(guest, changes, guest.name), review, group], details=[("tid", cast.TENANT_ID)])
        add(moments.at("Fri 17:00:01"), REVIEWS, "Policy", "Access review ended", self.story.correlation(), operation="Update",
            app=cast.app_actor(cast.ACCESS_REVIEWS), targets=[review, group], details=[("tid", cast.TENANT_ID)])
        correlation, now = self.story.correlation(), moments.at("Sat 06:00:02")
        for _, guest, decision, _ in decisions:
            changes = [("Decision", None, json.dumps(decision)), ("ApplyResult", '"New"', '"AppliedSuccessfully"')]
            add(now, REVIEWS, "Policy", "Apply decision", correlation, operation="Update", app=cast.app_actor(cast.ACCESS_REVIEWS),
                targets=[cast.person_target(guest, changes, guest.name), review, group], details=[("tid", cast.TENANT_ID)])
            now = moments.after(now, 0.2, 0.7)
            if decision == "Deny":
                changes = [("Group.ObjectID", json.dumps(cast.SUPPLIER_PROJECTS["id"]), None),
                           ("Group.DisplayName", json.dumps(cast.SUPPLIER_PROJECTS["displayName"]), None)]
                add(now, DIRECTORY, "GroupManagement", "Remove member from group", correlation, operation="Unassign",
                    app=cast.app_actor(cast.ACCESS_REVIEWS), targets=[cast.person_target(guest, changes), group])
                now = moments.after(now, 0.2, 0.7)

    def make_member(self, when, guest):
        changes = [("UserType", '["Guest"]', '["Member"]'), ("Included Updated Properties", None, '"UserType"')]
        self.story.add(
            self.moments.at(when), DIRECTORY, "UserManagement", "Update user", self.story.correlation(), operation="Update",
            user=cast.user_actor(NORA), targets=[cast.person_target(guest, changes)],
            details=[("UserType", "Member"), ("User-Agent", cast.CHROME)], user_agent=cast.CHROME,
        )

    def remove(self, when, guest):
        now, correlation, add = self.moments.at(when), self.story.correlation(), self.story.add
        add(now, INVITED, "UserManagement", "Delete external user", correlation, operation="Delete", user=cast.user_actor(NORA),
            targets=[cast.person_target(guest)], details=[("invitedUserEmailAddress", guest.mail)], user_agent="")
        now = self.moments.after(now, 0.3, 0.9)
        # A deleted user keeps its name behind its object id.
        renamed = guest.id.replace("-", "") + guest.upn
        changes = [("AccountEnabled", "[true]", "[false]"), ("UserPrincipalName", json.dumps([guest.upn]), json.dumps([renamed])),
                   ("Is Hard Deleted", None, '"False"'), ("Included Updated Properties", None, '"AccountEnabled, UserPrincipalName"')]
        add(now, DIRECTORY, "UserManagement", "Delete user", correlation, operation="Delete", user=cast.user_actor(NORA),
            targets=[cast.person_target(guest, changes)], details=[("UserType", "Guest")])
