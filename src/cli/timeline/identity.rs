//! Who is meant: what the archive knows by a text, and by what it finds there.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use super::Question;
use crate::cli::common::rows;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::query::Library;
use crate::render::printable;

/// How often the archive is asked for what was found: an address leads to an id, the id to a name.
const ROUNDS_MAX: usize = 4;
/// Candidates and near misses that are listed.
const LISTED_MAX: usize = 10;
/// Names and ids of one identity that the summary lists.
const PARTS_MAX: usize = 12;
/// How somebody is known whose display name was given.
const BY_NAME: &str = "name";
/// Words in `matched` of rows that say nothing of who somebody is.
const MENTIONS: [&str; 2] = ["detail", "claim"];

/// Somebody as events write it.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    pub(super) matched: String,
    pub(super) kind: String,
    id: Option<String>,
    upn: Option<String>,
    mail: Option<String>,
    app_id: Option<String>,
    name: Option<String>,
    events: u64,
    first: String,
    last: String,
}

/// Who is meant.
#[derive(Debug, Default)]
pub(super) struct Identity {
    /// How events write it, most frequent first.
    pub(super) sightings: Vec<Sighting>,
    /// How the text that was given was understood.
    how: String,
    /// In lower case: what events are looked for by.
    keys: BTreeSet<String>,
    network: Option<String>,
    notes: Vec<String>,
}

impl Sighting {
    fn read(row: Vec<Option<String>>) -> Option<Self> {
        let [matched, kind, id, upn, mail, app_id, name, events, first, last] =
            <[Option<String>; 10]>::try_from(row).ok()?;
        let events = events.and_then(|count| count.parse().ok()).unwrap_or_default();
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        Some(Self { matched: matched?, kind: kind?, id, upn, mail, app_id, name, events, first, last })
    }

    /// What nobody else is called; names and placeholders are no such thing.
    fn keys(&self) -> BTreeSet<String> {
        if ["address", "operation", "detail", "claim"].contains(&self.kind.as_str()) {
            return BTreeSet::new();
        }
        let texts = [&self.id, &self.upn, &self.mail, &self.app_id].into_iter().flatten();
        texts.map(|text| text.to_lowercase()).filter(|text| is_own(text)).collect()
    }

    fn is_same(&self, other: &Self) -> bool {
        let ids = |one: &Self| [&one.id, &one.upn, &one.mail, &one.app_id, &one.name].map(Clone::clone);
        self.kind == other.kind && ids(self) == ids(other)
    }

    fn is_application(&self) -> bool {
        matches!(self.kind.as_str(), "application" | "service principal")
    }

    fn is_mention(&self) -> bool {
        MENTIONS.contains(&self.matched.as_str())
    }

    /// One line.
    fn text(&self) -> String {
        let name = self.name.as_ref().map(|name| format!("`{name}`"));
        let app = self.app_id.as_ref().map(|id| format!("app {id}"));
        let mail = self.mail.clone().filter(|mail| self.upn.as_ref().is_none_or(|upn| upn != mail));
        let parts = [name, self.upn.clone(), mail, self.id.clone(), app];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        printable(&format!("{} {}", self.kind, parts.join(", "))).into_owned()
    }
}

/// Whether a text tells one party from all others: a GUID other than that of zeros, or an address.
fn is_own(text: &str) -> bool {
    let is_guid = text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    text.contains('@') || (is_guid && text.bytes().any(|byte| !matches!(byte, b'-' | b'0')))
}

/// An address, or a network.
fn network(text: &str) -> Option<String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let (address, bits) = bare.split_once('/').map_or((bare, None), |(ip, bits)| (ip, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let bits_max = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= bits_max)).then(|| bare.to_owned())
}

/// The mail address that a guest's user principal name is made of.
fn invited(upn: &str) -> Option<String> {
    let (alias, _) = upn.split_once("#ext#")?;
    let (local, domain) = alias.rsplit_once('_')?;
    Some(format!("{local}@{domain}"))
}

/// Finds who is meant.
pub(super) fn find(question: &Question<'_>, engine: &Engine, library: &Library) -> Result<Identity> {
    let who = question.who;
    if who.is_empty() {
        return Err(Error::new("nobody is named").hint("write an id, a name or an address"));
    }
    if let Some(network) = network(who) {
        let keys = BTreeSet::new();
        let sightings = ask(engine, library, &keys, Some(&network), false)?;
        if sightings.is_empty() {
            return Err(unknown(who, engine, library));
        }
        let how = if network.contains('/') { "network" } else { "address" }.to_owned();
        return Ok(Identity { sightings, how, keys, network: Some(network), notes: Vec::new() });
    }
    let who = who.to_lowercase();
    let mut keys: BTreeSet<String> = BTreeSet::from([who.clone()]);
    keys.extend(invited(&who));
    let mut found = ask(engine, library, &keys, None, true)?;
    if found.is_empty() {
        found = ask(engine, library, &keys, None, false)?;
    }
    // A claim such as `User` names nobody.
    found.retain(|sighting| sighting.matched != "claim" || is_own(&who));
    let (named, known): (Vec<_>, Vec<_>) =
        found.iter().cloned().partition(|sighting| sighting.matched == "name");
    let is_known = known.iter().any(|sighting| !sighting.is_mention());
    match (is_known, named.is_empty(), known.is_empty()) {
        (true, _, _) => {
            let mut identity = closure(known, keys, engine, library)?;
            identity.add_objects_of_application(engine, library)?;
            Ok(identity)
        }
        (false, false, _) => by_name(question, named, keys, engine, library),
        (false, true, false) => {
            let how = "mentioned only".to_owned();
            Ok(Identity { sightings: known, how, keys, ..Identity::default() })
        }
        (false, true, true) => Err(unknown(question.who, engine, library)),
    }
}

/// Refuses somebody whom the archive does not know, so that "nothing found" does not stand for a slip in writing; and a
/// display name, where ids and addresses are looked for.
///
/// # Errors
///
/// Who may have been meant, or how else to write it.
pub(in crate::cli) fn refuse_unknown(who: &str, engine: &Engine, library: &Library) -> Result<()> {
    let question = Question { who: who.trim(), is_all: true, direction: None, limit: None };
    let identity = find(&question, engine, library)?;
    if identity.how != BY_NAME {
        return Ok(());
    }
    let keys: Vec<_> = identity.keys.iter().filter(|key| is_own(key)).map(|key| format!("`{key}`")).collect();
    Err(Error::new(format!("`{who}` is a display name"))
        .because("what is looked for is an id, a user principal name or a mail address")
        .hint(format!("it belongs to {}", keys.join(", "))))
}

/// What the archive knows by any of the keys, or in the network: parties (`is_known`), or else addresses, correlation ids
/// and mentions.
fn ask(
    engine: &Engine,
    library: &Library,
    keys: &BTreeSet<String>,
    network: Option<&str>,
    is_known: bool,
) -> Result<Vec<Sighting>> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut given = vec![("who".to_owned(), keys.join("\n")), ("known".to_owned(), is_known.to_string())];
    given.extend(network.map(|network| ("network".to_owned(), network.to_owned())));
    let found = rows(library.find("audit/who-is")?.start(engine, &given)?)?;
    Ok(found.into_iter().filter_map(Sighting::read).collect())
}

/// Follows what was found to its other ids and addresses, until nothing new comes.
fn closure(
    mut sightings: Vec<Sighting>,
    mut keys: BTreeSet<String>,
    engine: &Engine,
    library: &Library,
) -> Result<Identity> {
    let matched: BTreeSet<String> = sightings
        .iter()
        .filter(|sighting| !sighting.is_mention())
        .map(|sighting| match sighting.matched.as_str() {
            "operation" => "correlation id".to_owned(),
            matched => matched.to_owned(),
        })
        .collect();
    let how = matched.into_iter().collect::<Vec<_>>().join(", ");
    let mut asked = keys.clone();
    for _ in 0..ROUNDS_MAX {
        let before = keys.len();
        keys.extend(sightings.iter().flat_map(Sighting::keys));
        if keys.len() == before {
            break;
        }
        let new: BTreeSet<String> = keys.difference(&asked).cloned().collect();
        asked.clone_from(&keys);
        let found = ask(engine, library, &new, None, true)?;
        for sighting in found.into_iter().filter(|sighting| sighting.matched != "name") {
            if !sightings.iter().any(|known| known.is_same(&sighting)) {
                sightings.push(sighting);
            }
        }
    }
    sightings.sort_by_key(|sighting| std::cmp::Reverse(sighting.events));
    Ok(Identity { sightings, how, keys, ..Identity::default() })
}

/// Those who have a name: one, or several that are told apart by their ids.
fn by_name(
    question: &Question<'_>,
    named: Vec<Sighting>,
    name: BTreeSet<String>,
    engine: &Engine,
    library: &Library,
) -> Result<Identity> {
    // Ids of other systems, as of provisioning, tell nobody apart, but are ids all the same.
    let (nameless, known): (Vec<_>, Vec<_>) =
        named.into_iter().partition(|sighting| sighting.keys().is_empty());
    let mut keys = name;
    keys.extend(nameless.iter().filter_map(|sighting| sighting.id.as_ref()).map(|id| id.to_lowercase()));
    let mut identity = closure(known, keys, engine, library)?;
    let groups = grouped(&identity.sightings);
    if groups.len() > 1 && !question.is_all {
        return Err(ambiguous(question.who, &groups));
    }
    let is_there = |other: &Sighting| {
        identity.sightings.iter().any(|known| (&known.kind, &known.id) == (&other.kind, &other.id))
    };
    let nameless: Vec<Sighting> = nameless.into_iter().filter(|sighting| !is_there(sighting)).collect();
    identity.sightings.extend(nameless);
    Ok(Identity { how: BY_NAME.to_owned(), ..identity })
}

/// Sightings by who they are of: those that share an id or address. The objects of one application (its registration and
/// its service principals) share only the name, and belong together as long as there is one of a kind. Sightings without
/// anything of their own belong to the first.
fn grouped(sightings: &[Sighting]) -> Vec<Vec<&Sighting>> {
    let mut groups: Vec<(BTreeSet<String>, Vec<&Sighting>)> = Vec::new();
    let mut nameless = Vec::new();
    for sighting in sightings.iter().filter(|sighting| !sighting.is_mention()) {
        let mut keys = match sighting.kind.as_str() {
            "address" | "operation" => sighting.id.iter().cloned().collect(),
            _ => sighting.keys(),
        };
        if keys.is_empty() {
            nameless.push(sighting);
            continue;
        }
        let mut members = Vec::new();
        groups.retain_mut(|(others, sightings)| {
            let is_same = !others.is_disjoint(&keys);
            if is_same {
                keys.append(others);
                members.append(sightings);
            }
            !is_same
        });
        members.push(sighting);
        groups.push((keys, members));
    }
    let groups: Vec<Vec<&Sighting>> = groups.into_iter().map(|(_, members)| members).collect();
    let (mut apps, mut others): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.iter().all(|sighting| sighting.is_application()));
    if !apps.is_empty() && is_one_application(apps.iter().flatten().copied()) {
        apps = vec![apps.concat()];
    }
    others.append(&mut apps);
    for group in &mut others {
        group.sort_by_key(|sighting| std::cmp::Reverse(sighting.events));
    }
    others.sort_by_key(|group| std::cmp::Reverse(group.iter().map(|sighting| sighting.events).sum::<u64>()));
    match others.first_mut() {
        Some(group) => group.append(&mut nameless),
        None if nameless.is_empty() => {}
        None => others.push(nameless),
    }
    others
}

/// Who a group is: kinds, names, and ids, each once; how often and when it was seen.
fn described(group: &[&Sighting]) -> String {
    let each = |what: &dyn Fn(&Sighting) -> Option<String>| {
        let mut texts: Vec<String> = Vec::new();
        for text in group.iter().filter_map(|sighting| what(sighting)) {
            if !texts.iter().any(|other| other.eq_ignore_ascii_case(&text)) {
                texts.push(text);
            }
        }
        texts
    };
    let kinds = each(&|sighting| Some(sighting.kind.clone())).join(", ");
    let upns = each(&|sighting| sighting.upn.clone());
    let mails = each(&|sighting| sighting.mail.clone());
    let mails = mails.into_iter().filter(|mail| !upns.iter().any(|upn| upn.eq_ignore_ascii_case(mail)));
    let names = each(&|sighting| sighting.name.clone().filter(|name| !upns.contains(name)));
    let parts = names.into_iter().map(|name| format!("`{name}`")).chain(upns.iter().cloned()).chain(mails);
    let parts = parts.chain(each(&|sighting| sighting.id.clone()));
    let parts = parts.chain(each(&|sighting| Some(format!("app {}", sighting.app_id.as_ref()?))));
    let mut parts: Vec<String> = parts.collect();
    if parts.len() > PARTS_MAX {
        let more = parts.len() - PARTS_MAX;
        parts.truncate(PARTS_MAX);
        parts.push(format!("{more} more"));
    }
    let in_events = || group.iter().filter(|sighting| sighting.events > 0);
    let seen = match (in_events().map(|one| &one.first).min(), in_events().map(|one| &one.last).max()) {
        (Some(first), Some(last)) if first == last => format!("seen {first}"),
        (Some(first), Some(last)) => format!("seen {first} to {last}"),
        _ => "in no event".to_owned(),
    };
    printable(&format!("{kinds} {}; {seen}", parts.join(", "))).into_owned()
}

/// Whether nothing says that these are of more than one application.
fn is_one_application<'s>(sightings: impl Iterator<Item = &'s Sighting> + Clone) -> bool {
    let distinct = |what: fn(&Sighting) -> Option<&String>| {
        sightings.clone().filter_map(what).collect::<BTreeSet<_>>().len() <= 1
    };
    distinct(|sighting| sighting.app_id.as_ref())
        && distinct(|sighting| sighting.id.as_ref().filter(|_| sighting.kind == "application"))
        && distinct(|sighting| sighting.id.as_ref().filter(|_| sighting.kind == "service principal"))
}

impl Identity {
    /// Parameters of the saved query that lists events.
    pub(super) fn given(&self) -> Vec<(String, String)> {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let network = self.network.iter().map(|network| ("network".to_owned(), network.clone()));
        std::iter::once(("who".to_owned(), keys.join("\n"))).chain(network).collect()
    }

    /// An application's registration has an id of its own, and only the name in common with what signs in.
    fn add_objects_of_application(&mut self, engine: &Engine, library: &Library) -> Result<()> {
        let own = |sighting: &&Sighting| !sighting.is_mention();
        if !self.sightings.iter().filter(own).all(Sighting::is_application) {
            return Ok(());
        }
        let names: BTreeSet<String> = self
            .sightings
            .iter()
            .filter_map(|sighting| sighting.name.as_ref())
            .map(|name| name.to_lowercase())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let found = ask(engine, library, &names, None, true)?;
        let more =
            found.into_iter().filter(|sighting| sighting.matched == "name" && sighting.is_application());
        let more: Vec<Sighting> = more.filter(|sighting| sighting.keys().is_disjoint(&self.keys)).collect();
        if more.is_empty() {
            return Ok(());
        }
        if is_one_application(self.sightings.iter().chain(&more)) {
            self.keys.extend(more.iter().flat_map(Sighting::keys));
            self.keys.extend(names);
            self.sightings.extend(more);
            self.sightings.sort_by_key(|sighting| std::cmp::Reverse(sighting.events));
        } else {
            self.notes.push("other applications have the same name, and are not included".to_owned());
        }
        Ok(())
    }

    /// What the text was understood as, a line or two.
    pub(super) fn told(&self, who: &str) -> String {
        let mut text = format!("`{who}` is known as {}", self.how);
        if let Some(most) = self.sightings.iter().find(|sighting| !sighting.is_mention()) {
            let _ = write!(text, " of {}", most.text());
        }
        text = printable(&text).into_owned();
        for note in &self.notes {
            let _ = write!(text, "\nnote: {note}");
        }
        text
    }

    /// Who it is, a line for each; of those that were only mentioned, where.
    pub(super) fn lines(&self) -> Vec<String> {
        let groups = grouped(&self.sightings);
        let mut lines: Vec<String> = groups.iter().take(LISTED_MAX).map(|group| described(group)).collect();
        if groups.is_empty() {
            lines.extend(self.sightings.iter().take(1).map(|mention| described(&[mention])));
        }
        if groups.len() > LISTED_MAX {
            lines.push(format!("{} more: `auditql run audit/who-is` lists them", groups.len() - LISTED_MAX));
        }
        lines
    }
}

fn ambiguous(who: &str, groups: &[Vec<&Sighting>]) -> Error {
    let error = Error::new(format!("`{who}` is the name of {} that have no id in common", groups.len()));
    let listed = groups.iter().take(LISTED_MAX).map(|group| {
        let events: u64 = group.iter().map(|sighting| sighting.events).sum();
        let counted = if events == 1 { "once".to_owned() } else { format!("{events} times") };
        format!("{}, {counted}", described(group))
    });
    let error = listed.fold(error, Error::because);
    let error = match groups.len().checked_sub(LISTED_MAX) {
        Some(more) if more > 0 => {
            error.note(format!("{more} more: `auditql run audit/who-is --param who=…`"))
        }
        _ => error,
    };
    error.hint("name one by its id, or add `--all` for all of them")
}

fn unknown(who: &str, engine: &Engine, library: &Library) -> Error {
    let error = Error::new(format!("nobody and nothing in the archive is called `{who}`"));
    if engine.snapshot().period().is_none() {
        return error
            .because("the archive has no events")
            .hint("`auditql ingest FILE… -a ARCHIVE` reads some");
    }
    let given = [("who".to_owned(), who.to_owned())];
    let near = library.find("audit/who-nearest").and_then(|query| rows(query.start(engine, &given)?));
    let near = near.unwrap_or_default();
    let near: Vec<String> = near
        .into_iter()
        .take(LISTED_MAX / 2)
        .filter_map(|row| row.into_iter().next().flatten())
        .map(|name| format!("`{}`", printable(&name)))
        .collect();
    match near.as_slice() {
        [] => error.hint(
            "names are looked for whole: `auditql run audit/who-nearest --param who=PART` looks for parts",
        ),
        names => error.hint(format!("did you mean {}?", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks() {
        for text in ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/32", "[2001:db8::1]"] {
            assert!(network(text).is_some(), "{text}");
        }
        for text in ["192.0.2.0/33", "ana@fabrikam.example", "1", "2001:db8::/129", "192.0.2.0/", ""] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn mail_addresses_of_guests() {
        assert_eq!(invited("a_b_c.example#ext#@d.example").as_deref(), Some("a_b@c.example"));
        assert_eq!(invited("ana@c.example"), None);
    }

    #[test]
    fn placeholders_lead_nowhere() {
        assert!(is_own("00000000-0000-4000-a000-000000000104") && is_own("ana@c.example"));
        assert!(!is_own("00000000-0000-0000-0000-000000000000") && !is_own("not available"));
    }
}
