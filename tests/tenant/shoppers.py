"""What consumers do on ordinary days: journeys through user flows and custom policies, as service B2C writes them."""

from __future__ import annotations

from random import Random

from generator import cast
from generator.consumers import (
    ACCESS_TOKEN,
    ASSERTION,
    CALL_API,
    CODE,
    EVALUATE,
    FEDERATE,
    GRANT_EXPIRED,
    HOURS,
    ID_TOKEN,
    LOCAL,
    REFRESH,
    SEND_MAIL,
    SEND_SMS,
    UNKNOWN_ACCOUNT,
    VERIFY_MAIL,
    VERIFY_PHONE,
    WRONG_PASSWORD,
)
from generator.model import seconds

from log import DAYS, changes, moment
from people import B2C_ENGINE, CLUB, INITIAL_DOMAIN, SHOP, SHOP_MOBILE, WHOLESALE, Consumer, consumers, guid

SIGN_IN, RESET, EDIT, SAML = "B2C_1A_signup_signin", "B2C_1_passwordreset", "B2C_1_profileedit", "B2C_1A_saml_wholesale"
TOKENS = {SHOP: (CODE, ID_TOKEN), SHOP_MOBILE: (CODE, ACCESS_TOKEN, ID_TOKEN), CLUB: (ID_TOKEN,), WHOLESALE: (ASSERTION,)}
WEEK = (1.0, 0.9, 0.9, 1.0, 1.2, 1.4, 1.1)
SALE = 25


class Shoppers:
    def __init__(self, log, consumers_count=4000):
        self.log = log
        self.rng = Random("tenant/shoppers/%d" % log.block)
        self.everybody = consumers(consumers_count)
        self.signed_up = 0

    def tell(self, events):
        """About `events` events; the sale takes more than its share."""
        begin = len(self.log.audits)
        weights = [WEEK[day % 7] * (2.5 if day == SALE else 1) for day in range(DAYS)]
        until = 0.0
        for day in range(DAYS):
            until += events * weights[day] / sum(weights)
            while len(self.log.audits) - begin < until:
                hour = self.rng.choices(range(24), HOURS)[0] + self.rng.random()
                self.somebody(moment(day, 18.5 + self.rng.random() * 3 if day == SALE and self.rng.random() < 0.5 else hour))

        self.customer(24, broken=False)
        self.customer(38, broken=True)

    def customer(self, day, broken):
        """Forty people behind one address, first thing in the morning; once while checks of passwords fail for all."""
        for n, who in enumerate(self.everybody[:80:2]):
            now, ip = moment(day, 7.5) + seconds(40 * n), "198.51.100.250"
            for _ in range(self.rng.choice((3, 4, 5)) if broken else 0):
                reason = "The service is not available at the moment."
                self.step(now, LOCAL, self.log.correlation(), WHOLESALE, SAML, who, ip, who.desk_client, reason)
                now += seconds(15)
            now += seconds(600) if broken else 0
            correlation = self.log.correlation()
            self.step(now, LOCAL, correlation, WHOLESALE, SAML, who, ip, who.desk_client)
            self.step(now + seconds(2), ASSERTION, correlation, WHOLESALE, SAML, who, ip, who.desk_client)

    def somebody(self, ticks):
        rng = self.rng
        who = rng.choice(self.everybody)
        kind = rng.choices(("journey", "refresh", "reset", "edit", "sign-up", "saml"), (58, 30, 4, 3, 3, 2))[0]
        if kind == "refresh":
            self.refresh(ticks, who)
        elif kind == "reset":
            self.reset(ticks, who)
        elif kind == "edit":
            self.journey(ticks, who, SHOP, EDIT, "tokens")
        elif kind == "sign-up":
            self.sign_up(ticks)
        elif kind == "saml":
            self.journey(ticks, rng.choice(self.everybody[:80]), WHOLESALE, SAML, "tokens")
        else:
            outcome = rng.choices(("tokens", "wrong then right", "wrong", "left", "left at the SMS", "token failed"), (76, 7, 4, 6, 4, 3))[
                0
            ]
            self.journey(ticks, who, rng.choices((SHOP, SHOP_MOBILE, CLUB), (4, 4, 2))[0], SIGN_IN, outcome)

    def step(self, ticks, activity, correlation, app, policy, who, ip, agent, reason=None, provider=None, known=True, phone=None):
        pairs = [
            ("TenantId", INITIAL_DOMAIN),
            ("PolicyId", policy),
            ("ApplicationId", app.app_id),
            ("Client", agent),
            ("ClientIpAddress", ip),
        ]
        if provider:
            pairs.append(("IdentityProviderName", provider))
        if phone:
            pairs.append(("PhoneNumber", phone))
        rng = self.rng
        left_out = {"TenantId": 0.1, "PolicyId": 0.01, "ApplicationId": 0.1, "Client": 0.1, "ClientIpAddress": 0.05}
        pairs = [pair for pair in pairs if rng.random() >= left_out.get(pair[0], 0)]
        rng.shuffle(pairs)
        category = "IdentityProtection" if activity == EVALUATE and rng.random() < 0.3 else "Authentication"
        return self.log.audit(
            ticks,
            "B2C",
            category,
            activity,
            correlation,
            result="failure" if reason else "success",
            reason=reason or "N/A",
            app=cast.b2c_app_actor(app),
            targets=[cast.target("User", who.id if known else None)],
            details=pairs,
            one_sided=rng.random() < 0.04,
        )

    def journey(self, ticks, who, app, policy, outcome):
        rng = self.rng
        correlation = self.log.correlation()
        ip, agent = (who.phone_ip, who.phone_client) if app is SHOP_MOBILE or rng.random() < 0.4 else (who.desk_ip, who.desk_client)
        now = ticks

        def step(low, high, activity, reason=None, known=True, phone=None):
            nonlocal now
            self.step(now, activity, correlation, app, policy, who, ip, agent, reason, who.provider, known, phone)
            now += seconds(low + rng.random() * (high - low))

        if who.provider:
            step(0.5, 2, FEDERATE)
        else:
            for _ in range(rng.choice((1, 1, 2)) if outcome.startswith("wrong") else 0):
                unknown = rng.random() < 0.15
                step(6, 25, LOCAL, UNKNOWN_ACCOUNT if unknown else WRONG_PASSWORD, known=not unknown)
            if outcome == "wrong":
                return
            step(1, 4, LOCAL)
        if outcome == "left":
            return
        if policy == SIGN_IN and rng.random() < 0.02:
            # The password is forgotten in the middle: another policy goes on under the same correlation id.
            policy = RESET
            step(30, 60, SEND_MAIL)
            step(2, 9, VERIFY_MAIL)
        if outcome == "left at the SMS" or not who.provider and rng.random() < 0.2:
            step(9, 45, SEND_SMS, phone=who.phone)
            if outcome == "left at the SMS":
                return
            step(1, 2, VERIFY_PHONE, phone=who.phone)
        if policy == SIGN_IN and rng.random() < 0.7:
            step(0.2, 1.5, EVALUATE)
        tokens = TOKENS[app] if policy != EDIT else (CALL_API, ID_TOKEN)
        for activity in tokens:
            step(0.05, 1.2, activity, GRANT_EXPIRED if outcome == "token failed" and activity == tokens[-1] else None)

    def refresh(self, ticks, who):
        rng = self.rng
        correlation = self.log.correlation() if rng.random() > 0.02 else guid("0000", 0).replace("4000", "0000")
        reason = GRANT_EXPIRED if rng.random() < 0.05 else None
        self.step(ticks, REFRESH, correlation, SHOP_MOBILE, SIGN_IN, who, who.phone_ip, who.phone_client, reason)
        if not reason:
            self.step(ticks + seconds(0.3), ACCESS_TOKEN, correlation, SHOP_MOBILE, SIGN_IN, who, who.phone_ip, who.phone_client)

    def reset(self, ticks, who):
        correlation = self.log.correlation()
        complete = self.rng.random() < 0.75
        self.step(ticks, SEND_MAIL, correlation, SHOP, RESET, who, who.desk_ip, who.desk_client)
        if complete:
            self.step(ticks + seconds(40), VERIFY_MAIL, correlation, SHOP, RESET, who, who.desk_ip, who.desk_client)
            self.log.directory(
                ticks + seconds(70),
                "UserManagement",
                "Reset user password",
                "Update",
                app=cast.app_actor(B2C_ENGINE),
                targets=[cast.target("User", who.id)],
            )
            self.step(ticks + seconds(71), ID_TOKEN, correlation, SHOP, RESET, who, who.desk_ip, who.desk_client)

    def sign_up(self, ticks):
        self.signed_up += 1
        number = len(self.everybody) + self.signed_up
        who = Consumer(
            guid("a000", 100_000 + number),
            "consumer-%05d" % number,
            None,
            "2001:db8:%x:1::1" % (0x8000 + number % 0x4000),
            cast.CHROME,
            "2001:db8:%x:2::1" % (0x8000 + number % 0x4000),
            cast.ANDROID,
            "+37 0577-%04d" % number,
        )
        correlation = self.log.correlation()
        self.step(ticks, SEND_MAIL, correlation, SHOP, SIGN_IN, who, who.desk_ip, who.desk_client, known=False)
        if self.rng.random() < 0.3:
            return
        self.step(ticks + seconds(35), VERIFY_MAIL, correlation, SHOP, SIGN_IN, who, who.desk_ip, who.desk_client, known=False)
        self.log.directory(
            ticks + seconds(60),
            "UserManagement",
            "Add user",
            "Add",
            app=cast.app_actor(B2C_ENGINE),
            targets=[cast.target("User", who.id, changes=changes(AccountEnabled=True, CreationType="LocalAccount", UserType="Member"))],
        )
        for place, activity in enumerate(TOKENS[SHOP]):
            self.step(ticks + seconds(61 + place), activity, correlation, SHOP, SIGN_IN, who, who.desk_ip, who.desk_client)
