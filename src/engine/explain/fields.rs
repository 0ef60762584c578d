//! Lists, structs and JSON: how to reach what is inside them.

use datafusion::sql::sqlparser::ast::{AccessExpr, Expr};

use super::columns::columns_of;
use super::types::in_words;
use super::{Case, shown};
use crate::error::{Error, alike};
use crate::schema::{Column, Kind, stored_tables};

pub(super) const VIEWS: &str = "the view `audit_target` has a row for each target, `audit_change` for each changed property, `audit_detail` for each detail";

pub(super) fn explain(case: &Case<'_>) -> Option<Error> {
    dots(case).or_else(|| access(case)).or_else(|| unnest(case)).or_else(|| json(case))
}

/// `targets[1].upn`.
fn dots(case: &Case<'_>) -> Option<Error> {
    if !case.message.starts_with("Dot access not supported") {
        return None;
    }
    let access = case.innermost(|expr| matches!(expr, Expr::CompoundFieldAccess { .. }))?;
    let Expr::CompoundFieldAccess { root, access_chain } = access else { return None };
    let path = access.to_string();
    if let Some(column) = column_of_path(&path) {
        return Some(
            case.error_of(Some(access), format!("no column `{path}`"))
                .hint(format!("did you mean `{column}`?")),
        );
    }
    let error = case.error_of(Some(access), "a field is not reached with a period here");
    Some(error.hint(format!("write `{}`", in_brackets(root, access_chain))))
}

/// The access with each field in brackets: `targets[1]['upn']`.
fn in_brackets(root: &Expr, chain: &[AccessExpr]) -> String {
    let mut written = root.to_string();
    for access in chain {
        match access {
            AccessExpr::Dot(field) => {
                let name = field.to_string();
                written.push_str(&format!("['{}']", name.trim_matches(['"', '\'', '`'])));
            }
            AccessExpr::Subscript(_) => written.push_str(&access.to_string()),
        }
    }
    written
}

fn column_of_path(path: &str) -> Option<&'static str> {
    let tables: Vec<_> = stored_tables().collect();
    columns_of(&tables, |key| key.eq_ignore_ascii_case(path)).first().copied()
}

/// The fields of the structs in a list of ours, which is a column or a field of one.
pub(super) fn fields(written: &str) -> Option<&'static [Column]> {
    let of = |column: &'static Column| match column.kind {
        Kind::Structs(fields) => Some((column.name, fields)),
        _ => None,
    };
    let columns = || stored_tables().flat_map(|table| table.columns);
    let inside = columns().filter_map(of).flat_map(|(_, fields)| fields).filter_map(of);
    let names = written.split(|c: char| !c.is_alphanumeric() && c != '_');
    let last = names.rev().find(|name| !name.is_empty() && name.parse::<u64>().is_err())?;
    columns()
        .filter_map(of)
        .chain(inside)
        .find(|(name, _)| name.eq_ignore_ascii_case(last))
        .map(|(_, fields)| fields)
}

/// The column that an access begins with, and the field that it names.
fn parts(case: &Case<'_>) -> Option<(String, String)> {
    let path = &case.blamed.as_ref()?.path;
    path.iter().rev().find_map(|expr| match expr {
        Expr::CompoundFieldAccess { root, access_chain } => {
            let (last, before) = access_chain.split_last()?;
            let field = match last {
                AccessExpr::Dot(field) => field.to_string(),
                access => access.to_string(),
            };
            Some((in_brackets(root, before), field.trim_matches(['[', ']', '\'', '"', '`']).to_owned()))
        }
        _ => None,
    })
}

fn access(case: &Case<'_>) -> Option<Error> {
    if let Some(field) = case.between("Field ", " not found in struct") {
        let index = case.text.literal(field).or_else(|| case.text.name(field));
        let error = case.error_at(index, format!("no field `{field}` in this struct"));
        let of = parts(case).and_then(|(column, _)| fields(&column));
        let names: Vec<&str> = of.into_iter().flatten().map(|field| field.name).collect();
        return Some(match alike(field, &names) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None if names.is_empty() => error,
            None => error.hint(format!("its fields are {}", names.join(", "))),
        });
    }
    if let Some(kind) = case.between("array_element does not support type ", ". ").map(in_words) {
        let access = case.innermost(|expr| matches!(expr, Expr::CompoundFieldAccess { .. }));
        let root = match access {
            Some(Expr::CompoundFieldAccess { root, .. }) => root.to_string(),
            _ => "it".to_owned(),
        };
        let what = format!("`{root}` is {}, and has no elements", super::types::with_article(&kind));
        return Some(case.error_of(access, what).hint(format!(
            "an element of a list is `targets[1]`; of a JSON text a member is `json_value({root}, '$.name')`"
        )));
    }
    let kind = in_words(case.between("Cannot access field at argument 1: type ", " is not Struct")?);
    let first = || (0..case.text.len()).find(|index| case.text.chain(*index).len() > 1);
    let (column, field) = match parts(case) {
        Some(parts) => parts,
        None => {
            let chain = case.text.chain(first()?);
            let (field, column) = chain.split_last()?;
            (column.join("."), (*field).to_owned())
        }
    };
    let index = case.text.name(&format!("{column}.{field}"));
    let error = case.error_at(
        index,
        format!("`{column}` is {}, and has no field `{field}`", super::types::with_article(&kind)),
    );
    Some(match (kind.as_str(), fields(&column)) {
        ("list", Some(_)) if column == "details" && field != "key" && field != "value" => {
            error.hint(format!("write `detail(details, '{field}')`"))
        }
        ("list", Some(of)) if of.iter().any(|known| known.name == field) => {
            error.hint(format!("one of the list is `{column}[1]['{field}']`; {VIEWS}"))
        }
        ("list", Some(of)) => {
            let names: Vec<_> = of.iter().map(|field| field.name).collect();
            error.hint(format!(
                "one of the list is `{column}[1]['{}']`; fields are {}",
                names.first().unwrap_or(&"name"),
                names.join(", ")
            ))
        }
        ("list", None) => error.hint(format!("one of the list is `{column}[1]`")),
        ("text", _) => error.hint(format!("of a JSON text a member is `json_value({column}, '$.{field}')`")),
        _ => error,
    })
}

fn unnest(case: &Case<'_>) -> Option<Error> {
    let is_unnest = |expr: &Expr| matches!(expr, Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("unnest"));
    if case.message.starts_with("Cannot automatically convert ")
        || case.message.starts_with("Unsupported CAST from ")
    {
        let types = in_words(case.after("convert ").or_else(|| case.after(" from "))?);
        let (from, to) = types.split_once(" to ")?;
        let error = case.error_of(
            None,
            format!("cannot make {} of {}", super::types::with_article(to), super::types::with_article(from)),
        );
        return Some(if from == "list" || from == "struct" { error.hint(VIEWS) } else { error });
    }
    if case.message.starts_with("unnest() can only be applied to") {
        let error = case.error_of(case.innermost(is_unnest), "unnest takes a list");
        return Some(error.hint(format!("write `unnest(targets)`; {VIEWS}")));
    }
    if case.message.contains("Unnest should be rewritten") {
        let error = case.error_of(case.innermost(is_unnest), "unnest cannot stand here");
        return Some(error.hint(format!("write it in SELECT; {VIEWS}")));
    }
    if case.message.contains("in array_to_string") {
        let call = case.text.words(&["array_to_string"]);
        let error =
            case.error_at(call, "only a list of texts can become one text, and this is a list of structs");
        return Some(error.hint(VIEWS));
    }
    if case.message.starts_with("Uncomparable values: List") {
        let call = case.text.words(&["MIN"]).or_else(|| case.text.words(&["MAX"]));
        let error = case.error_at(call, "lists have no smallest and no largest");
        return Some(error.hint(VIEWS));
    }
    None
}

/// `raw->>'$.id'`.
fn json(case: &Case<'_>) -> Option<Error> {
    let path =
        case.after("compound identifier: [").or_else(|| case.after("Unsupported compound identifier '"));
    if path.is_some() || case.message.contains("compound identifier") {
        let first = (0..case.text.len()).find(|index| case.text.chain(*index).len() > 3)?;
        let chain = case.text.chain(first).join(".");
        let error = case.error_at(Some(first), format!("no column and no table `{chain}`"));
        return Some(match column_of_path(&chain) {
            Some(column) => error.hint(format!("did you mean `{column}`?")),
            None => error.hint(format!("a member of the record as it was is `json_value(raw, '$.{chain}')`")),
        });
    }
    if case.message.contains("'Colon'") {
        let index = (0..case.text.len()).find(|index| case.text.written(*index) == ":");
        let error = case.error_at(index, "no operator `:`");
        return Some(error.hint("a member of a JSON text is `json_value(raw, '$.name')`, a type is given with `CAST(x AS TEXT)` or `x::TEXT`"));
    }
    let named = case.between("Binary operator '", "' is not supported").map(|name| match name {
        "AtArrow" => "@>",
        "ArrowAt" => "<@",
        "AtQuestion" => "@?",
        "AtAt" => "@@",
        "Question" => "?",
        "QuestionAnd" => "?&",
        "QuestionPipe" => "?|",
        name => name,
    });
    let operator = named.or_else(|| case.between("Operator ", " is not yet supported"))?;
    let token = (0..case.text.len()).find(|index| case.text.written(*index) == operator);
    let error = case.error_at(token, format!("no operator `{operator}`"));
    if !operator.contains('>') && !operator.contains('#') && !operator.contains('@') {
        return Some(error);
    }
    let left = case.innermost(|expr| matches!(expr, Expr::BinaryOp { .. }));
    let (left, right) = match left {
        Some(Expr::BinaryOp { left, right, .. }) => (shown(left), shown(right)),
        _ => ("raw".to_owned(), "'id'".to_owned()),
    };
    let path = right.trim_matches('\'');
    let path = path.trim_matches(['{', '}']).replace(',', ".");
    let path = if path.starts_with('$') { path } else { format!("$.{path}") };
    Some(error.hint(format!("a member of a JSON text is `json_value({left}, '{path}')`")))
}
