//! The keys by which records of one shape are told from those of all others, for whoever looks for keys anyway.
//!
//! The same rules as in `recognise`, over bits instead of names: a record that follows many of its shape is checked
//! without being looked at a second time.

use super::rules::{ANALYTICS_RULES, FAMILIES, Family, Is, RULES, Rule};
use crate::schema::{Format, Keys};

/// Which keys tell records of a shape from others.
#[derive(Debug)]
pub(crate) struct Marks {
    keys: Vec<&'static str>,
    format: Format,
    families: Vec<(Needs, Family)>,
    /// Rules for records that nothing is wrapped around, down to the last that tells the shape.
    rules: Vec<(Needs, bool)>,
    /// As `rules`, for rows of Log Analytics, all of them.
    analytics: Vec<(Needs, bool)>,
    /// The member that names the table of such rows.
    kind: u128,
}

/// The keys that a rule asks for, a bit each.
#[derive(Debug)]
struct Needs {
    all: u128,
    any: u128,
}

impl Needs {
    fn hold(&self, seen: u128) -> bool {
        seen & self.all == self.all && (self.any == 0 || seen & self.any != 0)
    }
}

impl Marks {
    /// The marks of a shape.
    pub(crate) fn of(format: Format) -> Self {
        let mut marks = Self {
            keys: Vec::new(),
            format,
            families: Vec::new(),
            rules: Vec::new(),
            analytics: Vec::new(),
            kind: 0,
        };
        for (all, any, family) in FAMILIES {
            let needs = marks.needs(all, any);
            marks.families.push((needs, *family));
        }
        let last = RULES.iter().rposition(|rule| tells(rule, format)).map_or(0, |last| last + 1);
        for rule in &RULES[..last] {
            let needs = marks.needs(rule.all, rule.any);
            marks.rules.push((needs, tells(rule, format)));
        }
        if format.keys() == Keys::Analytics {
            for rule in ANALYTICS_RULES {
                let needs = marks.needs(rule.all, rule.any);
                marks.analytics.push((needs, tells(rule, format)));
            }
            marks.kind = Keys::Analytics.kind_member().map_or(0, |path| marks.bit(path[0]));
        }
        marks
    }

    /// The keys, compared without case; their places are the bits of what was seen.
    pub(crate) fn keys(&self) -> &[&'static str] {
        &self.keys
    }

    /// Whether a record that has just these of the keys is of the shape. The member that names its kind, if it has one,
    /// is known to fit.
    pub(crate) fn fit(&self, seen: u128) -> bool {
        let found = self.families.iter().find(|(needs, _)| needs.hold(seen));
        let first = |rules: &[(Needs, bool)]| {
            rules.iter().find(|(needs, _)| needs.hold(seen)).map(|(_, is_own)| *is_own)
        };
        match (found.map_or(Family::Other, |(_, family)| *family), self.format.keys()) {
            (Family::UnifiedSearch, keys) => keys == Keys::Wrapped,
            (Family::Unified, keys) => keys == Keys::Unified,
            (Family::Monitor, keys) => matches!(keys, Keys::Monitor | Keys::Monitor2018),
            // A row whose columns tell no table is what the rows before it are.
            (Family::Analytics, Keys::Analytics) => {
                seen & self.kind != 0 || first(&self.analytics).unwrap_or(true)
            }
            (Family::Analytics, _) => false,
            (Family::Other, _) => first(&self.rules).unwrap_or(false),
        }
    }

    fn needs(&mut self, all: &[&'static str], any: &[&'static str]) -> Needs {
        let mut bits = |keys: &[&'static str]| keys.iter().fold(0, |bits, key| bits | self.bit(key));
        Needs { all: bits(all), any: bits(any) }
    }

    /// The bit of a key.
    fn bit(&mut self, key: &'static str) -> u128 {
        let place = self.keys.iter().position(|known| known.eq_ignore_ascii_case(key)).unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        u128::try_from(place)
            .ok()
            .and_then(|place| 1_u128.checked_shl(place as u32))
            .expect("there are fewer keys than bits")
    }
}

/// Whether a rule tells a shape. The portal's JSON is told from Graph's by what stands around it.
fn tells(rule: &Rule, format: Format) -> bool {
    const GRAPH: Format = Format::named("graph_audit");
    const PORTAL: Format = Format::named("portal_audit_json");
    matches!(rule.is, Is::Event(told) if told == format || told == GRAPH && format == PORTAL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::recognise::{Recognised, recognise};

    /// Every shape accepts just the sets of keys that are recognised as it, as far as keys alone tell.
    #[test]
    fn marks_tell_what_recognition_tells() {
        let sets = RULES.iter().chain(ANALYTICS_RULES).flat_map(|rule| {
            let any = rule.any.iter().map(move |key| [rule.all, &[*key]].concat());
            any.chain((rule.any.is_empty()).then(|| rule.all.to_vec()))
        });
        let more: [&[&str]; 5] = [
            &[],
            &["TimeGenerated"],
            &["OperationName", "TenantId"],
            &["id", "createdDateTime"],
            &["status"],
        ];
        for set in sets {
            for more in more {
                let keys = [&set[..], more].concat();
                let Recognised::Event(told) = recognise(&keys) else { continue };
                for format in Format::all() {
                    let marks = Marks::of(format);
                    let has = |mark: &str| keys.iter().any(|key| key.eq_ignore_ascii_case(mark));
                    let places = marks.keys().iter().enumerate().filter(|(_, mark)| has(mark));
                    let seen = places.fold(0, |seen, (place, _)| seen | 1_u128 << place);
                    let is_twin = format.name() == "portal_audit_json" && told.name() == "graph_audit";
                    assert_eq!(marks.fit(seen), told == format || is_twin, "{keys:?} as {}", format.name());
                }
            }
        }
    }
}
