//! Pages judged as a set: is one missing, was the last one fetched, did a download stop at its limit?

use std::collections::BTreeMap;

use super::summary::SourceOutcome;

/// Numbers of records at which a kind of download stops, by the beginning of its format's name.
const LIMITS: &[(&str, u64, &str)] = &[
    ("portal_", 250_000, "the most that the portal downloads"),
    ("portal_", 100_000, "the most that older portals downloaded"),
    ("unified_audit", 50_000, "the most that a search of the unified audit log gives"),
    ("unified_audit", 5_000, "the most that one call of `Search-UnifiedAuditLog` gives"),
    ("log_analytics_", 30_000, "the most that the portal shows of a Log Analytics query"),
    ("log_analytics_", 500_000, "the most that a Log Analytics query gives"),
    ("log_analytics_", 10_000, "the most that Log Analytics once gave"),
];

/// Files of a set that are named before the rest is counted.
const NAMED_MAX: usize = 3;

/// Notes at each source what it suggests as one of a set.
pub(super) fn judge(sources: &mut [SourceOutcome]) {
    let mut warnings: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut warn = |index: usize, text: String| warnings.entry(index).or_default().push(text);
    for (index, source) in sources.iter().enumerate().filter(|(_, source)| !source.is_known) {
        for (begin, limit, what) in LIMITS {
            if source.read() == *limit && source.format.is_some_and(|format| format.starts_with(begin)) {
                warn(index, format!("it has exactly {limit} records, {what}: there may be more"));
            }
        }
    }
    let mut by_hash: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, source) in sources.iter().enumerate() {
        // Members of a container share its hash.
        if source.sha256.is_empty() || source.name.contains('!') {
            continue;
        }
        if let Some(first) = by_hash.get(source.sha256.as_str()) {
            warn(index, format!("the same bytes as `{}`", sources[*first].name));
        } else {
            by_hash.insert(&source.sha256, index);
        }
    }
    for (stem, pages) in page_sets(sources) {
        let numbers: Vec<u64> = pages.keys().copied().collect();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { continue };
        // Pages of one answer link to each other; numbered files of other origin do not.
        let is_set = numbers.len() > 1 && pages.values().any(|page| sources[*page].has_next_link);
        let last_source = pages[last];
        if is_set {
            let missing: Vec<u64> = holes(&numbers);
            if let Some(text) = missing_text(&stem, &missing) {
                warn(last_source, text);
            }
            if *first > 1 {
                warn(
                    pages[first],
                    format!("the first of its set has number {first}: earlier pages may be missing"),
                );
            }
        }
        if sources[last_source].has_next_link {
            warn(last_source, NEXT_LINK.to_owned());
        }
    }
    for (index, source) in sources.iter().enumerate() {
        if source.has_next_link && split_number(&source.name).is_none() {
            warn(index, NEXT_LINK.to_owned());
        }
    }
    for (index, texts) in warnings {
        if !sources[index].is_known {
            let before = sources[index].warning.take();
            sources[index].warning = Some(before.into_iter().chain(texts).collect::<Vec<_>>().join("; "));
        }
    }
}

/// What is said of a last page that is none.
const NEXT_LINK: &str = "the last page names a next one that is not here: the download was not finished";

/// Pages by what their names have before and after the number; each with the position of its source.
fn page_sets(sources: &[SourceOutcome]) -> BTreeMap<(String, String), BTreeMap<u64, usize>> {
    let mut sets: BTreeMap<(String, String), BTreeMap<u64, usize>> = BTreeMap::new();
    for (index, source) in sources.iter().enumerate() {
        if let Some((before, number, after)) = split_number(&source.name).filter(|_| source.is_page) {
            sets.entry((before.to_owned(), after.to_owned())).or_default().insert(number, index);
        }
    }
    sets
}

/// Splits `case/audit12.json` into `case/audit`, 12 and `.json`. A long number is a date or an id, no page's.
fn split_number(name: &str) -> Option<(&str, u64, &str)> {
    let file = name.rfind(['/', '!']).map_or(0, |at| at + 1);
    let stem_end = name[file..].find('.').map_or(name.len(), |at| file + at);
    let stem = &name[..stem_end];
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if !(1..=5).contains(&digits) {
        return None;
    }
    let (before, number) = stem.split_at(stem.len() - digits);
    // `2026-03-05` is a day.
    let is_date =
        before.ends_with('-') && before.trim_end_matches('-').ends_with(|c: char| c.is_ascii_digit());
    if is_date {
        return None;
    }
    Some((before, number.parse().ok()?, &name[stem_end..]))
}

/// Numbers that are missing between the first and the last; at most a few more than are named.
fn holes(numbers: &[u64]) -> Vec<u64> {
    let mut missing = Vec::new();
    for pair in numbers.windows(2) {
        missing.extend((pair[0] + 1..pair[1]).take(1_000));
    }
    missing
}

fn missing_text(stem: &(String, String), missing: &[u64]) -> Option<String> {
    let named: Vec<_> =
        missing.iter().take(NAMED_MAX).map(|number| format!("`{}{number}{}`", stem.0, stem.1)).collect();
    let more = missing.len().saturating_sub(NAMED_MAX);
    match missing.len() {
        0 => None,
        1 => Some(format!("of its set {} is missing", named[0])),
        _ if more == 0 => Some(format!("of its set {} are missing", named.join(", "))),
        _ => Some(format!("of its set {} and {more} more are missing", named.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_a_number_at_the_end_of_their_name() {
        assert_eq!(split_number("case/audit12.json"), Some(("case/audit", 12, ".json")));
        assert_eq!(split_number("a.zip!x/page-3.json.gz"), Some(("a.zip!x/page-", 3, ".json.gz")));
        assert_eq!(split_number("case7/audit.json"), None);
        assert_eq!(split_number("AuditLogs_2026-03-05.json"), None);
        assert_eq!(split_number("20260305083000-AuditLogs.json"), None);
        assert_eq!(split_number("x-202603050830.json"), None);
    }

    #[test]
    fn holes_are_named_and_then_counted() {
        let stem = ("audit".to_owned(), ".json".to_owned());
        assert_eq!(missing_text(&stem, &holes(&[0, 1, 2])), None);
        assert_eq!(
            missing_text(&stem, &holes(&[0, 2])).as_deref(),
            Some("of its set `audit1.json` is missing")
        );
        assert_eq!(
            missing_text(&stem, &holes(&[0, 7])).as_deref(),
            Some("of its set `audit1.json`, `audit2.json`, `audit3.json` and 3 more are missing")
        );
    }

    #[test]
    fn a_download_that_stops_at_its_limit_is_told() {
        let of = |format: &'static str, rows: u64| SourceOutcome {
            format: Some(format),
            added: rows,
            ..SourceOutcome::default()
        };
        let mut sources =
            [of("portal_audit_csv", 250_000), of("graph_audit", 250_000), of("unified_audit_search", 50_000)];
        judge(&mut sources);
        let warned: Vec<_> = sources.iter().map(|source| source.warning.is_some()).collect();
        assert_eq!(warned, [true, false, true]);
        let warning = sources[0].warning.clone().unwrap();
        assert_eq!(
            warning,
            "it has exactly 250000 records, the most that the portal downloads: there may be more"
        );
    }
}
