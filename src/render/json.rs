//! JSON: an array of objects, or one object a line. NULL members are written, so that every row has every column.

use std::io::{self, Write};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type};

use super::RowWriter;
use super::cell::plain;

/// Writes rows as JSON.
pub(super) struct JsonWriter {
    is_array: bool,
    rows: u64,
}

impl JsonWriter {
    pub(super) fn array() -> Self {
        Self { is_array: true, rows: 0 }
    }

    pub(super) fn lines() -> Self {
        Self { is_array: false, rows: 0 }
    }
}

impl RowWriter for JsonWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            if self.is_array {
                out.write_all(if self.rows == 0 { b"[\n" } else { b",\n" })?;
            }
            self.rows += 1;
            out.write_all(b"{")?;
            for (index, (field, array)) in batch.schema_ref().fields().iter().zip(batch.columns()).enumerate()
            {
                if index > 0 {
                    out.write_all(b",")?;
                }
                write_text(field.name(), out)?;
                out.write_all(b":")?;
                write_value(array, row, out)?;
            }
            out.write_all(if self.is_array { b"}" } else { b"}\n" })?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match (self.is_array, self.rows) {
            (false, _) => Ok(()),
            (true, 0) => out.write_all(b"[]\n"),
            (true, _) => out.write_all(b"\n]\n"),
        }
    }
}

fn write_text(text: &str, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

/// Writes one value as JSON.
pub(super) fn write_value(array: &ArrayRef, row: usize, out: &mut dyn Write) -> io::Result<()> {
    if array.is_null(row) {
        return out.write_all(b"null");
    }
    match array.data_type() {
        DataType::Null => out.write_all(b"null"),
        DataType::List(_) => write_list(&array.as_list::<i32>().value(row), out),
        DataType::LargeList(_) => write_list(&array.as_list::<i64>().value(row), out),
        DataType::Struct(fields) => {
            out.write_all(b"{")?;
            for (index, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                write_text(field.name(), out)?;
                out.write_all(b":")?;
                write_value(column, row, out)?;
            }
            out.write_all(b"}")
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            out.write_all(b"{")?;
            for entry in 0..entries.len() {
                if entry > 0 {
                    out.write_all(b",")?;
                }
                write_text(&plain(entries.column(0), entry).unwrap_or_default(), out)?;
                out.write_all(b":")?;
                write_value(entries.column(1), entry, out)?;
            }
            out.write_all(b"}")
        }
        DataType::Float32 => write_float(f64::from(array.as_primitive::<Float32Type>().value(row)), out),
        DataType::Float64 => write_float(array.as_primitive::<Float64Type>().value(row), out),
        DataType::Boolean => out.write_all(if array.as_boolean().value(row) { b"true" } else { b"false" }),
        number if number.is_integer() || matches!(number, DataType::Decimal128(_, _)) => {
            out.write_all(plain(array, row).unwrap_or_default().as_bytes())
        }
        _ => write_text(&plain(array, row).unwrap_or_default(), out),
    }
}

fn write_list(elements: &ArrayRef, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for element in 0..elements.len() {
        if element > 0 {
            out.write_all(b",")?;
        }
        write_value(elements, element, out)?;
    }
    out.write_all(b"]")
}

/// JSON has no infinity and no NaN.
fn write_float(number: f64, out: &mut dyn Write) -> io::Result<()> {
    if number.is_finite() {
        serde_json::to_writer(out, &number).map_err(io::Error::from)
    } else {
        out.write_all(b"null")
    }
}
