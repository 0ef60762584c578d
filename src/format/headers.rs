//! Names of CSV columns: tidied, made distinct, and translated from the portal's other languages into English.
//!
//! What is known of a language stands in `headers.tsv`: a name in lower case with `#` for each digit, a tab, and the
//! English name with `#` for the same digits. An audit download in a language that is not known there is told by its
//! layout: which of its columns carry which numbers.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::recognise::{Recognised, recognise};

/// Localised names and English ones.
const TRANSLATIONS: &str = include_str!("headers.tsv");
/// The columns of the portal's audit download before its targets.
const BASE: &[&str] = &[
    "Date (UTC)",
    "CorrelationId",
    "Service",
    "Category",
    "Activity",
    "Result",
    "ResultReason",
    "User Agent",
    "ActorType",
    "ActorDisplayName",
    "ActorObjectId",
    "ActorUserPrincipalName",
    "IPAddress",
    "ActorHomeTenantId",
    "ActorHomeTenantName",
    "ActorServicePrincipalId",
    "ActorServicePrincipalName",
];
/// Those among them that older downloads lack.
const NEWER: &[&str] = &["User Agent", "ActorHomeTenantId", "ActorHomeTenantName"];
/// Targets, properties of a target, and details in the download.
const TARGETS: usize = 3;
const PROPERTIES: usize = 5;
const DETAILS: usize = 6;

/// How a header was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// As it stands.
    AsWritten,
    /// Names were translated.
    Translated,
    /// The layout told the names.
    ByPosition,
}

/// The name without marks, padding and repeated blanks.
pub(super) fn tidy(name: &str) -> String {
    let name = name.replace(['\u{FEFF}', '\0'], "");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Gives every column a name of its own: a repeated or missing one carries its number.
pub(super) fn distinct(names: Vec<String>) -> Vec<String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let own = |(index, name): (usize, String)| {
        let number = index + 1;
        let mut own = match name.as_str() {
            "" => format!("column {number}"),
            _ if taken.contains(&name) => format!("{name} ({number})"),
            _ => name,
        };
        // Somebody may have named another column just so.
        while !taken.insert(own.clone()) {
            own = format!("{own} ({number})");
        }
        own
    };
    names.into_iter().enumerate().map(own).collect()
}

/// The English names of tidied ones, where they are known; `begins_with_time` says so of the first row.
pub(super) fn in_english(names: Vec<String>, begins_with_time: bool) -> (Vec<String>, Language) {
    if recognise(&names) != Recognised::Unknown {
        return (names, Language::AsWritten);
    }
    let translated: Vec<Option<String>> = names.iter().map(|name| translate(name)).collect();
    if begins_with_time && let Some(layout) = layout_of(&names) {
        let contradicts =
            |(known, name): (&Option<String>, &String)| known.as_ref().is_some_and(|k| k != name);
        if !translated.iter().zip(&layout).any(contradicts) {
            return (layout, Language::ByPosition);
        }
    }
    let mixed: Vec<String> = translated
        .into_iter()
        .zip(&names)
        .map(|(known, name)| known.unwrap_or_else(|| name.clone()))
        .collect();
    if mixed != names && recognise(&mixed) != Recognised::Unknown {
        return (mixed, Language::Translated);
    }
    (names, Language::AsWritten)
}

fn translate(name: &str) -> Option<String> {
    let mut digits = name.chars().filter(char::is_ascii_digit);
    let pattern: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    let english = TRANSLATIONS
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find_map(|(local, english)| (local == pattern).then_some(english))?;
    Some(english.chars().map(|c| if c == '#' { digits.next().unwrap_or(c) } else { c }).collect())
}

/// The English names of an audit download, if the names carry just the numbers that its columns carry.
fn layout_of(names: &[String]) -> Option<Vec<String>> {
    let layouts = [layout(BASE.iter().copied()), layout(BASE.iter().copied().filter(|n| !NEWER.contains(n)))];
    layouts
        .into_iter()
        .find(|layout| {
            let same = |(name, english): (&String, &Cow<'_, str>)| {
                let (found, mut wanted) = (digits(name), digits(english));
                // A language may name the target before its property or after it.
                found == wanted || {
                    wanted.reverse();
                    found == wanted
                }
            };
            layout.len() == names.len() && names.iter().zip(layout).all(same)
        })
        .map(|layout| layout.into_iter().map(Cow::into_owned).collect())
}

fn layout<'a>(base: impl Iterator<Item = &'a str>) -> Vec<Cow<'a, str>> {
    let mut names: Vec<Cow<'_, str>> = base.map(Cow::Borrowed).collect();
    for n in 1..=TARGETS {
        for field in ["Type", "DisplayName", "ObjectId", "UserPrincipalName"] {
            names.push(format!("Target{n}{field}").into());
        }
        for m in 1..=PROPERTIES {
            for field in ["Name", "OldValue", "NewValue"] {
                names.push(format!("Target{n}ModifiedProperty{m}{field}").into());
            }
        }
    }
    for k in 1..=DETAILS {
        for field in ["Key", "Value"] {
            names.push(format!("AdditionalDetail{k}{field}").into());
        }
    }
    names
}

fn digits(name: &str) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii_digit).collect()
}

#[cfg(test)]
pub(super) fn audit_layout() -> Vec<String> {
    layout(BASE.iter().copied()).into_iter().map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// A header in a language of which nothing is known: every letter is another one, the numbers stay.
    fn foreign(names: &[String]) -> Vec<String> {
        names.iter().map(|name| name.replace(|c: char| c.is_ascii_alphabetic(), "ж")).collect()
    }

    #[test]
    fn ok_names_are_tidied_and_distinct() {
        assert_eq!(tidy("\u{FEFF} Autonomous system  number \0"), "Autonomous system number");
        assert_eq!(
            distinct(own(&["A", "A", "", "A (2)", "column 3"])),
            ["A", "A (2)", "column 3", "A (2) (4)", "column 3 (5)"]
        );
    }

    #[test]
    fn ok_every_line_of_the_translations_is_two_names_with_equally_many_numbers() {
        for line in TRANSLATIONS.lines() {
            let (local, english) = line.split_once('\t').unwrap();
            assert_eq!(local, local.to_lowercase(), "{line}");
            assert_eq!(local.matches('#').count(), english.matches('#').count(), "{line}");
        }
    }

    #[test]
    fn ok_a_spanish_audit_header_is_translated() {
        let names = ["Fecha (UTC)", "CorrelationId", "Categoría", "Actividad", "Agente de usuario"];
        let (names, language) =
            in_english(own(&[&names[..], &["Objetivo2NombrePrincipalDeUsuario", "Otra"]].concat()), true);
        assert_eq!(language, Language::Translated);
        assert_eq!(
            names,
            [
                "Date (UTC)",
                "CorrelationId",
                "Category",
                "Activity",
                "User Agent",
                "Target2UserPrincipalName",
                "Otra"
            ]
        );
    }

    #[test]
    fn ok_an_audit_header_of_an_unknown_language_is_told_by_its_layout() {
        let newest = audit_layout();
        let older: Vec<_> = newest.iter().filter(|name| !NEWER.contains(&name.as_str())).cloned().collect();
        assert_eq!((newest.len(), older.len()), (86, 83));
        for english in [newest, older] {
            assert_eq!(in_english(foreign(&english), true), (english, Language::ByPosition));
        }
    }

    #[test]
    fn err_a_header_of_another_layout_stays_as_it_is() {
        let english = audit_layout();
        let stays = |names: Vec<String>, time| {
            assert_eq!(in_english(names.clone(), time), (names, Language::AsWritten));
        };
        stays(english.clone(), true);
        stays(foreign(&english), false);
        stays(foreign(&english[1..]), true);
        let mut swapped = foreign(&english);
        swapped.swap(20, 40);
        stays(swapped, true);
        let mut contradicting = foreign(&english);
        contradicting[3] = "Actividad".to_owned();
        stays(contradicting, true);
        stays(own(&["Servicio", "Estado"]), true);
    }
}
