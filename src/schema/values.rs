//! Closed vocabularies, and the spellings that lead to them.

/// Whether a text means "nothing": the spellings that downloads use for an absent value.
pub(crate) fn is_null_word(text: &str) -> bool {
    match text.len() {
        0 | 1 => matches!(text, "" | "-"),
        2..=13 => matches!(
            text,
            "NA" | "N/A" | "n/a" | "null" | "None" | "<null>" | "NotSet" | "Not Available" | "not available"
        ),
        _ => false,
    }
}

/// The word of column `result` for a source's spelling, or nothing if the spelling is not known.
pub(crate) fn result_word(text: &str) -> Option<&'static str> {
    const SPELLINGS: &[(&str, &str)] = &[
        ("success", "success"),
        ("failure", "failure"),
        ("0", "success"),
        ("-1", "failure"),
        ("succeeded", "success"),
        ("failed", "failure"),
        ("fail", "failure"),
        ("timeout", "timeout"),
        ("unknownFutureValue", "unknown"),
    ];
    SPELLINGS.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(text)).map(|(_, word)| *word)
}

/// The service that Azure AD Graph's `category` names; the same word if Graph uses it too.
pub(crate) fn service_of_legacy_category(text: &str) -> &str {
    match text {
        "Directory" => "Core Directory",
        "SSPR" => "Self-service Password Management",
        "SSGM" => "Self-service Group Management",
        "IdentityProtection" => "Identity Protection",
        other => other,
    }
}

/// The category that Graph files a resource type (Azure AD Graph's `activityType`) under.
pub(crate) fn category_of_resource_type(text: &str) -> &str {
    match text {
        "User" => "UserManagement",
        "Group" => "GroupManagement",
        "Application" => "ApplicationManagement",
        "Role" => "RoleManagement",
        "Directory" => "DirectoryManagement",
        "Key" => "KeyManagement",
        "Resource" => "ResourceManagement",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_in_every_spelling() {
        for (spelling, word) in
            [("Success", "success"), ("FAILURE", "failure"), ("-1", "failure"), ("failed", "failure")]
        {
            assert_eq!(result_word(spelling), Some(word));
        }
        assert_eq!(result_word("interrupted"), None);
    }

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
