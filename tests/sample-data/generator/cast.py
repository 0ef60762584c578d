"""Who and what is in the tenant. Every name, address and id here is made up."""
from __future__ import annotations

from dataclasses import dataclass

from .model import guid

TENANT_ID = guid("8000", 1)
TENANT_NAME = "Alder Coffee"
DOMAIN = "aldercoffee.example"
INITIAL_DOMAIN = "aldercoffee.onmicrosoft.example"

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:136.0) Gecko/20100101 Firefox/136.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Mobile Safari/537.36"
MOBILE_SDK = "AlderMobile/4.2 (okhttp 4.12)"
SCRIPT = "python-requests/2.32"
POWERSHELL = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.5607"


@dataclass(frozen=True)
class Person:
    """A member of staff or a guest."""

    id: str
    name: str
    upn: str
    ip: object
    mail: str = ""
    home_tenant_id: object = None
    home_tenant_name: object = None


@dataclass(frozen=True)
class App:
    """An application and its service principal."""

    name: object
    app_id: str
    service_principal_id: object
    object_id: str = ""


@dataclass(frozen=True)
class Consumer:
    """Somebody with a consumer account in the B2C directory."""

    id: str
    name: str
    provider: object
    desk_ip: str
    desk_client: str
    phone_ip: str
    phone_client: str


def _staff(number, first, last, ip):
    upn = "%s.%s@%s" % (first.lower(), last.lower(), DOMAIN)
    return Person(guid("a000", number), "%s %s" % (first, last), upn, ip, mail=upn)


NORA = _staff(101, "Nora", "Lindqvist", "192.0.2.10")
MATEO = _staff(102, "Mateo", "Ruiz", "192.0.2.11")
INES = _staff(103, "Ines", "Okafor", "192.0.2.12")
TOMAS = _staff(104, "Tomas", "Berg", "192.0.2.13")
PRIYA = _staff(105, "Priya", "Nair", "2001:db8:10::5")
FELIX = _staff(106, "Felix", "Hartmann", "192.0.2.16")
SOFIA = _staff(107, "Sofia", "Marchetti", "192.0.2.17")
JONAS = _staff(108, "Jonas", "Weber", "192.0.2.18")

HOME_TENANTS = {
    "fabrikam.example": guid("8000", 11),
    "litware.example": guid("8000", 12),
    "tailspin.example": guid("8000", 13),
    "northwind.example": guid("8000", 14),
}


def _guest(number, first, last, domain, ip):
    mail = "%s.%s@%s" % (first.lower(), last.lower(), domain)
    upn = "%s#EXT#@%s" % (mail.replace("@", "_"), INITIAL_DOMAIN)
    return Person(guid("a000", number), "%s %s" % (first, last), upn, ip, mail, HOME_TENANTS.get(domain), domain)


KARIM = _guest(301, "Karim", "Haddad", "fabrikam.example", "203.0.113.31")
LENA = _guest(302, "Lena", "Fischer", "litware.example", "203.0.113.32")
OMAR = _guest(303, "Omar", "Diallo", "tailspin.example", None)
GRACE = _guest(304, "Grace", "Kim", "fabrikam.example", "203.0.113.34")
PAULO = _guest(305, "Paulo", "Mendes", "tailspin.example", "203.0.113.35")
HANA = _guest(306, "Hana", "Sato", "litware.example", None)
VIKTOR = _guest(307, "Viktor", "Orlov", "northwind.example", "2001:db8:37::1")
DANA = _guest(308, "Dana", "White", "blocked.example", None)
ELIF = _guest(309, "Elif", "Demir", "tailspin.example", "203.0.113.39")

WEB_SHOP = App("Alder Web Shop", guid("b000", 201), guid("c000", 201), guid("b001", 201))
MOBILE = App("Alder Mobile", guid("b000", 202), None, guid("b001", 202))
LOYALTY = App("Alder Loyalty Portal", guid("b000", 203), guid("c000", 203), guid("b001", 203))
SUPPLIER = App("Alder Supplier Portal", guid("b000", 204), guid("c000", 204), guid("b001", 204))

LOYALTY_SYNC = App("Alder Loyalty Sync", guid("b000", 301), guid("c000", 301), guid("b001", 301))
HR_CONNECTOR = App("Alder HR Connector", guid("b000", 302), guid("c000", 302), guid("b001", 302))
POLICY_ENGINE = App("B2C policy engine", guid("b000", 901), guid("c000", 901))
INVITATION_WORKER = App("Microsoft B2B Admin Worker", guid("b000", 902), guid("c000", 902))
ACCESS_REVIEWS = App("Access Reviews", guid("b000", 903), guid("c000", 903))
GRAPH_API = App("Microsoft Graph", guid("b000", 904), guid("c000", 904))

SIGN_IN = "B2C_1A_signup_signin"
PASSWORD_RESET = "B2C_1_passwordreset"
PROFILE_EDIT = "B2C_1_profileedit"
SAML = "B2C_1A_saml_supplier"

PROVIDER_APPLICATIONS = {
    "google.example": "alder-shop-at-google",
    "facebook.example": "000000000000424242",
    "contoso-oidc": guid("b000", 801),
}

SUPPLIER_PROJECTS = {"id": guid("d000", 1), "displayName": "Supplier Projects"}
STORE_MANAGERS = {"id": guid("d000", 2), "displayName": "Store Managers"}
LICENSED_STAFF = {"id": guid("d000", 3), "displayName": "Licensed Staff"}

ROLES = {
    "Application Developer": guid("e000", 1),
    "Security Reader": guid("e000", 2),
    "User Administrator": guid("e000", 3),
    "Directory Readers": guid("e000", 4),
    "Privileged Role Administrator": guid("e000", 5),
}

_FIRST_NAMES = (
    "Adele Bruno Carla Dmitri Elena Farid Greta Hugo Irina Jamal Katya Luca Mina Nils Olga Pedro Quinn Rosa Sven Tanya "
    "Umar Vera Wim Xenia Yusuf Zoe Aron Bella Cyril Doris Emil Flora Goran Heidi Ivan Julia Kofi Linda Marco Nadia"
).split()


def _consumers():
    """The richer consumer first, then forty others. The last six are people at suppliers."""
    maren = Consumer(guid("a000", 201), "Maren Solberg", None, "192.0.2.24", FIREFOX, "2001:db8:24::7", MOBILE_SDK)
    everybody = [maren]
    desks = (CHROME, FIREFOX, SAFARI)
    phones = (MOBILE_SDK, IPHONE, ANDROID)
    for index, name in enumerate(_FIRST_NAMES):
        provider = None
        if index >= 34:
            provider = "contoso-oidc" if index < 38 else None
        elif index % 5 == 3:
            provider = "google.example"
        elif index % 7 == 5:
            provider = "facebook.example"
        everybody.append(
            Consumer(
                guid("a000", 202 + index),
                name,
                provider,
                "198.51.100.%d" % (20 + index),
                desks[index % 3],
                "2001:db8:%d::7" % (100 + index) if index % 4 == 0 else "203.0.113.%d" % (120 + index),
                phones[index % 3],
            )
        )
    return everybody


CONSUMERS = _consumers()
MAREN = CONSUMERS[0]
SUPPLIERS = CONSUMERS[35:]
SHOPPERS = CONSUMERS[1:35]


def user_actor(person, ip="own"):
    """`initiatedBy.user`; `ip` may be given, also as one of the ways in which the service writes "none"."""
    return {
        "id": person.id,
        "displayName": None,
        "userPrincipalName": person.upn,
        "ipAddress": person.ip if ip == "own" else ip,
        "userType": "Guest" if person.home_tenant_id else None,
        "homeTenantId": person.home_tenant_id,
        "homeTenantName": person.home_tenant_name if person.home_tenant_id else None,
    }


def app_actor(app):
    """`initiatedBy.app` as the directory writes it."""
    return {
        "appId": app.app_id,
        "displayName": app.name,
        "servicePrincipalId": app.service_principal_id,
        "servicePrincipalName": None,
    }


def b2c_app_actor(app):
    """`initiatedBy.app` as B2C writes it: the client id is also in the field meant for a name."""
    return {
        "appId": app.app_id,
        "displayName": None,
        "servicePrincipalId": app.service_principal_id,
        "servicePrincipalName": app.app_id,
    }


def target(kind, id, name=None, upn=None, group_type=None, changes=()):
    return {
        "id": id,
        "displayName": name,
        "type": kind,
        "userPrincipalName": upn,
        "groupType": group_type,
        "modifiedProperties": [{"displayName": name_, "oldValue": old, "newValue": new} for name_, old, new in changes],
    }


def person_target(person, changes=(), name=None):
    return target("User", person.id, name, person.upn, changes=changes)


def group_target(group, changes=()):
    return target("Group", group["id"], group["displayName"], group_type="azureAD", changes=changes)


def role_target(name):
    return target("Role", ROLES[name], name)
