//! How a report is declared: sections, each with the saved query that fills it and the ways in which its answer is shown.

/// A report: what stands in it, in order.
pub(crate) struct Report<'r> {
    /// How it is called on the command line.
    pub(crate) name: &'r str,
    /// Its headline.
    pub(super) title: &'r str,
    /// What it is for, in a sentence.
    pub(crate) about: &'r str,
    /// Whether it is about one person, whom `--param who=…` names.
    pub(crate) is_about_someone: bool,
    /// Its sections.
    pub(super) sections: &'r [Section<'r>],
}

/// A section of a report.
pub(super) struct Section<'r> {
    /// Its title.
    pub(super) title: &'r str,
    /// What it shows, in a sentence.
    pub(super) about: &'r str,
    /// What fills it.
    pub(super) content: Content<'r>,
}

/// What fills a section.
pub(super) enum Content<'r> {
    /// The answer of a saved query.
    Answer {
        /// The query.
        query: &'r str,
        /// Values for its parameters; [`WHO`] stands for the person that the report is about.
        parameters: &'r [(&'r str, &'r str)],
        /// How it is shown.
        shows: &'r [Show<'r>],
    },
    /// What detections found.
    Findings {
        /// Those of these folders; all if there are none.
        folders: &'r [&'r str],
        /// Findings that are listed, at most.
        rows_max: usize,
    },
}

/// As a parameter's value: the person that the report is about.
pub(super) const WHO: &str = "$who";

/// A way to show an answer. `what` says what is counted.
pub(super) enum Show<'r> {
    /// A few numbers with their names.
    Numbers(&'r [(&'r str, Measure<'r>)]),
    /// Amounts over time, together and by the values of a column.
    Series { what: &'r str, time: &'r str, by: Option<&'r str>, measure: Measure<'r> },
    /// Amounts by the values of a column, the greatest first.
    Bars { what: &'r str, label: &'r str, measure: Measure<'r> },
    /// Amounts by weekday and hour.
    Heat { what: &'r str, time: &'r str, measure: Measure<'r> },
    /// The rows themselves, the first of them; all columns if none is named.
    Table { columns: &'r [&'r str], rows_max: usize },
}

/// What a row adds to a number or a chart.
#[derive(Clone, Copy)]
pub(super) enum Measure<'r> {
    /// One.
    Rows,
    /// One, if a column has this value.
    RowsWith(&'r str, &'r str),
    /// One, if a column has no value.
    RowsWithout(&'r str),
    /// The value of a column.
    Sum(&'r str),
}

impl<'r> Section<'r> {
    /// A section with the answer of a saved query.
    pub(super) const fn answer(
        title: &'r str,
        about: &'r str,
        query: &'r str,
        parameters: &'r [(&'r str, &'r str)],
        shows: &'r [Show<'r>],
    ) -> Self {
        Self { title, about, content: Content::Answer { query, parameters, shows } }
    }

    /// A section with what detections found.
    pub(super) const fn findings(
        title: &'r str,
        about: &'r str,
        folders: &'r [&'r str],
        rows_max: usize,
    ) -> Self {
        Self { title, about, content: Content::Findings { folders, rows_max } }
    }
}

impl<'r> Show<'r> {
    /// The first rows, with these columns.
    pub(super) const fn table(columns: &'r [&'r str], rows_max: usize) -> Self {
        Self::Table { columns, rows_max }
    }

    /// Amounts over time.
    pub(super) const fn series(what: &'r str, time: &'r str, by: &'r str, measure: Measure<'r>) -> Self {
        Self::Series { what, time, by: Some(by), measure }
    }

    /// Amounts by a column.
    pub(super) const fn bars(what: &'r str, label: &'r str, measure: Measure<'r>) -> Self {
        Self::Bars { what, label, measure }
    }

    /// Amounts by weekday and hour.
    pub(super) const fn heat(what: &'r str, time: &'r str, measure: Measure<'r>) -> Self {
        Self::Heat { what, time, measure }
    }
}
