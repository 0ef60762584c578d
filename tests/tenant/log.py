"""The log of the tenant while it is told: events get their id when they happen, sign-ins too."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from random import Random

from generator import cast
from generator.model import ID_PREFIX, TICKS_PER_SECOND, Event, guid, iso, seconds

from people import TENANT_ID, Origin

MONDAY = int(datetime(2026, 1, 5, tzinfo=timezone.utc).timestamp()) * TICKS_PER_SECOND
DAYS = 60
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def moment(day, hour):
    """Ticks of an hour, which may have a fraction, of a day of the story."""
    return MONDAY + day * seconds(86400) + seconds(hour * 3600)


def is_workday(day):
    return day % 7 < 5


def changes(*names, **values):
    """Modified properties of what did not exist before: JSON text in a list, as the directory writes it."""
    return [(name, "[]", json.dumps([value])) for name, value in values.items()] + [
        ("Included Updated Properties", None, json.dumps(", ".join(values)))
    ]


class Log:
    """`block` keeps the ids of two logs apart: the incidents must not change the ids of the routine."""

    def __init__(self, name, block):
        self.rng = Random("tenant/log/%s" % name)
        self.block = block
        self.audits, self.signins, self.risks = [], [], []
        self._correlations = 0
        self._number = block * 500_000_000

    def correlation(self):
        self._correlations += 1
        return guid("90%02d" % self.block, self._correlations)

    def audit(self, ticks, service, category, activity, correlation=None, **more):
        ticks += self.rng.randrange(TICKS_PER_SECOND // 10)
        more.setdefault("reason", "")
        event = Event(ticks, service, category, activity, correlation or self.correlation(), **more)
        self._number += self.rng.randrange(3, 900)
        tag = "".join(self.rng.choices(ALPHABET, k=5))
        event.id = "%s_%s_%s_%d" % (ID_PREFIX.get(service, service), event.correlation, tag, self._number)
        self.audits.append(event)
        return event

    def directory(self, ticks, category, activity, operation, correlation=None, **more):
        return self.audit(ticks, "Core Directory", category, activity, correlation, operation=operation, **more)

    def signin(self, ticks, who, app, origin: Origin, **more):
        """A sign-in of a user (`who` is a Person) or, if `who` is an App, of its service principal."""
        one = SignIn(self, ticks, who, app, origin, **more)
        self.signins.append((one.ticks, one.id, one.beta()))
        return one.id

    def next_signin(self):
        return guid("50%02d" % self.block, len(self.signins) + 1)

    def risk(self, ticks, who, kind, level, origin, state="atRisk", signin=None):
        identity = "%064x" % (self.block * 0xA1DE0000 + len(self.risks) + 1)
        self.risks.append(
            {
                "id": identity,
                "requestId": signin,
                "correlationId": None,
                "riskEventType": kind,
                "riskState": state,
                "riskLevel": level,
                "riskDetail": "none",
                "source": "IdentityProtection",
                "detectionTimingType": "offline",
                "activity": "signin",
                "tokenIssuerType": "AzureAD",
                "ipAddress": origin.ip,
                "location": location(origin.place),
                "activityDateTime": iso(ticks),
                "detectedDateTime": iso(ticks + seconds(240)),
                "lastUpdatedDateTime": iso(ticks + seconds(600)),
                "userId": who.id,
                "userDisplayName": who.name,
                "userPrincipalName": who.upn,
                "additionalInfo": "[]",
            }
        )
        return identity


def location(place):
    return {
        "city": place.city,
        "state": place.state,
        "countryOrRegion": place.country,
        "geoCoordinates": {"altitude": None, "latitude": place.latitude, "longitude": place.longitude},
    }


REASONS = {
    0: "Other.",
    50126: "Error validating credentials due to invalid username or password.",
    50034: "The user account does not exist.",
    50053: "The account is locked.",
    50055: "The password is expired.",
    50074: "Strong authentication is required.",
    50076: "Multi-factor authentication is required.",
    50140: "The user was asked whether to stay signed in.",
    500121: "Authentication failed during strong authentication request.",
    7000222: "The provided client secret keys are expired.",
}


class SignIn:
    """What Graph's beta `signIn` holds, without the members that are mostly empty."""

    def __init__(
        self,
        log,
        ticks,
        who,
        app,
        origin,
        resource=None,
        kind="interactiveUser",
        error=0,
        agent=None,
        system=None,
        session=None,
        steps=None,
        device="",
        risk="none",
        risk_state="none",
        protocol="none",
        transfer="none",
        client="Browser",
        key=None,
    ):
        self.id, self.ticks, self.who, self.app, self.origin = (
            log.next_signin(),
            ticks + log.rng.randrange(TICKS_PER_SECOND),
            who,
            app,
            origin,
        )
        self.resource, self.kind, self.error, self.agent, self.system = resource, kind, error, agent, system
        self.session, self.steps, self.device, self.risk, self.risk_state = session, steps or [], device, risk, risk_state
        self.protocol, self.transfer, self.client, self.key = protocol, transfer, client, key
        self.correlation = log.correlation()

    def beta(self):
        is_user = self.kind in ("interactiveUser", "nonInteractiveUser")
        person = self.who if is_user else None
        resource = self.resource or self.app
        is_guest = bool(person and person.home_tenant_id)
        second = [step for step in self.steps if step[0] != "Password"]
        return {
            "id": self.id,
            "createdDateTime": iso(self.ticks),
            "userDisplayName": person.name if person else None,
            "userPrincipalName": (person.mail if is_guest else person.upn) if person else None,
            "userId": person.id if person else "",
            "appId": self.app.app_id,
            "appDisplayName": self.app.name,
            "ipAddress": self.origin.ip,
            "clientAppUsed": self.client if is_user else "",
            "userAgent": self.agent,
            "correlationId": self.correlation,
            "conditionalAccessStatus": "failure" if self.error in (53003,) else "success" if is_user else "notApplied",
            "isInteractive": self.kind == "interactiveUser",
            "riskLevelAggregated": self.risk,
            "riskLevelDuringSignIn": self.risk,
            "riskState": self.risk_state,
            "resourceDisplayName": resource.name,
            "resourceId": resource.app_id,
            "resourceTenantId": TENANT_ID,
            "homeTenantId": (person.home_tenant_id if is_guest else None) or TENANT_ID,
            "servicePrincipalId": "" if is_user else self.who.service_principal_id,
            "servicePrincipalName": None if is_user else self.who.name,
            "servicePrincipalCredentialKeyId": self.key,
            "sessionId": self.session,
            "userType": ("guest" if is_guest else "member") if is_user else None,
            "crossTenantAccessType": "b2bCollaboration" if is_guest else "none",
            "authenticationProtocol": self.protocol,
            "originalTransferMethod": self.transfer,
            "authenticationRequirement": "multiFactorAuthentication" if second else "singleFactorAuthentication",
            "authenticationDetails": [
                {
                    "authenticationStepDateTime": iso(self.ticks - self.ticks % TICKS_PER_SECOND + seconds(8 * place)),
                    "authenticationMethod": method,
                    "authenticationMethodDetail": None,
                    "succeeded": ok,
                    "authenticationStepResultDetail": told,
                    "authenticationStepRequirement": "Primary authentication" if method == "Password" else "Additional authentication",
                }
                for place, (method, ok, told) in enumerate(self.steps)
            ],
            "signInEventTypes": [self.kind],
            "autonomousSystemNumber": self.origin.network,
            "status": {"errorCode": self.error, "failureReason": REASONS.get(self.error, "Other."), "additionalDetails": None},
            "deviceDetail": {
                "deviceId": self.device,
                "displayName": "",
                "operatingSystem": self.system or "",
                "browser": "",
                "isCompliant": False,
                "isManaged": False,
                "trustType": "",
            },
            "location": location(self.origin.place),
        }


PASSWORD = ("Password", True, "Correct password")
WRONG = ("Password", False, "Incorrect password")
APPROVED = ("Mobile app notification", True, "MFA completed in Azure AD")
DENIED = ("Mobile app notification", False, "MFA denied; user declined the authentication")
IGNORED = ("Mobile app notification", False, "MFA denied; user did not respond to mobile app notification")
EARLIER = ("Previously satisfied", True, "MFA requirement satisfied by claim in the token")


def by(person, ip="own"):
    return cast.user_actor(person, ip)


def by_app(app):
    return cast.app_actor(app)
