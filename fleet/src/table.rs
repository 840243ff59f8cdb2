//! Events and devices as Parquet (`docs/spec/fleet.md` §2).

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use datafusion::arrow::array::{ArrayRef, Int64Builder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use gabion_log::Lane;

use crate::verify::Verified;

/// Rows that wait in memory.
const BATCH: usize = 65_536;

/// A column of either type.
enum Column {
    Number(Int64Builder),
    Text(StringBuilder),
}

/// A Parquet file in the making.
struct Table {
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: usize,
    writer: ArrowWriter<File>,
}

/// A cell.
enum Cell<'a> {
    Number(Option<i64>),
    Text(Option<&'a str>),
}

impl Table {
    /// `columns`: name, whether it is text, whether it may be missing.
    fn create(path: &Path, columns: &[(&str, bool, bool)]) -> anyhow::Result<Self> {
        let field = |(name, text, nullable): &(&str, bool, bool)| {
            Field::new(*name, if *text { DataType::Utf8 } else { DataType::Int64 }, *nullable)
        };
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let column = |(_, text, _): &(&str, bool, bool)| match text {
            true => Column::Text(StringBuilder::new()),
            false => Column::Number(Int64Builder::new()),
        };
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
        Ok(Self { schema, columns: columns.iter().map(column).collect(), rows: 0, writer })
    }

    fn push(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len());
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            match (column, cell) {
                (Column::Number(column), Cell::Number(value)) => column.append_option(*value),
                (Column::Text(column), Cell::Text(value)) => column.append_option(*value),
                _ => unreachable!("cells are made beside the schema"),
            }
        }
        self.rows += 1;
        if self.rows >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let finish = |column: &mut Column| -> ArrayRef {
            match column {
                Column::Number(column) => Arc::new(column.finish()),
                Column::Text(column) => Arc::new(column.finish()),
            }
        };
        let columns = self.columns.iter_mut().map(finish).collect();
        self.writer.write(&RecordBatch::try_new(self.schema.clone(), columns)?)?;
        self.rows = 0;
        Ok(())
    }

    fn close(mut self) -> anyhow::Result<()> {
        self.flush()?;
        self.writer.close()?;
        Ok(())
    }
}

/// Both tables of a fleet.
pub struct Tables {
    events: Table,
    devices: Table,
}

impl Tables {
    /// Begins `events.parquet` and `devices.parquet` in a folder.
    pub fn create(out: &Path) -> anyhow::Result<Self> {
        let events = [
            ("device", true, false),
            ("lane", true, false),
            ("record", false, false),
            ("boot", false, false),
            ("uptime_ds", false, false),
            ("time", false, true),
            ("time_quality", true, true),
            ("severity", false, false),
            ("source", true, false),
            ("code", false, false),
            ("event", true, false),
            ("detail", false, false),
            ("times", false, false),
        ];
        let devices = [
            ("device", true, false),
            ("bundles", false, false),
            ("boot", false, false),
            ("records", false, false),
            ("lost", false, false),
            ("overwritten", false, false),
            ("refused_bundle", true, true),
            ("refused", true, true),
        ];
        Ok(Self {
            events: Table::create(&out.join("events.parquet"), &events)?,
            devices: Table::create(&out.join("devices.parquet"), &devices)?,
        })
    }

    /// Adds a device and its events.
    pub fn push(&mut self, verified: &Verified) -> anyhow::Result<()> {
        let number = |value: u32| Cell::Number(Some(i64::from(value)));
        let refused = verified.refused.as_ref();
        self.devices.push(&[
            Cell::Text(Some(&verified.device)),
            number(verified.bundles),
            number(verified.boot),
            number(verified.records),
            number(verified.lost),
            number(verified.overwritten),
            Cell::Text(refused.map(|(bundle, _)| bundle.as_str())),
            Cell::Text(refused.map(|(_, reason)| reason.as_str())),
        ])?;
        for row in &verified.rows {
            let lane = match row.lane {
                Lane::Main => "main",
                Lane::Critical => "critical",
            };
            self.events.push(&[
                Cell::Text(Some(&verified.device)),
                Cell::Text(Some(lane)),
                number(row.record),
                number(row.boot),
                number(row.uptime_ds),
                Cell::Number(row.time),
                Cell::Text(row.quality),
                number(row.event.severity as u32),
                Cell::Text(Some(&row.source())),
                number(u32::from(row.event.code)),
                Cell::Text(Some(&row.name())),
                number(u32::from(row.event.detail)),
                number(u32::from(row.event.count)),
            ])?;
        }
        Ok(())
    }

    /// Finishes both files.
    pub fn close(self) -> anyhow::Result<()> {
        self.events.close()?;
        self.devices.close()
    }
}
