"""What consumers do: journeys through user flows and custom policies, as service B2C writes them."""
from __future__ import annotations

import json

from . import cast
from .cast import LOYALTY, MAREN, MOBILE, PASSWORD_RESET, PROFILE_EDIT, SAML, SHOPPERS, SIGN_IN, SUPPLIER, SUPPLIERS, WEB_SHOP
from .model import DAYS, Moments, clock, seconds, seeded

LOCAL = "Validate local account credentials"
FEDERATE = "Federate with an identity provider"
SEND_SMS = "Send SMS to verify phone number"
VERIFY_PHONE = "Verify phone number"
SEND_MAIL = "Send verification email"
VERIFY_MAIL = "Verify email address"
EVALUATE = "Evaluate Conditional Access policies"
CODE = "Issue an authorization code to the application"
ID_TOKEN = "Issue an id_token to the application"
ACCESS_TOKEN = "Issue an access token to the application"
ASSERTION = "Issue a SAML assertion to the application"
REFRESH = "Exchange token"
CALL_API = "An API was called as part of a user flow"

TOKENS_OF = {WEB_SHOP: (CODE, ID_TOKEN), MOBILE: (CODE, ACCESS_TOKEN, ID_TOKEN), LOYALTY: (ID_TOKEN,), SUPPLIER: (ASSERTION,)}

WRONG_PASSWORD = "The username or password provided in the request is invalid."
UNKNOWN_ACCOUNT = "An account could not be found for the provided user ID."
GRANT_EXPIRED = "The provided grant has expired. The user has to sign in again."
BROKEN_POLICY = "The claim 'supplierNumber' could not be resolved by the relying party of the policy."
SESSION_GONE = "The session of the user is no longer valid."

# Mateo's faulty policy was live between these two moments (see administration.py).
POLICY_BROKEN_FROM = clock("Wed 14:05")
POLICY_BROKEN_TO = clock("Wed 14:47")

# Relative weight of each hour of a day in UTC; the shop's customers are in Europe.
HOURS = (1, 1, 0, 0, 1, 2, 5, 9, 12, 13, 12, 12, 14, 12, 10, 10, 11, 13, 16, 18, 17, 12, 6, 3)
OFFICE_HOURS = (0, 0, 0, 0, 0, 1, 4, 10, 12, 12, 10, 6, 8, 12, 12, 8, 4, 1, 0, 0, 0, 0, 0, 0)

OUTCOMES = ("tokens", "wrong then right", "wrong password", "left after credentials", "left at the SMS", "token failed")
OUTCOME_WEIGHTS = (71, 8, 6, 4, 5, 6)
JOURNEYS_PER_DAY = (16, 17, 15, 17, 18, 20, 13)


class Consumers:
    def __init__(self, story):
        self.story = story
        self.rng = seeded("consumers")
        self.moments = Moments(self.rng)

    def tell(self):
        for index, day in enumerate(DAYS):
            self.ordinary_day(day, JOURNEYS_PER_DAY[index])
        self.suppliers_during_the_broken_policy()
        self.password_spray()
        self.maren()

    # One event

    def details(self, consumer_client, ip, app, policy, provider, certain=()):
        """Additional details in an order that changes from event to event, with some left out, as in real logs.

        PolicyId always stays, and among the first six: the portal's CSV has no columns for a seventh detail.
        """
        pairs = [("TenantId", cast.INITIAL_DOMAIN), ("PolicyId", policy), ("ApplicationId", app.app_id)]
        pairs += [("Client", consumer_client), ("ClientIpAddress", ip)]
        if provider:
            pairs += [("IdentityProviderName", provider)]
            pairs += [("IdentityProviderApplicationId", cast.PROVIDER_APPLICATIONS[provider])]
        left_out = {"TenantId": 0.1, "ApplicationId": 0.12, "Client": 0.15, "ClientIpAddress": 0.07, "IdentityProviderApplicationId": 0.3}
        kept = [pair for pair in pairs if pair[0] in certain or self.rng.random() >= left_out.get(pair[0], 0)]
        self.rng.shuffle(kept)
        place = [key for key, _ in kept].index("PolicyId")
        if place > 5:
            kept[0], kept[place] = kept[place], kept[0]
        return kept

    def event(self, ticks, activity, correlation, app, policy, who, device, provider=None, reason=None, certain=(), unknown=False):
        client, ip = (who.phone_client, who.phone_ip) if device == "phone" else (who.desk_client, who.desk_ip)
        category = "Authentication"
        # The service files conditional access under two categories; both occur in one tenant.
        if activity == EVALUATE and self.rng.random() < 0.3:
            category = "IdentityProtection"
        self.story.add(
            ticks,
            "B2C",
            category,
            activity,
            correlation,
            result="failure" if reason else "success",
            reason=reason or "N/A",
            app=cast.b2c_app_actor(app),
            targets=[cast.target("User", None if unknown else who.id)],
            details=self.details(client, ip, app, policy, provider, certain),
            one_sided=self.rng.random() < 0.04,
        )

    # Journeys

    def journey(self, start, who, app, policy, outcome="tokens", device="desk", sms=None):
        """One journey under one correlation id; returns when it ended."""
        story, moments = self.story, self.moments
        correlation = story.correlation()
        provider = who.provider

        def step(ticks, activity, reason=None):
            self.event(ticks, activity, correlation, app, policy, who, device, provider, reason)

        now = moments.near(start)
        first = FEDERATE if provider else LOCAL
        if outcome in ("wrong password", "wrong then right") and not provider:
            for _ in range(self.rng.choice((1, 1, 2))):
                step(now, first, WRONG_PASSWORD)
                now = moments.after(now, 6, 25)
            if outcome == "wrong password":
                return now
        step(now, first)
        if outcome == "left after credentials":
            return now
        if sms is None:
            sms = self.rng.random() < 0.25 and not provider
        if sms or outcome == "left at the SMS":
            now = moments.after(now, 1, 4)
            step(now, SEND_SMS)
            if outcome == "left at the SMS":
                return now
            now = moments.after(now, 9, 45)
            step(now, VERIFY_PHONE)
        if policy == SIGN_IN and self.rng.random() < 0.8:
            now = moments.after(now, 0.2, 1.5)
            step(now, EVALUATE)
        tokens = TOKENS_OF[app] if policy != PROFILE_EDIT else (CALL_API, ID_TOKEN)
        for activity in tokens:
            now = moments.after(now, 0.05, 1.2)
            if outcome == "token failed" and activity == tokens[-1]:
                step(now, activity, BROKEN_POLICY if policy == SAML else GRANT_EXPIRED)
            else:
                step(now, activity)
        return now

    def refresh(self, start, who, reason=None):
        """The mobile application trades its refresh token for new tokens, without the user."""
        correlation = self.story.correlation()
        now = self.moments.near(start)
        self.event(now, REFRESH, correlation, MOBILE, SIGN_IN, who, "phone", reason=reason)
        if not reason:
            now = self.moments.after(now, 0.02, 0.3)
            self.event(now, ACCESS_TOKEN, correlation, MOBILE, SIGN_IN, who, "phone")

    def reset_password(self, start, who, complete=True):
        correlation = self.story.correlation()
        now = self.moments.near(start)
        self.event(now, SEND_MAIL, correlation, WEB_SHOP, PASSWORD_RESET, who, "desk")
        if not complete:
            return now
        now = self.moments.after(now, 20, 90)
        self.event(now, VERIFY_MAIL, correlation, WEB_SHOP, PASSWORD_RESET, who, "desk")
        now = self.moments.after(now, 15, 50)
        changed = cast.target("User", who.id, changes=[("Included Updated Properties", None, '"PasswordProfile"')])
        self.story.add(
            now, "Core Directory", "UserManagement", "Reset user password", correlation,
            operation="Update", app=cast.app_actor(cast.POLICY_ENGINE), targets=[changed], details=[("UserType", "Member")],
        )
        now = self.moments.after(now, 0.3, 1)
        self.event(now, ID_TOKEN, correlation, WEB_SHOP, PASSWORD_RESET, who, "desk")
        return now

    # The week

    def pick_time(self, day, weights):
        hour = self.rng.choices(range(24), weights)[0]
        return clock(day + " %02d:%02d:%02d" % (hour, self.rng.randrange(60), self.rng.randrange(60)))

    def ordinary_day(self, day, journeys):
        weekend = day in ("Sat", "Sun")
        for _ in range(journeys):
            who = self.rng.choice(SHOPPERS)
            outcome = self.rng.choices(OUTCOMES, OUTCOME_WEIGHTS)[0]
            start = self.pick_time(day, HOURS)
            kind = self.rng.random()
            if kind < 0.45:
                self.journey(start, who, WEB_SHOP, SIGN_IN, outcome)
            elif kind < 0.75:
                self.journey(start, who, MOBILE, SIGN_IN, outcome, "phone")
            elif kind < 0.9:
                self.journey(start, who, LOYALTY, SIGN_IN, outcome)
            else:
                self.journey(start, who, LOYALTY, SIGN_IN if who.provider else PROFILE_EDIT)
        if day in ("Mon", "Wed", "Sat"):
            forgetful = self.rng.choice([who for who in SHOPPERS if who.provider is None])
            self.reset_password(self.pick_time(day, HOURS), forgetful, complete=day != "Wed")
        for _ in range(6):
            self.refresh(self.pick_time(day, HOURS), self.rng.choice(SHOPPERS))
        if day in ("Tue", "Thu", "Sat", "Sun"):
            self.refresh(self.pick_time(day, HOURS), self.rng.choice(SHOPPERS), GRANT_EXPIRED)
        for _ in range(2 if weekend else 5):
            start = self.pick_time(day, OFFICE_HOURS)
            # Those who came during the broken policy are told one by one below.
            if not POLICY_BROKEN_FROM <= start <= POLICY_BROKEN_TO:
                self.journey(start, self.rng.choice(SUPPLIERS), SUPPLIER, SAML)

    def suppliers_during_the_broken_policy(self):
        for minute, who in (("14:09:31", 0), ("14:16:02", 3), ("14:22:48", 0), ("14:31:15", 5), ("14:38:40", 2)):
            self.journey(clock("Wed " + minute), SUPPLIERS[who], SUPPLIER, SAML, "token failed", sms=False)
        self.journey(clock("Wed 14:52:17"), SUPPLIERS[0], SUPPLIER, SAML, sms=False)

    def password_spray(self):
        """One address tries nine accounts on Thursday at two in the morning; the password of the last one is right."""
        tried = [who for who in SHOPPERS if who.provider is None][3:12]
        now = self.moments.at("Thu 02:14:07")
        for turn in range(2):
            for who in tried:
                last = turn == 1 and who is tried[-1]
                attacker = cast.Consumer(who.id, who.name, None, "203.0.113.66", cast.SCRIPT, "203.0.113.66", cast.SCRIPT)
                correlation = self.story.correlation()
                reason = None if last else WRONG_PASSWORD
                certain = ("ClientIpAddress", "Client")
                self.event(now, LOCAL, correlation, WEB_SHOP, SIGN_IN, attacker, "desk", reason=reason, certain=certain)
                if last:
                    for activity in (EVALUATE, CODE, ID_TOKEN):
                        now = self.moments.after(now, 0.1, 0.6)
                        self.event(now, activity, correlation, WEB_SHOP, SIGN_IN, attacker, "desk", certain=certain)
                now = self.moments.after(now, 4, 9)
            # A name that has no account: there is no object, so the target has no id.
            nobody = cast.Consumer("", "", None, "203.0.113.66", cast.SCRIPT, "203.0.113.66", cast.SCRIPT)
            if turn == 0:
                self.event(now, LOCAL, self.story.correlation(), WEB_SHOP, SIGN_IN, nobody, "desk", reason=UNKNOWN_ACCOUNT, unknown=True)
                now = self.moments.after(now, 4, 9)

    def maren(self):
        """The consumer to look at: Maren Solberg from sign-up to Sunday, on a laptop and on a phone."""
        self.sign_up("Mon 18:02:11", MAREN)
        self.journey(clock("Mon 19:40:26"), MAREN, MOBILE, SIGN_IN, device="phone", sms=True)
        self.journey(clock("Tue 12:15:08"), MAREN, WEB_SHOP, SIGN_IN, "wrong then right", sms=False)
        self.refresh(clock("Wed 07:05:41"), MAREN)
        self.journey(clock("Wed 20:11:37"), MAREN, LOYALTY, PROFILE_EDIT, sms=False)
        self.journey(clock("Thu 21:03:52"), MAREN, WEB_SHOP, SIGN_IN, "wrong password")
        self.reset_password(clock("Thu 21:06:14"), MAREN)
        self.journey(clock("Thu 21:10:30"), MAREN, WEB_SHOP, SIGN_IN, sms=False)
        self.journey(clock("Fri 08:20:19"), MAREN, MOBILE, SIGN_IN, "left at the SMS", "phone")
        self.journey(clock("Fri 08:26:03"), MAREN, MOBILE, SIGN_IN, device="phone", sms=True)
        self.refresh(clock("Sat 09:12:55"), MAREN)
        self.refresh(clock("Sat 21:30:44"), MAREN, SESSION_GONE)
        self.journey(clock("Sun 10:44:29"), MAREN, WEB_SHOP, SIGN_IN, sms=False)

    def sign_up(self, start, who):
        correlation = self.story.correlation()
        now = self.moments.at(start)
        self.event(now, SEND_MAIL, correlation, WEB_SHOP, SIGN_IN, who, "desk", unknown=True)
        now = self.moments.after(now, 30, 60)
        self.event(now, VERIFY_MAIL, correlation, WEB_SHOP, SIGN_IN, who, "desk", unknown=True)
        now = self.moments.after(now, 40, 70)
        upn = "%s@%s" % (who.id, cast.INITIAL_DOMAIN)
        changes = [
            ("AccountEnabled", "[]", "[true]"),
            ("CreationType", "[]", '["LocalAccount"]'),
            ("DisplayName", "[]", json.dumps([who.name])),
            ("UserPrincipalName", "[]", json.dumps([upn])),
            ("Included Updated Properties", None, '"AccountEnabled, CreationType, DisplayName, UserPrincipalName"'),
        ]
        self.story.add(
            now, "Core Directory", "UserManagement", "Add user", correlation, operation="Add",
            app=cast.app_actor(cast.POLICY_ENGINE), targets=[cast.target("User", who.id, who.name, upn, changes=changes)],
            details=[("UserType", "Member")],
        )
        for activity in (CODE, ID_TOKEN):
            now += seconds(0.4)
            now = self.moments.after(now, 0.05, 0.5)
            self.event(now, activity, correlation, WEB_SHOP, SIGN_IN, who, "desk")
