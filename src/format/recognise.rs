//! Which shape a record has, told by its keys alone.

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::schema::Format;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recognised {
    /// An event of a format that has a table.
    Event(Format),
    /// A record of a known kind that has no table here.
    Foreign(&'static str),
    /// The error answer of an API, saved as if it were a page.
    ErrorBody,
    /// Nothing known.
    Unknown,
}

/// A rule: all of `all` and one of `any` (if there are any) among the record's keys, compared without case.
struct Rule {
    all: &'static [&'static str],
    any: &'static [&'static str],
    is: Recognised,
}

/// Tested from the top; the first that holds decides.
const RULES: &[Rule] = &[
    Rule {
        all: &["AuditData"],
        any: &["Operations", "RecordType", "CreationDate"],
        is: Recognised::Foreign("unified audit log records"),
    },
    Rule {
        all: &["Workload", "RecordType", "CreationTime"],
        any: &[],
        is: Recognised::Foreign("unified audit log records"),
    },
    Rule {
        all: &["time", "category", "properties"],
        any: &[],
        is: Recognised::Foreign("Azure Monitor diagnostic records"),
    },
    Rule {
        all: &["OperationName", "Type"],
        any: &["TenantId", "AADTenantId"],
        is: Recognised::Foreign("Log Analytics rows"),
    },
    Rule {
        all: &["activity"],
        any: &["activityDate", "activityDateInMillis"],
        is: Recognised::Event(Format::LegacyAudit),
    },
    Rule {
        all: &["loginStatus"],
        any: &["signinDateTime", "signinDateTimeInMillis"],
        is: Recognised::Foreign("legacy sign-ins"),
    },
    Rule {
        all: &["activityDisplayName"],
        any: &["initiatedBy", "targetResources", "targetResource"],
        is: Recognised::Event(Format::GraphAudit),
    },
    Rule {
        all: &["Date (UTC)", "Activity"],
        any: &["CorrelationId", "Target1Type"],
        is: Recognised::Event(Format::PortalAuditCsv),
    },
    Rule { all: &["Date (UTC)", "Request ID"], any: &[], is: Recognised::Foreign("portal sign-ins") },
    Rule {
        all: &["Request ID", "Authentication method"],
        any: &[],
        is: Recognised::Foreign("portal authentication details"),
    },
    Rule {
        all: &[],
        any: &["provisioningAction", "provisioningSteps"],
        is: Recognised::Foreign("provisioning events"),
    },
    Rule {
        all: &["detectedDateTime"],
        any: &["riskEventType", "riskType"],
        is: Recognised::Foreign("risk detections"),
    },
    Rule { all: &["riskLastUpdatedDateTime", "riskLevel"], any: &[], is: Recognised::Foreign("risky users") },
    Rule {
        all: &["decision", "accessReviewId"],
        any: &[],
        is: Recognised::Foreign("access review decisions"),
    },
    Rule {
        all: &["createdDateTime"],
        any: &["appDisplayName", "ipAddress", "clientAppUsed"],
        is: Recognised::Foreign("sign-ins"),
    },
    Rule {
        all: &[],
        any: &["inviteRedeemUrl", "invitedUserEmailAddress"],
        is: Recognised::Foreign("invitations"),
    },
    Rule {
        all: &["scope"],
        any: &["reviewers", "instanceEnumerationScope"],
        is: Recognised::Foreign("access review definitions"),
    },
    Rule {
        all: &["requestMethod", "requestUri", "responseStatusCode"],
        any: &[],
        is: Recognised::Foreign("Graph activity logs"),
    },
    Rule {
        all: &[],
        any: &["userPrincipalName", "externalUserState", "accountEnabled"],
        is: Recognised::Foreign("users"),
    },
    Rule { all: &["tables"], any: &[], is: Recognised::Foreign("Log Analytics query results") },
    Rule { all: &[], any: &["error", "odata.error"], is: Recognised::ErrorBody },
];

/// Tells what a record with these keys is.
pub(crate) fn recognise<K: AsRef<str>>(keys: &[K]) -> Recognised {
    let has = |wanted: &&str| keys.iter().any(|key| key.as_ref().trim().eq_ignore_ascii_case(wanted));
    RULES
        .iter()
        .find(|rule| rule.all.iter().all(has) && (rule.any.is_empty() || rule.any.iter().any(has)))
        .map_or(Recognised::Unknown, |rule| rule.is)
}

/// Tells what the record with this JSON text is; [`Recognised::Unknown`] if it is no JSON object.
pub(crate) fn recognise_text(text: &[u8]) -> Recognised {
    keys_of(text).map_or(Recognised::Unknown, |keys| recognise(&keys))
}

/// As [`recognise_text`], for the first record of a source: what stands around it tells the portal's download, a bare
/// array of objects with `userAgent`, from the API's pages.
pub(crate) fn recognise_first(text: &[u8], is_in_bare_array: bool) -> Recognised {
    let Some(keys) = keys_of(text) else { return Recognised::Unknown };
    match recognise(&keys) {
        Recognised::Event(Format::GraphAudit)
            if is_in_bare_array && keys.iter().any(|key| key == "userAgent") =>
        {
            Recognised::Event(Format::PortalAuditJson)
        }
        other => other,
    }
}

/// Whether the text is a valid JSON object that is an event of a format with a table.
pub(crate) fn is_event(text: &[u8]) -> bool {
    matches!(recognise_text(text), Recognised::Event(_))
}

/// Keys of the JSON object, in order; nothing if the text is not a valid one.
fn keys_of(text: &[u8]) -> Option<Vec<String>> {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut keys = Vec::new();
            while let Some((key, IgnoredAny)) = map.next_entry()? {
                keys.push(key);
            }
            Ok(keys)
        }
    }
    serde_json::Deserializer::from_slice(text).deserialize_map(Keys).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_by_their_keys() {
        let cases: &[(&str, Recognised)] = &[
            (
                r#"{"id":"1","activity":"Add user","activityDate":"2017-08-04T10:00:00Z"}"#,
                Recognised::Event(Format::LegacyAudit),
            ),
            (r#"{"activityDisplayName":"Add user","initiatedBy":{}}"#, Recognised::Event(Format::GraphAudit)),
            (
                r#"{"ActivityDisplayName":"Add user","TargetResources":[]}"#,
                Recognised::Event(Format::GraphAudit),
            ),
            (
                r#"{"Date (UTC)":"","CorrelationId":"","Activity":""}"#,
                Recognised::Event(Format::PortalAuditCsv),
            ),
            (r#"{"error":{"code":"Authorization_RequestDenied"}}"#, Recognised::ErrorBody),
            (r#"{"key":"PolicyId","value":"B2C_1"}"#, Recognised::Unknown),
            (r#"{"activityDisplayName":"Add user","initiatedBy":}"#, Recognised::Unknown),
        ];
        for (text, expected) in cases {
            assert_eq!(recognise_text(text.as_bytes()), *expected, "{text}");
        }
    }
}
