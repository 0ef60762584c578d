//! Which expression of a statement it fails for, where the engine does not say: the statement is planned again with one
//! expression after the other replaced by NULL. The failure goes away with the expression that it is in, and then again
//! with a part of that.

use std::collections::BTreeSet;
use std::mem;
use std::ops::{ControlFlow, Range};

use datafusion::error::DataFusionError;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Select, SelectItem, Statement as SqlStatement, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::text::Text;

/// How often a short statement is planned again, and how long one is short.
const PLANS_MAX: usize = 200;
const SHORT_BYTES: usize = 10_000;
/// How often a long one is, and how long a statement is that is never planned again.
const PLANS_OF_LONG_MAX: usize = 20;
const LONG_BYTES: usize = 200_000;

/// How deep a statement may be nested that is planned again.
const DEPTH_MAX: usize = 500;

/// What became of a statement that was altered.
pub(in crate::engine) enum Outcome {
    /// It still fails so.
    Fails(Option<DataFusionError>),
    /// It does not fail any more.
    Passes,
    /// It fails for another reason.
    FailsOtherwise,
}

/// The expression that a statement fails for.
pub(in crate::engine) struct Blamed {
    /// From the outermost to the innermost; one at least.
    pub(super) path: Vec<Expr>,
    /// The failure of this expression, if it is one of planning.
    pub(super) error: Option<DataFusionError>,
}

/// Looks for the expression; `try_it` plans a statement.
pub(in crate::engine) fn find(
    sql: &str,
    statement: &Statement,
    try_it: &mut dyn FnMut(Statement) -> Outcome,
) -> Option<Blamed> {
    // Visiting is as deep as the statement is nested, and what it takes of the stack is not looked after.
    if sql.len() > LONG_BYTES || depth_max(sql) > DEPTH_MAX {
        return None;
    }
    let plans_max = if sql.len() > SHORT_BYTES { PLANS_OF_LONG_MAX } else { PLANS_MAX };
    let nodes = nodes(statement);
    let mut search = Search { statement, nodes, plans_left: plans_max, are_apart: true, try_it };
    let Outcome::Fails(mut error) = search.without(&BTreeSet::new()) else { return None };
    let mut path = Vec::new();
    let mut replaced = BTreeSet::new();
    let mut level = search.level(0..search.nodes.len(), 0);
    while let Some(found) = search.first_guilty(&level, &mut replaced, &mut error) {
        let node = &search.nodes[found];
        let expr = expression(statement, found)?;
        search.are_apart = are_apart(&expr);
        path.push(expr);
        level = search.level(found + 1..node.end, node.depth + 1);
    }
    (!path.is_empty()).then_some(Blamed { path, error })
}

/// How deep a statement can be nested at most: `a OR b OR c` is, with each operator.
fn depth_max(sql: &str) -> usize {
    let text = Text::new(sql);
    let nests = |index: &usize| match text.token(*index) {
        Some(
            Token::Comma | Token::Period | Token::RParen | Token::Number(..) | Token::SingleQuotedString(_),
        ) => false,
        Some(Token::Word(word)) => {
            ["AND", "OR", "NOT", "IS", "LIKE", "ILIKE", "IN", "BETWEEN", "UNION", "AT", "CASE"]
                .contains(&word.value.to_uppercase().as_str())
        }
        _ => true,
    };
    (0..text.len()).filter(nests).count()
}

/// An expression; its number is its position when all are visited, parents before children.
struct Node {
    depth: usize,
    /// The number after its last descendant.
    end: usize,
    /// A name or NULL is never guilty.
    is_suspect: bool,
}

struct Search<'s> {
    statement: &'s Statement,
    nodes: Vec<Node>,
    plans_left: usize,
    /// Whether the expressions looked at fail each for itself.
    are_apart: bool,
    try_it: &'s mut dyn FnMut(Statement) -> Outcome,
}

impl Search<'_> {
    fn level(&self, numbers: Range<usize>, depth: usize) -> Vec<usize> {
        numbers
            .filter(|number| self.nodes[*number].depth == depth && self.nodes[*number].is_suspect)
            .collect()
    }

    /// Plans the statement with these expressions replaced by NULL.
    fn without(&mut self, replaced: &BTreeSet<usize>) -> Outcome {
        if self.plans_left == 0 {
            return Outcome::FailsOtherwise;
        }
        self.plans_left -= 1;
        let mut altered = self.statement.clone();
        if let Some(statement) = inner(&mut altered) {
            let mut replace = Replace { nodes: &self.nodes, replaced, next: 0 };
            let _ = statement.visit(&mut replace);
        }
        (self.try_it)(altered)
    }

    /// The first of these expressions that the statement, with `replaced` replaced, fails for. If several are guilty those
    /// after it are replaced from now on, and `error` is that of the first.
    fn first_guilty(
        &mut self,
        level: &[usize],
        replaced: &mut BTreeSet<usize>,
        error: &mut Option<DataFusionError>,
    ) -> Option<usize> {
        let mut innocent_alone = Vec::new();
        let mut unclear = Vec::new();
        for number in level {
            let mut with_it = replaced.clone();
            with_it.insert(*number);
            match self.without(&with_it) {
                Outcome::Passes => return Some(*number),
                Outcome::Fails(_) => innocent_alone.push(*number),
                Outcome::FailsOtherwise => unclear.push(*number),
            }
        }
        let mut together = replaced.clone();
        let mut error_of_first = None;
        for number in innocent_alone.into_iter().rev() {
            let before = together.clone();
            together.insert(number);
            match self.without(&together) {
                Outcome::Passes => {
                    *replaced = before;
                    if let Some(of_first) = error_of_first.filter(|_| self.are_apart) {
                        *error = of_first;
                    }
                    return Some(number);
                }
                Outcome::Fails(next) => error_of_first = Some(next),
                Outcome::FailsOtherwise => together = before,
            }
        }
        // What fails otherwise without its only suspect had been right but for that.
        unclear.pop().filter(|_| unclear.is_empty() && level.len() == 1 && replaced.is_empty())
    }
}

/// Whether the parts of an expression fail each for itself; the arguments of a call have types only together.
fn are_apart(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryOp { op, .. } => matches!(op, BinaryOperator::And | BinaryOperator::Or),
        Expr::Nested(_) | Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => true,
        _ => false,
    }
}

/// The statement of the SQL standard that a statement of the engine is.
fn inner(statement: &mut Statement) -> Option<&mut SqlStatement> {
    match statement {
        Statement::Statement(statement) => Some(statement),
        Statement::Explain(explain) => inner(&mut explain.statement),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => None,
    }
}

fn nodes(statement: &Statement) -> Vec<Node> {
    let mut list = List::default();
    if let Some(statement) = inner(&mut statement.clone()) {
        let _ = statement.visit(&mut list);
    }
    list.nodes
}

#[derive(Default)]
struct List {
    nodes: Vec<Node>,
    open: Vec<usize>,
}

impl VisitorMut for List {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let is_name = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
        let is_null = matches!(expr, Expr::Value(value) if value.value == Value::Null);
        let depth = self.open.len();
        self.open.push(self.nodes.len());
        self.nodes.push(Node { depth, end: 0, is_suspect: !is_name && !is_null });
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &mut Expr) -> ControlFlow<()> {
        let end = self.nodes.len();
        if let Some(node) = self.open.pop().and_then(|number| self.nodes.get_mut(number)) {
            node.end = end;
        }
        ControlFlow::Continue(())
    }
}

struct Replace<'n> {
    nodes: &'n [Node],
    replaced: &'n BTreeSet<usize>,
    next: usize,
}

impl VisitorMut for Replace<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let number = self.next;
        self.next += 1;
        if self.replaced.contains(&number) {
            *expr = Expr::Value(Value::Null.with_empty_span());
            self.next = self.nodes[number].end;
        }
        ControlFlow::Continue(())
    }

    /// Two columns that are not named would have the same name.
    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for (nth, item) in select.projection.iter_mut().enumerate() {
            if let SelectItem::UnnamedExpr(expr) = item
                && matches!(expr, Expr::Value(value) if value.value == Value::Null)
            {
                let alias = Ident::new(format!("replaced_{nth}"));
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
            }
        }
        ControlFlow::Continue(())
    }
}

/// The expression with a number.
fn expression(statement: &Statement, number: usize) -> Option<Expr> {
    let mut take = Take { number, next: 0, found: None };
    if let Some(statement) = inner(&mut statement.clone()) {
        let _ = statement.visit(&mut take);
    }
    take.found
}

struct Take {
    number: usize,
    next: usize,
    found: Option<Expr>,
}

impl VisitorMut for Take {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.next == self.number {
            self.found = Some(mem::replace(expr, Expr::Value(Value::Null.with_empty_span())));
            return ControlFlow::Break(());
        }
        self.next += 1;
        ControlFlow::Continue(())
    }
}
