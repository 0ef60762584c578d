//! `detail(details, key)` and `target_of_type(targets, type)`: a value found in a list of structs.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder, StructArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// Finds the first element whose field `by` equals the second argument, without case, and gives its field `give`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Lookup {
    name: &'static str,
    by: &'static str,
    give: &'static str,
    signature: Signature,
}

impl Lookup {
    pub(super) fn new(name: &'static str, by: &'static str, give: &'static str) -> Self {
        Self { name, by, give, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn field(&self, elements: &StructArray, name: &str) -> Result<StringViewArray> {
        let field = elements.column_by_name(name).ok_or_else(|| self.wrong(elements.data_type()))?;
        Ok(cast(field, &DataType::Utf8View)?.as_string_view().clone())
    }

    fn wrong(&self, found: &DataType) -> DataFusionError {
        DataFusionError::Plan(format!(
            "{} takes a list of structs with the fields {} and {}, and a text; found {found}",
            self.name, self.by, self.give
        ))
    }
}

impl ScalarUDFImpl for Lookup {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        match arguments {
            [list @ (DataType::List(element) | DataType::LargeList(element)), _]
                if matches!(element.data_type(), DataType::Struct(_)) =>
            {
                let list = match list {
                    DataType::LargeList(element) => DataType::List(Arc::clone(element)),
                    list => list.clone(),
                };
                Ok(vec![list, DataType::Utf8View])
            }
            [DataType::Null, _] => Ok(vec![DataType::Null, DataType::Utf8View]),
            [first, _] => Err(self.wrong(first)),
            _ => Err(DataFusionError::Plan(format!("{} takes two arguments", self.name))),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let wanted = match &args.args[1] {
            ColumnarValue::Scalar(scalar) => match scalar.try_as_str() {
                Some(Some(wanted)) => Wanted::Same(wanted.to_owned()),
                _ => return Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(None))),
            },
            ColumnarValue::Array(array) => Wanted::EachRow(Arc::clone(array)),
        };
        let list = args.args[0].to_array(rows)?;
        if list.data_type() == &DataType::Null {
            return Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(None)));
        }
        let list = list.as_list::<i32>();
        let elements = list.values().as_struct();
        let (by, give) = (self.field(elements, self.by)?, self.field(elements, self.give)?);
        let mut found = StringViewBuilder::with_capacity(rows);
        for row in 0..rows {
            let element = match wanted.of(row) {
                Some(wanted) if list.is_valid(row) => {
                    let ends = list.value_offsets();
                    let (begin, end) =
                        (ends[row].cast_unsigned() as usize, ends[row + 1].cast_unsigned() as usize);
                    (begin..end).find(|at| by.is_valid(*at) && by.value(*at).eq_ignore_ascii_case(wanted))
                }
                _ => None,
            };
            found.append_option(element.filter(|at| give.is_valid(*at)).map(|at| give.value(at)));
        }
        Ok(ColumnarValue::Array(Arc::new(found.finish())))
    }
}

/// The second argument.
enum Wanted {
    Same(String),
    EachRow(ArrayRef),
}

impl Wanted {
    fn of(&self, row: usize) -> Option<&str> {
        match self {
            Self::Same(wanted) => Some(wanted),
            Self::EachRow(array) => array.is_valid(row).then(|| array.as_string_view().value(row)),
        }
    }
}
