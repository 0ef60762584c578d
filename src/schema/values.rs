//! Closed vocabularies, and the spellings that lead to them.

use super::Spellings;

/// Whether a text means "nothing": the spellings that downloads use for an absent value.
pub(crate) fn is_null_word(text: &str) -> bool {
    match text.len() {
        0 | 1 => matches!(text, "" | "-"),
        2..=13 => matches!(
            text,
            "NA" | "N/A"
                | "n/a"
                | "nan"
                | "NaN"
                | "null"
                | "None"
                | "<null>"
                | "NotSet"
                | "Not Available"
                | "not available"
        ),
        36 => text == "00000000-0000-0000-0000-000000000000",
        _ => false,
    }
}

/// Results of an audit event.
pub(super) const RESULT: Spellings = &[
    ("success", "success"),
    ("failure", "failure"),
    ("0", "success"),
    ("-1", "failure"),
    ("1", "failure"),
    ("2", "timeout"),
    ("succeeded", "success"),
    ("successful", "success"),
    ("true", "success"),
    ("false", "failure"),
    ("failed", "failure"),
    ("fail", "failure"),
    ("timeout", "timeout"),
    ("unknownFutureValue", "unknown"),
];

/// The services that Azure AD Graph's `category` names.
pub(super) const LEGACY_SERVICE: Spellings = &[
    ("Directory", "Core Directory"),
    ("SSPR", "Self-service Password Management"),
    ("SSGM", "Self-service Group Management"),
    ("IdentityProtection", "Identity Protection"),
];

/// The category that Graph files a resource type (Azure AD Graph's `activityType`) under.
pub(super) const LEGACY_CATEGORY: Spellings = &[
    ("User", "UserManagement"),
    ("Group", "GroupManagement"),
    ("Application", "ApplicationManagement"),
    ("Role", "RoleManagement"),
    ("Directory", "DirectoryManagement"),
    ("Key", "KeyManagement"),
    ("Resource", "ResourceManagement"),
];

/// Kinds of sign-ins, by `signInEventTypes`, diagnostic category, Log Analytics table and `isInteractive`.
pub(super) const SIGNIN_TYPE: Spellings = &[
    ("interactiveUser", "interactive"),
    ("nonInteractiveUser", "non_interactive"),
    ("servicePrincipal", "service_principal"),
    ("managedIdentity", "managed_identity"),
    ("NonInteractiveUserSignInLogs", "non_interactive"),
    ("ServicePrincipalSignInLogs", "service_principal"),
    ("ManagedIdentitySignInLogs", "managed_identity"),
    ("AADNonInteractiveUserSignInLogs", "non_interactive"),
    ("AADServicePrincipalSignInLogs", "service_principal"),
    ("AADManagedIdentitySignInLogs", "managed_identity"),
    ("SignInLogs", "interactive"),
    ("ADFSSignInLogs", "interactive"),
    ("true", "interactive"),
    ("false", "non_interactive"),
];

/// Kinds of managed identities, as Graph and the portal begin to spell them; other words (`none`) name no such kind.
pub(super) const MANAGED_IDENTITY: Spellings = &[
    ("systemAssigned", "managed_identity"),
    ("userAssigned", "managed_identity"),
    ("System", "managed_identity"),
    ("User", "managed_identity"),
];

/// What authentication was asked for, in the portal's words.
pub(super) const AUTHENTICATION_REQUIREMENT: Spellings = &[
    ("Single-factor authentication", "singleFactorAuthentication"),
    ("Multifactor authentication", "multiFactorAuthentication"),
    ("Multi-factor authentication", "multiFactorAuthentication"),
];

/// Results of a sign-in, in the portal's and in Azure AD Graph's words.
pub(super) const SIGNIN_RESULT: Spellings =
    &[("success", "success"), ("failure", "failure"), ("interrupted", "interrupted")];

/// Results of Conditional Access.
pub(super) const CONDITIONAL_ACCESS: Spellings = &[
    ("success", "success"),
    ("failure", "failure"),
    ("notApplied", "notApplied"),
    ("Not Applied", "notApplied"),
    ("0", "success"),
    ("1", "failure"),
    ("2", "notApplied"),
];

/// Status of a provisioning event or step, in words and in the numbers of diagnostic settings.
pub(super) const PROVISIONING_STATUS: Spellings = &[
    ("0", "success"),
    ("1", "failure"),
    ("2", "skipped"),
    ("3", "warning"),
    ("success", "success"),
    ("failure", "failure"),
    ("skipped", "skipped"),
    ("warning", "warning"),
];

/// Kind of a provisioning step, likewise.
pub(super) const PROVISIONING_STEP: Spellings = &[
    ("0", "import"),
    ("1", "scoping"),
    ("2", "matching"),
    ("3", "processing"),
    ("4", "referenceResolution"),
    ("5", "export"),
];

/// Kinds of unified audit records of Entra ID, by number.
pub(super) const RECORD_TYPE: Spellings = &[
    ("8", "AzureActiveDirectory"),
    ("9", "AzureActiveDirectoryAccountLogon"),
    ("15", "AzureActiveDirectoryStsLogon"),
];

/// Kinds of users in unified audit records, by number.
pub(super) const UNIFIED_USER_TYPE: Spellings = &[
    ("0", "regular"),
    ("1", "reserved"),
    ("2", "admin"),
    ("3", "data centre admin"),
    ("4", "system"),
    ("5", "application"),
    ("6", "service principal"),
    ("7", "custom policy"),
    ("8", "system policy"),
    ("9", "partner technician"),
    ("10", "guest"),
];

/// Outcome of a logon in the unified audit log: its `ResultStatus` says `Success` of failed ones too.
pub(super) const LOGON_OPERATION: Spellings = &[("UserLoggedIn", "success"), ("UserLoginFailed", "failure")];

/// Words for yes and no, for columns of a CSV.
pub(super) const YES_NO: Spellings =
    &[("yes", "true"), ("no", "false"), ("true", "true"), ("false", "false"), ("1", "true"), ("0", "false")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_words_are_whole_words() {
        for word in ["", "-", "N/A", "<null>", "None", "Not Available"] {
            assert!(is_null_word(word), "{word}");
        }
        for word in ["Nonesuch", "none of it", "--", "0"] {
            assert!(!is_null_word(word), "{word}");
        }
    }
}
