//! A busy tenant of 100 000 audit events: ten answers equal those of an independent computation over the raw pages,
//! `hunt` finds every planted incident, and the same tenant without incidents has no high finding.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, root};

/// The severities as they are named, from the mildest.
const SEVERITIES: [&str; 3] = ["low", "medium", "high"];

/// What a script said; nothing on a machine without Python.
fn python(script: &str, args: &[&OsStr]) -> Option<Output> {
    let Ok(run) = Command::new("python3").arg(root().join(script)).args(args).output() else {
        // CI installs Python and insists on it.
        assert!(std::env::var_os("AUDITQL_NEEDS_PYTHON").is_none(), "python3 is missing");
        return None;
    };
    Some(run)
}

fn said(run: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr))
}

/// A generated tenant and its archive.
struct Tenant {
    dir: TempDir,
    archive: PathBuf,
}

impl Tenant {
    fn new(args: &[&str]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut all = vec![dir.path().as_os_str()];
        all.extend(args.iter().map(OsStr::new));
        let run = python("tests/tenant/generate.py", &all)?;
        assert!(run.status.success(), "{}", said(&run));
        let archive = dir.path().join("archive");
        Run::new().args(["ingest".as_ref(), dir.path().join("pages").as_os_str()]).archive(&archive).ok();
        Some(Self { dir, archive })
    }

    fn hunt(&self) -> Vec<Value> {
        let text = Run::new().args(["hunt", "--format", "json"]).archive(&self.archive).ok();
        serde_json::from_str(&text).unwrap()
    }

    fn incidents(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.dir.path().join("incidents.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

fn severity(of: &Value) -> usize {
    let name = of["severity"].as_str().unwrap();
    SEVERITIES.iter().position(|one| *one == name).unwrap()
}

fn event_ids(of: &Value) -> BTreeSet<&str> {
    of["event_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect()
}

#[test]
fn ten_answers_equal_an_independent_computation_and_every_incident_is_found() {
    let Some(tenant) = Tenant::new(&[]) else { return };
    let pages = tenant.dir.path().join("pages");
    let program = OsStr::new(env!("CARGO_BIN_EXE_auditql"));
    let compared =
        python("tests/independent/compare.py", &[program, tenant.archive.as_os_str(), pages.as_os_str()]);
    let compared = compared.unwrap();
    assert!(compared.status.success(), "{}", said(&compared));

    let findings = tenant.hunt();
    let incidents = tenant.incidents();
    assert!(incidents.len() >= 20, "{} incidents", incidents.len());
    let mut missed = Vec::new();
    for incident in &incidents {
        let (name, detection) = (incident["name"].as_str().unwrap(), incident["detection"].as_str().unwrap());
        let told: BTreeSet<&str> = findings
            .iter()
            .filter(|one| one["query"] == detection && severity(one) >= severity(incident))
            .flat_map(event_ids)
            .collect();
        let lacking = event_ids(incident).difference(&told).count();
        if lacking > 0 || incident["event_ids"].as_array().unwrap().is_empty() {
            missed.push(format!("{detection}: {name}: {lacking} events are no evidence"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn routine_alone_gives_no_high_finding() {
    let Some(tenant) = Tenant::new(&["--clean"]) else { return };
    assert!(tenant.incidents().is_empty());
    let findings = tenant.hunt();
    assert!(!findings.is_empty());
    let high: Vec<&str> = findings
        .iter()
        .filter(|one| one["severity"] == "high")
        .map(|one| one["finding"].as_str().unwrap())
        .collect();
    assert!(high.is_empty(), "{}", high.join("\n"));
}
