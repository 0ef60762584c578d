//! Every example of `docs/` runs on the sample, and gives rows.

use crate::support::{Run, root, sample_archive};

#[test]
fn every_example_runs_and_gives_rows() {
    let mut wrong = Vec::new();
    let mut examples = 0;
    for page in ["cookbook.md", "from-kql.md", "from-duckdb.md"] {
        let text = std::fs::read_to_string(root().join("docs").join(page)).unwrap();
        for (number, part) in text.split("```sql\n").skip(1).enumerate() {
            let (sql, _) = part.split_once("```").unwrap();
            examples += 1;
            let said =
                Run::new().args(["query", "-q", "-F", "csv", "-c", sql]).archive(sample_archive()).said();
            if said.code != 0 || said.stdout.lines().count() < 2 {
                wrong.push(format!("{page}, example {}: {}{}", number + 1, said.stdout, said.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(examples > 25, "{examples}");
}
