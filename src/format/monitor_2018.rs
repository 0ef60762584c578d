//! Azure Monitor's audit records of 2018 and before: joined names and values back into targets.

use super::portal::write_members;

/// What joins the names and values of a target.
const JOINT: &str = "__";

/// Writes the target of a record as the list `targets`, in the shape of Graph's JSON: `types` are the joined names of
/// its fields, `names` their values in the same order, `updates` the JSON text of what was changed.
pub(crate) fn unjoin_targets(types: &str, names: &str, updates: Option<&str>, targets: &mut String) {
    let mut fields: [Option<&str>; 4] = [None; 4];
    for (name, value) in types.split(JOINT).zip(names.split(JOINT)) {
        let slot = match name.trim().to_ascii_lowercase().as_str() {
            "objectclass" => 0,
            "name" | "displayname" | "spn" => 1,
            "objectid" => 2,
            "upn" => 3,
            _ => continue,
        };
        fields[slot] = Some(value.trim()).filter(|value| !value.is_empty());
    }
    targets.push_str("[{");
    write_members(targets, &["type", "displayName", "id", "userPrincipalName"], &fields);
    if let Some(updates) = updates.filter(|updates| updates.starts_with('[')) {
        targets.push_str(if targets.ends_with('{') {
            "\"modifiedProperties\":"
        } else {
            ",\"modifiedProperties\":"
        });
        targets.push_str(updates);
    }
    targets.push_str("}]");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_zipped() {
        let mut targets = String::new();
        unjoin_targets(
            "UPN__TenantContextID__PUID__ObjectID__ObjectClass",
            "ada@contoso.example__t-1__1003__u-1__User",
            Some(r#"[{"Name":"UserType","OldValue":"","NewValue":"[\"Guest\"]"}]"#),
            &mut targets,
        );
        assert_eq!(
            targets,
            r#"[{"type":"User","id":"u-1","userPrincipalName":"ada@contoso.example","modifiedProperties":[{"Name":"UserType","OldValue":"","NewValue":"[\"Guest\"]"}]}]"#
        );
    }
}
