"""How staff, guests and programs sign in on ordinary days, with ordinary failures."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from generator import cast
from generator.model import seconds

from log import APPROVED, DAYS, DENIED, EARLIER, IGNORED, PASSWORD, WRONG, is_workday, moment
from people import (
    ADMINS,
    AMSTERDAM,
    BACKUP,
    BERLIN,
    BROKER,
    DEVELOPERS,
    EXPORT,
    GOTHENBURG,
    GRAPH,
    HR,
    IMPORTER,
    LONDON,
    MAILER,
    OFFICE,
    OFFICES,
    PIPELINE,
    PORTAL,
    QUARTERLY,
    ROOMS,
    SHELL,
    STAFF,
    STOCK,
    TEAMS,
    TRAVELLERS,
    VIRGINIA,
    YEARLY,
    Origin,
    guid,
)

SILENT = "nonInteractiveUser"
# Who is abroad when: day of arrival and of return.
TRIPS = {
    TRAVELLERS[0].number: (15, 18, LONDON),
    TRAVELLERS[1].number: (23, 25, BERLIN),
    TRAVELLERS[2].number: (23, 26, BERLIN),
    TRAVELLERS[3].number: (36, 39, LONDON),
    TRAVELLERS[4].number: (43, 46, BERLIN),
}
VPN_USER = STAFF[60]
VPN_EXIT = Origin("198.51.100.180", BERLIN, 64505)
FORGETFUL = STAFF[61]
FLAT_BATTERY = STAFF[62]
EXPIRY_DAY = 28


class Staff:
    def __init__(self, log):
        self.log = log
        self.rng = Random("tenant/staff")

    def tell(self):
        for day in range(DAYS):
            for worker in STAFF:
                if is_workday(day) and self.rng.random() < 0.88:
                    self.workday(day, worker)
                elif self.rng.random() < 0.15:
                    self.phone(moment(day, 9 + self.rng.random() * 10), worker, day)
            if is_workday(day):
                for place, admin in enumerate(ADMINS):
                    if self.rng.random() < 0.7:
                        self.administrator(day, admin, STAFF[place])
            self.programs(day)
        self.oddities()

    def origin(self, day, worker):
        begin, end, place = TRIPS.get(worker.number, (99, 99, None))
        if begin <= day < end:
            return Origin("2001:db8:%x:9::%x" % (0x1000 + begin, worker.number), place, 64504)
        return self.home(day, worker) if day % 7 in worker.days_at_home or not is_workday(day) else worker.office

    def home(self, day, worker):
        """The same network each day, and in it another address each day, as privacy has it."""
        return replace(worker.home, ip="%s:%x" % (worker.home.ip.rpartition(":")[0], 0x10 + day))

    def interactive(self, ticks, worker, origin, app, session, wrong=0, error=0):
        common = dict(resource=app, agent=worker.agent, system=worker.system, device=worker.laptop, session=session)
        for n in range(wrong):
            self.log.signin(ticks + seconds(20 * n), worker.person, app, origin, error=50126, steps=[WRONG], **common)
        if error:
            self.log.signin(
                ticks + seconds(20 * wrong),
                worker.person,
                app,
                origin,
                error=error,
                steps=[PASSWORD] + ([self.rng.choice((DENIED, IGNORED))] if error == 500121 else []),
                **common,
            )
        self.log.signin(
            ticks + seconds(20 * wrong + 25),
            worker.person,
            app,
            origin,
            steps=[PASSWORD, APPROVED if origin is not worker.office or self.rng.random() < 0.2 else EARLIER],
            **common,
        )

    def workday(self, day, worker):
        rng = self.rng
        origin, session = self.origin(day, worker), guid("6000", day * 1000 + worker.number)
        begin = 7.2 + rng.random() * 2
        wrong = rng.choice((1, 1, 2)) if rng.random() < (0.35 if day == EXPIRY_DAY else 0.03) else 0
        error = (
            rng.choice((50074, 50076, 50140, 500121)) if rng.random() < 0.05 else 50055 if day == EXPIRY_DAY and rng.random() < 0.2 else 0
        )
        self.interactive(moment(day, begin), worker, origin, rng.choice((OFFICE, TEAMS)), session, wrong, error)
        if rng.random() < 0.25:
            self.interactive(moment(day, begin + 2 + rng.random() * 5), worker, origin, rng.choice((OFFICE, TEAMS, PORTAL)), session)
        for _ in range(rng.choice((1, 1, 2, 3))):
            self.log.signin(
                moment(day, begin + 1 + rng.random() * 7),
                worker.person,
                rng.choice((OFFICE, TEAMS)),
                origin,
                kind=SILENT,
                agent=worker.agent,
                system=worker.system,
                device=worker.laptop,
                session=session,
            )
        if rng.random() < 0.5:
            self.phone(moment(day, 7 + rng.random() * 14), worker, day)

    def phone(self, ticks, worker, day):
        begin, end, place = TRIPS.get(worker.number, (99, 99, None))
        origin = Origin("198.51.100.190", place, 64504) if begin <= day < end else worker.mobile
        self.log.signin(
            ticks,
            worker.person,
            TEAMS,
            origin,
            kind=SILENT,
            agent=worker.phone_agent,
            system=worker.phone_system,
            session=guid("6100", worker.number),
            client="Mobile Apps and Desktop clients",
        )

    def administrator(self, day, admin, worker):
        self.log.signin(
            moment(day, 8 + self.rng.random() * 7),
            admin,
            PORTAL,
            worker.office,
            agent=worker.agent,
            system=worker.system,
            device=worker.laptop,
            session=guid("6200", day * 1000 + worker.number),
            steps=[PASSWORD, APPROVED],
        )

    def guest(self, ticks, guest, first=False):
        self.log.signin(
            ticks,
            guest,
            TEAMS,
            Origin(guest.ip, GOTHENBURG if int(guest.id[-1]) % 2 else BERLIN, 64510 + int(guest.id[-1])),
            agent=cast.CHROME,
            system="Windows10",
            session=guid("6300", int(guest.id[-5:]) * 100 + ticks % 97),
            steps=[PASSWORD, APPROVED if first else EARLIER],
        )

    def programs(self, day):
        """Each program from where it always runs, with the key that it has that day."""
        cloud, office = Origin("203.0.113.210", AMSTERDAM, 64520), OFFICES[GOTHENBURG]
        for app, times, origin, key in (
            (STOCK, 16, cloud, 1 if day < 33 else 11),
            (MAILER, 4, cloud, 2),
            (BACKUP, 6, office, 3),
            (HR, 4, office, 4 if day < 40 else 14),
        ):
            for n in range(times):
                self.log.signin(
                    moment(day, 24 / times * n + self.rng.random()),
                    app,
                    app,
                    origin,
                    resource=GRAPH,
                    kind="servicePrincipal",
                    key=guid("9200", 700 + key),
                    agent="azsdk-python-identity/1.15 Python/3.11",
                )
        for n in range(self.rng.randrange(1, 5) if is_workday(day) else 0):
            runner = Origin("203.0.113.%d" % self.rng.randrange(220, 250), VIRGINIA, 64521)
            self.log.signin(moment(day, 8 + self.rng.random() * 9), PIPELINE, PIPELINE, runner, resource=GRAPH, kind="servicePrincipal")
        self.log.signin(moment(day, 2.1), EXPORT, EXPORT, cloud, resource=GRAPH, kind="managedIdentity")
        if day == 3:
            self.log.signin(moment(day, 4), IMPORTER, IMPORTER, office, resource=GRAPH, kind="servicePrincipal", key=guid("9200", 707))
        if day == 32:
            # The old secret ran out overnight: that is why there is a new one.
            self.log.signin(
                moment(day, 23.9), STOCK, STOCK, cloud, resource=GRAPH, kind="servicePrincipal", error=7000222, key=guid("9200", 701)
            )

    def oddities(self):
        """What looks strange once and is none."""
        log, one = self.log, VPN_USER
        for day in (10, 31):
            log.signin(
                moment(day, 20),
                one.person,
                OFFICE,
                one.home,
                agent=one.agent,
                system=one.system,
                session=guid("6400", day),
                steps=[PASSWORD, APPROVED],
            )
            log.signin(
                moment(day, 20.4), one.person, OFFICE, VPN_EXIT, kind=SILENT, agent=one.agent, system=one.system, session=guid("6400", day)
            )
            # Seen as a risk, and ended by the second factor.
            log.signin(
                moment(day, 20.5),
                one.person,
                TEAMS,
                VPN_EXIT,
                agent=one.agent,
                system=one.system,
                session=guid("6400", day),
                steps=[PASSWORD, APPROVED],
                risk="medium",
                risk_state="remediated",
            )
        log.risk(moment(10, 20.5), one.person, "anonymizedIPAddress", "low", VPN_EXIT, state="dismissed")
        # Back from leave: twelve wrong guesses of the own password, then the right one, at the own desk.
        for n in range(12):
            log.signin(
                moment(20, 8) + seconds(60 * n),
                FORGETFUL.person,
                OFFICE,
                FORGETFUL.office,
                error=50126,
                steps=[WRONG],
                agent=FORGETFUL.agent,
                system=FORGETFUL.system,
                device=FORGETFUL.laptop,
            )
        self.interactive(moment(20, 8.3), FORGETFUL, FORGETFUL.office, OFFICE, guid("6500", 1))
        # The telephone was in the other room: prompt after prompt without an answer, then a yes, at home.
        one = FLAT_BATTERY
        for n in range(5):
            log.signin(
                moment(27, 21) + seconds(70 * n),
                one.person,
                OFFICE,
                self.home(27, one),
                error=500121,
                steps=[PASSWORD, IGNORED],
                agent=one.agent,
                system=one.system,
                device=one.laptop,
            )
        self.interactive(moment(27, 21.15), one, self.home(27, one), OFFICE, guid("6500", 2))
        # A risk that the user's own change of the password ended.
        one = STAFF[63]
        log.risk(moment(34, 12), one.person, "unfamiliarFeatures", "medium", one.mobile, state="remediated")
        # Developers use the command line: by device code, from the office.
        for place, developer in enumerate(DEVELOPERS[:4]):
            for day in range(2 + place, DAYS, 9):
                log.signin(
                    moment(day, 10 + place),
                    developer.person,
                    SHELL,
                    developer.office,
                    resource=GRAPH,
                    agent=None,
                    system="Linux",
                    protocol="deviceCode",
                    steps=[PASSWORD, EARLIER],
                    client="Mobile Apps and Desktop clients",
                )
        # A script of a developer, and an old printer that sends mail.
        for day in range(1, DAYS, 5):
            log.signin(
                moment(day, 14),
                DEVELOPERS[5].person,
                GRAPH,
                DEVELOPERS[5].office,
                agent="python-requests/2.32",
                protocol="ropc",
                steps=[PASSWORD],
                client="Mobile Apps and Desktop clients",
            )
        for place, room in enumerate(ROOMS):
            log.signin(
                moment(12 + place, 9.5),
                room,
                BROKER,
                OFFICES[GOTHENBURG],
                agent=None,
                system="Android 12",
                protocol="deviceCode",
                steps=[PASSWORD, APPROVED],
                client="Mobile Apps and Desktop clients",
            )
            for day in range(12 + place, DAYS, 2):
                log.signin(
                    moment(day, 9.6),
                    room,
                    TEAMS,
                    OFFICES[GOTHENBURG],
                    kind=SILENT,
                    agent=None,
                    system="Android 12",
                    transfer="deviceCodeFlow",
                    session=guid("6500", 10 + place),
                )
        self.telephones()
        self.reports()

    def telephones(self):
        log = self.log
        # A telephone goes on with the old password after it was changed, until somebody types the new one.
        one = STAFF[64]
        for n in range(40):
            log.signin(
                moment(13, 10) + seconds(25 * n),
                one.person,
                OFFICE,
                one.mobile,
                error=50126,
                steps=[WRONG],
                client="Exchange ActiveSync",
                agent=one.phone_agent,
                system=one.phone_system,
            )
        log.signin(
            moment(13, 10) + seconds(1060),
            one.person,
            OFFICE,
            one.mobile,
            steps=[PASSWORD],
            client="Exchange ActiveSync",
            agent=one.phone_agent,
            system=one.phone_system,
        )
        # A tablet says that it is a desktop computer when a page asks, and leaves the office for the street meanwhile.
        one = STAFF[83]
        for day in (8, 22):
            for hour, origin, system in (
                (16.0, one.office, "Ios 18"),
                (16.2, one.mobile, "MacOs"),
                (16.4, one.mobile, "Ios 18"),
                (16.7, one.office, "MacOs"),
            ):
                log.signin(
                    moment(day, hour),
                    one.person,
                    TEAMS,
                    origin,
                    kind=SILENT,
                    agent=cast.SAFARI if system == "MacOs" else cast.IPHONE,
                    system=system,
                    session=guid("6700", day),
                )
        # At a fair abroad: a risk that the second factor ended, and the new telephone registered the same morning (administration.py).
        one, hotel = TRAVELLERS[1], Origin("2001:db8:1017:9::29", BERLIN, 64504)
        log.signin(
            moment(23, 8),
            one.person,
            OFFICE,
            hotel,
            steps=[PASSWORD, APPROVED],
            agent=one.agent,
            system=one.system,
            risk="medium",
            risk_state="remediated",
            device=one.laptop,
        )

    def reports(self):
        """Run by hand at the office a few times a year, each time with a new secret (administration.py)."""
        office = OFFICES[GOTHENBURG]
        for app, times in ((QUARTERLY, ((2, 721), (48, 723))), (YEARLY, ((51, 724),))):
            for day, key in times:
                for n in range(3):
                    self.log.signin(moment(day, 10 + n), app, app, office, resource=GRAPH, kind="servicePrincipal", key=guid("9200", key))
