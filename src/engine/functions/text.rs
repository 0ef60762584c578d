//! Functions from texts to a text or a truth value, row by row.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanBuilder, StringViewBuilder};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// A value of one row.
pub(super) enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Truth(Option<bool>),
}

/// Computes one row's value; called only if no argument is NULL.
pub(super) type Evaluate = for<'a> fn(&[&'a str]) -> Value<'a>;

/// A function of one or two texts. NULL in, NULL out.
#[derive(Debug)]
pub(super) struct TextFunction {
    name: &'static str,
    signature: Signature,
    evaluate: Evaluate,
}

impl TextFunction {
    pub(super) fn new(name: &'static str, arguments: usize, evaluate: Evaluate) -> Self {
        let signature = Signature::uniform(arguments, vec![DataType::Utf8View], Volatility::Immutable);
        Self { name, signature, evaluate }
    }
}

impl PartialEq for TextFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TextFunction {}

impl Hash for TextFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for TextFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let probe = vec![""; arguments.len()];
        Ok(match (self.evaluate)(&probe) {
            Value::Text(_) => DataType::Utf8View,
            Value::Truth(_) => DataType::Boolean,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_scalar { 1 } else { args.number_rows };
        let arrays: Vec<(ArrayRef, bool)> = args
            .args
            .iter()
            .map(|argument| match argument {
                ColumnarValue::Array(array) => Ok((Arc::clone(array), false)),
                ColumnarValue::Scalar(scalar) => Ok((scalar.to_array()?, true)),
            })
            .collect::<Result<_>>()?;
        let mut texts = StringViewBuilder::new();
        let mut truths = BooleanBuilder::new();
        let is_truth = args.return_type() == &DataType::Boolean;
        let mut values = Vec::with_capacity(arrays.len());
        for row in 0..rows {
            values.clear();
            for (array, is_scalar) in &arrays {
                let row = if *is_scalar { 0 } else { row };
                if array.is_valid(row) {
                    values.push(array.as_string_view().value(row));
                }
            }
            match (values.len() == arrays.len()).then(|| (self.evaluate)(&values)) {
                Some(Value::Text(text)) => texts.append_option(text),
                Some(Value::Truth(truth)) => truths.append_option(truth),
                None if is_truth => truths.append_null(),
                None => texts.append_null(),
            }
        }
        let array: ArrayRef = if is_truth { Arc::new(truths.finish()) } else { Arc::new(texts.finish()) };
        Ok(if is_scalar {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)
        } else {
            ColumnarValue::Array(array)
        })
    }
}
