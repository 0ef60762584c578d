//! Tokens per policy, counted three ways: by auditql, by the plain counting below, and by a Python script.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Run, files_below, root, sample_archive};

/// Policy, kind → issued, users.
type Counts = BTreeMap<(String, String), (u64, u64)>;

fn by_auditql() -> Counts {
    let text = Run::new()
        .args(["run", "b2c/tokens-per-policy", "--param", "bucket=all", "--format", "json"])
        .archive(sample_archive())
        .ok();
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| {
            let counts = (row["issued"].as_u64().unwrap(), row["users"].as_u64().unwrap());
            ((text(row, "policy"), text(row, "token_kind")), counts)
        })
        .collect()
}

/// Text of a file whatever its container and encoding.
fn texts(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let name = path.to_string_lossy();
    if name.ends_with(".zip") {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        return (0..zip.len())
            .map(|index| {
                let mut text = String::new();
                zip.by_index(index).unwrap().read_to_string(&mut text).unwrap();
                text
            })
            .collect();
    }
    if name.ends_with(".gz") {
        let mut text = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        return vec![text];
    }
    if bytes.starts_with(&[0xFF, 0xFE]) {
        let units: Vec<u16> =
            bytes[2..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return vec![String::from_utf16(&units).unwrap()];
    }
    vec![String::from_utf8(bytes).unwrap()]
}

/// Events of a JSON text, as trees. Of a damaged page, the records that parse one by one.
fn events(text: &str) -> Vec<Value> {
    let text = text.replace('\u{FEFF}', "");
    let values: Vec<Value> = match serde_json::Deserializer::from_str(&text).into_iter().collect() {
        Ok(values) => values,
        Err(_) => text
            .split("\n    {")
            .filter_map(|part| {
                let part = part.split("\n    }").next()?;
                serde_json::from_str(&format!("{{{part}}}")).ok()
            })
            .collect(),
    };
    let mut events = Vec::new();
    for value in values {
        match value {
            Value::Array(elements) => events.extend(elements),
            Value::Object(ref page) if page.contains_key("value") => {
                events.extend(page["value"].as_array().unwrap().iter().cloned());
            }
            event => events.push(event),
        }
    }
    events
}

fn kind(activity: &str) -> Option<&'static str> {
    Some(match activity {
        "Issue an id_token to the application" => "id_token",
        "Issue an access token to the application" => "access_token",
        "Issue an authorization code to the application" => "authorization_code",
        "Issue a SAML assertion to the application" => "saml_assertion",
        "Exchange token" => "refresh",
        _ => return None,
    })
}

/// Policy, activity, result and user of each row of the portal's audit CSV that no JSON record tells of.
fn csv_events(text: &str, told: &BTreeSet<(String, String, String)>) -> Vec<[String; 4]> {
    let mut found = Vec::new();
    let text = text.trim_start_matches('\u{FEFF}').as_bytes();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let Some(date) = row.get("Date (UTC)").filter(|_| row.contains_key("Target1Type")) else { continue };
        let event = (date[..19].to_owned(), row["CorrelationId"].clone(), row["Activity"].clone());
        if told.contains(&event) || row["Service"] != "B2C" {
            continue;
        }
        let policy = (1..=6)
            .find(|n| row[&format!("AdditionalDetail{n}Key")] == "PolicyId")
            .map(|n| row[&format!("AdditionalDetail{n}Value")].clone());
        let user = row["Target1ObjectId"].clone();
        found.push([policy.unwrap_or_default(), event.2, row["Result"].clone(), user]);
    }
    found
}

fn by_counting() -> Counts {
    let mut seen = BTreeSet::new();
    let mut issued: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut count = |activity: &str, result: &str, policy: String, user: String| {
        if let (Some(kind), "success") = (kind(activity), result.to_lowercase().as_str()) {
            issued.entry((policy, kind.to_owned())).or_default().push(user);
        }
    };
    // Rows of the CSV have no id: they count unless a JSON record tells of the same event, so they come last.
    let mut told = BTreeSet::new();
    let folders = ["legacy", "graph", "portal", "collector"];
    let is_csv = |path: &Path| path.extension().is_some_and(|extension| extension == "csv");
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| files_below(&root().join("sample-data").join(folder)))
        .filter(|path| {
            [".json", ".json.gz", ".zip", ".csv"].iter().any(|end| path.to_string_lossy().ends_with(end))
        })
        .collect();
    paths.sort_by_key(|path| is_csv(path));
    for path in paths {
        for text in texts(&path) {
            if is_csv(&path) {
                for [policy, activity, result, user] in csv_events(&text, &told) {
                    count(&activity, &result, policy, user);
                }
                continue;
            }
            for event in events(&text) {
                let either =
                    |a: &str, b: &str| event[a].as_str().or(event[b].as_str()).unwrap_or("").to_owned();
                let date = either("activityDateTime", "activityDate");
                let (Some(date), Some(_)) =
                    (date.get(..19), event.get("targetResources").or(event.get("targets")))
                else {
                    continue;
                };
                let correlation = event["correlationId"].as_str().unwrap_or("").to_owned();
                told.insert((date.to_owned(), correlation, either("activityDisplayName", "activity")));
                let service = if event["activityDate"].is_string() {
                    &event["category"]
                } else {
                    &event["loggedByService"]
                };
                if service != "B2C" || !seen.insert(event["id"].as_str().unwrap().to_owned()) {
                    continue;
                }
                let details = event["additionalDetails"].as_array().cloned().unwrap_or_default();
                let policy = details
                    .iter()
                    .find(|detail| detail["key"] == "PolicyId" || detail["name"] == "PolicyId")
                    .and_then(|detail| detail["value"].as_str())
                    .unwrap_or("");
                let target = event.get("targetResources").or(event.get("targets")).map(|targets| &targets[0]);
                let user = target.and_then(|t| t["id"].as_str().or(t["objectId"].as_str())).unwrap_or("");
                count(
                    &either("activityDisplayName", "activity"),
                    &either("result", "activityResultStatus"),
                    policy.to_owned(),
                    user.to_owned(),
                );
            }
        }
    }
    let sum =
        |users: Vec<String>| (users.len() as u64, users.into_iter().collect::<BTreeSet<_>>().len() as u64);
    issued.into_iter().map(|(key, users)| (key, sum(users))).collect()
}

#[test]
fn tokens_per_policy_equal_a_plain_count_over_the_raw_pages() {
    let counted = by_counting();
    assert!(
        counted.len() > 5 && counted.values().map(|(issued, _)| issued).sum::<u64>() > 300,
        "{counted:?}"
    );
    assert_eq!(by_auditql(), counted);
}

#[test]
fn tokens_per_policy_equal_a_count_by_python_over_the_raw_pages() {
    let script = root().join("tests/independent/tokens_per_policy.py");
    let run = Command::new("python3").arg(script).arg(root().join("sample-data")).output();
    let Ok(run) = run else {
        // A machine with Rust alone has the test above; CI installs Python and insists on it.
        assert!(std::env::var_os("AUDITQL_NEEDS_PYTHON").is_none(), "python3 is missing");
        return;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut reader = csv::Reader::from_reader(run.stdout.as_slice());
    let counted: Counts = reader
        .deserialize::<(String, String, u64, u64)>()
        .map(|row| {
            let (policy, kind, issued, users) = row.unwrap();
            ((policy, kind), (issued, users))
        })
        .collect();
    assert_eq!(by_auditql(), counted);
}
