//! `archive_start()` and `archive_end()`: when the archive's first and last event happened.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// An instant that is the same for the whole session; NULL in an archive without events.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ArchiveInstant {
    name: &'static str,
    micros: Option<i64>,
    signature: Signature,
}

impl ArchiveInstant {
    pub(super) fn new(name: &'static str, micros: Option<i64>) -> Self {
        Self { name, micros, signature: Signature::nullary(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ArchiveInstant {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(self.micros, Some("UTC".into()))))
    }
}
