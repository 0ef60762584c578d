//! The portal's audit CSV: numbered columns back into lists.
//!
//! The download flattens at most three targets with five properties each and six details into columns such as
//! `Target2ModifiedProperty1NewValue` and `AdditionalDetail3Key`, and cuts longer lists without a mark.

use std::borrow::Cow;

/// What the portal's CSV can hold at most: targets, properties of a target, details.
const TARGETS_MAX: usize = 3;
const PROPERTIES_MAX: usize = 5;
const DETAILS_MAX: usize = 6;

/// Writes the numbered columns among `cells` (key and text) as the lists `targets` and `additionalDetails`, in the
/// shape of Graph's JSON. Returns whether a list is as long as the CSV can hold, so that more may have been cut.
pub(crate) fn fold_numbered_columns(
    cells: &[(Cow<'_, str>, Cow<'_, str>)],
    targets: &mut String,
    details: &mut String,
) -> bool {
    let mut folded: [Folded<'_>; TARGETS_MAX] = Default::default();
    let mut keys: [[Option<&str>; 2]; DETAILS_MAX] = Default::default();
    for (name, text) in cells {
        let text = text.as_ref();
        if let Some((n, field)) = numbered(name, "Target", TARGETS_MAX) {
            let target = &mut folded[n];
            if let Some((m, field)) = numbered(field, "ModifiedProperty", PROPERTIES_MAX) {
                if let Some(slot) = position(field, &["Name", "OldValue", "NewValue"]) {
                    target.properties[m][slot] = Some(text);
                }
            } else if let Some(slot) =
                position(field, &["Type", "DisplayName", "ObjectId", "UserPrincipalName"])
            {
                target.fields[slot] = Some(text);
            }
        } else if let Some((n, field)) = numbered(name, "AdditionalDetail", DETAILS_MAX)
            && let Some(slot) = position(field, &["Key", "Value"])
        {
            keys[n][slot] = Some(text);
        }
    }
    write_list(targets, folded.iter().filter(|target| target.is_filled()), |out, target| {
        write_members(out, &["type", "displayName", "id", "userPrincipalName"], &target.fields);
        out.push_str(if out.ends_with('{') { "\"modifiedProperties\":" } else { ",\"modifiedProperties\":" });
        let filled = target.properties.iter().filter(|property| property.iter().any(Option::is_some));
        write_list(out, filled, |out, property| {
            write_members(out, &["displayName", "oldValue", "newValue"], property)
        });
    });
    let filled = keys.iter().filter(|pair| pair.iter().any(Option::is_some));
    write_list(details, filled, |out, pair| write_members(out, &["key", "value"], pair));
    let full = |slots: &[Option<&str>]| slots.iter().any(Option::is_some);
    folded[TARGETS_MAX - 1].is_filled()
        || folded.iter().any(|target| full(&target.properties[PROPERTIES_MAX - 1]))
        || full(&keys[DETAILS_MAX - 1])
}

/// The columns of one target: type, name, id, UPN; of each property: name, old value, new value.
#[derive(Default)]
struct Folded<'a> {
    fields: [Option<&'a str>; 4],
    properties: [[Option<&'a str>; 3]; PROPERTIES_MAX],
}

impl Folded<'_> {
    fn is_filled(&self) -> bool {
        self.fields.iter().chain(self.properties.iter().flatten()).any(Option::is_some)
    }
}

/// Splits `Target2Type` into 1 and `Type`.
fn numbered<'n>(name: &'n str, prefix: &str, max: usize) -> Option<(usize, &'n str)> {
    let rest = name.strip_prefix(prefix)?;
    let digit = rest.bytes().next().filter(u8::is_ascii_digit)?;
    let number = usize::from(digit - b'0');
    (1..=max).contains(&number).then(|| (number - 1, &rest[1..]))
}

fn position(field: &str, fields: &[&str]) -> Option<usize> {
    fields.iter().position(|name| *name == field)
}

fn write_list<T>(out: &mut String, items: impl Iterator<Item = T>, write: impl Fn(&mut String, T)) {
    out.push('[');
    for (index, item) in items.enumerate() {
        out.push_str(if index > 0 { ",{" } else { "{" });
        write(out, item);
        out.push('}');
    }
    out.push(']');
}

pub(super) fn write_members(out: &mut String, names: &[&str], values: &[Option<&str>]) {
    for (name, value) in names.iter().zip(values) {
        if let Some(value) = value {
            let text = serde_json::to_string(value).expect("text is always valid JSON");
            out.push_str(if out.ends_with('{') { "\"" } else { ",\"" });
            out.push_str(name);
            out.push_str("\":");
            out.push_str(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(cells: &[(&str, &str)]) -> (String, String, bool) {
        let cells: Vec<_> = cells.iter().map(|(k, v)| (Cow::from(*k), Cow::from(*v))).collect();
        let (mut targets, mut details) = (String::new(), String::new());
        let cut = fold_numbered_columns(&cells, &mut targets, &mut details);
        (targets, details, cut)
    }

    #[test]
    fn numbered_columns_become_lists() {
        let (targets, details, cut) = fold(&[
            ("Target1Type", "User"),
            ("Target1ObjectId", "u-1"),
            ("Target1ModifiedProperty2Name", "UserType"),
            ("Target1ModifiedProperty2NewValue", "\"Member\""),
            ("Target2ModifiedProperty1Name", "x"),
            ("AdditionalDetail2Key", "User-Agent"),
            ("AdditionalDetail2Value", "a \"b\""),
            ("Activity", "Update user"),
        ]);
        assert_eq!(
            targets,
            r#"[{"type":"User","id":"u-1","modifiedProperties":[{"displayName":"UserType","newValue":"\"Member\""}]},{"modifiedProperties":[{"displayName":"x"}]}]"#
        );
        assert_eq!(details, r#"[{"key":"User-Agent","value":"a \"b\""}]"#);
        assert!(!cut);
    }

    #[test]
    fn a_full_list_may_have_been_cut() {
        assert!(fold(&[("AdditionalDetail6Key", "k")]).2);
        assert!(fold(&[("Target3Type", "User")]).2);
        assert!(fold(&[("Target1ModifiedProperty5Name", "x")]).2);
        assert_eq!(fold(&[]), ("[]".to_owned(), "[]".to_owned(), false));
    }
}
