//! `etlc list`: the pipelines of a workspace as a table.

use clap::Args;
use serde::Serialize;

use super::args::{Chosen, Global};
use super::report::{self, Stream};
use super::world::World;
use crate::driver::{Goal, Pipeline};
use crate::plan::Plan;

/// List pipelines: name, owner, schedule, number of steps, file
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    chosen: Chosen,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A line of the table. What is unknown because of a fault is left out.
#[derive(Debug, Serialize)]
struct Row<'a> {
    pipeline: Option<&'a str>,
    owner: Option<&'a str>,
    schedule: Option<String>,
    timezone: Option<&'a str>,
    steps: Option<usize>,
    file: &'a str,
    faulty: bool,
}

impl List {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let request = global.request(world, &self.chosen, None, Goal::Plans);
        report::compile(&request, global, world, |workspace, compiled, world| {
            let rows: Vec<Row> = compiled.pipelines.iter().map(row).collect();
            let text = if self.json { serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n" } else { table(&rows) };
            let said = report::findings(workspace, compiled, global, world, Stream::ErrorsAside);
            let code = said.max(report::exit_code(workspace, &compiled.diagnostics, false));
            Ok(world.print(&text, code))
        })
    }
}

fn row(pipeline: &Pipeline) -> Row<'_> {
    let plan = pipeline.plan.as_ref();
    let schedule = plan.and_then(|plan| plan.schedule.as_ref());
    Row {
        pipeline: pipeline.name.as_deref(),
        owner: plan.map(|plan| plan.owner.team.as_str()),
        schedule: plan.and_then(when),
        timezone: schedule.map(|schedule| schedule.timezone.as_str()),
        steps: plan.map(|plan| plan.steps.len()),
        file: &pipeline.path,
        faulty: plan.is_none(),
    }
}

fn when(plan: &Plan) -> Option<String> {
    let cron = plan.schedule.as_ref().map(|schedule| schedule.cron.clone());
    cron.or_else(|| plan.trigger.as_ref().map(|trigger| format!("after {}", trigger.datasets.join(", "))))
}

/// Columns of equal width, two spaces between them.
fn table(rows: &[Row]) -> String {
    let unknown = || "?".to_owned();
    let mut lines = vec![["PIPELINE", "OWNER", "SCHEDULE", "STEPS", "FILE"].map(str::to_owned)];
    for row in rows {
        let schedule = match (&row.schedule, row.timezone) {
            (Some(cron), Some(zone)) => format!("{cron} {zone}"),
            (Some(after), None) => after.clone(),
            (None, _) if row.faulty => unknown(),
            (None, _) => "-".to_owned(),
        };
        lines.push([
            row.pipeline.map_or_else(unknown, str::to_owned),
            row.owner.map_or_else(unknown, str::to_owned),
            schedule,
            row.steps.map_or_else(unknown, |steps| steps.to_string()),
            row.file.to_owned(),
        ]);
    }
    let mut widths = [0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for line in lines {
        let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}
