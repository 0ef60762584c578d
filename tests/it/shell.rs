//! The shell, at a terminal: what a person types and sees.

use std::fs;
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};
use tempfile::TempDir;

use crate::support::sample_archive;

/// Longest wait for what the terminal should show, in milliseconds: a debug build on a busy machine.
const PATIENCE_MS: u64 = 60_000;

struct Terminal {
    session: PtySession,
    state: TempDir,
}

impl Terminal {
    /// A shell on the sample archive, at a terminal of 30 lines and 110 columns.
    fn open(variables: &[(&str, &str)]) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", "stty rows 30 cols 110 && exec \"$0\" -a \"$1\""])
            .arg(env!("CARGO_BIN_EXE_auditql"))
            .arg(sample_archive())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", state.path())
            .env("XDG_STATE_HOME", state.path())
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("PAGER", "cat")
            .envs(variables.iter().copied())
            .current_dir(state.path());
        let session = spawn_command(command, Some(PATIENCE_MS)).unwrap();
        let mut terminal = Self { session, state };
        terminal.sees("SQL ends with `;`");
        terminal.sees("auditql> ");
        terminal
    }

    fn types(&mut self, text: &str) {
        self.session.send(text).unwrap();
        self.session.flush().unwrap();
    }

    fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    #[track_caller]
    fn sees(&mut self, text: &str) -> String {
        self.session.exp_string(text).unwrap_or_else(|error| panic!("`{text}` was not seen: {error}"))
    }

    fn leaves(mut self) -> TempDir {
        self.session.send_control('d').unwrap();
        self.session.exp_eof().unwrap();
        self.state
    }
}

#[test]
fn names_and_values_are_completed() {
    let mut terminal = Terminal::open(&[]);
    terminal.types("SELECT count(*) AS n FROM b2c_tok\t");
    terminal.sees("b2c_token");
    terminal.types(" WHERE policy = 'B2C_1A_saml\t");
    terminal.sees("B2C_1A_saml_supplier'");
    terminal.enters(";");
    terminal.sees("n");
    terminal.sees("1 row");
    terminal.sees("auditql> ");
    terminal.types("\\run tokens-per-pol\t");
    terminal.types("\x15\\timi\t");
    terminal.sees("\\timing");
    terminal.enters("");
    terminal.sees("timing is on");
    let state = terminal.leaves();
    let history = fs::read_to_string(state.path().join("auditql/history")).unwrap();
    assert!(history.contains("B2C_1A_saml_supplier") && history.contains("\\timing"), "{history}");
}

#[test]
fn a_statement_may_take_several_lines_and_be_interrupted() {
    let mut terminal = Terminal::open(&[]);
    terminal.enters("SELECT 'one;");
    terminal.enters("two' AS text;");
    terminal.sees("1 row");
    terminal.sees("auditql> ");
    terminal.enters("SELECT count(*) FROM generate_series(1, 100000000000) a WHERE a.value % 7 = 9;");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    terminal.session.send_control('c').unwrap();
    terminal.sees("the statement was interrupted");
    terminal.sees("auditql> ");
    terminal.enters("SELECT 40 + 2 AS answer;");
    terminal.sees("42");
    terminal.leaves();
}

#[test]
fn long_answers_are_paged_and_the_last_one_is_kept() {
    let mut terminal = Terminal::open(&[("PAGER", "sed s/^/PAGED:/")]);
    terminal.enters("SELECT value AS v FROM generate_series(1, 100);");
    terminal.sees("PAGED:");
    terminal.sees("100 rows");
    terminal.sees("auditql> ");
    terminal.enters("SELECT activity, count(*) AS n FROM audit WHERE service = 'B2C' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3;");
    terminal.sees("3 rows");
    terminal.sees("auditql> ");
    terminal.enters("\\last csv");
    terminal.sees("activity,n");
    terminal.sees("auditql> ");
    terminal.enters("\\chart");
    // The block `█`, as the bytes that the terminal gets.
    terminal.sees("\u{e2}\u{96}\u{88}");
    terminal.sees("auditql> ");
    terminal.enters("\\nope");
    terminal.sees("no command");
    terminal.enters("\\q");
    terminal.session.exp_eof().unwrap();
}
