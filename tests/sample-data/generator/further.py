"""The smaller files: every other shape in which the same week is told, and what is not an audit event at all."""
from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile

from . import cast, identity, log_analytics, monitor, powershell, shapes, signins, unified
from .files import BOM, CONTAINER_TIME, Output, audit_csv, between, compact, csv_bytes, pretty
from .model import TICKS_PER_SECOND, clock
from .signins import INTERACTIVE, MANAGED, NON_INTERACTIVE, PRINCIPAL, SPRAY_IP

LINE, INDENTED, NDJSON = "UTF-8, one line", "UTF-8, indented", "UTF-8, NDJSON"
CSV = "UTF-8 with BOM, CRLF"


def of(kind, records, *names):
    """What the README counts: a kind, and the members that tell one record from another."""
    return [(kind, tuple(record[name] for name in names or ("id",))) for record in records]


def people(found):
    return [("sign-in", (one.id,)) for one in found]


def foreign(count, name):
    return [(Output.FOREIGN, (name, n)) for n in range(count)]


def further_files(events):
    week = Week(events)
    files = []
    for part in (week.legacy, week.graph, week.identity, week.portal, week.containers, week.monitor, week.log_analytics, week.powershell,
                 week.unified, week.foreign):
        files += part()
    return files


class Week:
    def __init__(self, events):
        self.events = events
        self.signins = signins.SignIns().tell()
        self.provisioning = identity.provisioning(events)
        self.detections, self.detections_later = identity.risk_detections(self.signins)
        self.calls = identity.graph_calls(self.signins)

    def during(self, start, end, *kinds):
        return [one for one in self.signins if clock(start) <= one.ticks < clock(end) and (not kinds or one.kind in kinds)]

    def administration(self, start, end):
        """Audit events that are not of consumers."""
        return [event for event in between(self.events, start, end) if event.service != "B2C"]

    # Azure AD Graph and Graph

    def legacy(self):
        found = self.during("Mon 00:00", "Wed 00:00", INTERACTIVE)
        context = shapes.LEGACY_CONTEXT.replace("audit", "signinEvents")
        body = shapes.page([signins.legacy(one) for one in found], context)
        return [Output("legacy/signins0.json", (BOM + pretty(body, "\r\n") + "\r\n").encode("utf-16-le"), [], "Azure AD Graph page of sign-ins",
                       "UTF-16LE with BOM, CRLF, indented", "`deviceInformation` is a list with semicolons; `signinErrorCode` 50140 is Priya being asked. "
                       "All ids are also in `graph/signIns.json`.", others=people(found))]

    def graph(self):
        def page(path, found, records, version, look, next_link=None):
            body = shapes.page(records, identity.V1.replace("v1.0", version) + "auditLogs/signIns", next_link)
            return Output(path, compact(body).encode("utf-8"), [], "Graph %s page of sign-ins" % version, LINE, look, others=people(found))

        found = self.during("Mon 00:00", "Fri 00:00", INTERACTIVE)[::-1]
        files = [page("graph/signIns.json", found, [signins.v1(one) for one in found], "v1.0",
                      "Interactive ones, as the service answers when nobody asks for others. The spray reaches staff (Thursday 02:31), 50034 is a name that "
                      "has no account, 50057 a disabled one. A city has a comma in its name.")]
        looks = {
            INTERACTIVE: ("Thursday is also in `signIns.json`. `authenticationDetails`, `userType`, `crossTenantAccessType`, `sessionId`: Friday's are "
                          "those of `graph/beta/page-1.json.gz`. Sunday 01:05 is the stranger with Tomas' password.", "Thu 04:00"),
            NON_INTERACTIVE: ("`incomingTokenType` is `refreshToken`; staff during the week, the stranger on Sunday at 01:10.", "Mon 00:00"),
            PRINCIPAL: ("Alder Loyalty Sync comes with a certificate from the office and on Sunday with a new secret from 203.0.113.66, after an expired one "
                        "(7000222). No user, a place of 0,0.", "Mon 00:00"),
            MANAGED: ("No user and no address; `managedServiceIdentity` names the resource.", "Mon 00:00"),
        }
        for kind, (look, start) in looks.items():
            short = kind.replace("User", "").lower() if kind.endswith("User") else kind
            found = self.during(start, "Sun 24:00", kind)[::-1]
            path = "graph/beta/signIns-%s.json" % short
            if kind == NON_INTERACTIVE:
                data = "".join(compact(signins.beta(one)) + "\n" for one in found).encode("utf-8")
                files.append(Output(path, data, [], "Graph beta sign-ins", NDJSON, look, others=people(found)))
            else:
                files.append(page(path, found, [signins.beta(one) for one in found], "beta", look))
        return files

    def identity(self):
        files = []

        def page(path, kind, records, context, shape, look, names=("id",), indent=True, version=identity.V1):
            body = shapes.page(records, version + context)
            data = (pretty(body) + "\n" if indent else compact(body)).encode("utf-8")
            files.append(Output(path, data, [], shape, INDENTED if indent else LINE, look, others=of(kind, records, *names)))

        page("graph/provisioning.json", "provisioning", self.provisioning, "auditLogs/provisioning", "Graph v1.0 page",
             "The HR connector: one created, seven updated, one refused, one skipped. The audit event is a second or two older.", indent=False)
        risk = ("id", "lastUpdatedDateTime")
        page("graph/riskDetections.json", "risk detection", self.detections, "identityProtection/riskDetections", "Graph v1.0 page",
             "The spray found hours later (`offline`), Sunday's sign-in at once. `requestId` is the id of the sign-in; `additionalInfo` is JSON text.", risk)
        page("graph/riskDetections-later.json", "risk detection", self.detections_later, "identityProtection/riskDetections", "Graph v1.0 page",
             "The third one again with a newer `lastUpdatedDateTime`: Nora confirms on Sunday at 09:10.", risk)
        page("graph/riskyUsers.json", "risky user", identity.risky_users(), "identityProtection/riskyUsers", "Graph v1.0 page",
             "Tomas confirmed, Felix dismissed; as they stood on Sunday.", ("id", "riskLastUpdatedDateTime"))
        page("graph/riskyUserHistory.json", "risky user history", identity.risky_user_history(), "riskyUsers('%s')/history" % cast.TOMAS.id,
             "Graph beta page", "How Tomas came there, in three steps.", version=identity.BETA)
        users = identity.users(self.events, self.signins)
        page("graph/users.json", "user", users, "users(sponsors())", "Graph beta page",
             "Monday 2026-03-09: 8 of staff, 7 guests with `sponsors` (a group among them), 3 consumers with local or federated identities. "
             "`signInActivity` is there, absent, or in the year 1.", version=identity.BETA)
        plain = identity.plain_user()
        files.append(Output("graph/user.json", (compact(plain) + "\n").encode("utf-8"), [], "Graph v1.0 entity", "UTF-8, one object",
                            "A user with the properties that come unasked: no `userType`, which does not make it a member.", others=of("user", [plain])))
        page("graph/invitations.json", "invitation", identity.invitations(), "invitations", "Graph v1.0 page",
             "Answers that somebody kept: Karim, Grace again, Hana, Elif with a sponsor.")
        page("graph/accessReviewDefinitions.json", "access review definition", identity.review_definitions(self.events), identity.DEFINITION,
             "Graph v1.0 page", "The review of the guests, before it ended.")
        page("graph/accessReviewInstances.json", "access review instance", identity.review_instances(self.events), identity.INSTANCES, "Graph v1.0 page",
             "Its one instance; the definition's id is in `@odata.context` alone.")
        decided = ("id", "reviewedDateTime", "appliedDateTime")
        for path, until, look in (
            ("accessReviewDecisions", "Fri 10:00", "Friday 10:00: two decided, three `NotReviewed` by a reviewer of zeros; `insights` of sign-ins."),
            ("accessReviewDecisions-applied", "Sat 12:00", "Saturday, the same five ids: approved, denied, unknown, and applied."),
        ):
            page("graph/%s.json" % path, "access review decision", identity.review_decisions(self.events, self.signins, until), identity.DECISIONS,
                 "Graph v1.0 page", look, decided)
        return files

    # The portal

    def portal(self):
        wednesday = [event for event in between(self.events, "Wed 08:00", "Wed 14:10")
                     if event.service != "B2C" or event.user or any(value == cast.SAML for _, value in event.details)]
        thursday = self.administration("Thu 00:00", "Thu 24:00")
        spanish = {"Date (UTC)": "Fecha (UTC)", "Service": "Servicio", "Category": "Categoría", "Activity": "Actividad", "Result": "Resultado",
                   "User Agent": "Agente de usuario", "Target1UserPrincipalName": "Objetivo1NombrePrincipalDeUsuario"}
        header = [spanish.get(name, name) for name in shapes.csv_header()]
        files = [
            Output("portal/AuditLogs_2026-03-04_2026-03-04.csv", audit_csv(wednesday), wednesday, "portal CSV", CSV,
                   "Wednesday morning; each row is an event of `graph/`, to the second."),
            Output("portal/RegistrosDeAuditoria_2026-03-05_2026-03-05.csv", audit_csv(thursday, header, ";"), thursday, "portal CSV, some Spanish headers",
                   CSV + ", `;`", "Thursday without the consumers; each row is an event of `graph/` and `portal/`."),
        ]
        day = "2026-03-05_2026-03-05"
        for name, kind, columns, look, start, end, dates in (
            ("InteractiveSignIns", INTERACTIVE, signins.USER_COLUMNS, "57 columns, two of the same name, some names with a space at the end. Grace is a guest.",
             "Thu 00:00", "Thu 24:00", day),
            ("NonInteractiveSignIns", NON_INTERACTIVE, signins.USER_COLUMNS, "The same header; only the name of the file tells the kind.",
             "Thu 00:00", "Thu 24:00", day),
            ("ApplicationSignIns", PRINCIPAL, signins.PRINCIPAL_COLUMNS, "22 columns. Sunday's secret; no place.", "Thu 00:00", "Sun 24:00",
             "2026-03-05_2026-03-08"),
            ("MSISignIns", MANAGED, signins.MANAGED_COLUMNS, "No credential columns, those of managed identities instead: a guess.", "Thu 00:00", "Sun 24:00",
             "2026-03-05_2026-03-08"),
        ):
            found = self.during(start, end, kind)[::-1]
            data = csv_bytes(columns, [signins.row(one, columns) for one in found])
            files.append(Output("portal/%s_%s.csv" % (name, dates), data, [], "portal CSV of sign-ins", CSV, look, others=people(found)))
        found = self.during("Thu 00:00", "Thu 24:00", INTERACTIVE)[::-1]
        rows = [row for one in found for row in signins.step_rows(one)]
        files.append(Output("portal/InteractiveSignIns_AuthDetails_%s.csv" % day, csv_bytes(signins.STEP_COLUMNS, rows), [],
                            "portal CSV of authentication steps", CSV, "One row a step; `Request ID` is the sign-in's. Its header is a guess.",
                            others=[("authentication step", (row[1], n)) for n, row in enumerate(rows)]))
        records = [compact(signins.beta(one)) for one in found]
        files.append(Output("portal/InteractiveSignIns_%s.json" % day, ("[\n" + ",\n".join(records) + "\n]\n").encode("utf-8"), [],
                            "portal JSON of sign-ins", "UTF-8, bare array, one record a line", "The same sign-ins as the CSV.", others=people(found)))
        return files

    # Containers

    def containers(self):
        wednesday, friday = self.administration("Wed 00:00", "Wed 24:00"), self.administration("Fri 00:00", "Fri 18:00")
        pages = [wednesday[:4], wednesday[3:8]]
        members = [("AuditLogs/2026-03-04/page%d.json" % n, compact(shapes.page([shapes.graph(event) for event in part], shapes.GRAPH_CONTEXT % "v1.0")))
                   for n, part in enumerate(pages)]
        files = [Output("collector/pages.tar.gz", _tar_gz(members), wednesday[:8], "Graph v1.0 pages", "tar.gz of two pages",
                        "They share one event; all are also in `graph/`.", len(pages[0]) + len(pages[1]))]
        # The collector writes its later pages first, and everything but ASCII as \u escapes.
        goose = friday[5:] + friday[:5]
        lines = "".join(json.dumps(shapes.beta(event)) + "\n" for event in goose)
        files.append(Output("collector/GooseOutput.tar.gz", _tar_gz([("output/azure_audit_logs/azureadauditlog_2026-03-06.json", lines)]), goose,
                            "collector output, Graph beta records", "tar.gz of NDJSON", "Later events before earlier ones; all are also in `graph/beta/`."))
        body = compact(shapes.page([shapes.graph(event) for event in wednesday[8:12]], shapes.GRAPH_CONTEXT % "v1.0")).encode("utf-8")
        files.append(Output("collector/page.json.bz2", bz2.compress(body), wednesday[8:12], "Graph v1.0 page", "bzip2 of UTF-8, one line",
                            "Four events of Wednesday, also in `graph/`."))
        body = compact([shapes.graph(event) for event in wednesday[11:14]]).encode("utf-8")
        files.append(Output("collector/page.json.xz", lzma.compress(body, preset=6), wednesday[11:14], "Graph v1.0 records", "xz of UTF-8, bare array",
                            "Three more, one of them also in the file before."))
        return files

    # Azure Monitor

    def blob(self, name, day, hour, records, others, look, events=()):
        path = "monitor/insights-logs-%s/tenantId=%s/y=2026/m=03/d=%02d/h=%02d/m=00/PT1H.json" % (name, cast.TENANT_ID, day, hour)
        return Output(path, monitor.lines(records), list(events), "diagnostic records", NDJSON, look, others=others)

    def monitor(self):
        night = between(self.events, "Thu 02:00", "Thu 03:00")
        spray = self.during("Thu 02:00", "Thu 03:00", INTERACTIVE)
        silent = self.during("Thu 08:00", "Thu 09:00", NON_INTERACTIVE)
        sunday = self.during("Sun 02:00", "Sun 03:00", PRINCIPAL)
        managed = self.during("Sun 02:00", "Sun 03:00", MANAGED)
        friday = [record for record in self.provisioning if record["activityDateTime"].startswith("2026-03-06T05")]
        detected = clock("Thu 06:40:10"), clock("Thu 06:40:20")
        risky = identity.risky_users_thursday()
        calls = [call for call in self.calls if clock("Sun 01:00") <= call[0] < clock("Sun 02:00")]
        files = [
            self.blob("auditlogs", 5, 2, [monitor.audit(event) for event in night], [], "The hour of the spray; also in `graph/` and `portal/`.", night),
            self.blob("signinlogs", 5, 2, [monitor.signin(one) for one in spray], people(spray), "The same hour: seven refusals of staff."),
            self.blob("noninteractiveusersigninlogs", 5, 8, [monitor.signin(one, american=True) for one in silent], people(silent),
                      "`time` is `3/5/2026 8:31:02 AM` and means UTC; `durationMs` is text."),
            self.blob("serviceprincipalsigninlogs", 8, 2, [monitor.signin(one) for one in sunday], people(sunday), "The new secret at work."),
            self.blob("managedidentitysigninlogs", 8, 2, [monitor.signin(one) for one in managed], people(managed), "No address."),
            self.blob("provisioninglogs", 6, 5, [monitor.provisioning(record) for record in friday], of("provisioning", friday),
                      "`Id` and `Name`, numbers for words, `durationMs` as text."),
            self.blob("userriskevents", 5, 6, [monitor.risk_event(*pair) for pair in zip(self.detections, detected)],
                      of("risk detection", self.detections[:2], "id", "lastUpdatedDateTime"),
                      "American times in `time`; `correlationId` is the id of the detection."),
            self.blob("riskyusers", 5, 6, [monitor.risky_user(*pair) for pair in zip(risky, detected)],
                      of("risky user", risky, "id", "riskLastUpdatedDateTime"), "`isGuest`; older than `graph/riskyUsers.json`."),
            self.blob("microsoftgraphactivitylogs", 8, 1, [monitor.graph_call(*call) for call in calls],
                      of("Graph call", [call[2] for call in calls], "requestId"), "What the stranger asked for; `level` is small and text."),
            self.event_hub(),
        ]
        early = monitor.early_days()
        files.append(Output("monitor/2018/PT1H.json", (pretty({"records": early}) + "\n").encode("utf-8"), [], "diagnostic records of 2018",
                            "UTF-8, indented, `records`", "Wednesday 2018-03-14, when there were two administrators: no ids, lists joined with `__`.",
                            others=[("audit event of 2018", (n,)) for n in range(len(early))]))
        return files

    def event_hub(self):
        audits = self.administration("Tue 09:48", "Tue 10:12")
        people_ = self.during("Tue 00:00", "Tue 24:00")
        tuesday = [record for record in self.provisioning if record["activityDateTime"].startswith("2026-03-03")]
        batches = [
            [monitor.provisioning(record) for record in tuesday] + [monitor.signin(one) for one in people_ if one.kind == PRINCIPAL],
            [monitor.audit(event) for event in audits[:3]],
            [monitor.signin(one) for one in people_ if one.kind == INTERACTIVE] + [monitor.audit(event) for event in audits[3:]],
            [monitor.intune(), monitor.azure_activity()],
        ]
        return Output("monitor/eventhub_2026-03-03.json", monitor.lines({"records": batch} for batch in batches), audits, "event hub messages",
                      "UTF-8, NDJSON of `records`", "Tuesday, four messages, categories mixed. The last one is of other products: Intune's `AuditLogs` and "
                      "an Azure Activity record.", others=people(people_) + of("provisioning", tuesday) + foreign(2, "hub"))

    # Log Analytics

    def log_analytics(self):
        la = log_analytics
        spray = between(self.events, "Thu 02:14", "Thu 02:15")[:6]
        portal = spray + self.administration("Thu 10:26", "Thu 21:10")
        friday, saturday = self.administration("Fri 00:00", "Fri 16:00"), self.administration("Sat 06:00", "Sat 07:00")
        thursday, week = self.during("Thu 00:00", "Thu 24:00", INTERACTIVE), self.during("Wed 00:00", "Thu 00:00", INTERACTIVE)
        silent, principals = self.during("Mon 00:00", "Sun 24:00", NON_INTERACTIVE), self.during("Sat 00:00", "Sun 24:00", PRINCIPAL)
        calls = [call[2] for call in self.calls]
        risky = identity.risky_users_thursday()
        detected = clock("Thu 06:40:10") + 1_234_567, clock("Thu 06:40:20") + 1_234_567
        sprayed = [one for one in self.signins if one.id in {record["requestId"] for record in self.detections[:2]}]
        sprayed.sort(key=lambda one: [record["requestId"] for record in self.detections].index(one.id))
        steps = [record for record in self.provisioning if record["activityDateTime"] < "2026-03-04"]
        ticks = [_ticks(record["activityDateTime"]) for record in steps]
        out = []

        def add(name, data, shape, framing, look, events=(), others=()):
            out.append(Output("log-analytics/" + name, data, list(events), shape, framing, look, others=others))

        rows, api = "Log Analytics rows", "Log Analytics query answer"
        found = [la.audit(event) for event in portal]
        add("query_data.csv", la.portal_csv(found, split=("InitiatedBy", "AdditionalDetails")), "Log Analytics portal CSV", CSV,
            "AuditLogs. `TimeGenerated [UTC]` is `3/5/2026, 2:14:07.122 AM`; `InitiatedBy_dynamic` and `_string`, one of them filled.", portal)
        add("SigninLogs.csv", la.portal_csv([la.signin(one) for one in thursday], shouting=True), "Log Analytics portal CSV", CSV,
            "`Location` is the country; `TRUE` and `FALSE` went through a spreadsheet.", others=people(thursday))
        add("pandas.csv", la.pandas_csv([la.signin(one) for one in week]), "Log Analytics rows of a notebook", "UTF-8, LF",
            "SigninLogs of Wednesday: cells in Python's notation, the first column is the row's number.", others=people(week))
        add("AuditLogs.query.json", la.query([la.audit(event) for event in friday]), api, LINE,
            "`tables`, `columns`, `rows`; dynamic cells are JSON text.", friday)
        add("AADNonInteractiveUserSignInLogs.query.json", la.query([la.silent_signin(one) for one in silent]), api, LINE,
            "Nested cells are text by type, too.", others=people(silent))
        add("AuditLogs.rows.json", la.row_lines([la.audit(event) for event in saturday]), rows, NDJSON,
            "The review is applied (Saturday 06:00); empty cells are left out.", saturday)
        add("MicrosoftGraphActivityLogs.query.json", la.query([la.graph_call(*call) for call in self.calls], "int"), api, LINE,
            "`SignInActivityId` is the token of a sign-in.", others=of("Graph call", calls, "requestId"))
        add("AADProvisioningLogs.rows.json", la.row_lines([la.provisioning(*pair) for pair in zip(steps, ticks)]), rows, NDJSON,
            "Monday and Tuesday; nested cells are text.", others=of("provisioning", steps))
        add("AADServicePrincipalSignInLogs.rows.json", la.string_objects([la.principal_signin(one) for one in principals]), rows,
            "UTF-8, indented array", "As the command line tool prints it: every value is text.", others=people(principals))
        found = [la.risk_event(record, moment, one.ticks) for record, moment, one in zip(self.detections, detected, sprayed)]
        add("AADUserRiskEvents.rows.json", la.row_lines(found), rows, NDJSON, "The two detections of the spray.",
            others=of("risk detection", self.detections[:2], "id", "lastUpdatedDateTime"))
        add("AADRiskyUsers.rows.json", la.row_lines([la.risky_user(*pair) for pair in zip(risky, detected)]), rows, NDJSON,
            "The two users on Thursday.", others=of("risky user", risky, "id", "riskLastUpdatedDateTime"))
        return out

    # PowerShell

    def powershell(self):
        day = self.administration("Wed 00:00", "Wed 24:00")
        whole, truncated = day[2:7], day[7:12]
        flat = self.administration("Mon 09:00", "Mon 11:03")
        pages = [day[0:3], day[3:5], day[5:8], day[7:10]]
        records, detections = identity.risky_users(), self.detections + self.detections_later
        return [
            Output("powershell/Get-MgAuditLogDirectoryAudit.json", powershell.whole(whole), whole, "PowerShell objects", "UTF-8 with BOM, CRLF, indented array",
                   "Names with capitals, `AdditionalProperties`, times as `\\/Date(..)\\/`, the first one inside an object."),
            Output("powershell/depth-2.json", powershell.truncated(truncated), truncated, "PowerShell objects, cut", "UTF-16LE with BOM, CRLF, indented array",
                   "`ConvertTo-Json` at its usual depth: `@{Id=..; Type=User}`, `System.Object[]`, names of types. A date with `+0100`."),
            Output("powershell/Export-Csv.csv", powershell.export_csv(flat), flat, "PowerShell CSV", "ASCII, CRLF, `#TYPE` line",
                   "Nested cells are names of types, the en dash is a question mark. The ids are also in `legacy/`."),
            Output("powershell/merged.json", powershell.merged(pages), day[:10], "collector output, Graph v1.0 records", "UTF-8 with BOM, CRLF, not quite JSON",
                   "Four pages merged; `] [` in the middle. Two of them share an event.", sum(len(page) for page in pages)),
            Output("powershell/RiskyUsers.csv", powershell.risky_users(records), [], "collector CSV", CSV, "Times in the machine's culture.",
                   others=of("risky user", records, "id", "riskLastUpdatedDateTime")),
            Output("powershell/RiskyDetections.csv", powershell.risk_detections(detections), [], "collector CSV", CSV,
                   "One id twice, in two versions. The place in three columns.", others=of("risk detection", detections, "id", "lastUpdatedDateTime")),
        ]

    # The unified audit log

    def unified(self):
        entries = unified.entries(self.events, self.signins)

        def told(found):
            others = [("unified audit record", (entry.id,)) for entry in found if not entry.foreign]
            return others + foreign(sum(entry.foreign for entry in found), "unified")

        first = [entry for entry in entries if entry.ticks < clock("Thu 03:00")]
        place = len(first) // 2
        search = first[:place] + [unified.empty_entry()] + first[place:]
        later = [entry for entry in entries if entry.ticks >= clock("Thu 02:31:50")]
        weekend = [entry for entry in entries if entry.ticks >= clock("Sat 00:00")]
        purview = [entry for entry in entries if clock("Tue 00:00") <= entry.ticks < clock("Wed 00:00")]
        return [
            Output("unified-audit/UAL-Combined.csv", unified.search_csv(search), [], "unified audit log, wrapper", CSV + ", all quoted",
                   "`UserLoginFailed` says `Success`; a name ends with a full stop or a space; one row has lost its `AuditData`; "
                   "mail and files are neighbours.", others=told(search)),
            Output("unified-audit/UAL-Combined.json", unified.search_json(later), [], "unified audit log, wrapper", "UTF-8 with BOM, CRLF, indented array",
                   "`AuditData` is an object. Shares the end of the spray with the CSV.", others=told(later)),
            Output("unified-audit/AuditDataOnly.ndjson", unified.bare(weekend), [], "unified audit log, bare", NDJSON,
                   "The weekend again. The id of a sign-in is that of Graph, the id of a change is not: `InterSystemsId` is its correlation id.",
                   others=told(weekend)),
            Output("unified-audit/PurviewExport.csv", unified.purview_csv(purview), [], "unified audit log, portal CSV", CSV,
                   "Tuesday; the portal's newer columns, `RecordType` a number.", others=told(purview)),
        ]

    # What is none of this

    def foreign(self):
        office = [{"TenantId": log_analytics.WORKSPACE, "Application": "", "UserDomain": cast.DOMAIN, "TimeGenerated": "2026-03-0%dT10:20:11Z" % (2 + n),
                   "RecordType": "SharePointFileOperation", "Operation": operation, "OrganizationId": cast.TENANT_ID, "OfficeWorkload": "SharePoint",
                   "UserId": person.upn, "ClientIP": person.ip, "OfficeObjectId": "https://files.aldercoffee.example/projects/%s.xlsx" % name,
                   "Type": "OfficeActivity"} for n, (operation, person, name) in enumerate(
                       (("FileDownloaded", cast.PRIYA, "tender"), ("FileAccessed", cast.NORA, "rota"), ("FileUploaded", cast.SOFIA, "stock")))]
        tally = {}
        for one in self.during("Mon 00:00", "Sun 24:00", INTERACTIVE):
            if one.number:
                tally.setdefault(one.person.upn, []).append(one.error)
        rows = [[upn, str(len(errors)), str(sum(error != 0 for error in errors)), "FALSE"] for upn, errors in sorted(tally.items())]
        notes = (
            "Notes on the archive of March 2026\n\n"
            "- Fetched on Monday morning, Sunday's audit log only as CSV from the portal.\n"
            "- %s turns up on Thursday at 02:14 (consumers), at 02:31 (staff) and on Sunday.\n"
            "- Ask Nora whether she gave Felix the role on Saturday.\n" % SPRAY_IP
        )
        error = {"error": {"code": "UnknownError", "message": "The request took too long and was given up.", "innerError": {
            "date": "2026-03-09T06:12:40", "request-id": "00000000-0000-4000-4000-000000000099"}}}
        html = ("<!DOCTYPE html>\n<html>\n<head><title>Sign in to Alder Coffee</title></head>\n<body>\n<p>Your session has ended. "
                "Sign in again to go on with the download.</p>\n</body>\n</html>\n")
        nothing = "Not of Entra ID's logs: to be told, not to be read."
        return [
            Output("foreign/OfficeActivity.rows.json", log_analytics.row_lines(office), [], "Log Analytics rows of another table", NDJSON, nothing,
                   others=foreign(3, "office")),
            Output("foreign/signins-per-user.csv", csv_bytes(["UserPrincipalName", "count_", "Failures", "IsGuest"], rows), [],
                   "aggregated query result", CSV, "Looks like a table of sign-ins, and is a count of them.", others=foreign(len(rows), "counts")),
            Output("foreign/notes.txt", notes.encode("utf-8"), [], "text", "UTF-8", "Somebody's notes."),
            Output("foreign/audit9.json", (compact(error) + "\n").encode("utf-8"), [], "error body saved as a page", LINE, "The service's excuse. No event."),
            Output("foreign/AuditLogs_2026-03-09_2026-03-09.json", html.encode("utf-8"), [], "HTML", "UTF-8", "A sign-in page saved as a download."),
        ]


def _ticks(text):
    """Ticks of Graph's spelling, the other way round from `iso`."""
    whole, _, decimals = text[:-1].partition(".")
    day = int(whole[8:10]) - 2
    hours, minutes, seconds_ = (int(part) for part in whole[11:].split(":"))
    return clock("Mon 00:00") + (day * 86400 + hours * 3600 + minutes * 60 + seconds_) * TICKS_PER_SECOND + int(decimals.ljust(7, "0") or 0)


def _tar_gz(members):
    """No times, no owner, no name inside the gzip header: the same bytes from every run."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in members:
            data = text.encode("utf-8")
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), CONTAINER_TIME, 0o644
            archive.addfile(info, io.BytesIO(data))
    outer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=outer, mtime=0) as stream:
        stream.write(inner.getvalue())
    return outer.getvalue()
