//! The detection rules: SQL files, run by an embedded engine.

use std::path::Path;

use anyhow::Context;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use serde::{Deserialize, Serialize};

/// Name and text of each rule, as in `fleet/rules`.
pub const RULES: [(&str, &str); 7] = [
    ("guessing", include_str!("../rules/guessing.sql")),
    ("spraying", include_str!("../rules/spraying.sql")),
    ("reboots", include_str!("../rules/reboots.sql")),
    ("updates", include_str!("../rules/updates.sql")),
    ("tampering", include_str!("../rules/tampering.sql")),
    ("clock", include_str!("../rules/clock.sql")),
    ("peers", include_str!("../rules/peers.sql")),
];

/// One device that one rule found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    pub device: String,
    pub rule: String,
    /// Seconds since 1970, if the device knew.
    pub first_time: Option<i64>,
    pub last_time: Option<i64>,
    /// How much of it, in the unit of the rule.
    pub score: i64,
}

/// The engine over the tables of a fleet.
pub struct Engine {
    context: SessionContext,
    runtime: tokio::runtime::Runtime,
}

impl Engine {
    /// Opens `events.parquet` and `devices.parquet` in a folder.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let context = SessionContext::new();
        for table in ["events", "devices"] {
            let path = folder.join(format!("{table}.parquet"));
            let path = path.to_str().context("the folder's name is not Unicode")?;
            let options = ParquetReadOptions::default();
            runtime.block_on(context.register_parquet(table, path, options))?;
        }
        Ok(Self { context, runtime })
    }

    /// Runs a query and returns its rows as text, missing values as `None`.
    pub fn query(&self, sql: &str) -> anyhow::Result<Vec<Vec<Option<String>>>> {
        let batches =
            self.runtime.block_on(async { self.context.sql(sql).await?.collect().await })?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let cell = |column: &datafusion::arrow::array::ArrayRef| {
                    if column.is_null(row) {
                        return Ok(None);
                    }
                    array_value_to_string(column, row).map(Some)
                };
                rows.push(batch.columns().iter().map(cell).collect::<Result<_, _>>()?);
            }
        }
        Ok(rows)
    }

    /// Runs every rule. The findings are in the order of devices and rules.
    pub fn findings(&self) -> anyhow::Result<Vec<Finding>> {
        let mut all = Vec::new();
        for (rule, sql) in RULES {
            for row in self.query(sql).with_context(|| format!("rule {rule}"))? {
                all.push(finding(&row).with_context(|| format!("rule {rule}"))?);
            }
        }
        all.sort();
        Ok(all)
    }
}

fn finding(row: &[Option<String>]) -> anyhow::Result<Finding> {
    let [device, rule, first_time, last_time, score] = row else {
        anyhow::bail!("a rule has five columns: device, rule, first_time, last_time, score")
    };
    let number = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
    Ok(Finding {
        device: device.clone().context("no device")?,
        rule: rule.clone().context("no rule")?,
        first_time: number(first_time)?,
        last_time: number(last_time)?,
        score: number(score)?.context("no score")?,
    })
}
