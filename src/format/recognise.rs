//! Which shape a record has, told by its keys and by the few values that name its kind.

use std::borrow::Cow;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::decode::decoded;
use super::rules::{ANALYTICS_RULES, FAMILIES, Family, Is, RULES, Rule};
use super::summary::{IDENTITIES, SUMMARY, is_aggregate, is_count, is_number};
use crate::schema::{Format, Keys};

/// How much of a kind's name is told.
const KIND_CHARS: usize = 60;

/// What a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recognised {
    /// An event of a format that has a table.
    Event(Format),
    /// A record of a known kind that has no table here.
    Foreign(Cow<'static, str>),
    /// The error answer of an API, saved as if it were a page.
    ErrorBody,
    /// Nothing known.
    Unknown,
}

/// The shape of users.
const USER: Format = Format::named("graph_user");
/// What the rows of a page are called that look like users and are something else by their context.
const USER_REPORT: &str = "records about users that are no users";

/// What is looked at to tell what a record is: its keys, with the texts of those that name kinds.
#[derive(Debug, Default)]
struct Seen {
    members: Vec<Member>,
}

/// A member of a record, or a column.
#[derive(Debug)]
struct Member {
    name: String,
    /// The value, if it names a kind.
    kind: Option<String>,
    is_number: bool,
}

impl Member {
    /// A member of which only the name is known.
    fn named(name: &str) -> Self {
        Self { name: bare_key(name.trim()).to_owned(), kind: None, is_number: false }
    }
}

/// Tells what a record with these keys is.
pub(crate) fn recognise<K: AsRef<str>>(keys: &[K]) -> Recognised {
    let members = keys.iter().map(|key| Member::named(key.as_ref()));
    Seen { members: members.collect() }.recognise()
}

/// The kind of all rows of a table that is known to hold no events by its columns and the numbers among its first row.
pub(super) fn foreign_table<'v>(
    columns: &[String],
    first: impl Iterator<Item = &'v str>,
) -> Option<&'static str> {
    let mut members: Vec<_> = columns.iter().map(|name| Member::named(name)).collect();
    for (member, value) in members.iter_mut().zip(first) {
        member.is_number = is_number(value);
    }
    let seen = Seen { members };
    match seen.family() {
        Family::Analytics if !seen.has("Type") => seen.by_columns(ANALYTICS_RULES),
        Family::Other => seen.by_columns(RULES),
        _ => None,
    }
}

/// Whether records that look like users are users: what their page's context says.
fn may_be_users(context: Option<&str>) -> bool {
    /// Sets of users, and of objects that users are among.
    const SETS: &[&str] = &[
        "users",
        "user",
        "directoryObjects",
        "members",
        "transitiveMembers",
        "owners",
        "registeredOwners",
        "registeredUsers",
        "deletedItems",
        "sponsors",
        "manager",
        "directReports",
        "transitiveReports",
        "guests",
    ];
    let Some(set) = context.and_then(set_of) else { return true };
    SETS.iter().any(|known| set.rsplit('/').next() == Some(known))
}

/// Whether records of a page with this context are not of the shape that their keys, or records before them, tell.
pub(crate) fn is_contradicted(format: Format, context: Option<&str>) -> bool {
    format == USER && !may_be_users(context)
}

/// Tells what the record with this JSON text is; [`Recognised::Unknown`] if it is no JSON object.
pub(crate) fn recognise_text(text: &[u8]) -> Recognised {
    Seen::of(text).map_or(Recognised::Unknown, |seen| seen.recognise())
}

/// As [`recognise_text`], for the first record of a source: what stands around it tells the portal's download, a bare
/// array of objects with `userAgent`, from the API's pages.
///
/// What the page's `context` calls something else is no user, whatever its keys are.
pub(crate) fn recognise_first(text: &[u8], is_in_bare_array: bool, context: Option<&str>) -> Recognised {
    const GRAPH: Format = Format::named("graph_audit");
    const PORTAL: Format = Format::named("portal_audit_json");
    let Some(seen) = Seen::of(text) else { return Recognised::Unknown };
    let is_portals = is_in_bare_array && seen.members.iter().any(|member| member.name == "userAgent");
    match seen.recognise() {
        Recognised::Event(GRAPH) if is_portals => Recognised::Event(PORTAL),
        Recognised::Event(format) if is_contradicted(format, context) => {
            Recognised::Foreign(USER_REPORT.into())
        }
        other => other,
    }
}

/// Whether the text is a valid JSON object that is an event, or of the shape of the records around it.
///
/// Objects inside of events look like users: what a snapshot holds counts only among its like.
pub(crate) fn is_event(text: &[u8], around: Option<Format>) -> bool {
    match recognise_text(text) {
        Recognised::Event(format) => Some(format) == around || !format.shape().table.rows.is_snapshot,
        _ => false,
    }
}

/// What the records of a page are, by its `@odata.context`: `…/$metadata#users(id,mail)`.
pub(crate) fn recognise_context(context: &str) -> Option<Format> {
    const SETS: &[(&str, Format)] = &[
        ("auditLogs/directoryAudits", Format::named("graph_audit")),
        ("auditLogs/signIns", Format::named("graph_signin")),
        ("auditLogs/provisioning", Format::named("graph_provisioning")),
        ("riskDetections", Format::named("graph_risk_detection")),
        ("riskyUsers", Format::named("graph_risky_user")),
        ("riskyUsers/history", Format::named("graph_risky_user")),
        ("users", USER),
        ("invitations", Format::named("graph_invitation")),
        ("accessReviews/definitions", Format::named("graph_access_review_definition")),
        ("accessReviews/definitions/instances", Format::named("graph_access_review_instance")),
        ("accessReviews/definitions/instances/decisions", Format::named("graph_access_review_decision")),
    ];
    let set = set_of(context)?;
    let set = ["identityProtection/", "identityGovernance/"]
        .iter()
        .find_map(|area| set.strip_prefix(area))
        .unwrap_or(&set);
    SETS.iter().find(|(name, _)| set == *name).map(|(_, format)| *format)
}

/// The path of a context's set without keys and selected members: `…#users('1')/people/$entity` is `users/people`.
fn set_of(context: &str) -> Option<String> {
    let (_, path) = context.split_once('#')?;
    let mut set = String::with_capacity(path.len());
    let mut depth = 0_usize;
    for c in path.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => set.push(c),
            _ => {}
        }
    }
    // `$entity`, `$delta` and the names of types say nothing of the set.
    let parts =
        set.split('/').filter(|part| !part.is_empty() && !part.starts_with('$') && !part.contains('.'));
    Some(parts.collect::<Vec<_>>().join("/"))
}

/// A column's name without what an export adds to it: `TimeGenerated [UTC]`, `Status_dynamic`, `Status_string`.
pub(crate) fn bare_key(key: &str) -> &str {
    let key = match key.strip_suffix(']').and_then(|rest| rest.rfind(" [")) {
        Some(at) => &key[..at],
        None => key,
    };
    key.strip_suffix("_dynamic").or_else(|| key.strip_suffix("_string")).unwrap_or(key)
}

impl Seen {
    /// What there is to see in a JSON object; nothing if the text is not a valid one.
    fn of(text: &[u8]) -> Option<Self> {
        let text = decoded(text);
        let mut seen = Self::default();
        let mut json = serde_json::Deserializer::from_str(&text);
        json.deserialize_map(Look { seen: &mut seen, within: "" }).ok()?;
        json.end().ok()?;
        Some(seen)
    }

    fn has(&self, wanted: &str) -> bool {
        self.members.iter().any(|member| member.name.eq_ignore_ascii_case(wanted))
    }

    fn value(&self, wanted: &str) -> Option<&str> {
        self.members.iter().find(|member| member.name.eq_ignore_ascii_case(wanted))?.kind.as_deref()
    }

    /// Whether all of `all` are there, and one of `any`, if there are any.
    fn have(&self, all: &[&str], any: &[&str]) -> bool {
        all.iter().all(|key| self.has(key)) && (any.is_empty() || any.iter().any(|key| self.has(key)))
    }

    fn by(&self, rules: &[Rule]) -> Option<Recognised> {
        rules.iter().find(|rule| self.have(rule.all, rule.any)).map(|rule| match rule.is {
            Is::Event(format) => Recognised::Event(format),
            Is::Foreign(kind) => Recognised::Foreign(Cow::Borrowed(kind)),
            Is::ErrorBody => Recognised::ErrorBody,
        })
    }

    /// What is around the record, told by its keys.
    fn family(&self) -> Family {
        let found = FAMILIES.iter().find(|(all, any, _)| self.have(all, any));
        found.map_or(Family::Other, |(_, _, family)| *family)
    }

    fn recognise(&self) -> Recognised {
        match self.family() {
            Family::UnifiedSearch => self.unified("unified_audit_search", "AuditData.Workload"),
            Family::Unified => self.unified("unified_audit", "Workload"),
            Family::Monitor => self.monitor(),
            Family::Analytics => self.analytics(),
            Family::Other => self.by_keys(RULES),
        }
    }

    /// What the record is by these rules, unless it is a row of a query's summary, which holds no event.
    fn by_keys(&self, rules: &[Rule]) -> Recognised {
        let told = self.by(rules).unwrap_or(Recognised::Unknown);
        let is_summary = match &told {
            Recognised::Event(format) => {
                let is_of_query = matches!(format.keys(), Keys::GraphOnly | Keys::Analytics);
                is_of_query && !format.shape().table.rows.is_snapshot && self.is_summary()
            }
            Recognised::Unknown => self.members.iter().any(|member| is_aggregate(&member.name)),
            Recognised::Foreign(_) | Recognised::ErrorBody => false,
        };
        if is_summary { Recognised::Foreign(SUMMARY.into()) } else { told }
    }

    /// The kind of rows with these columns, if the columns alone tell that they are no events.
    fn by_columns(&self, rules: &[Rule]) -> Option<&'static str> {
        match self.by_keys(rules) {
            Recognised::Foreign(Cow::Borrowed(kind)) => Some(kind),
            _ => None,
        }
    }

    /// Whether nothing names one event, and something counts several.
    fn is_summary(&self) -> bool {
        !IDENTITIES.iter().any(|key| self.has(key))
            && self.members.iter().any(|member| is_count(&member.name, member.is_number))
    }

    /// A record of the unified audit log: the directory's own, or another service's.
    fn unified(&self, format: &str, workload: &str) -> Recognised {
        let format = Format::named(format);
        let record_type = self.value("RecordType").unwrap_or_default();
        let is_directory =
            matches!(record_type, "" | "8" | "9" | "15") || record_type.starts_with("AzureActiveDirectory");
        match self.value(workload) {
            Some(workload) if format.is_of_kind(workload) => Recognised::Event(format),
            Some(workload) => foreign("unified audit records of", workload),
            None if is_directory => Recognised::Event(format),
            None => foreign("unified audit records of type", record_type),
        }
    }

    /// A record of diagnostic settings: the directory's own, or another service's.
    fn monitor(&self) -> Recognised {
        let category = self.value("category").unwrap_or_default();
        let resource = self.value("resourceId").unwrap_or_default().to_ascii_lowercase();
        if resource.starts_with("/subscriptions/") {
            return foreign("Azure resource records of category", category);
        }
        if self.has("properties.ActivityDate") || self.has("properties.AuditEventId") {
            return Recognised::Foreign("Intune audit records".into());
        }
        let format =
            [Keys::Monitor, Keys::Monitor2018].into_iter().find_map(|keys| Format::of_kind(keys, category));
        format.map_or_else(|| foreign("Azure Monitor records of category", category), Recognised::Event)
    }

    /// A row of a Log Analytics table.
    fn analytics(&self) -> Recognised {
        if let Some(table) = self.value("Type").filter(|table| !table.is_empty()) {
            // People give their own columns this name: what only one table has tells more.
            let is_audit = self.has("LoggedByService") && self.has("ActivityDisplayName");
            let by_columns = is_audit.then_some(Format::named("log_analytics_audit"));
            return Format::of_kind(Keys::Analytics, table)
                .or(by_columns)
                .map_or_else(|| foreign("Log Analytics rows of table", table), Recognised::Event);
        }
        match self.by_keys(ANALYTICS_RULES) {
            Recognised::Unknown => Recognised::Foreign("Log Analytics rows of an unknown table".into()),
            told => told,
        }
    }
}

fn foreign(what: &str, kind: &str) -> Recognised {
    let kind: String = kind.chars().take(KIND_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Recognised::Foreign(Cow::Owned(format!("{what} `{kind}`")))
}

/// Takes note of the members of an object.
struct Look<'s> {
    seen: &'s mut Seen,
    /// The member that the object is the value of; empty: the record itself.
    within: &'static str,
}

/// Members whose values name kinds.
const KIND_MEMBERS: &[&str] = &["category", "Type", "Workload", "RecordType", "resourceId"];
/// Members whose own members are looked at.
const LOOKED_INTO: &[&str] = &["properties", "AuditData", "scope"];

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            let bare = bare_key(key.trim());
            let value = value.get();
            let name =
                if self.within.is_empty() { bare.to_owned() } else { format!("{}.{bare}", self.within) };
            let into = LOOKED_INTO.iter().find(|member| member.eq_ignore_ascii_case(bare));
            if let Some(within) = into.filter(|_| self.within.is_empty()) {
                // The member may be an object, or its JSON text.
                let text = serde_json::from_str::<String>(value);
                let object = text.as_deref().unwrap_or(value);
                let mut json = serde_json::Deserializer::from_str(object);
                // What is no object has no members to look at.
                let _ = json.deserialize_map(Look { seen: self.seen, within });
            }
            let is_kind = KIND_MEMBERS.iter().any(|member| member.eq_ignore_ascii_case(bare));
            let kind = if is_kind { text_of(value) } else { None };
            self.seen.members.push(Member { name, kind, is_number: is_number(value) });
        }
        Ok(())
    }
}

/// A string's content, or a number as written.
fn text_of(json: &str) -> Option<String> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b'0'..=b'9' | b'-' => Some(json.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match recognise_text(text.as_bytes()) {
            Recognised::Event(format) => format.name().to_owned(),
            Recognised::Foreign(kind) => format!("foreign: {kind}"),
            Recognised::ErrorBody => "error".to_owned(),
            Recognised::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn shapes_are_told_by_their_keys_and_kinds() {
        let cases = [
            (r#"{"id":"1","activity":"Add user","activityDate":"2017-08-04T10:00:00Z"}"#, "legacy_audit"),
            (r#"{"signinDateTime":"2017-08-04T10:00:00Z","loginStatus":"Success"}"#, "legacy_signin"),
            (r#"{"activityDisplayName":"Add user","initiatedBy":{}}"#, "graph_audit"),
            (r#"{"ActivityDisplayName":"Add user","TargetResources":[]}"#, "graph_audit"),
            (r#"{"Date (UTC)":"","CorrelationId":"","Activity":""}"#, "portal_audit_csv"),
            (r#"{"Date (UTC)":"","Request ID":"","User":""}"#, "portal_signin_csv"),
            (r#"{"Request ID":"","Authentication method":""}"#, "portal_auth_details_csv"),
            (
                r#"{"time":"","category":"AuditLogs","properties":{"activityDisplayName":"x"}}"#,
                "monitor_audit",
            ),
            (
                r#"{"time":"","category":"AuditLogs","properties":"{\"ActivityDate\":\"x\"}"}"#,
                "foreign: Intune audit records",
            ),
            (r#"{"time":"","category":"Audit","properties":{}}"#, "monitor_audit_2018"),
            (r#"{"time":"","category":"NonInteractiveUserSignInLogs","properties":{}}"#, "monitor_signin"),
            (
                r#"{"time":"","category":"Administrative","resourceId":"/SUBSCRIPTIONS/1","properties":{}}"#,
                "foreign: Azure resource records of category `Administrative`",
            ),
            (
                r#"{"time":"","category":"B2CRequestLogs","properties":{}}"#,
                "foreign: Azure Monitor records of category `B2CRequestLogs`",
            ),
            (r#"{"TimeGenerated [UTC]":"","Type":"AuditLogs"}"#, "log_analytics_audit"),
            (
                r#"{"TimeGenerated":"","Type":"OfficeActivity"}"#,
                "foreign: Log Analytics rows of table `OfficeActivity`",
            ),
            (
                r#"{"TenantId":"","OperationName":"Sign-in activity","ResultType":"0","AppDisplayName":""}"#,
                "log_analytics_signin",
            ),
            (r#"{"TimeGenerated":"","InitiatedBy_dynamic":"{}"}"#, "log_analytics_audit"),
            (
                r#"{"AuditData":"{\"Workload\":\"AzureActiveDirectory\"}","RecordType":"x"}"#,
                "unified_audit_search",
            ),
            (
                r#"{"AuditData":{"Workload":"Exchange"},"RecordType":"ExchangeAdmin"}"#,
                "foreign: unified audit records of `Exchange`",
            ),
            (
                r#"{"AuditData":"","RecordType":"AzureActiveDirectory","Operations":"x"}"#,
                "unified_audit_search",
            ),
            (
                r#"{"Workload":"SharePoint","RecordType":14,"CreationTime":""}"#,
                "foreign: unified audit records of `SharePoint`",
            ),
            (r#"{"Workload":"AzureActiveDirectory","RecordType":8,"CreationTime":""}"#, "unified_audit"),
            (r#"{"id":"1","userPrincipalName":"a","userType":"Guest"}"#, "graph_user"),
            (r#"{"createdDateTime":"","appDisplayName":"x","ipAddress":"1"}"#, "graph_signin"),
            (
                r#"{"Category":"UserManagement","count_":3}"#,
                "foreign: rows of a summary of events, not events",
            ),
            (r#"{"error":{"code":"Authorization_RequestDenied"}}"#, "error"),
            (r#"{"key":"PolicyId","value":"B2C_1"}"#, "unknown"),
            (r#"{"activityDisplayName":"Add user","initiatedBy":}"#, "unknown"),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn what_lost_some_of_its_keys_is_still_told() {
        let cases = [
            (
                r#"{"RecordType":"AzureActiveDirectory","CreationDate":"","UserIds":"a","Operations":"x"}"#,
                "unified_audit_search",
            ),
            (
                r#"{"startDateTime":"","endDateTime":"","status":"","scope":{"query":"","queryType":""}}"#,
                "graph_access_review_instance",
            ),
            (r#"{"startDateTime":"","endDateTime":"","status":"","scope":"tenant"}"#, "unknown"),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn a_context_tells_what_keys_do_not() {
        let told = |context: &str| recognise_context(context).map(Format::name);
        let begin = "https://graph.microsoft.com/v1.0/$metadata#";
        assert_eq!(told(&format!("{begin}users(id,mail,assignedLicenses)")), Some("graph_user"));
        assert_eq!(told(&format!("{begin}users/$entity")), Some("graph_user"));
        assert_eq!(told(&format!("{begin}auditLogs/signIns")), Some("graph_signin"));
        assert_eq!(told(&format!("{begin}identityProtection/riskyUsers")), Some("graph_risky_user"));
        assert_eq!(told(&format!("{begin}groups")), None);
        assert_eq!(told(&format!("{begin}users('1')/people")), None);
        let reviews = format!("{begin}identityGovernance/accessReviews/definitions");
        assert_eq!(told(&reviews), Some("graph_access_review_definition"));
        assert_eq!(told(&format!("{reviews}('1')/instances")), Some("graph_access_review_instance"));
        for users in
            ["users", "users/$entity", "directoryObjects", "groups('1')/members/microsoft.graph.user(id)"]
        {
            assert!(may_be_users(Some(&format!("{begin}{users}"))), "{users}");
        }
        for other in ["users('1')/people", "reports/authenticationMethods/userRegistrationDetails"] {
            assert!(!may_be_users(Some(&format!("{begin}{other}"))), "{other}");
        }
        assert!(may_be_users(None) && may_be_users(Some("x")));
    }

    #[test]
    fn objects_inside_of_events_are_no_events() {
        let user = br#"{"id":"1","displayName":"Ada","userPrincipalName":"ada@contoso.example"}"#;
        assert!(!is_event(user, None) && !is_event(user, Some(Format::named("graph_audit"))));
        assert!(is_event(user, Some(Format::named("graph_user"))));
    }

    #[test]
    fn marks_of_an_export_are_no_part_of_a_name() {
        assert_eq!(bare_key("CreatedDateTime [UTC]"), "CreatedDateTime");
        assert_eq!(bare_key("Status_dynamic"), "Status");
        assert_eq!(bare_key("RiskEventTypes_V2_string"), "RiskEventTypes_V2");
        assert_eq!(bare_key("[x]"), "[x]");
    }
}
