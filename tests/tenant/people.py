"""Who and what is in the tenant of the large test: staff, administrators, guests, applications, addresses.

Every name, address and id here is made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from generator import cast
from generator.cast import App, Person
from generator.model import guid

DOMAIN = "birch.example"
INITIAL_DOMAIN = "birch.onmicrosoft.example"
TENANT_ID = guid("8000", 70)


@dataclass(frozen=True)
class Place:
    """Where an address is said to be."""

    city: str
    state: str
    country: str
    latitude: float
    longitude: float


GOTHENBURG = Place("Gothenburg", "Vastra Gotaland", "SE", 57.7, 11.97)
BORAS = Place("Boras", "Vastra Gotaland", "SE", 57.72, 12.94)
OSLO = Place("Oslo", "Oslo", "NO", 59.91, 10.75)
LONDON = Place("London", "England", "GB", 51.51, -0.13)
BERLIN = Place("Berlin", "Berlin", "DE", 52.52, 13.4)
AMSTERDAM = Place("Amsterdam", "Noord-Holland", "NL", 52.37, 4.9)
VIRGINIA = Place("Boydton", "Virginia", "US", 36.67, -78.39)
LAGOS = Place("Lagos", "Lagos", "NG", 6.45, 3.39)
HANOI = Place("Hanoi", "Ha Noi", "VN", 21.03, 105.85)
LIMA = Place("Lima", "Lima", "PE", -12.05, -77.04)


@dataclass(frozen=True)
class Origin:
    """An address with what the log says of it."""

    ip: str
    place: Place
    network: int


OFFICES = {GOTHENBURG: Origin("192.0.2.10", GOTHENBURG, 64496), OSLO: Origin("192.0.2.130", OSLO, 64496)}


@dataclass(frozen=True)
class Worker:
    """A member of staff with desk, home, telephone and computers."""

    number: int
    person: Person
    office: Origin
    home: Origin
    mobile: Origin
    agent: str
    system: str
    phone_agent: str
    phone_system: str
    laptop: str
    days_at_home: tuple


_FIRST = (
    "Astrid Björn Cecilia David Elin Fredrik Gunnel Hampus Ida Johan Karin Lars Maja Nils Olof Petra Rasmus Sara Tove Ulf "
    "Vera Wilhelm Ylva Åke Amir Beatriz Chen Dalia Emeka Farah"
).split()
_LAST = "Lund Ek Dahl Holm Berg Strand Vik Nygård Sand Haug Moen Lie".split()
_ASCII = str.maketrans("åäöøÅÄÖ", "aaooAAO")


def _worker(number):
    rng = Random("worker/%d" % number)
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) * 3 % len(_LAST) + number % 3]
    upn = ("%s.%s@%s" % (first, last, DOMAIN)).translate(_ASCII).lower()
    oslo = number % 6 == 5
    office = OFFICES[OSLO if oslo else GOTHENBURG]
    town = OSLO if oslo else rng.choice((GOTHENBURG, BORAS))
    home = Origin("2001:db8:%x:1::%x" % (0x100 + number, rng.randrange(2, 0xFFFF)), town, 64497 + rng.randrange(3))
    mobile = Origin("198.51.100.%d" % (200 + number % 20), OSLO if oslo else GOTHENBURG, 64501)
    agent, system = rng.choice(
        ((cast.CHROME, "Windows10"), (cast.FIREFOX, "Windows10"), (cast.CHROME, "Windows10"), (cast.SAFARI, "MacOs"))
    )
    phone_agent, phone_system = rng.choice(((cast.IPHONE, "Ios 18"), (cast.ANDROID, "Android 15")))
    person = Person(guid("a000", 1000 + number), "%s %s" % (first, last), upn, office.ip, mail=upn)
    at_home = tuple(sorted(rng.sample(range(5), rng.choice((0, 1, 2, 2)))))
    return Worker(number, person, office, home, mobile, agent, system, phone_agent, phone_system, guid("1000", 1000 + number), at_home)


STAFF = [_worker(number) for number in range(120)]
# Administrators work with a second account, from the office or through its VPN.
_DESKS = STAFF[:6]
ADMINS = [
    Person(guid("a000", 900 + n), "Admin %s" % one.person.name, "adm-" + one.person.upn, one.office.ip) for n, one in enumerate(_DESKS)
]
HELP_DESK = [one.person for one in STAFF[6:9]]
DEVELOPERS = STAFF[9:17]
PROJECT_LEADS = [one.person for one in STAFF[17:32]]
TRAVELLERS = STAFF[40:46]
# Accounts of meeting rooms: nobody signs in with them but the screen on the wall.
ROOMS = [
    Person(guid("a000", 1690 + n), "Room %s" % name, "room.%s@%s" % (name.lower(), DOMAIN), OFFICES[GOTHENBURG].ip)
    for n, name in enumerate(("Alder", "Aspen"))
]
HIRES = STAFF[96:]

HR = App("Birch HR Connector", guid("b000", 701), guid("c000", 701), guid("b001", 701))
STOCK = App("Birch Stock Sync", guid("b000", 702), guid("c000", 702), guid("b001", 702))
PIPELINE = App("Birch Deploy Pipeline", guid("b000", 703), guid("c000", 703), guid("b001", 703))
MAILER = App("Birch Report Mailer", guid("b000", 704), guid("c000", 704), guid("b001", 704))
BACKUP = App("Birch Backup", guid("b000", 705), guid("c000", 705), guid("b001", 705))
EXPORT = App("birch-nightly-export", guid("b000", 706), guid("c000", 706))
IMPORTER = App("Birch Legacy Importer", guid("b000", 707), guid("c000", 707), guid("b001", 707))
YEARLY = App("Birch Yearly Report", guid("b000", 709), guid("c000", 709), guid("b001", 709))
QUARTERLY = App("Birch Quarterly Report", guid("b000", 710), guid("c000", 710), guid("b001", 710))
PARTNERS = App("Birch Partner Portal", guid("b000", 708), guid("c000", 708), guid("b001", 708))
SYNC = App("Microsoft.Azure.SyncFabric", guid("b000", 790), guid("c000", 790))
INVITATION_WORKER = App("Microsoft B2B Admin Worker", guid("b000", 791), guid("c000", 791))
MS_PIM = App("MS-PIM", "01fc33a7-78ba-4d2f-a4b7-768e336e890e", guid("c000", 792))
DEVICE_SERVICE = App("Device Registration Service", guid("b000", 793), guid("c000", 793))
GRAPH = App("Microsoft Graph", "00000003-0000-0000-c000-000000000000", guid("c000", 794))
B2C_ENGINE = App("Azure AD B2C", guid("b000", 795), guid("c000", 795))
OFFICE = App("Office 365 Exchange Online", guid("b000", 796), guid("c000", 796))
PORTAL = App("Azure Portal", guid("b000", 797), guid("c000", 797))
SHELL = App("Microsoft Azure CLI", guid("b000", 798), guid("c000", 798))
BROKER = App("Microsoft Authentication Broker", "29d9ed98-a469-4536-ade2-f981bc1d605e", guid("c000", 799))
PHONE_MAIL = App("Apple Internet Accounts", guid("b000", 801), guid("c000", 801))
TEAMS = App("Microsoft Teams", guid("b000", 800), guid("c000", 800))

SHOP = App("Birch Shop", guid("b000", 711), guid("c000", 711))
SHOP_MOBILE = App("Birch Shop Mobile", guid("b000", 712), guid("c000", 712))
CLUB = App("Birch Club", guid("b000", 713), guid("c000", 713))
WHOLESALE = App("Birch Wholesale", guid("b000", 714), guid("c000", 714))

GROUPS = [
    {"id": guid("d000", 700 + n), "displayName": name}
    for n, name in enumerate(
        ("Stores", "Warehouse", "Finance", "Partner Projects", "Licensed Staff", "Marketing", "Developers", "Oslo Office")
    )
]
PARTNER_PROJECTS = GROUPS[3]

ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Conditional Access Administrator": "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
}


@dataclass(frozen=True)
class Consumer(cast.Consumer):
    """Somebody with a consumer account, and a telephone number."""

    phone: str


def consumers(count):
    """Each at an address of its own; the telephones of some share the gateway of their network."""
    rng = Random("tenant/consumers")
    everybody = []
    for number in range(count):
        provider = rng.choices((None, "google.example", "facebook.example"), (7, 2, 1))[0]
        gateway = "198.51.100.%d" % rng.randrange(1, 40)
        phone_ip = gateway if rng.random() < 0.3 else "2001:db8:%x:2::1" % (0x4000 + number)
        everybody.append(
            Consumer(
                guid("a000", 100_000 + number),
                "consumer-%05d" % number,
                provider,
                "2001:db8:%x:1::1" % (0x4000 + number),
                rng.choice((cast.CHROME, cast.FIREFOX, cast.SAFARI)),
                phone_ip,
                rng.choice((cast.IPHONE, cast.ANDROID, cast.MOBILE_SDK)),
                "+37 05%02d-%04d" % (rng.randrange(100), number),
            )
        )
    return everybody


PARTNER_DOMAINS = {
    name: guid("8000", 80 + n)
    for n, name in enumerate(("fabrikam.example", "litware.example", "tailspin.example", "northwind.example", "adatum.example"))
}


def guest(number, rng):
    domain = rng.choice(list(PARTNER_DOMAINS))
    first, last = rng.choice(_FIRST).translate(_ASCII), rng.choice(_LAST).translate(_ASCII)
    mail = ("%s.%s%d@%s" % (first, last, number, domain)).lower()
    upn = "%s#EXT#@%s" % (mail.replace("@", "_"), INITIAL_DOMAIN)
    return Person(
        guid("a000", 50_000 + number),
        "%s %s" % (first, last),
        upn,
        "2001:db8:%x:3::%x" % (0x3000 + number, number + 1),
        mail,
        PARTNER_DOMAINS[domain],
        domain,
    )
