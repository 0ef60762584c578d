//! Functions from texts to a list, row by row.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringViewBuilder, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// One element: a text for each of the list's fields, or one text if it has none.
pub(super) type Element = Vec<Option<String>>;

/// Computes one row's elements; NULL is nothing.
pub(super) type Evaluate = fn(&[Option<&str>]) -> Vec<Element>;

/// A function of texts that gives a list, never NULL: what is not there has no elements.
#[derive(Debug)]
pub(super) struct ListFunction {
    name: &'static str,
    signature: Signature,
    /// Fields of the list's structs; none: it is a list of texts.
    fields: &'static [&'static str],
    evaluate: Evaluate,
}

impl ListFunction {
    pub(super) fn new(
        name: &'static str,
        arguments: usize,
        fields: &'static [&'static str],
        evaluate: Evaluate,
    ) -> Self {
        let signature = Signature::uniform(arguments, vec![DataType::Utf8View], Volatility::Immutable);
        Self { name, signature, fields, evaluate }
    }

    fn struct_fields(&self) -> Fields {
        self.fields.iter().map(|name| Field::new(*name, DataType::Utf8View, true)).collect()
    }

    fn element(&self) -> Arc<Field> {
        let data_type = match self.fields {
            [] => DataType::Utf8View,
            _ => DataType::Struct(self.struct_fields()),
        };
        Arc::new(Field::new_list_field(data_type, true))
    }
}

impl PartialEq for ListFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ListFunction {}

impl Hash for ListFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for ListFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(self.element()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_scalar { 1 } else { args.number_rows };
        let arrays: Vec<ArrayRef> =
            args.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<_>>()?;
        let mut texts: Vec<StringViewBuilder> =
            (0..self.fields.len().max(1)).map(|_| StringViewBuilder::new()).collect();
        let mut lengths = Vec::with_capacity(rows);
        for row in 0..rows {
            let values: Vec<Option<&str>> = arrays
                .iter()
                .map(|array| array.is_valid(row).then(|| array.as_string_view().value(row)))
                .collect();
            let elements = (self.evaluate)(&values);
            lengths.push(elements.len());
            for element in elements {
                for (builder, text) in texts.iter_mut().zip(element) {
                    builder.append_option(text);
                }
            }
        }
        let mut texts: Vec<ArrayRef> =
            texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef).collect();
        let elements = match self.fields {
            [] => texts.remove(0),
            _ => Arc::new(StructArray::try_new(self.struct_fields(), texts, None)?),
        };
        let list = ListArray::try_new(self.element(), OffsetBuffer::from_lengths(lengths), elements, None)?;
        Ok(if is_scalar {
            ColumnarValue::Scalar(ScalarValue::List(Arc::new(list)))
        } else {
            ColumnarValue::Array(Arc::new(list))
        })
    }
}
