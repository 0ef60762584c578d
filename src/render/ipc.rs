//! Arrow's own format, which other tools map into memory as it is: a stream for a pipe, a file with an index for a file.
//!
//! `pyarrow.ipc.open_stream` reads the one and `pyarrow.ipc.open_file` the other; both hold the same batches.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow_ipc::writer::{FileWriter, StreamWriter};

use super::RowWriter;
use super::portable::Portable;

/// Writes rows as Arrow IPC.
pub(super) struct IpcWriter {
    portable: Portable,
    encoder: Encoder,
}

/// Each has an output of its own, which is emptied as it fills.
enum Encoder {
    File(FileWriter<Vec<u8>>),
    Stream(StreamWriter<Vec<u8>>),
}

impl IpcWriter {
    /// # Errors
    ///
    /// If the columns cannot be described.
    pub(super) fn new(schema: &SchemaRef, is_file: bool) -> io::Result<Self> {
        let portable = Portable::new(schema, true);
        let encoder = if is_file {
            FileWriter::try_new(Vec::new(), portable.schema()).map(Encoder::File)
        } else {
            StreamWriter::try_new(Vec::new(), portable.schema()).map(Encoder::Stream)
        };
        Ok(Self { portable, encoder: encoder.map_err(io::Error::other)? })
    }

    fn drain(&mut self, out: &mut dyn Write) -> io::Result<()> {
        while let Some(batch) = self.portable.next() {
            self.encoder.write(&batch).map_err(io::Error::other)?;
            out.write_all(&self.encoder.take())?;
        }
        Ok(())
    }
}

impl Encoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        match self {
            Self::File(writer) => writer.write(batch),
            Self::Stream(writer) => writer.write(batch),
        }
    }

    fn finish(&mut self) -> Result<(), ArrowError> {
        match self {
            Self::File(writer) => writer.finish(),
            Self::Stream(writer) => writer.finish(),
        }
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::File(writer) => writer.get_mut(),
            Self::Stream(writer) => writer.get_mut(),
        })
    }
}

impl RowWriter for IpcWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        self.portable.push(batch)?;
        self.drain(out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.portable.finish()?;
        self.drain(out)?;
        self.encoder.finish().map_err(io::Error::other)?;
        out.write_all(&self.encoder.take())
    }
}
