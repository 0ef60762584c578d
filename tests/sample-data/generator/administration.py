"""What administrators do to the B2C part: policies, keys, identity providers, applications.

One call makes two events about 30 ms apart under one correlation id: the permission check (category Authorization),
then the work itself. A refused call stops at the check.
"""
from __future__ import annotations

from . import cast
from .cast import MATEO
from .model import Moments, guid, seeded

ALLOWED = "User is allowed: granted by the role 'B2C IEF Policy Administrator'."
REFUSED = (
    "The user is not authorized to perform the operation. Required one of the roles: "
    "'Global Administrator', 'B2C IEF Keyset Administrator'."
)
KEY = "B2C_1A_TokenSigningKeyContainer"


class Administration:
    def __init__(self, story):
        self.story = story
        self.moments = Moments(seeded("administration"))

    def call(self, when, category, activity, entity, name, work_activity=None, actor=MATEO, object_id=None, refused=None, changes=()):
        """One administrative call. Some names differ in letter case between the check and the work."""
        story, rng = self.story, self.moments.rng
        now = self.moments.at(when)
        details = [
            ("targetTenant", cast.INITIAL_DOMAIN),
            ("targetEntityType", entity),
            ("actorIdentityType", "User"),
        ]
        correlation = story.correlation()

        def event(ticks, category_, activity_, **more):
            kind = "Application" if category_ == "ApplicationManagement" else "Policy" if entity.endswith("Policy") else "Other"
            story.add(
                ticks, "B2C", category_, activity_, correlation, user=cast.user_actor(actor),
                targets=[cast.target(kind, object_id or name, name, changes=more.pop("changes", ()))],
                details=list(details), **more
            )

        if refused:
            event(now, "Authorization", activity, result="failure", reason=refused)
            return
        event(now, "Authorization", activity, reason=ALLOWED)
        event(now + rng.randrange(240_000, 380_000), category, work_activity or activity, reason="N/A", changes=changes)

    def tell(self):
        resource, key, application, policy = "ResourceManagement", "KeyManagement", "ApplicationManagement", "PolicyManagement"
        # Monday: Mateo looks around.
        self.call("Mon 10:05:12", resource, "Get custom policies", "CustomPolicy", None)
        self.call("Mon 10:05:40", resource, "Get custom policy", "CustomPolicy", cast.SIGN_IN)
        self.call("Mon 10:07:02", key, "Get policy keys", "PolicyKey", None)
        self.call("Mon 10:12:55", resource, "Get user flows", "UserFlow", None)
        # Tuesday: a new identity provider and the web shop's new redirect address.
        self.call("Tue 13:20:31", resource, "Get configured custom identity providers", "IdentityProvider", None)
        self.call("Tue 13:22:10", resource, "Create custom identity provider", "IdentityProvider", "contoso-oidc",
                  changes=[("ClientId", None, '"%s"' % guid("b000", 801)), ("ResponseType", None, '"code"')])
        self.call("Tue 15:02:47", application, "Update v2 application", "Application", cast.WEB_SHOP.name, "Update V2 application",
                  object_id=cast.WEB_SHOP.object_id,
                  changes=[("RedirectUris", '["https://shop.aldercoffee.example/signin"]',
                            '["https://shop.aldercoffee.example/signin","https://beta.shop.aldercoffee.example/signin"]')])
        # Wednesday: Ines has no right to the keys; Mateo breaks the supplier policy, then mends it.
        self.call("Wed 09:31:20", key, "Get policy key", "PolicyKey", KEY, actor=cast.INES, refused=REFUSED)
        self.call("Wed 14:01:33", resource, "Get custom policy", "CustomPolicy", cast.SAML)
        self.call("Wed 14:04:58", resource, "Update custom policy", "CustomPolicy", cast.SAML,
                  changes=[("PolicyVersion", '"7"', '"8"')])
        self.call("Wed 14:41:09", resource, "Get custom policy", "CustomPolicy", cast.SAML)
        self.call("Wed 14:47:26", resource, "Update custom policy", "CustomPolicy", cast.SAML,
                  changes=[("PolicyVersion", '"8"', '"9"')])
        # Thursday: a new token signing secret, and the events policy.
        self.call("Thu 11:10:04", key, "Get policy key", "PolicyKey", KEY)
        self.call("Thu 11:11:48", key, "Upload secret into policy key", "PolicyKey", KEY,
                  changes=[("KeyCount", '"1"', '"2"')])
        self.call("Thu 11:15:30", policy, "Get the authenticationEventsPolicy", "AuthenticationEventsPolicy", "authenticationEventsPolicy")
        self.call("Thu 11:18:02", policy, "Update authenticationEventsPolicy", "AuthenticationEventsPolicy", "authenticationEventsPolicy")
        # Friday: the sign-in policy starts to offer the new provider; a key that nobody uses goes.
        self.call("Fri 09:44:51", resource, "Get custom policy", "CustomPolicy", cast.SIGN_IN)
        self.call("Fri 09:52:17", resource, "Update custom policy", "CustomPolicy", cast.SIGN_IN,
                  changes=[("PolicyVersion", '"21"', '"22"')])
        self.call("Fri 10:20:39", key, "Delete policy key", "PolicyKey", "B2C_1A_OldFacebookSecret")
        # Saturday and Sunday: nothing but a look at the policies from the sofa.
        self.call("Sat 15:31:05", resource, "Get custom policies", "CustomPolicy", None)
        self.call("Sun 17:05:44", resource, "Get user flow", "UserFlow", cast.PASSWORD_RESET)
